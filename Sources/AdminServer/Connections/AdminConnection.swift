import NIOCore
import NIOHTTP1

/// One connection of the admin listener, right behind the decoder: how long a request may take to come, and whom it
/// names.
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
    private var isAnswering = false
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
        switch self.unwrapInboundIn(data) {
        case .head(var head):
            self.isAnswering = true
            if let number { self.connections.asked(number) }
            self.judgeTarget(of: &head)
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
        case .end:
            // The answer may have gone out before: then the next request is waited for already.
            if self.isAnswering { self.deadline?.cancel() }
            context.fireChannelRead(data)
        case .body:
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = self.unwrapOutboundIn(data) {
            self.isAnswering = false
            if let number { self.connections.answered(number) }
            self.expectRequest(within: self.times.nextRequest, context)
        }
        context.write(data, promise: promise)
    }

    private func expectRequest(within time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let channel = context.channel
        self.deadline = context.eventLoop.scheduleTask(in: time) { channel.close(mode: .all, promise: nil) }
    }

    /// Has the authority of an absolute-form target judged like a `Host` (RFC 9112 §3.2.2).
    ///
    /// What is behind here reads `Host` only: an authority that is not ours takes its place, to be refused like it. One
    /// that is ours does not excuse a `Host` that is not.
    private func judgeTarget(of head: inout HTTPRequestHead) {
        guard let authority = AdminAccess.authority(ofTarget: head.uri), !self.access.isOurs(authority) else { return }
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
