import Hummingbird
import OAuthModel

extension EndpointTable {
    /// The admin listener: whoever reaches it is the administrator.
    static func adminAPI(_ core: ServerCore) -> EndpointTable {
        var table = EndpointTable()
        let clients = ClientEndpoints(core: core)
        let changes = ClientChangeEndpoints(core: core)
        let introspection = IntrospectionEndpoint(core: core)
        table.on(.post, "/admin/clients") { try await clients.create($0) }
        table.onReading("/admin/clients") { try await clients.list($0) }
        table.onReading("/admin/clients/{id}") { try await clients.get($0) }
        table.on(.put, "/admin/clients/{id}") { try await changes.set($0) }
        table.on(.patch, "/admin/clients/{id}") { try await changes.patch($0) }
        table.on(.delete, "/admin/clients/{id}") { try await clients.delete($0) }
        table.on(.put, "/admin/clients/{id}/lifespans") { try await changes.setLifespans($0) }
        table.on(.post, "/admin/oauth2/introspect") { try await introspection.introspect($0) }
        let issuers = TrustedIssuerEndpoints(core: core)
        table.on(.post, TrustedIssuerEndpoints.path) { try await issuers.trust($0) }
        table.onReading(TrustedIssuerEndpoints.path) { try await issuers.list($0) }
        table.onReading(TrustedIssuerEndpoints.path + "/{id}") { try await issuers.get($0) }
        table.on(.delete, TrustedIssuerEndpoints.path + "/{id}") { try await issuers.delete($0) }
        table.on(.delete, "/admin/oauth2/tokens") { call in
            guard let clientID = try call.query.nonEmpty("client_id") else {
                throw HydraError.invalidRequest("The query parameter 'client_id' is missing.")
            }
            try await core.grants.deleteAccessTokens(of: clientID)
            return Reply.empty(.noContent)
        }
        table.addHandshakes(core)
        table.onReading("/version") { _ in Reply.json(["version": .string(DevAuthorizationServer.version)]) }
        table.addHealth(core)
        table.fallback = { Self.redirectFromOldPath($0) }
        table.callerRefusal = { core.adminCallers.refusal(of: $0) }
        return table
    }

    /// What login, consent and logout pages call.
    private mutating func addHandshakes(_ core: ServerCore) {
        let logins = LoginRequestEndpoints(core: core)
        let consents = ConsentRequestEndpoints(core: core)
        let logouts = LogoutRequestEndpoints(core: core)
        let sessions = SessionEndpoints(core: core)
        let requests = "/admin/oauth2/auth/requests"
        self.onReading(requests + "/login") { try await logins.get($0) }
        self.on(.put, requests + "/login/accept") { try await logins.accept($0) }
        self.on(.put, requests + "/login/reject") { try await logins.reject($0) }
        self.onReading(requests + "/consent") { try await consents.get($0) }
        self.on(.put, requests + "/consent/accept") { try await consents.accept($0) }
        self.on(.put, requests + "/consent/reject") { try await consents.reject($0) }
        self.onReading(requests + "/logout") { try await logouts.get($0) }
        self.on(.put, requests + "/logout/accept") { try await logouts.accept($0) }
        self.on(.put, requests + "/logout/reject") { try await logouts.reject($0) }
        self.onReading("/admin/oauth2/auth/sessions/consent") { try await sessions.listConsents($0) }
        self.on(.delete, "/admin/oauth2/auth/sessions/consent") { try await sessions.revokeConsents($0) }
        self.on(.delete, "/admin/oauth2/auth/sessions/login") { try await sessions.revokeLogins($0) }
    }

    /// The unprefixed paths of Hydra 1, which Hydra 2.1 answers with a redirect.
    private static func redirectFromOldPath(_ call: Call) -> Response? {
        let first = call.path.split(separator: "/").first.map(String.init) ?? ""
        guard ["clients", "keys", "oauth2", "trust"].contains(first) else { return nil }
        let query = call.request.uri.query.map { "?" + $0 } ?? ""
        return Response(
            status: .temporaryRedirect, headers: [.location: "/admin" + call.path + query, .cacheControl: "no-store"])
    }
}
