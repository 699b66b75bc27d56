import HTTPPersistence
import NIOCore
import NIOHTTP1

/// One connection of the admin listener, right behind the decoder: how long a request may take to come, whom it
/// names, and which is the last.
///
/// Confined to its channel's loop.
final class AdminConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connections: AdminConnections
    private let access: AdminAccess
    private let times: AdminTimes
    private var number: UInt64?
    private var persistence = ConnectionPersistence()
    private var deadline: Scheduled<Void>?

    init(_ connections: AdminConnections, access: AdminAccess, times: AdminTimes) {
        self.connections = connections
        self.access = access
        self.times = times
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        if let number { self.connections.leave(number) }
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard self.number == nil else { return }
        self.number = self.connections.enter(context.channel)
        self.expectRequest(within: self.times.request, context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.persistence.isOver else { return }
        switch self.unwrapInboundIn(data) {
        case .head(var head):
            if let number { self.connections.asked(number) }
            if head.version == .http1_0 { Self.supplement(&head) }
            self.judgeTarget(of: &head)
            // The one spelling for which Hummingbird ends the connection.
            let isLast = self.persistence.head(
                keepsAlive: head.isKeepAlive, isHTTP10: head.version == .http1_0,
                mayLeaveHTTP: head.method == .CONNECT || head.headers.contains(name: "Upgrade"))
            if isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
        case .end:
            self.persistence.end()
            // The answer may have gone out before: then the next request is waited for already.
            if self.persistence.isAnswering { self.deadline?.cancel() }
            context.fireChannelRead(data)
        case .body:
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.unwrapOutboundIn(data) {
        case .head(var head) where self.persistence.isAnsweringLast:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(self.wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body:
            context.write(data, promise: promise)
        case .end:
            self.persistence.answered()
            if let number { self.connections.answered(number) }
            self.expectRequest(within: self.times.nextRequest, context)
            context.write(data, promise: promise)
        }
    }

    private func expectRequest(within time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let channel = context.channel
        self.deadline = context.eventLoop.scheduleTask(in: time) { channel.close(mode: .all, promise: nil) }
    }

    /// HTTP/1.0, as simple health checkers speak it, may leave `Host` out and means the address it came to then (RFC 9112
    /// §3.3): this machine's.
    private static func supplement(_ head: inout HTTPRequestHead) {
        guard !head.headers.contains(name: "Host") else { return }
        head.headers.add(name: "Host", value: "localhost")
    }

    /// Has the authority of an absolute-form target judged like a `Host` (RFC 9112 §3.2.2).
    ///
    /// What is behind here reads `Host` only: an authority that is not ours takes its place, to be refused like it. One
    /// that is ours does not excuse a `Host` that is not.
    private func judgeTarget(of head: inout HTTPRequestHead) {
        // None, or two of them, are refused behind here, whatever the target says.
        guard head.headers["Host"].count == 1, let authority = AdminAccess.authority(ofTarget: head.uri),
            !self.access.isOurs(authority)
        else { return }
        head.headers.replaceOrAdd(name: "Host", value: authority)
    }
}

/// How long connections of the admin listener are waited for.
struct AdminTimes: Sendable {
    /// From the connection to its first request's end: probes and scrapers send it at once, in one packet.
    var request: TimeAmount = .seconds(5)
    /// From an answer to the next request's end: a scraper that keeps its connection comes back within half a minute or
    /// connects again.
    var nextRequest: TimeAmount = .seconds(30)
}
