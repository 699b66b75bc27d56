import HydraClient
import OAuthModel
import Testing

extension HydraContract {
    /// Contract §6.2, as far as a client alone can go.
    func tokens() async throws {
        var wanted = OAuth2Client()
        wanted.owner = self.owner
        wanted.grantTypes = ["client_credentials"]
        wanted.scope = "photos.*"
        wanted.audience = ["https://api.example/photos"]
        wanted.clientSecret = SecretBytes("p+%: é-secret")
        let id = try #require(try await self.hydra.createClient(wanted).clientID)
        let client = HydraClient.ClientIdentity.secretBasic(
            ClientCredentials(clientID: id, secret: SecretBytes("p+%: é-secret")))

        try await self.refuseTokens(id, client)
        let tokens = try await self.hydra.exchangeToken(
            .clientCredentials(
                scopes: ScopeSet(spaceSeparated: "photos.read photos.write"), audience: ["https://api.example/photos"]),
            as: client)
        #expect(tokens.tokenType?.lowercased() == "bearer")
        #expect(tokens.scopes == ScopeSet(spaceSeparated: "photos.read photos.write"))
        #expect(tokens.refreshToken == nil)
        #expect(try #require(tokens.expiresIn) > .seconds(60))

        guard case .active(let token) = try await self.hydra.introspectToken(tokens.accessToken) else {
            Issue.record("a fresh token is not active")
            return
        }
        #expect(token.clientID == id)
        #expect(token.subject == id)
        #expect(token.tokenUse == "access_token")
        #expect(token.audience == Audience(["https://api.example/photos"]))
        #expect(token.scopes == ScopeSet(spaceSeparated: "photos.read photos.write"))
        let lacking = try await self.hydra.introspectToken(
            tokens.accessToken, scopes: ScopeSet(spaceSeparated: "photos.delete"))
        #expect(lacking == .inactive)
        #expect(try await self.hydra.introspectToken(SecretBytes("ory_at_unknown.token")) == .inactive)
        // Hydra answers 400 to a form without a parameter only; ours has an empty one, and none is active.
        #expect(try await self.hydra.introspectToken(SecretBytes("")) == .inactive)

        try await self.hydra.revokeToken(tokens.accessToken, as: client)
        #expect(try await self.hydra.introspectToken(tokens.accessToken) == .inactive)
        try await self.hydra.revokeToken(tokens.accessToken, as: client)
        try await self.hydra.deleteClient(id: id)
    }

    private func refuseTokens(_ id: String, _ client: HydraClient.ClientIdentity) async throws {
        let wrong = ClientCredentials(clientID: id, secret: SecretBytes("not the secret"))
        let right = ClientCredentials(clientID: id, secret: SecretBytes("p+%: é-secret"))
        for stranger in [HydraClient.ClientIdentity.secretBasic(wrong), .secretPost(right), .none(clientID: "nobody")] {
            await self.expect(.invalidClient) {
                _ = try await self.hydra.exchangeToken(.clientCredentials(), as: stranger)
            }
            await self.expect(.invalidClient) { try await self.hydra.revokeToken(SecretBytes("x"), as: stranger) }
        }
        await self.expect(.invalidScope) {
            _ = try await self.hydra.exchangeToken(
                .clientCredentials(scopes: ScopeSet(spaceSeparated: "videos.read")), as: client)
        }
        await self.expect(.invalidRequest) {
            _ = try await self.hydra.exchangeToken(
                .clientCredentials(audience: ["https://other.example/"]), as: client)
        }
    }
}
