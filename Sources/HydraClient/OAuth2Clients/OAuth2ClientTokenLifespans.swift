/// How long the tokens of a client live, by grant (`oAuth2ClientTokenLifespans`).
///
/// A property is the grant that the token comes from, then the token. Nil leaves it to the server's configuration. Hydra counts in nanoseconds and up to 292 years; what is shorter or longer
/// stops at these ends. Lifespans that are not listed here, of a client as well, are in ``additionalMembers``.
public struct OAuth2ClientTokenLifespans: Sendable {
    public var authorizationCodeGrantAccessToken: Duration?
    public var authorizationCodeGrantIDToken: Duration?
    public var authorizationCodeGrantRefreshToken: Duration?
    public var clientCredentialsGrantAccessToken: Duration?
    /// From Hydra 25.4 on, as are the two below.
    public var deviceAuthorizationGrantAccessToken: Duration?
    public var deviceAuthorizationGrantIDToken: Duration?
    public var deviceAuthorizationGrantRefreshToken: Duration?
    public var implicitGrantAccessToken: Duration?
    public var implicitGrantIDToken: Duration?
    public var jwtBearerGrantAccessToken: Duration?
    public var refreshTokenGrantAccessToken: Duration?
    public var refreshTokenGrantIDToken: Duration?
    public var refreshTokenGrantRefreshToken: Duration?
    public var additionalMembers = AdditionalMembers()

    public init() {}
}

extension OAuth2ClientTokenLifespans: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.duration(
            "authorization_code_grant_access_token_lifespan", &self.authorizationCodeGrantAccessToken)
        try members.duration("authorization_code_grant_id_token_lifespan", &self.authorizationCodeGrantIDToken)
        try members.duration(
            "authorization_code_grant_refresh_token_lifespan", &self.authorizationCodeGrantRefreshToken)
        try members.duration(
            "client_credentials_grant_access_token_lifespan", &self.clientCredentialsGrantAccessToken)
        try members.duration(
            "device_authorization_grant_access_token_lifespan", &self.deviceAuthorizationGrantAccessToken)
        try members.duration("device_authorization_grant_id_token_lifespan", &self.deviceAuthorizationGrantIDToken)
        try members.duration(
            "device_authorization_grant_refresh_token_lifespan", &self.deviceAuthorizationGrantRefreshToken)
        try members.duration("implicit_grant_access_token_lifespan", &self.implicitGrantAccessToken)
        try members.duration("implicit_grant_id_token_lifespan", &self.implicitGrantIDToken)
        try members.duration("jwt_bearer_grant_access_token_lifespan", &self.jwtBearerGrantAccessToken)
        try members.duration("refresh_token_grant_access_token_lifespan", &self.refreshTokenGrantAccessToken)
        try members.duration("refresh_token_grant_id_token_lifespan", &self.refreshTokenGrantIDToken)
        try members.duration("refresh_token_grant_refresh_token_lifespan", &self.refreshTokenGrantRefreshToken)
    }
}

extension OAuth2ClientTokenLifespans {
    /// Whether a member of a client is a lifespan, perhaps one that this version does not know.
    static func isLifespan(_ name: String) -> Bool { name.hasSuffix("_token_lifespan") }
}
