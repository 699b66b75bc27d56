import Hummingbird
import OAuthModel

extension EndpointTable {
    /// The public listener: what clients and browsers may reach.
    static func publicAPI(_ core: ServerCore) -> EndpointTable {
        var table = EndpointTable()
        let tokens = TokenEndpoint(core: core)
        let revocation = RevocationEndpoint(core: core)
        let documents = WellKnownDocuments(core: core)
        table.on(.post, "/oauth2/token") { try await tokens.exchange($0) }
        table.on(.post, "/oauth2/revoke") { try await revocation.revoke($0) }
        table.on(.get, "/.well-known/jwks.json") { documents.keySet($0) }
        table.on(.get, "/.well-known/openid-configuration") { documents.configuration($0) }
        // RFC 8414 §3.1 puts an issuer's path behind the well-known one.
        table.on(.get, "/.well-known/oauth-authorization-server") { documents.configuration($0) }
        table.on(.get, "/.well-known/oauth-authorization-server/{issuer}") { documents.configuration($0) }
        table.addHealth(core)
        return table
    }

    /// `/health/alive`: the process answers.
    ///
    /// `/health/ready`: so does its database.
    mutating func addHealth(_ core: ServerCore) {
        self.on(.get, "/health/alive") { _ in Reply.json(["status": "ok"]) }
        self.on(.get, "/health/ready") { _ in
            do {
                try await core.checkDatabase()
                return Reply.json(["status": "ok"])
            } catch {
                return Reply.json(["errors": ["database": "the database does not answer"]], status: .serviceUnavailable)
            }
        }
    }
}
