import NIOCore
import NIOHTTP1

/// What stands in front of the parser, and between it and the client, in each connection.
enum ConnectionChecks {
    static func install(in channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            let history = ConnectionHistory()
            try pipeline.addHandler(UnaskedBytesCheck(history), position: .before(parser))
            try pipeline.addHandlers([StalenessCheck(history), ResponseHeadCheck()], position: .after(parser))
        }
    }
}
