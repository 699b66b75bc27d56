import NIOCore
import NIOHTTP1

/// What stands between the parser and the client in each connection.
enum ConnectionChecks {
    static func install(in channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandlers([StalenessCheck(), ResponseHeadCheck()], position: .after(parser))
        }
    }
}
