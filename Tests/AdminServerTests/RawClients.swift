import NIOCore
import NIOPosix

/// Connections that say whatever bytes a test wants.
struct RawClients {
    let port: Int

    func connect(saying text: String) async throws -> RawClient {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let (channel, whole) = try await bootstrap.connect(host: "127.0.0.1", port: self.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let reader = WholeAnswer(channel.eventLoop.makePromise())
                try channel.pipeline.syncOperations.addHandler(reader)
                return (channel, reader.whole.futureResult)
            }
        }
        if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }
        return RawClient(channel: channel, whole: whole)
    }

    /// The status of the answer to one request; nil when there was none.
    func status(_ head: String) async throws -> Int? {
        let client = try await self.connect(saying: head + "Connection: close\r\n\r\n")
        let answer = try await client.untilClosed()
        return answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
}

struct RawClient {
    let channel: any Channel
    let whole: EventLoopFuture<String>

    /// All that the other side said, once it has closed.
    func untilClosed() async throws -> String { try await self.whole.get() }
    func close() async throws { try await self.channel.close() }
}

/// Collects what comes until the end.
private final class WholeAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let whole: EventLoopPromise<String>
    private var bytes = ByteBuffer()

    init(_ whole: EventLoopPromise<String>) { self.whole = whole }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = self.unwrapInboundIn(data)
        self.bytes.writeBuffer(&chunk)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.whole.succeed(String(buffer: self.bytes))
        context.fireChannelInactive()
    }

    /// A reset ends it as well; what came before counts.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
