import OAuthModel

/// An OAuth client as Hydra describes it (OAuth2Client), without its secret.
struct RegisteredClient: Sendable, Hashable {
    var id: String
    var name = ""
    var redirectURIs: [String] = []
    var grantTypes: [String] = []
    var responseTypes: [String] = []
    var scope = ""
    var audience: [String] = []
    var owner = ""
    var policyURI = ""
    var allowedCORSOrigins: [String] = []
    var termsOfServiceURI = ""
    var clientURI = ""
    var logoURI = ""
    var contacts: [String] = []
    var subjectType = ""
    var sectorIdentifierURI = ""
    var keySet = JSONValue.object([:])
    var keySetURI = ""
    var authenticationMethod = ""
    var authenticationSigningAlgorithm = ""
    var requestURIs: [String] = []
    var requestObjectSigningAlgorithm = ""
    var userinfoSignedResponseAlgorithm = ""
    var frontchannelLogoutURI = ""
    var frontchannelLogoutSessionRequired = false
    var backchannelLogoutURI = ""
    var backchannelLogoutSessionRequired = false
    var postLogoutRedirectURIs: [String] = []
    var accessTokenStrategy = ""
    var skipConsent = false
    var metadata = JSONValue.object([:])
    var lifespans: [ClientLifespan: GoDuration] = [:]
    /// Seconds since 1970.
    var createdAt: Int64 = 0
    var updatedAt: Int64 = 0

    init(id: String) { self.id = id }
}

/// The ten lifespans that a client may set for itself, by the member's name.
enum ClientLifespan: String, Sendable, CaseIterable {
    case authorizationCodeAccessToken = "authorization_code_grant_access_token_lifespan"
    case authorizationCodeIDToken = "authorization_code_grant_id_token_lifespan"
    case authorizationCodeRefreshToken = "authorization_code_grant_refresh_token_lifespan"
    case clientCredentialsAccessToken = "client_credentials_grant_access_token_lifespan"
    case implicitAccessToken = "implicit_grant_access_token_lifespan"
    case implicitIDToken = "implicit_grant_id_token_lifespan"
    case jwtBearerAccessToken = "jwt_bearer_grant_access_token_lifespan"
    case refreshTokenAccessToken = "refresh_token_grant_access_token_lifespan"
    case refreshTokenIDToken = "refresh_token_grant_id_token_lifespan"
    case refreshTokenRefreshToken = "refresh_token_grant_refresh_token_lifespan"
}

extension RegisteredClient {
    /// A client that cannot keep a secret (RFC 6749 §2.1).
    var isPublic: Bool { self.authenticationMethod == "none" }

    /// The registered scopes; unlike a request's they may be separated by any white space (the contract, §5).
    ///
    /// By code points: a combining mark behind a space joins it to one `Character`, and would be lost with it.
    var scopes: [String] {
        self.scope.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
    }

    /// Whether the client may use this grant; a client that named none may use the code flow.
    func allows(grantType: String) -> Bool {
        (self.grantTypes.isEmpty ? ["authorization_code"] : self.grantTypes).contains(grantType)
    }

    /// Refuses a client that is not registered for this grant (RFC 6749 §5.2).
    func require(grantType: String) throws {
        guard self.allows(grantType: grantType) else {
            throw HydraError.unauthorizedClient("The client is not registered for the grant '\(grantType)'.")
        }
    }
}
