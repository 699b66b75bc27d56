/// What the login page is asked (`oAuth2LoginRequest`).
public struct OAuth2LoginRequest: Sendable {
    /// Names the request; opaque, and up to a few kilobytes long.
    public var challenge = ""
    /// What the client asks for.
    public var requestedScope: [String] = []
    /// For whom the client wants access tokens.
    public var requestedAccessTokenAudience: [String] = []
    /// The browser is known: accept with ``subject`` without asking anything.
    public var skip: Bool?
    /// Empty unless ``skip``.
    public var subject: String?
    /// What an OpenID Connect client asks of the pages.
    public var oidcContext: OpenIDConnectContext?
    /// Without its secret.
    public var client: OAuth2Client?
    /// The authorization URL as the client made it.
    public var requestURL: String?
    /// The login session that is there, or that this login begins.
    public var sessionID: String?
    public var additionalMembers = AdditionalMembers()

    init() {}

    public init(challenge: String) { self.challenge = challenge }
}

extension OAuth2LoginRequest: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text(required: "challenge", &self.challenge)
        try members.list("requested_scope", &self.requestedScope)
        try members.list("requested_access_token_audience", &self.requestedAccessTokenAudience)
        try members.flag("skip", &self.skip)
        try members.text("subject", &self.subject)
        try members.nested("oidc_context", &self.oidcContext)
        try members.nested("client", &self.client)
        try members.text("request_url", &self.requestURL)
        try members.text("session_id", &self.sessionID)
    }
}

// The request URL may hold an ID token as a hint.
extension OAuth2LoginRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "OAuth2LoginRequest(of \(self.client?.clientID ?? "an unnamed client"))" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "client": self.client as Any, "requestedScope": self.requestedScope, "skip": self.skip as Any,
                "requestedAccessTokenAudience": self.requestedAccessTokenAudience, "subject": self.subject as Any,
            ])
    }
}
