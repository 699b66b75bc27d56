import Hummingbird
import OAuthModel

/// `POST /oauth2/token` (oauth2TokenExchange).
struct TokenEndpoint: Sendable {
    let core: ServerCore

    /// The order of the checks is Hydra's: body, grant type, client, then the grant's own.
    func exchange(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard !form.isEmpty else { throw HydraError.invalidRequest("The body of the request is empty.") }
        guard let grantType = form["grant_type"], !grantType.isEmpty else {
            throw HydraError.invalidRequest("The parameter 'grant_type' is missing.")
        }
        guard Self.knownGrantTypes.contains(grantType) else {
            throw HydraError.invalidRequest("The grant type is not known.")
        }
        let client = try await self.core.authentication.authenticate(call, form: form)
        guard grantType == ClientCredentialsGrant.name else {
            // No code, refresh token or trusted issuer exists that could be good.
            guard client.allows(grantType: grantType) else {
                throw HydraError.unauthorizedClient("The client is not registered for the grant '\(grantType)'.")
            }
            throw HydraError.invalidGrant()
        }
        let grant = ClientCredentialsGrant(defaultLifespan: self.core.accessTokenLifespan)
        let now = self.core.now()
        let granted = try grant.grant(form, to: client, now: now)
        let token = try await self.core.mint.issue(granted, to: client, issuer: self.core.issuer)
        return Reply.secretJSON([
            "access_token": .string(token),
            "expires_in": .integer((granted.expiresAt.milliseconds - now.milliseconds) / 1_000),
            "scope": .string(granted.scope.joined(separator: " ")), "token_type": "bearer",
        ])
    }

    private static let knownGrantTypes = [
        ClientCredentialsGrant.name, "authorization_code", "refresh_token",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ]
}
