import HydraClient
import OAuthModel

/// The code of the article, so that it compiles.
enum GettingStarted {
    static func run(callback: String) async throws {
        let hydra = try HydraClient(
            HydraClient.Configuration(publicURL: "http://127.0.0.1:4444", adminURL: "http://127.0.0.1:4445"))

        var client = OAuth2Client()
        client.clientName = "Photo album"
        client.grantTypes = ["client_credentials"]
        client.scope = "photos.read photos.write"
        let registered = try await hydra.createClient(client)

        guard let id = registered.clientID, let secret = registered.clientSecret else { return }
        let identity = HydraClient.ClientIdentity.secretBasic(ClientCredentials(clientID: id, secret: secret))
        let tokens = try await hydra.exchangeToken(
            .clientCredentials(scopes: ScopeSet(spaceSeparated: "photos.read")), as: identity)

        switch try await hydra.introspectToken(tokens.accessToken) {
        case .active(let token): print(token.clientID ?? "", token.scopes.text)
        case .inactive: print("not, or no longer, of any use")
        }

        let pkce = HydraClient.PKCE()
        let request = HydraClient.AuthorizationRequest(
            clientID: id, redirectURI: "https://app.example/callback", scopes: ScopeSet(spaceSeparated: "openid"),
            pkce: pkce)
        let address = try hydra.authorizationURL(for: request)
        print(address)

        let response = try HydraClient.AuthorizationResponse(redirectedTo: callback, expectingState: request.state)
        let userTokens = try await hydra.exchangeToken(
            .authorizationCode(response.code, redirectURI: request.redirectURI, pkce: pkce), as: identity)
        print(userTokens.scopes.text)

        for try await client in hydra.clients(owner: "album-team") {
            print(client.clientName ?? "without a name")
        }

        do {
            try await hydra.deleteClient(id: id)
        } catch {
            switch (error.stage, error.code) {
            case (.status, .notFound): print("it was gone already")
            case (.transport, _): print("the server cannot be reached: \(error)")
            default: throw error
            }
        }
        await hydra.shutdown()
    }
}
