import HydraClient
import NIOCore
import NIOPosix
import OAuthModel
import Synchronization

/// A server that answers as it is told and remembers what it was asked, byte for byte.
final class ScriptedHydra: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var fields: [(name: String, value: String)]
        var body: String

        func values(_ name: String) -> [String] { self.fields.filter { $0.name == name }.map(\.value) }
        var json: JSONValue? { try? JSONReader.read(Array(self.body.utf8)) }
        var form: [String] {
            let form = try? FormURLEncoded(parsing: Array(self.body.utf8))
            return form?.parameters.map { "\($0.name)=\($0.value)" } ?? []
        }
    }

    enum Reaction: Sendable {
        case answer(Int, [(String, String)] = [], body: String = "")
        /// These bytes, whatever they are, and then the end.
        case raw(String)
        /// The same for what is no text.
        case rawBytes([UInt8])
        /// These bytes, and then nothing.
        case unfinished(String)
        /// One text, and then another one over and over.
        case endless(String, again: String)
        /// The connection ends without a byte.
        case end

        /// A body in chunks that never ends.
        static let endlessBody = Reaction.endless(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            again: "1000\r\n" + String(repeating: " ", count: 4_096) + "\r\n")

        static func json(_ text: String, _ status: Int = 200) -> Reaction {
            .answer(status, [("Content-Type", "application/json")], body: text)
        }
    }

    private struct State {
        var requests: [Request] = []
        var react: @Sendable (Request) -> Reaction
    }

    private let state: Mutex<State>
    private let arrivals: AsyncStream<Request>
    private let arrived: AsyncStream<Request>.Continuation
    private let listener = Mutex<(any Channel)?>(nil)

    init(_ react: @escaping @Sendable (Request) -> Reaction) {
        self.state = Mutex(State(react: react))
        (self.arrivals, self.arrived) = AsyncStream.makeStream(of: Request.self)
    }

    func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptedConnection(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.listener.withLock { $0 = channel }
    }

    func stop() async {
        let channel = self.listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try? await channel?.close()
    }

    var origin: String { "http://127.0.0.1:\(self.listener.withLock { $0?.localAddress?.port ?? 0 })" }
    var requests: [Request] { self.state.withLock { $0.requests } }

    /// Waits for the next request that nobody has waited for.
    func nextRequest() async -> Request? {
        var arrivals = self.arrivals.makeAsyncIterator()
        return await arrivals.next()
    }

    fileprivate func received(_ request: Request) -> Reaction {
        let react = self.state.withLock { state in
            state.requests.append(request)
            return state.react
        }
        self.arrived.yield(request)
        return react(request)
    }
}

private final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: ScriptedHydra
    private var received: [UInt8] = []

    init(_ server: ScriptedHydra) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.append(contentsOf: self.unwrapInboundIn(data).readableBytesView)
        while let request = self.takeRequest() { Self.perform(self.server.received(request), on: context.channel) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeRequest() -> ScriptedHydra.Request? {
        guard let head = self.received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: self.received[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: parts[0].lowercased(), value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        guard self.received.count >= head.upperBound + length else { return nil }
        let body = self.received[head.upperBound..<head.upperBound + length]
        self.received.removeFirst(head.upperBound + length)
        return .init(
            method: words[0], target: words[1], fields: fields, body: String(decoding: body, as: UTF8.self))
    }

    private static func perform(_ reaction: ScriptedHydra.Reaction, on channel: any Channel) {
        switch reaction {
        case .answer(let status, let fields, let body):
            var text = "HTTP/1.1 \(status) Status\r\n"
            if status != 204 { text += "Content-Length: \(body.utf8.count)\r\n" }
            for (name, value) in fields { text += "\(name): \(value)\r\n" }
            channel.writeAndFlush(ByteBuffer(string: text + "\r\n" + body), promise: nil)
        case .raw(let text): Self.perform(.rawBytes(Array(text.utf8)), on: channel)
        case .rawBytes(let bytes):
            channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in channel.close(promise: nil) }
        case .unfinished(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        case .endless(let head, let again):
            let buffer = ByteBuffer(string: again)
            channel.writeAndFlush(ByteBuffer(string: head)).whenSuccess { Self.writeForever(buffer, to: channel) }
        case .end: channel.close(promise: nil)
        }
    }

    private static func writeForever(_ buffer: ByteBuffer, to channel: any Channel) {
        channel.writeAndFlush(buffer).whenSuccess {
            // Not at once: a write that is done when it returns would make each the caller of the next.
            channel.eventLoop.execute { Self.writeForever(buffer, to: channel) }
        }
    }
}

/// Runs a server, and a client whose two sides are both it, for as long as the body runs.
func withHydra<Value>(
    _ change: (inout HydraClient.Configuration) -> Void = { _ in },
    answering react: @escaping @Sendable (ScriptedHydra.Request) -> ScriptedHydra.Reaction,
    _ body: (ScriptedHydra, HydraClient) async throws -> Value
) async throws -> Value {
    let server = ScriptedHydra(react)
    try await server.start()
    var configuration = HydraClient.Configuration(publicURL: server.origin, adminURL: server.origin)
    configuration.timeout = .seconds(60)
    change(&configuration)
    do {
        let client = try HydraClient(configuration)
        let value = try await body(server, client)
        await client.shutdown()
        await server.stop()
        return value
    } catch {
        await server.stop()
        throw error
    }
}

/// What a call throws; nil when it succeeds.
func failure(of call: () async throws(HydraClientError) -> Void) async -> HydraClientError? {
    do throws(HydraClientError) {
        try await call()
        return nil
    } catch {
        return error
    }
}
