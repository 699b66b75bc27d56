import NIOCore
import NIOHTTP1

/// A kept connection ended before anything of an answer came on it.
struct StaleConnection: Error {}

/// A connection ended within an answer, or a new one before it.
struct EndedConnection: Error {}

/// What two handlers of one connection know of it together.
final class ConnectionHistory {
    fileprivate var requestCount = 0
    /// A request has been sent, and its answer has not ended.
    fileprivate var isAwaited = false
    /// Bytes have come since the last request.
    fileprivate var hasHeard = false
    fileprivate var answersEnded = 0
}

/// Tells of connections that the server had let go of when a request was sent on them (RFC 9112 §9.3.1), or on which
/// something was left that nobody asked for: that is nobody's failure, and whoever knows that asking changes nothing asks
/// again.
final class StalenessCheck: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let history: ConnectionHistory
    /// The head of the answer has come: what is wrong from here on is wrong with it.
    private var hasHead = false

    init(_ history: ConnectionHistory) { self.history = history }

    private var isReused: Bool { self.history.requestCount > 1 }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head = self.unwrapOutboundIn(data) {
            self.history.requestCount += 1
            self.history.isAwaited = true
            self.history.hasHeard = false
            self.hasHead = false
        }
        context.write(data, promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.hasHead = true
        case .body: break
        case .end:
            self.history.isAwaited = false
            self.history.answersEnded += 1
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What comes behind a whole answer takes nothing from it.
        guard self.history.isAwaited || self.history.requestCount == 0 else { return context.close(promise: nil) }
        let isStale = self.isReused && !self.hasHead && (!self.history.hasHeard || Self.isNonsense(error))
        context.fireErrorCaught(isStale ? StaleConnection() : error)
    }

    /// What cannot be read as an answer may be what was left behind the one before; half an answer is one that was cut.
    private static func isNonsense(_ error: any Error) -> Bool {
        guard let error = error as? HTTPParserError else { return false }
        return error != .invalidEOFState
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.history.isAwaited {
            let isStale = self.isReused && !self.history.hasHeard
            context.fireErrorCaught(isStale ? StaleConnection() : EndedConnection())
        }
        context.fireChannelInactive()
    }
}

/// Stands in front of the parser: a connection on which bytes come that nobody asked for, between two answers or right
/// behind one, is closed, since they would be read as the beginning of the next answer.
final class UnaskedBytesCheck: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let history: ConnectionHistory

    init(_ history: ConnectionHistory) { self.history = history }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.history.isAwaited else { return context.close(promise: nil) }
        self.history.hasHeard = true
        let answersEnded = self.history.answersEnded
        // The parser does not say where an answer ends; an end that comes before the last byte has bytes behind it.
        var last = self.unwrapInboundIn(data)
        if last.readableBytes > 1, let others = last.readSlice(length: last.readableBytes - 1) {
            context.fireChannelRead(self.wrapInboundOut(others))
        }
        guard self.history.answersEnded == answersEnded else { return context.close(promise: nil) }
        context.fireChannelRead(self.wrapInboundOut(last))
    }
}
