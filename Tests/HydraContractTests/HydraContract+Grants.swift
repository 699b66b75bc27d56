import Foundation
import HydraClient
import OAuthModel
import Testing

extension HydraContract {
    /// Contract §6.2: codes, refresh tokens, and what ends what (§8).
    func grants() async throws {
        let client = try await self.makeBrowserClient()
        let id = try #require(client.clientID)
        let secret = try #require(client.clientSecret)
        let identity = HydraClient.ClientIdentity.secretBasic(ClientCredentials(clientID: id, secret: secret))
        var browser = Browser(self.hydra)

        // A wrong verifier spends the code.
        let spoilt = try self.request(client)
        let spoiltCode = try await self.code(spoilt, &browser)
        for pkce in [HydraClient.PKCE(), spoilt.pkce] {
            await self.expect(.invalidGrant) {
                _ = try await self.hydra.exchangeToken(
                    .authorizationCode(spoiltCode, redirectURI: Self.redirectURI, pkce: pkce), as: identity)
            }
        }

        let request = try self.request(client)
        let code = try await self.code(request, &browser)
        let grant = HydraClient.TokenGrant.authorizationCode(
            code, redirectURI: Self.redirectURI, pkce: request.pkce)
        let first = try await self.hydra.exchangeToken(grant, as: identity)
        #expect(first.idToken != nil)
        #expect(first.scopes == request.scopes)
        guard case .active(let token) = try await self.hydra.introspectToken(first.accessToken) else {
            Issue.record("a fresh token is not active")
            return
        }
        #expect(token.subject == self.subject)
        #expect(token.ext == ["tenant": 7])

        let second = try await self.hydra.exchangeToken(
            .refreshToken(try #require(first.refreshToken)), as: identity)
        #expect(try await self.hydra.introspectToken(first.accessToken) == .inactive)
        #expect(try await self.isActive(second.accessToken))

        // The access tokens of a client go, its refresh tokens stay.
        await self.expect(.invalidRequest) { try await self.hydra.deleteTokens(ofClient: "") }
        try await self.hydra.deleteTokens(ofClient: id)
        #expect(try await self.hydra.introspectToken(second.accessToken) == .inactive)
        let third = try await self.hydra.exchangeToken(
            .refreshToken(try #require(second.refreshToken)), as: identity)
        #expect(try await self.isActive(third.accessToken))

        // A refresh token that comes again ends all of its grant, and a code that comes again does too.
        await self.expect(.tokenInactive, .invalidGrant) {
            _ = try await self.hydra.exchangeToken(.refreshToken(try #require(first.refreshToken)), as: identity)
        }
        #expect(try await self.hydra.introspectToken(third.accessToken) == .inactive)
        #expect(try await self.hydra.introspectToken(try #require(third.refreshToken)) == .inactive)
        await self.expect(.invalidGrant) { _ = try await self.hydra.exchangeToken(grant, as: identity) }
        try await self.hydra.deleteClient(id: id)
    }

    /// Contract §6.8, and the assertions that are taken then (§6.2).
    func trustedIssuers() async throws {
        let issuer = "https://issuer.example/\(UUID().uuidString)"
        let signer = try HydraClient.AssertionSigner(generatingFor: .es256, keyID: UUID().uuidString)
        var wanted = TrustOAuth2JWTGrantIssuer(
            issuer: "", subject: .any, scope: ["photos.read"], key: signer.publicKey,
            expiresAt: Date(timeIntervalSinceNow: 3_600))
        let nameless = wanted
        await self.expect(.missingRequiredParameter) { _ = try await self.hydra.trustIssuer(nameless) }
        wanted.issuer = issuer
        let complete = wanted
        let trusted = try await self.hydra.trustIssuer(complete)
        await self.expect(.conflict) { _ = try await self.hydra.trustIssuer(complete) }
        #expect(trusted.issuer == issuer)
        #expect(trusted.allowAnySubject == true)
        #expect(try await self.hydra.trustedIssuer(id: trusted.id).scope == ["photos.read"])
        #expect(try await self.hydra.listTrustedIssuers(issuer: issuer).elements.map(\.id) == [trusted.id])
        try await self.assertions(issuer, signer)

        try await self.hydra.deleteTrustedIssuer(id: trusted.id)
        await self.expect(.notFound) { _ = try await self.hydra.trustedIssuer(id: trusted.id) }
        await self.expect(.notFound) { try await self.hydra.deleteTrustedIssuer(id: trusted.id) }
    }

    private func assertions(_ issuer: String, _ signer: HydraClient.AssertionSigner) async throws {
        var wanted = OAuth2Client()
        wanted.owner = self.owner
        wanted.grantTypes = ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        wanted.scope = "photos.*"
        let client = try await self.hydra.createClient(wanted)
        let id = try #require(client.clientID)
        let identity = HydraClient.ClientIdentity.secretBasic(
            ClientCredentials(clientID: id, secret: try #require(client.clientSecret)))
        func assertion(to audience: String? = nil, from name: String? = nil) throws -> SecretBytes {
            try signer.assertion(
                issuer: name ?? issuer, subject: self.subject, audience: audience ?? self.tokenEndpoint, at: Date())
        }
        for bad in [try assertion(to: "https://elsewhere.example/token"), try assertion(from: "https://evil.example")] {
            await self.expect(.invalidGrant) {
                _ = try await self.hydra.exchangeToken(.jwtBearer(bad), as: identity)
            }
        }
        let greedy = try assertion()
        await self.expect(.invalidScope) {
            _ = try await self.hydra.exchangeToken(
                .jwtBearer(greedy, scopes: ScopeSet(spaceSeparated: "photos.write")), as: identity)
        }
        let good = try assertion()
        let tokens = try await self.hydra.exchangeToken(
            .jwtBearer(good, scopes: ScopeSet(spaceSeparated: "photos.read")), as: identity)
        #expect(tokens.refreshToken == nil)
        guard case .active(let token) = try await self.hydra.introspectToken(tokens.accessToken) else {
            Issue.record("a fresh token is not active")
            return
        }
        #expect(token.subject == self.subject)
        await self.expect(.assertionReplayed, .invalidGrant) {
            _ = try await self.hydra.exchangeToken(.jwtBearer(good), as: identity)
        }
        try await self.hydra.deleteClient(id: id)
    }

    private func isActive(_ token: SecretBytes) async throws -> Bool {
        guard case .active = try await self.hydra.introspectToken(token) else { return false }
        return true
    }
}
