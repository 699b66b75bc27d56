package import JOSE
package import ProxyCore

/// Where a server's key set lies: fetched without credentials, without following redirects, and with a cap.
package struct KeySetEndpoint: Sendable {
    private let connections: AuthorizationServerConnections
    private let policy: KeyPolicy

    package init(connections: AuthorizationServerConnections, policy: KeyPolicy) {
        self.connections = connections
        self.policy = policy
    }

    /// Fetches the set from a `jwks_uri` (RFC 7517 §5, RFC 8414 §2).
    package func keys(
        at url: String, within limit: Nanoseconds
    ) async throws(AuthorizationServerError) -> JSONWebKeySet {
        let question = AuthorizationServerConnections.Question(
            url: url, fields: [("Accept", "application/jwk-set+json, application/json")])
        let answer = try await self.connections.ask(question, bytesMax: JSONWebKeySet.byteCountMax, within: limit)
        try answer.requireOK()
        return try Self.read(answer.body, policy: self.policy)
    }

    static func read(_ bytes: [UInt8], policy: KeyPolicy) throws(AuthorizationServerError) -> JSONWebKeySet {
        do throws(JSONWebKeySetError) {
            return try JSONWebKeySet.read(bytes, policy: policy)
        } catch {
            throw .notAKeySet(error)
        }
    }
}
