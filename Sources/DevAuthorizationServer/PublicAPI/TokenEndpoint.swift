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
        let client = try await self.core.authentication.authenticate(
            call, form: form, at: self.core.tokenURL, now: self.core.now())
        let now = self.core.now()
        switch grantType {
        case AuthorizationCodeGrant.name:
            let tokens = try await AuthorizationCodeGrant(core: self.core).tokens(form, to: client, now: now)
            return Reply.secretJSON(.object(tokens.answer(now: now)))
        case RefreshTokenGrant.name:
            let tokens = try await RefreshTokenGrant(core: self.core).tokens(form, to: client, now: now)
            return Reply.secretJSON(.object(tokens.answer(now: now)))
        case JWTBearerGrant.name:
            let granted = try await JWTBearerGrant(core: self.core).grant(form, to: client, now: now)
            return try await self.answer(granted, to: client, now: now)
        default:
            let grant = ClientCredentialsGrant(defaultLifespan: self.core.lifespans.accessToken)
            return try await self.answer(try grant.grant(form, to: client, now: now), to: client, now: now)
        }
    }

    /// A token without a user behind it: nothing but the access token.
    private func answer(_ granted: IssuedAccessToken, to client: RegisteredClient, now: Moment) async throws -> Response
    {
        let token = try await self.core.mint.issue(granted, to: client, issuer: self.core.issuer)
        return Reply.secretJSON([
            "access_token": .string(token),
            "expires_in": .integer((granted.expiresAt.milliseconds - now.milliseconds) / 1_000),
            "scope": .string(granted.scope.joined(separator: " ")), "token_type": "bearer",
        ])
    }

    private static let knownGrantTypes = [
        ClientCredentialsGrant.name, AuthorizationCodeGrant.name, RefreshTokenGrant.name, JWTBearerGrant.name,
    ]
}
