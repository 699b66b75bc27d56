import Observability
import ProxyCore
import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// One loop of the proxy on a scripted kernel: the test moves bytes and time by hand.
final class ScriptedProxy {
    static let listening = SocketAddress.inet4(.loopback, port: 8_080)
    static let upstream = SocketAddress.inet4(.loopback, port: 9_000)
    static let authorizationServer = SocketAddress.inet4(.loopback, port: 4_445)
    /// What the scripted wall clock shows at first.
    static let wallSeconds = 1_750_000_000

    let kernel: ScriptedKernel
    let loop: Loop
    let context: LoopContext
    let generation: ProxyGeneration
    let names = ScriptedNames()
    /// What the proxy has reported.
    let unresolved = Monitor<[UnresolvedName]>([])
    private let resolver: Resolver

    init(
        seed: UInt64 = 1, remoteIntrospection: (any RemoteIntrospection)? = nil,
        _ change: (inout StandardConfiguration) -> Void = { _ in }
    ) throws {
        self.generation = try Self.generation(change)
        self.kernel = ScriptedKernel(seed: seed, wallSeconds: UInt64(Self.wallSeconds))
        self.kernel.connectPlans = [Self.upstream: .accept, Self.authorizationServer: .accept]
        self.loop = try Loop(kernel: self.kernel)
        // Names are looked up when the test says so.
        let (names, unresolved) = (self.names, self.unresolved)
        self.resolver = Resolver(threads: 0) { host in names.lookUp(host) }
        let directory = LoopDirectory(count: 1)
        directory.register(self.loop.mailbox, at: 0)
        let shared = ProcessContext(
            registry: InstrumentRegistry(loopCount: 1), resolver: self.resolver, accessLog: nil,
            fingerprintKey: .random(), remoteIntrospection: remoteIntrospection, directory: directory,
            connectionsMax: nil,
            report: { name in unresolved.withLock { $0.append(name) } })
        self.context = LoopContext(loop: self.loop, index: 0, shared: shared, generation: self.generation)
        let socket = try ListeningSocket.open(at: Self.listening, count: 1, kernel: self.kernel)
        try self.context.listen(on: socket[0], as: ListenerSettings(trustedPeers: .nobody))
    }

    /// The lines of the exposition that begin so.
    func metrics(beginning: String) -> [Substring] {
        let exposition = PrometheusText(
            registry: self.context.shared.registry, servers: [], process: nil, version: "0")
        return String(decoding: exposition.render(), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix(beginning) }
    }

    static func generation(_ change: (inout StandardConfiguration) -> Void = { _ in }) throws -> ProxyGeneration {
        try StandardConfiguration {
            $0.upstreamURL = "http://127.0.0.1:9000"
            $0.authorizationServerURL = "http://127.0.0.1:4445"
            change(&$0)
        }.generation()
    }

    deinit {
        self.context.release()
        self.loop.shutdown()
        self.resolver.stop()
        #expect(self.kernel.misuses == [])
        #expect(self.kernel.openDescriptors == 0)
    }

    // MARK: Moving things

    func settle() throws { try self.kernel.settle(self.loop) }

    /// Looks up all names that have been asked for, and tells the loop.
    func lookUpNames() throws {
        while self.resolver.answerNext() {}
        try self.settle()
    }

    /// Lets time go by in steps that a timer's tick fits in.
    func pass(seconds: Double) throws {
        var left = UInt64(seconds * 1_000)
        while left > 0 {
            let step = min(left, 100)
            self.kernel.advance(milliseconds: step)
            try self.settle()
            left -= step
        }
    }

    func connect() throws -> ScriptedPeer {
        let client = try #require(self.kernel.connectClient(to: Self.listening))
        try self.settle()
        return client
    }

    /// A client that has sent this.
    func client(_ text: String) throws -> ScriptedPeer {
        let client = try self.connect()
        client.send(text)
        try self.settle()
        return client
    }

    /// The upstream's side of the connection that the proxy has opened.
    func upstream() throws -> ScriptedPeer { try #require(self.kernel.takeUpstream(at: Self.upstream)) }
    func server() throws -> ScriptedPeer { try #require(self.kernel.takeUpstream(at: Self.authorizationServer)) }

    func answer(_ peer: ScriptedPeer, _ text: String) throws {
        peer.send(text)
        try self.settle()
    }

    /// Answers the introspection call under way.
    func introspect(_ members: String = #""active":true,"scope":"read","sub":"alice""#) throws {
        let body = "{\(members)}"
        try self.answer(
            try self.server(),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}

extension ScriptedPeer {
    /// The status of the next response in what has been received, which is taken.
    func takeStatus() -> Int? {
        let text = self.takeText()
        guard text.hasPrefix("HTTP/1.1 ") else { return nil }
        return Int(text.dropFirst(9).prefix(3))
    }
}
