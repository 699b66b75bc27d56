/// Why a login or a consent is refused; it reaches the client (`rejectOAuth2Request`).
public struct RejectOAuth2Request: Sendable {
    /// A code such as `access_denied`; the server has a default.
    public var error: String?
    /// For people at the client.
    public var errorDescription: String?
    /// Joined to the description.
    public var errorHint: String?
    /// For the server's log; the client does not see it.
    public var errorDebug: String?
    /// Of the refusal; the server takes 400.
    public var statusCode: Int64?
    public var additionalMembers = AdditionalMembers()

    public init(error: HydraClientError.Code? = nil, errorDescription: String? = nil) {
        self.error = error?.rawValue
        self.errorDescription = errorDescription
    }

    init() { self.init(error: nil) }
}

extension RejectOAuth2Request: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text("error", &self.error)
        try members.text("error_description", &self.errorDescription)
        try members.text("error_hint", &self.errorHint)
        try members.text("error_debug", &self.errorDebug)
        try members.integer("status_code", &self.statusCode)
    }
}
