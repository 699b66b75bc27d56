public import FoundationEssentials
public import OAuthModel

/// A consent that was given (`oAuth2ConsentSession`).
public struct OAuth2ConsentSession: Sendable {
    /// What had been asked.
    public var consentRequest: OAuth2ConsentRequest?
    /// From Hydra 25.4 on.
    public var consentRequestID: String?
    /// The scopes that were granted.
    public var grantScope: [String] = []
    /// For whom access tokens are.
    public var grantAccessTokenAudience: [String] = []
    /// What goes into the tokens.
    public var session: OAuth2ConsentSessionData?
    /// Whether it answers for the user the next time.
    public var remember: Bool?
    /// In whole seconds; zero is for ever.
    public var rememberFor: Duration?
    /// When it was given.
    public var handledAt: Date?
    public var context: JSONValue?
    /// When what came of it ends; few servers say so.
    public var expiresAt: TokenExpiry?
    public var additionalMembers = AdditionalMembers()

    public init() {}

    /// When each kind of token of a consent ends.
    public struct TokenExpiry: Sendable {
        public var accessToken: Date?
        public var authorizeCode: Date?
        public var idToken: Date?
        public var pushedAuthorizationContext: Date?
        public var refreshToken: Date?
        public var additionalMembers = AdditionalMembers()

        public init() {}
    }
}

extension OAuth2ConsentSession: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.nested("consent_request", &self.consentRequest)
        try members.text("consent_request_id", &self.consentRequestID)
        try members.list("grant_scope", &self.grantScope)
        try members.list("grant_access_token_audience", &self.grantAccessTokenAudience)
        try members.nested("session", &self.session)
        try members.flag("remember", &self.remember)
        try members.seconds("remember_for", &self.rememberFor)
        try members.date("handled_at", &self.handledAt)
        try members.json("context", &self.context)
        try members.nested("expires_at", &self.expiresAt)
    }
}

extension OAuth2ConsentSession.TokenExpiry: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.date("access_token", &self.accessToken)
        try members.date("authorize_code", &self.authorizeCode)
        try members.date("id_token", &self.idToken)
        try members.date("par_context", &self.pushedAuthorizationContext)
        try members.date("refresh_token", &self.refreshToken)
    }
}

// Claims and context are free-form and may hold anything about the user.
extension OAuth2ConsentSession: CustomStringConvertible, CustomReflectable {
    public var description: String { "OAuth2ConsentSession(of \(self.grantScope.joined(separator: " ")))" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "consentRequest": self.consentRequest as Any, "grantScope": self.grantScope,
                "grantAccessTokenAudience": self.grantAccessTokenAudience, "remember": self.remember as Any,
                "rememberFor": self.rememberFor as Any, "handledAt": self.handledAt as Any,
            ])
    }
}
