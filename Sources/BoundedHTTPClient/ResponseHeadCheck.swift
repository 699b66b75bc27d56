import NIOCore
import NIOHTTP1

/// Stands between the parser and the client and ends connections whose answers neither is made for.
///
/// The parser reads any three digits as a status, and the client stops the whole process when content follows one below
/// 100; RFC 9110 §15 knows none outside 100…599. Interim answers are bounded, since each is read and thrown away. Content
/// in a transfer coding that nobody asked for would be taken for what it is not (RFC 9112 §6.1, §7).
final class ResponseHeadCheck: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private var interimCount = 0
    private var isOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isOver else { return }
        if case .head(let head) = self.unwrapInboundIn(data) {
            let isInterim = 100...199 ~= head.status.code && head.status != .switchingProtocols
            self.interimCount = isInterim ? self.interimCount + 1 : 0
            guard 100...599 ~= head.status.code, self.interimCount <= Self.interimMax else {
                return self.end(HTTPParserError.invalidStatus, context)
            }
            let codings = head.headers["transfer-encoding"]
            guard codings.isEmpty || codings.count == 1 && codings[0].lowercased() == "chunked" else {
                return self.end(HTTPParserError.unknown, context)
            }
        }
        context.fireChannelRead(data)
    }

    private func end(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        self.isOver = true
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    /// An honest server sends one or two.
    private static let interimMax = 32
}
