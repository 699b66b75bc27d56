import HydraClient
import OAuthModel

/// As much of a browser as the flows need: it keeps cookies and goes where it is told, one step at a time.
struct Browser {
    let hydra: HydraClient
    private var cookies: [String: String] = [:]

    init(_ hydra: HydraClient) { self.hydra = hydra }

    mutating func start(_ request: HydraClient.AuthorizationRequest) async throws -> HydraClient.AuthorizationRedirect {
        self.keep(try await self.hydra.authorize(request, cookie: self.field))
    }

    mutating func follow(_ redirect: OAuth2RedirectTo) async throws -> HydraClient.AuthorizationRedirect {
        self.keep(try await self.hydra.authorize(resuming: redirect, cookie: self.field))
    }

    private var field: SecretBytes? {
        let pairs = self.cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return pairs.isEmpty ? nil : SecretBytes(pairs.joined(separator: "; "))
    }

    private mutating func keep(_ redirect: HydraClient.AuthorizationRedirect) -> HydraClient.AuthorizationRedirect {
        for field in redirect.setCookies.map(\.text) {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isOver = field.lowercased().contains("max-age=0")
            self.cookies[String(pair[0])] = isOver || pair.count < 2 ? nil : String(pair[1])
        }
        return redirect
    }
}
