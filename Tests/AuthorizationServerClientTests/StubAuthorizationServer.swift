import AuthorizationServerClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An authorization server for tests: answers as it is told, badly if wished, and remembers what it was asked.
final class StubAuthorizationServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var fields: [(name: String, value: String)]
        var body: String

        func values(_ name: String) -> [String] { self.fields.filter { $0.name == name }.map(\.value) }
    }

    indirect enum Reaction: Sendable {
        case answer(Int, fields: [(String, String)] = [], body: String)
        /// The connection dies without a byte.
        case reset
        case silence
        /// These bytes, whatever they are, and then the end.
        case raw(String)
        /// These bytes, and then nothing.
        case unfinished(String)
        /// A body that never ends.
        case endless
        case held(Gate, Reaction)

        static func json(_ text: String) -> Reaction {
            .answer(200, fields: [("Content-Type", "application/json")], body: text)
        }
    }

    private struct State {
        var requests: [Request] = []
        var react: @Sendable (Request) -> Reaction
        var connections = 0
    }

    private let state: Mutex<State>
    let arrivals: AsyncStream<Request>
    private let arrived: AsyncStream<Request>.Continuation
    private let listener = Mutex<(any Channel)?>(nil)
    private let scheme = Mutex("http")

    init(_ react: @escaping @Sendable (Request) -> Reaction) {
        self.state = Mutex(State(react: react))
        (self.arrivals, self.arrived) = AsyncStream.makeStream(of: Request.self)
    }

    func start(port: Int = 0, tls: NIOSSLContext? = nil) async throws {
        if tls != nil { self.scheme.withLock { $0 = "https" } }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(StubConnection(self))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.listener.withLock { $0 = channel }
    }

    func stop() async {
        let channel = self.listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try? await channel?.close()
    }

    var port: Int { self.listener.withLock { $0?.localAddress?.port ?? 0 } }
    var origin: String { "\(self.scheme.withLock { $0 })://127.0.0.1:\(self.port)" }
    var requests: [Request] { self.state.withLock { $0.requests } }
    var connections: Int { self.state.withLock { $0.connections } }

    /// From now on.
    func react(_ react: @escaping @Sendable (Request) -> Reaction) { self.state.withLock { $0.react = react } }

    /// Waits for the next request that nobody has waited for.
    func nextRequest() async -> Request? {
        var arrivals = self.arrivals.makeAsyncIterator()
        return await arrivals.next()
    }

    fileprivate func connected() { self.state.withLock { $0.connections += 1 } }

    fileprivate func received(_ request: Request) -> Reaction {
        let react = self.state.withLock { state in
            state.requests.append(request)
            return state.react
        }
        self.arrived.yield(request)
        return react(request)
    }
}

/// Keeps an answer back until it is opened.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [@Sendable () -> Void])>((false, []))

    func open() {
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for run in waiting { run() }
    }

    fileprivate func whenOpen(_ run: @escaping @Sendable () -> Void) {
        let isOpen = self.state.withLock { state in
            if !state.isOpen { state.waiting.append(run) }
            return state.isOpen
        }
        if isOpen { run() }
    }
}

private final class StubConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: StubAuthorizationServer
    private var received: [UInt8] = []

    init(_ server: StubAuthorizationServer) { self.server = server }

    func channelActive(context: ChannelHandlerContext) { self.server.connected() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.append(contentsOf: self.unwrapInboundIn(data).readableBytesView)
        while let request = self.takeRequest() {
            Self.perform(self.server.received(request), on: context.channel)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeRequest() -> StubAuthorizationServer.Request? {
        let end = Array("\r\n\r\n".utf8)
        guard let head = self.received.firstRange(of: end) else { return nil }
        let lines = String(decoding: self.received[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        let length = fields.first { $0.0 == "content-length" }.flatMap { Int($0.1) } ?? 0
        guard self.received.count >= head.upperBound + length else { return nil }
        let body = self.received[head.upperBound..<head.upperBound + length]
        self.received.removeFirst(head.upperBound + length)
        return .init(
            method: words[0], target: words[1], fields: fields.map { (name: $0.0, value: $0.1) },
            body: String(decoding: body, as: UTF8.self))
    }

    private static func perform(_ reaction: StubAuthorizationServer.Reaction, on channel: any Channel) {
        switch reaction {
        case .answer(let status, let fields, let body):
            var text = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n"
            for (name, value) in fields { text += "\(name): \(value)\r\n" }
            channel.writeAndFlush(ByteBuffer(string: text + "\r\n" + body), promise: nil)
        case .reset:
            let lingering = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            (lingering ?? channel.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in channel.close(promise: nil) }
        case .silence: break
        case .raw(let text):
            channel.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in channel.close(promise: nil) }
        case .unfinished(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        case .endless:
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            channel.writeAndFlush(ByteBuffer(string: head)).whenSuccess { Self.writeForever(channel) }
        case .held(let gate, let reaction): gate.whenOpen { Self.perform(reaction, on: channel) }
        }
    }

    private static func writeForever(_ channel: any Channel) {
        let chunk = ByteBuffer(string: "1000\r\n" + String(repeating: " ", count: 4_096) + "\r\n")
        channel.writeAndFlush(chunk).whenSuccess { Self.writeForever(channel) }
    }
}

/// Runs a stub and connections to it for as long as the body runs.
func withStub<Value>(
    _ react: @escaping @Sendable (StubAuthorizationServer.Request) -> StubAuthorizationServer.Reaction,
    _ body: (StubAuthorizationServer, AuthorizationServerConnections) async throws -> Value
) async throws -> Value {
    let stub = StubAuthorizationServer(react)
    try await stub.start()
    let connections = AuthorizationServerConnections()
    do {
        let value = try await body(stub, connections)
        await connections.shutdown()
        await stub.stop()
        return value
    } catch {
        await connections.shutdown()
        await stub.stop()
        throw error
    }
}
