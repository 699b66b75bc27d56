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
        try form.requireEachOnce()
        let wanted = form.words(of: "scope")
        guard wanted.count <= RequestedScope.wordsMax else {
            throw HydraError.invalidRequest("More than \(RequestedScope.wordsMax) scopes are asked about.")
        }
        guard let token = form["token"], let active = try await self.activeToken(token),
            Self.covers(active.scope, wanted: wanted)
        else {
            // Exactly this, without a hint why.
            return Reply.json(["active": false])
        }
        return Reply.json(.object(self.answer(active)))
    }

    /// What both kinds of token are told with.
    private struct Active {
        var use: String
        var clientID: String
        var subject: String
        var scope: [String]
        var audience: [String]
        var session: JSONObject
        var issuedAt: Moment
        var expiresAt: Moment
    }

    /// A hint would change the order of the look-ups only; a token is of one kind.
    private func activeToken(_ token: String) async throws -> Active? {
        let now = self.core.now()
        if let digest = self.core.mint.digest(of: token), let issued = try await self.core.accessTokens.token(digest) {
            guard now < issued.expiresAt else { return nil }
            return Active(
                use: "access_token", clientID: issued.clientID, subject: issued.subject, scope: issued.scope,
                audience: issued.audience, session: issued.grant?.accessTokenSession ?? [:],
                issuedAt: issued.issuedAt, expiresAt: issued.expiresAt)
        }
        guard self.core.mint.tokens.isOurs(token, .refresh),
            let issued = try await self.core.grants.refreshToken(TokenDigest(opaque: token, .refresh))
        else { return nil }
        // One that never ends says what the others say.
        let never = issued.issuedAt.adding(self.core.lifespans.refreshToken ?? TokenLifespans.refreshTokenDefault)
        guard issued.expiresAt.map({ now < $0 }) ?? true else { return nil }
        return Active(
            use: "refresh_token", clientID: issued.grant.clientID, subject: issued.grant.subject,
            scope: issued.grant.scope, audience: issued.grant.audience, session: issued.grant.accessTokenSession,
            issuedAt: issued.issuedAt, expiresAt: issued.expiresAt ?? never)
    }

    private static func covers(_ scope: [String], wanted: [String]) -> Bool {
        wanted.allSatisfy { ScopeStrategy.wildcard.matches(granted: scope, wanted: $0) }
    }

    private func answer(_ token: Active) -> JSONObject {
        var answer: JSONObject = [
            "active": true, "aud": .strings(token.audience), "client_id": .string(token.clientID),
            "exp": .integer(token.expiresAt.seconds), "iat": .integer(token.issuedAt.seconds),
            "iss": .string(self.core.issuer), "nbf": .integer(token.issuedAt.seconds), "sub": .string(token.subject),
            "token_type": "Bearer", "token_use": .string(token.use),
        ]
        if !token.scope.isEmpty { answer["scope"] = .string(token.scope.joined(separator: " ")) }
        if !token.session.isEmpty { answer["ext"] = .object(token.session) }
        return answer
    }
}
