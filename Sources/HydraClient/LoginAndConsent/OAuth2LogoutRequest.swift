public import FoundationEssentials

/// What the logout page is asked (`oAuth2LogoutRequest`).
public struct OAuth2LogoutRequest: Sendable {
    /// Names the request; opaque.
    public var challenge: String?
    /// Who would be logged out.
    public var subject: String?
    /// The login session that would end.
    public var sessionID: String?
    /// Path and query of the logout URL.
    public var requestURL: String?
    /// A client asked for it, rather than the user.
    public var rpInitiated: Bool?
    /// The client that asked for it.
    public var client: OAuth2Client?
    /// From Hydra 25.4 on.
    public var expiresAt: Date?
    /// From Hydra 25.4 on.
    public var requestedAt: Date?
    public var additionalMembers = AdditionalMembers()

    public init() {}
}

extension OAuth2LogoutRequest: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text("challenge", &self.challenge)
        try members.text("subject", &self.subject)
        try members.text("sid", &self.sessionID)
        try members.text("request_url", &self.requestURL)
        try members.flag("rp_initiated", &self.rpInitiated)
        try members.nested("client", &self.client)
        try members.date("expires_at", &self.expiresAt)
        try members.date("requested_at", &self.requestedAt)
    }
}

// The request URL holds an ID token when a client asked.
extension OAuth2LogoutRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "OAuth2LogoutRequest(of \(self.subject ?? "an unnamed subject"))" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "client": self.client as Any, "rpInitiated": self.rpInitiated as Any, "subject": self.subject as Any,
            ])
    }
}
