import Glibc
package import JOSE
import Observability
package import ProxyConfiguration
package import ProxyCore
package import ProxyServer
import Reactor

/// A whole proxy on a port of its own, with stubs behind it: its rooms in this process, or the executable that
/// `BEARERGATE_EXECUTABLE` names.
package final class ProxyUnderTest: Sendable {
    private enum Running: Sendable {
        case inProcess(ProxyServer, AccessLog?)
        case executable(ProxyProcess)
    }

    package let compiled: CompiledConfiguration
    package let upstream: StubUpstream
    package let authorizationServer: StubAuthorizationServer
    private let running: Running

    /// - Parameters:
    ///   - configuration: YAML; `{upstream}` and `{authorization-server}` stand for the stubs' URLs.
    ///   - logsTo: a file that takes the access log as JSON lines; none is written without one.
    ///   - keys: what every server that verifies JWTs has published; the executable reads them itself, as configured.
    package init(
        _ configuration: String = StandardConfiguration().text, upstream: StubUpstream? = nil,
        authorizationServer: StubAuthorizationServer? = nil,
        loops: Int = 1, logsTo: String? = nil, keys: JSONWebKeySet? = nil
    ) throws {
        Self.raiseDescriptorLimit()
        self.upstream = try upstream ?? StubUpstream()
        self.authorizationServer =
            try authorizationServer ?? StubAuthorizationServer(StandardConfiguration.tokens)
        let text = Self.completed(configuration, upstream: self.upstream, authorizationServer: self.authorizationServer)
        self.compiled = try ConfigurationReloader(environment: [:]).load(text: text)
        do {
            if let executable = ProxyProcess.executable {
                self.running = .executable(try ProxyProcess(executable, configuration: text))
            } else {
                self.running = try Self.start(self.compiled, loops: loops, logsTo: logsTo, keys: keys)
            }
        } catch {
            self.upstream.stop()
            self.authorizationServer.stop()
            throw error
        }
    }

    private static func start(
        _ compiled: CompiledConfiguration, loops: Int, logsTo: String?, keys: JSONWebKeySet?
    ) throws -> Running {
        let listeners = try compiled.listeners.map { listener in
            guard let address = SocketAddress(listener.address.description) else {
                throw SetUpProblem(text: "no address: \(listener.address)")
            }
            return ProxyServer.ListenerOptions(
                address: address, socketMode: listener.socketMode, trustedPeers: listener.trustedPeers)
        }
        let accessLog = try logsTo.map { try AccessLog(format: .json, destination: .file($0), allowedShare: 1) }
        accessLog?.start()
        do {
            let server = try ProxyServer.start(
                compiled.generation,
                options: .init(
                    listeners: listeners, loopCount: loops, registry: InstrumentRegistry(loopCount: loops),
                    accessLog: accessLog))
            if let keys { Self.publish(keys, in: compiled.generation, of: server) }
            return .inProcess(server, accessLog)
        } catch {
            accessLog?.stop()
            throw error
        }
    }

    /// Answers whenever the keys are due or wanted, as the executable's refresher does.
    private static func publish(_ keys: JSONWebKeySet, in generation: ProxyGeneration, of server: ProxyServer) {
        for authorizationServer in generation.authorizationServers {
            let state = authorizationServer.state
            let answer: @Sendable () -> Void = { [weak state] in
                guard let state, state.nextKeyFetch(at: Deadline.now) == .start else { return }
                server.resume(state.keysFetched(keys, at: Deadline.now))
            }
            state.onKeysWanted(answer)
            answer()
        }
    }

    /// The rooms in this process, for what a signal or a file cannot ask of them.
    package var server: ProxyServer {
        switch self.running {
        case .inProcess(let server, _): server
        case .executable: preconditionFailure("this test wants the proxy in its own process")
        }
    }

    package static func compile(
        _ configuration: String, upstream: StubUpstream, authorizationServer: StubAuthorizationServer,
        previous: ProxyGeneration?
    ) throws -> CompiledConfiguration {
        let text = Self.completed(configuration, upstream: upstream, authorizationServer: authorizationServer)
        return try ConfigurationReloader(environment: [:]).load(text: text, previous: previous)
    }

    private static func completed(
        _ configuration: String, upstream: StubUpstream, authorizationServer: StubAuthorizationServer
    ) -> String {
        let text = Self.replacing("{upstream}", by: upstream.address.url, in: configuration)
        return Self.replacing("{authorization-server}", by: authorizationServer.address.urlBeforePath, in: text)
    }

    /// Reads another configuration and has the proxy adopt it.
    package func reload(_ configuration: String, upstream: StubUpstream? = nil) throws {
        let compiled = try Self.compile(
            configuration, upstream: upstream ?? self.upstream, authorizationServer: self.authorizationServer,
            previous: self.compiled.generation)
        self.server.adopt(compiled.generation)
    }

    package var address: TestAddress {
        switch self.running {
        case .executable(let process): process.address
        case .inProcess(let server, _):
            switch server.addresses[0] {
            case .unix(let path): .unix(path: path)
            case let address: .port(address.port ?? 0)
            }
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
        self.end()
        if case .inProcess(_, let accessLog?) = self.running { accessLog.stop() }
        self.upstream.stop()
        self.authorizationServer.stop()
    }

    /// Stops the proxy alone: what it sent before is then all there is in the stubs' records.
    package func stopProxy() throws {
        self.end()
        try self.upstream.server.waitUntilIdle()
    }

    private func end() {
        switch self.running {
        case .inProcess(let server, _): server.stop()
        case .executable(let process):
            let signal = process.stop()
            precondition(signal == nil, "the executable crashed: \(process.log)")
        }
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
