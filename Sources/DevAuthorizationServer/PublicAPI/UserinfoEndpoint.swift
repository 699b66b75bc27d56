import HTTPTypes
import Hummingbird
import OAuthModel

/// `/userinfo` (OpenID Connect Core §5.3): what the ID token says of the user, for the bearer of an access token;
/// as JSON, or signed for a client that registered so (§5.3.2).
struct UserinfoEndpoint: Sendable {
    let core: ServerCore

    func answer(_ call: Call) async throws -> Response {
        guard let token = Self.bearerToken(call.request.headers[values: .authorization]),
            let digest = self.core.mint.digest(of: token),
            let issued = try await self.core.accessTokens.token(digest), self.core.now() < issued.expiresAt,
            let grant = issued.grant
        else {
            let error = HydraError.requestUnauthorized("The access token is missing, not active, or not a user's.")
            return Reply.error(
                error,
                fields: [
                    .wwwAuthenticate: "Bearer error=\"\(error.error)\",error_description=\"\(error.description)\""
                ])
        }
        let claims = grant.userClaims(issuer: self.core.issuer, issuedAt: issued.issuedAt)
        // The client is there: the token would have gone with it.
        guard let client = try await self.core.clients.client(issued.clientID)?.client,
            client.userinfoSignedResponseAlgorithm == "RS256"
        else { return Reply.secretJSON(.object(claims)) }
        return Reply.secretJWT(try self.core.idTokenKey.sign(claims))
    }

    /// RFC 6750 §2.1; a second field is one too many.
    private static func bearerToken(_ fields: [String]) -> String? {
        guard fields.count == 1 else { return nil }
        let words = fields[0].spaceSeparatedWords
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return words[1]
    }
}
