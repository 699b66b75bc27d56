public import OAuthModel

/// Tokens, fresh from the token endpoint (`oAuth2TokenExchange`; RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
public struct OAuth2TokenResponse: Sendable {
    /// Whatever its shape: servers differ.
    public var accessToken = SecretBytes("")
    /// `bearer`, in any case.
    public var tokenType: String?
    /// How long the access token lives from now on, in whole seconds rounded down.
    public var expiresIn: Duration?
    /// What was granted.
    public var scopes = ScopeSet()
    /// With an offline scope, for clients that have the grant; works once.
    public var refreshToken: SecretBytes?
    /// With the scope `openid`: a signed JWT, whose signature is for the caller to verify.
    public var idToken: SecretBytes?
    public var additionalMembers = AdditionalMembers()

    init() {}

    public init(accessToken: SecretBytes) { self.accessToken = accessToken }
}

extension OAuth2TokenResponse: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        var accessToken: SecretBytes? = self.accessToken
        try members.secret("access_token", &accessToken)
        guard let accessToken, !accessToken.isEmpty else { throw MemberProblem("access_token", kind: "there") }
        self.accessToken = accessToken
        try members.text("token_type", &self.tokenType)
        try members.seconds("expires_in", &self.expiresIn)
        var scope: String? = self.scopes.text
        try members.text("scope", &scope)
        self.scopes = scope.map { ScopeSet(spaceSeparated: $0) } ?? ScopeSet()
        try members.secret("refresh_token", &self.refreshToken)
        try members.secret("id_token", &self.idToken)
    }
}
