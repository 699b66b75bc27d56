import Hummingbird
import OAuthModel

/// `POST /admin/oauth2/introspect` (introspectOAuth2Token, RFC 7662).
///
/// Whoever reaches the admin port may ask.
struct IntrospectionEndpoint: Sendable {
    let core: ServerCore

    func introspect(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard !form.isEmpty else { throw HydraError.invalidRequest("The body of the request is empty.") }
        guard let token = form["token"], let issued = try await self.activeToken(token),
            Self.covers(issued, wanted: form.words(of: "scope"))
        else {
            // Exactly this, without a hint why.
            return Reply.json(["active": false])
        }
        return Reply.json(.object(self.answer(issued)))
    }

    private func activeToken(_ token: String) async throws -> IssuedAccessToken? {
        guard let digest = self.core.mint.digest(of: token),
            let issued = try await self.core.accessTokens.token(digest), self.core.now() < issued.expiresAt
        else { return nil }
        return issued
    }

    private static func covers(_ issued: IssuedAccessToken, wanted: [String]) -> Bool {
        wanted.allSatisfy { ScopeStrategy.wildcard.matches(granted: issued.scope, wanted: $0) }
    }

    private func answer(_ issued: IssuedAccessToken) -> JSONObject {
        var answer: JSONObject = [
            "active": true, "aud": .strings(issued.audience), "client_id": .string(issued.clientID),
            "exp": .integer(issued.expiresAt.seconds), "iat": .integer(issued.issuedAt.seconds),
            "iss": .string(self.core.issuer), "nbf": .integer(issued.issuedAt.seconds), "sub": .string(issued.subject),
            "token_type": "Bearer", "token_use": "access_token",
        ]
        if !issued.scope.isEmpty { answer["scope"] = .string(issued.scope.joined(separator: " ")) }
        return answer
    }
}
