import Hummingbird
import OAuthModel

/// `POST /oauth2/token` (oauth2TokenExchange).
struct TokenEndpoint: Sendable {
    let core: ServerCore

    /// The order of the checks is Hydra's: body, grant type, client, then the grant's own.
    func exchange(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard !form.isEmpty else { throw HydraError.invalidRequest("The body of the request is empty.") }
        try form.requireEachOnce()
        guard let grantType = form["grant_type"], !grantType.isEmpty else {
            throw HydraError.invalidRequest("The parameter 'grant_type' is missing.")
        }
        guard Self.knownGrantTypes.contains(grantType) else {
            throw HydraError.invalidRequest("The grant type is not known.")
        }
        let now = self.core.now()
        let client = try await self.core.authentication.authenticate(
            call, form: form, at: self.core.tokenURL, now: now)
        let tokens =
            switch grantType {
            case AuthorizationCodeGrant.name:
                try await AuthorizationCodeGrant(core: self.core).tokens(form, to: client, now: now)
            case RefreshTokenGrant.name:
                try await RefreshTokenGrant(core: self.core).tokens(form, to: client, now: now)
            case JWTBearerGrant.name:
                try await self.issue(JWTBearerGrant(core: self.core).grant(form, to: client, now: now), to: client)
            default:
                try await self.issue(
                    ClientCredentialsGrant(defaultLifespan: self.core.lifespans.accessToken)
                        .grant(form, to: client, now: now), to: client)
            }
        return Reply.secretJSON(.object(tokens.answer(now: now)))
    }

    /// A token without a user behind it: nothing but the access token.
    private func issue(_ granted: IssuedAccessToken, to client: RegisteredClient) async throws -> IssuedTokens {
        IssuedTokens(
            accessToken: try await self.core.mint.issue(granted, to: client, issuer: self.core.issuer),
            refreshToken: nil, idToken: nil)
    }

    private static let knownGrantTypes = [
        ClientCredentialsGrant.name, AuthorizationCodeGrant.name, RefreshTokenGrant.name, JWTBearerGrant.name,
    ]
}
