import HTTPWire
import JOSE
import Observability
import ProxyCore
import Reactor
import ReactorTesting
import TestSupport

@testable import ProxyServer

/// One loop of the proxy on a scripted kernel, and everybody it talks to: their bytes are written down as they come.
final class FuzzedProxy {
    final class Client {
        let peer: ScriptedPeer
        var sent: [UInt8] = []
        var received: [UInt8] = []
        /// It has reset, ended, or read nothing while time passed: no longer owed anything.
        var isUnreliable = false
        init(_ peer: ScriptedPeer) { self.peer = peer }
    }

    struct Question {
        let client: Int
        let service: FuzzedService
        /// Its place among those of the service.
        let place: Int
    }

    private static let listening = SocketAddress.inet4(.loopback, port: 8_080)
    static let upstream = SocketAddress.inet4(.loopback, port: 9_000)
    static let authorizationServer = SocketAddress.inet4(.loopback, port: 4_445)

    let kernel: ScriptedKernel
    private let loop: Loop
    private let context: LoopContext
    private let generation: ProxyGeneration
    private let directory = LoopDirectory(count: 1)
    private let resolver: Resolver
    /// What upstreams were asked, in that order, and by whom.
    private(set) var questions: [Question] = []
    private(set) var clients: [Int: Client] = [:]
    private(set) var upstreams: [FuzzedService] = []
    private(set) var servers: [FuzzedService] = []

    init() throws {
        self.generation = try StandardConfiguration {
            $0.upstreamURL = "http://127.0.0.1:9000"
            $0.authorizationServerURL = "http://127.0.0.1:4445"
            $0.strategy = "verify_or_introspect"
            $0.introspection = ["issuer_optional: true"]
            $0.server = [
                "issuer: \"https://as.example\"",
                "jwt: {jwks_uri: \"https://as.example/k\", algorithms: [EdDSA], audiences: [\"https://api.example\"]}",
            ]
            $0.top = ["timeouts: {head: 5s, idle: 15s}"]
            $0.upstream = ["response_timeout: 10s", "stream_idle: 10s", "connect_timeout: 1s"]
        }.generation()
        self.kernel = ScriptedKernel()
        self.kernel.connectPlans = [Self.upstream: .accept, Self.authorizationServer: .accept]
        self.loop = try Loop(kernel: self.kernel)
        // Names are looked up by nobody, and so never found.
        self.resolver = Resolver(threads: 0)
        self.directory.register(self.loop.mailbox, at: 0)
        let shared = ProcessContext(
            registry: InstrumentRegistry(loopCount: 1), resolver: self.resolver, accessLog: nil,
            fingerprintKey: FingerprintKey(bytes: [UInt8](repeating: 7, count: 32)), remoteIntrospection: nil,
            directory: self.directory, connectionsMax: nil)
        self.context = LoopContext(loop: self.loop, index: 0, shared: shared, generation: self.generation)
        let socket = try ListeningSocket.open(at: Self.listening, count: 1, kernel: self.kernel)
        try self.context.listen(on: socket[0], as: ListenerSettings(trustedPeers: .nobody))
    }

    // MARK: Moving things

    /// A client by its number; it comes when it is first named.
    func client(_ number: Int) -> Client? {
        if let client = self.clients[number] { return client }
        // Upstreams are told the address: it says whose a question is.
        let address = SocketAddress.inet4(IPv4Address(bits: 0xC000_0200 + UInt32(number)), port: 40_000)
        guard let peer = self.kernel.connectClient(to: Self.listening, from: address) else { return nil }
        let client = Client(peer)
        self.clients[number] = client
        return client
    }

    /// Who reads nothing meanwhile may be given up.
    func pass(milliseconds: UInt64) {
        // What was sent has come before the time passes.
        self.settle()
        for client in self.clients.values where client.peer.window != .max { client.isUnreliable = true }
        self.kernel.advance(milliseconds: milliseconds)
    }

    func turn() {
        self.loop.runOnce()
        self.gather()
    }

    func settle() {
        do { try self.kernel.settle(self.loop) } catch { end("finding: the loop comes to rest: \(error)") }
        self.gather()
    }

