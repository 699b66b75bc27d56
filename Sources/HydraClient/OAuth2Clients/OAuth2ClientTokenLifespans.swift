/// How long the tokens of a client live, by grant; nil leaves it to the server's configuration
/// (`oAuth2ClientTokenLifespans`).
public struct OAuth2ClientTokenLifespans: Sendable {
    public var authorizationCodeGrantAccessToken: Duration?
    public var authorizationCodeGrantIDToken: Duration?
    public var authorizationCodeGrantRefreshToken: Duration?
    public var clientCredentialsGrantAccessToken: Duration?
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
        try members.duration("implicit_grant_access_token_lifespan", &self.implicitGrantAccessToken)
        try members.duration("implicit_grant_id_token_lifespan", &self.implicitGrantIDToken)
        try members.duration("jwt_bearer_grant_access_token_lifespan", &self.jwtBearerGrantAccessToken)
        try members.duration("refresh_token_grant_access_token_lifespan", &self.refreshTokenGrantAccessToken)
        try members.duration("refresh_token_grant_id_token_lifespan", &self.refreshTokenGrantIDToken)
        try members.duration("refresh_token_grant_refresh_token_lifespan", &self.refreshTokenGrantRefreshToken)
    }
}
