package import ProxyCore

/// Finds the introspection endpoint of a server with `discover: true`, and looks again now and then.
///
/// Until it is found, tokens of that server are answered 503; once found it stays, whatever becomes of the document.
package struct EndpointDiscoverer: Sendable {
    private let server: AuthorizationServer
    private let discovery: MetadataDiscovery
    private let surroundings: RefreshSurroundings

    package init(server: AuthorizationServer, discovery: MetadataDiscovery, surroundings: RefreshSurroundings) {
        self.server = server
        self.discovery = discovery
        self.surroundings = surroundings
    }

    /// Runs until cancelled.
    package func run() async {
        let name = self.server.settings.name
        var failures: UInt64 = 0
        while !Task.isCancelled {
            var pause = Self.lookAgain
            do throws(AuthorizationServerError) {
                let metadata = try await self.discovery.metadata(
                    of: self.server.settings.issuer, within: self.surroundings.discoveryTimeout)
                self.server.state.discovered(try self.discovery.introspectionEndpoint(in: metadata))
                failures = 0
                self.surroundings.report(.endpointFound(server: name))
            } catch {
                guard error != .cancelled else { return }
                // As for keys: a server that comes back is found soon, one that is away is left in peace.
                pause = min(.seconds(1) << min(failures, 5), .seconds(30))
                failures += 1
                self.surroundings.report(.endpointNotFound(server: name, error))
            }
            do { try await self.surroundings.sleep(pause) } catch { return }
        }
    }

    /// Endpoints move seldom, and a move is announced.
    private static let lookAgain: Nanoseconds = .seconds(3_600)
}
