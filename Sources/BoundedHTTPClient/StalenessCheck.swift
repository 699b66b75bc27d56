import NIOCore
import NIOHTTP1

/// A kept connection ended before anything of an answer came on it.
struct StaleConnection: Error {}

/// Tells of connections that the server had let go of when a request was sent on them (RFC 9112 §9.3.1): that is nobody's
/// failure, and whoever knows that asking changes nothing asks again.
final class StalenessCheck: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private var requestCount = 0
    private var hasHeard = false

    private var isStale: Bool { self.requestCount > 1 && !self.hasHeard }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head = self.unwrapOutboundIn(data) {
            self.requestCount += 1
            self.hasHeard = false
        }
        context.write(data, promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.hasHeard = true
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(self.isStale && error is IOError ? StaleConnection() : error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.isStale { context.fireErrorCaught(StaleConnection()) }
        context.fireChannelInactive()
    }
}
