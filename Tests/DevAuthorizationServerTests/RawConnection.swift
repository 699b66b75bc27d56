import NIOCore
import NIOPosix

/// A connection that says whatever bytes a test wants.
struct RawConnection: Sendable {
    private let channel: any Channel
    private let chunks: AsyncStream<String>

    static func open(_ port: Int) async throws -> RawConnection {
        let (chunks, heard) = AsyncStream.makeStream(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Ear(heard))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel: channel, chunks: chunks)
    }

    func say(_ text: String) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// What comes until it holds this text, or until the other side has closed.
    func hear(until mark: String) async -> String {
        var heard = ""
        for await chunk in self.chunks {
            heard += chunk
            if heard.contains(mark) { break }
        }
        return heard
    }

    /// All that comes until the other side has closed.
    func hearAll() async -> String { await self.chunks.reduce(into: "") { $0 += $1 } }

    func close() async throws { try await self.channel.close() }

    /// The answer to one request whose head is given less its end, on a connection of its own.
    static func answer(to head: String, at port: Int, body: String = "") async throws -> RawAnswer {
        let connection = try await Self.open(port)
        try await connection.say(head + "Connection: close\r\n\r\n" + body)
        return RawAnswer(text: await connection.hearAll())
    }
}

struct RawAnswer: Sendable {
    let text: String
    /// Nil when there was no answer.
    var status: Int? { self.text.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
}

/// Passes on what comes, and that nothing comes any more.
private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let heard: AsyncStream<String>.Continuation

    init(_ heard: AsyncStream<String>.Continuation) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.heard.yield(String(buffer: self.unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.heard.finish()
        context.fireChannelInactive()
    }

    /// A reset ends it as well; what came before counts.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
