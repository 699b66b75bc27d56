package import JOSE
package import ProxyCore
import Synchronization

/// The keys of one server, from wherever its configuration says they come.
package struct KeySetSource: Sendable {
    /// One fetch, within the time given.
    package let fetch: @Sendable (Nanoseconds) async throws(AuthorizationServerError) -> JSONWebKeySet

    package init(fetch: @escaping @Sendable (Nanoseconds) async throws(AuthorizationServerError) -> JSONWebKeySet) {
        self.fetch = fetch
    }

    /// The source that `server` is configured with.
    package init(
        _ jwt: AuthorizationServer.JWT, of server: AuthorizationServer, connections: AuthorizationServerConnections,
        allowsPlaintext: Bool
    ) {
        let endpoint = KeySetEndpoint(connections: connections, policy: jwt.keyPolicy)
        switch jwt.source {
        case .endpoint(let url):
            self.init { limit throws(AuthorizationServerError) in try await endpoint.keys(at: url, within: limit) }
        case .file(let path):
            let file = KeySetFile(path: path, policy: jwt.keyPolicy)
            self.init { _ throws(AuthorizationServerError) in try file.keys() }
        case .discovery:
            let discovery = MetadataDiscovery(connections: connections, allowsPlaintext: allowsPlaintext)
            let issuer = server.settings.issuer
            // Looked up for each fetch: a server that moves its keys is followed, and it costs one small answer.
            self.init { limit throws(AuthorizationServerError) in
                let deadline = Deadline(after: limit)
                let metadata = try await discovery.metadata(of: issuer, within: deadline.left)
                return try await endpoint.keys(at: try discovery.jwksURI(in: metadata), within: deadline.left)
            }
        }
    }
}
