import HydraClient
import OAuthModel

/// The code of the article, so that it compiles.
enum GettingStarted {
    static func run() async throws {
        let hydra = try HydraClient(
            HydraClient.Configuration(publicURL: "http://127.0.0.1:4444", adminURL: "http://127.0.0.1:4445"))

        var client = OAuth2Client()
        client.clientName = "Photo album"
        client.owner = "album-team"
        client.grantTypes = ["client_credentials", "authorization_code", "refresh_token"]
        client.redirectURIs = ["http://127.0.0.1:5555/callback"]
        client.scope = "openid offline photos.read photos.write"
        let registered = try await hydra.createClient(client)

        guard let id = registered.clientID, let secret = registered.clientSecret else { return }
        let identity = HydraClient.ClientIdentity.secretBasic(ClientCredentials(clientID: id, secret: secret))
        let tokens = try await hydra.exchangeToken(
            .clientCredentials(scopes: ScopeSet(spaceSeparated: "photos.read")), as: identity)

        switch try await hydra.introspectToken(tokens.accessToken) {
        case .active(let token): print("a token of", token.clientID ?? "nobody", "for", token.scopes.text)
        case .inactive: print("not, or no longer, of any use")
        }

        let pkce = HydraClient.PKCE()
        let request = HydraClient.AuthorizationRequest(
            clientID: id, redirectURI: "http://127.0.0.1:5555/callback",
            scopes: ScopeSet(spaceSeparated: "openid offline photos.read"), pkce: pkce)
        print("open in a browser:", try hydra.authorizationURL(for: request))

        let callback = readLine() ?? ""
        let response = try HydraClient.AuthorizationResponse(redirectedTo: callback, expectingState: request.state)
        let userTokens = try await hydra.exchangeToken(
            .authorizationCode(response.code, redirectURI: request.redirectURI, pkce: pkce), as: identity)
        print("granted:", userTokens.scopes.text)

        for try await client in hydra.clients(owner: "album-team") {
            print(client.clientID ?? "", client.clientName ?? "without a name")
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