    private func gather() {
        while let peer = self.kernel.takeUpstream(at: Self.upstream) { self.upstreams.append(FuzzedService(peer)) }
        while let peer = self.kernel.takeUpstream(at: Self.authorizationServer) {
            self.servers.append(FuzzedService(peer))
        }
        for service in self.servers { service.listen() }
        for service in self.upstreams {
            for place in service.listen() {
                let address = service.requests[place].values("x-forwarded-for").first ?? []
                let client = Int(String(decoding: address.suffix(1), as: UTF8.self)) ?? -1
                self.questions.append(Question(client: client, service: service, place: place))
            }
        }
        for client in self.clients.values where client.peer.window == .max { client.received += client.peer.take() }
    }

    /// A fetch of the key set ends, nil when it failed.
    func keysArrive(_ keys: JSONWebKeySet?) {
        let state = self.generation.authorizationServers[0].state
        let now = self.kernel.now()
        guard case .start = state.nextKeyFetch(at: now) else { return }
        let waiters = state.keysFetched(keys, at: now)
        self.directory.post(to: 0) { $0.resume(waiters, with: .keys) }
    }

    // MARK: The end

    /// Everybody is done: what is still open closes by its own deadlines, and nothing is left behind.
    func finish() {
        for client in self.clients.values { client.peer.window = .max }
        self.kernel.connectPlans = [Self.upstream: .accept, Self.authorizationServer: .accept]
        for _ in 0..<20 where !self.allClientsAreClosed {
            self.answerAll()
            self.kernel.advance(milliseconds: 4_000)
            self.settle()
        }
        // Tunnels and event streams may be silent for ever.
        for client in self.clients.values where !client.peer.isClosedByLoop {
            client.isUnreliable = true
            client.peer.finish()
        }
        for service in self.upstreams + self.servers { service.finish() }
        self.settle()
        for client in self.clients.values where !client.peer.isClosedByLoop { client.peer.reset() }
        for _ in 0..<6 {
            self.kernel.advance(milliseconds: 4_000)
            self.settle()
        }
        insist(self.context.connections.count == 0, "clients that are gone are forgotten")
        insist(self.context.flights.isEmpty, "every question to the authorization server comes to its end")
        for service in self.upstreams + self.servers { service.peer.reset() }
        self.settle()
        self.kernel.advance(milliseconds: 61_000)
        self.settle()
        insist(self.loop.openEndpoints == 0, "every connection is closed at last")
        self.context.release()
        self.loop.shutdown()
        self.resolver.stop()
        insist(self.kernel.misuses == [], "the kernel is not misused: \(self.kernel.misuses)")
        insist(self.kernel.openDescriptors == 0, "no descriptor is left open")
    }

    private var allClientsAreClosed: Bool { self.clients.values.allSatisfy { $0.peer.isClosedByLoop } }

    /// Every request that lies whole at a service and has no answer gets the plain one.
    func answerAll() {
        for service in self.upstreams { self.answer(service, with: Canned.upstreamAnswers[0]) }
        for service in self.servers { self.answer(service, with: Canned.verdicts[0]) }
        self.settle()
    }

    private func answer(_ service: FuzzedService, with answer: String) {
        let requests = service.requests.filter(\.isWhole)
        while service.answered < requests.count {
            let isHead = requests[service.answered].method == .head
            service.answered += 1
            let end = answer.firstRange(of: "\r\n\r\n")?.upperBound ?? answer.endIndex
            service.say(Array((isHead ? String(answer[..<end]) : answer).utf8))
        }
    }
}

/// What services say when they are not made to say anything else.
enum Canned {
    static let upstreamAnswers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframes", "junk\r\n\r\n",
        "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", "HTTP/1.0 304 Not Modified\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n",
    ]

    static let verdicts =
        [
            #"{"active":true,"scope":"read","sub":"alice"}"#, #"{"active":false}"#, "{",
            #"{"active":true,"scope":"read","sub":"alice","exp":1750000030}"#,
            #"{"active":true,"scope":"other","sub":"bob"}"#,
        ].map { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)" }
        + [
            "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 401 No\r\nConnection: close\r\n\r\n",
            "junk\r\n\r\n",
        ]
}
