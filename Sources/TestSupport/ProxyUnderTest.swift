import Glibc
import Observability
package import ProxyConfiguration
package import ProxyCore
package import ProxyServer
import Reactor

/// A whole proxy on a port of its own, with stubs behind it.
package final class ProxyUnderTest: Sendable {
    package let server: ProxyServer
    package let compiled: CompiledConfiguration
    package let upstream: StubUpstream
    package let authorizationServer: StubAuthorizationServer
    private let accessLog: AccessLog?

    /// - Parameters:
    ///   - configuration: YAML; `{upstream}` and `{authorization-server}` stand for the stubs' URLs.
    ///   - logsTo: a file that takes the access log as JSON lines; none is written without one.
    package init(
        _ configuration: String = StandardConfiguration().text, upstream: StubUpstream? = nil,
        authorizationServer: StubAuthorizationServer? = nil,
        loops: Int = 1, logsTo: String? = nil
    ) throws {
        Self.raiseDescriptorLimit()
        self.upstream = try upstream ?? StubUpstream()
        self.authorizationServer =
            try authorizationServer ?? StubAuthorizationServer(StandardConfiguration.tokens)
        self.compiled = try Self.compile(
            configuration, upstream: self.upstream, authorizationServer: self.authorizationServer, previous: nil)
        let listeners = try self.compiled.listeners.map { listener in
            guard let address = SocketAddress(listener.address.description) else {
                throw SetUpProblem(text: "no address: \(listener.address)")
            }
            return ProxyServer.ListenerOptions(
                address: address, socketMode: listener.socketMode, trustedPeers: listener.trustedPeers)
        }
        self.accessLog = try logsTo.map {
            try AccessLog(format: .json, destination: .file($0), allowedShare: 1)
        }
        self.accessLog?.start()
        do {
            self.server = try ProxyServer.start(
                self.compiled.generation,
                options: .init(
                    listeners: listeners, loopCount: loops, registry: InstrumentRegistry(loopCount: loops),
                    accessLog: self.accessLog))
        } catch {
            self.accessLog?.stop()
            self.upstream.stop()
            self.authorizationServer.stop()
            throw error
        }
    }

    package static func compile(
        _ configuration: String, upstream: StubUpstream, authorizationServer: StubAuthorizationServer,
        previous: ProxyGeneration?
    ) throws -> CompiledConfiguration {
        let text = Self.replacing("{upstream}", by: upstream.address.url, in: configuration)
        return try ConfigurationReloader(environment: [:]).load(
            text: Self.replacing("{authorization-server}", by: authorizationServer.address.urlBeforePath, in: text),
            previous: previous)
    }

    /// Reads another configuration and has the proxy adopt it.
    package func reload(_ configuration: String, upstream: StubUpstream? = nil) throws {
        let compiled = try Self.compile(
            configuration, upstream: upstream ?? self.upstream, authorizationServer: self.authorizationServer,
            previous: self.compiled.generation)
        self.server.adopt(compiled.generation)
    }

    package var address: TestAddress {
        switch self.server.addresses[0] {
        case .unix(let path): .unix(path: path)
        case let address: .port(address.port ?? 0)
        }
    }

    package func connect() throws -> RawHTTPConnection { try RawHTTPConnection(to: self.address) }

    /// One request on a connection of its own.
    package func exchange(_ request: String, method: String = "GET") throws -> RawMessage? {
        let connection = try self.connect()
        defer { connection.close() }
        connection.send(request)
        return try connection.readFinalResponse(to: method)
    }

    /// Stops the proxy, then waits until the stubs have seen the end of all it sent.
    package func stop() {
        self.server.stop()
        self.accessLog?.stop()
        self.upstream.stop()
        self.authorizationServer.stop()
    }

    /// Stops the proxy alone: what it sent before is then all there is in the stubs' records.
    package func stopProxy() throws {
        self.server.stop()
        try self.upstream.server.waitUntilIdle()
    }

    private static func replacing(_ mark: String, by text: String, in whole: String) -> String {
        whole.split(separator: mark, omittingEmptySubsequences: false).joined(separator: text)
    }

    /// A thousand connections have four descriptors each here: client, proxy twice, upstream.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

package struct SetUpProblem: Error, CustomStringConvertible {
    let text: String
    package var description: String { self.text }
}

/// Runs the whole proxy for the length of `body`: stubs behind it, everything stopped at the end.
package func withProxy<Result>(
    _ configuration: String = StandardConfiguration().text, upstream: StubUpstream? = nil,
    authorizationServer: StubAuthorizationServer? = nil,
    loops: Int = 1, logsTo: String? = nil, _ body: (ProxyUnderTest) throws -> Result
) throws -> Result {
    let proxy = try ProxyUnderTest(
        configuration, upstream: upstream, authorizationServer: authorizationServer, loops: loops,
        logsTo: logsTo)
    defer { proxy.stop() }
    return try body(proxy)
}
