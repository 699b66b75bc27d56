public import OAuthModel

/// What the consent page is asked (`oAuth2ConsentRequest`).
public struct OAuth2ConsentRequest: Sendable {
    /// Names the request; opaque, and up to a few kilobytes long.
    ///
    /// Empty in lists of consent sessions from Hydra 25.4 on.
    public var challenge: String?
    /// Names the consent in the list of sessions; from Hydra 25.4 on.
    public var consentRequestID: String?
    /// What the client asks for.
    public var requestedScope: [String] = []
    /// For whom the client wants access tokens.
    public var requestedAccessTokenAudience: [String] = []
    /// The user has agreed before: accept without asking anything.
    public var skip: Bool?
    /// Who has logged in.
    public var subject: String?
    /// What an OpenID Connect client asks of the pages.
    public var oidcContext: OpenIDConnectContext?
    /// Without its secret.
    public var client: OAuth2Client?
    /// The authorization URL as the client made it.
    public var requestURL: String?
    /// The login request that came before.
    public var loginChallenge: String?
    /// The login session, as in the `sid` of ID tokens.
    public var loginSessionID: String?
    /// The authentication context class that the login page told.
    public var acr: String?
    /// The authentication methods that the login page told (RFC 8176).
    public var amr: [String] = []
    /// What the login page handed on.
    public var context: JSONValue?
    public var additionalMembers = AdditionalMembers()

    public init() {}
}

extension OAuth2ConsentRequest: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text("challenge", &self.challenge)
        try members.text("consent_request_id", &self.consentRequestID)
        try members.list("requested_scope", &self.requestedScope)
        try members.list("requested_access_token_audience", &self.requestedAccessTokenAudience)
        try members.flag("skip", &self.skip)
        try members.text("subject", &self.subject)
        try members.nested("oidc_context", &self.oidcContext)
        try members.nested("client", &self.client)
        try members.text("request_url", &self.requestURL)
        try members.text("login_challenge", &self.loginChallenge)
        try members.text("login_session_id", &self.loginSessionID)
        try members.text("acr", &self.acr)
        try members.list("amr", &self.amr)
        try members.json("context", &self.context)
    }
}

// The request URL may hold an ID token as a hint, and the context whatever the login page put there.
extension OAuth2ConsentRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "OAuth2ConsentRequest(of \(self.client?.clientID ?? "an unnamed client"))" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "client": self.client as Any, "requestedScope": self.requestedScope, "skip": self.skip as Any,
                "requestedAccessTokenAudience": self.requestedAccessTokenAudience, "subject": self.subject as Any,
            ])
    }
}
