import HTTPPersistence
import NIOCore
import NIOHTTP1

/// One connection, right behind the decoder: how long it may stall, `100 Continue`, whom a request is meant for, and
/// which is the last.
///
/// Confined to its channel's loop.
final class ListenerConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let stepLimit: TimeAmount
    private var steps = ConnectionSteps()
    private var persistence = ConnectionPersistence()
    /// When the step that the connection is at has to be over.
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?

    /// - Parameter stepLimit: how long a connection may take for a whole head, for its whole body, for taking the answer.
    init(stepLimit: TimeAmount) { self.stepLimit = stepLimit }

    /// The one expectation there is (RFC 9110 §10.1.1).
    static let continueExpectation = "100-continue"

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.persistence.isOver else { return }
        switch self.unwrapInboundIn(data) {
        case .head(var head):
            if head.version == .http1_0 { Self.supplement(&head, context) }
            Self.believeTarget(&head)
            // The one spelling for which Hummingbird ends the connection.
            let isLast = self.persistence.head(
                keepsAlive: head.isKeepAlive, isHTTP10: head.version == .http1_0,
                mayLeaveHTTP: head.method == .CONNECT || head.headers.contains(name: "Upgrade"))
            if isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            self.restAfter(self.steps.head(expectsContinue: Self.expectsContinue(head)), context)
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
        case .body:
            self.steps.body()
            context.fireChannelRead(data)
        case .end:
            self.persistence.end()
            self.restAfter(self.steps.end(), context)
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
            context.write(data, promise: promise)
            self.persistence.answered()
            self.restAfter(self.steps.answered(), context)
        }
    }

    /// What HTTP/1.0 does not have: it may leave `Host` out and means the address it came to then (RFC 9112 §3.3), and its
    /// expectations are ignored (RFC 9110 §10.1.1).
    private static func supplement(_ head: inout HTTPRequestHead, _ context: ChannelHandlerContext) {
        head.headers.remove(name: "Expect")
        guard !head.headers.contains(name: "Host"), let address = context.channel.localAddress,
            let host = address.ipAddress, let port = address.port
        else { return }
        let isIPv6 = host.utf8.contains(UInt8(ascii: ":"))
        head.headers.add(name: "Host", value: isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)")
    }

    /// A target in absolute-form says whom the request is meant for, whatever stands in `Host` (RFC 9112 §3.2.2); one that
    /// cannot be read means nobody.
    private static func believeTarget(_ head: inout HTTPRequestHead) {
        // Of two fields none is taken away: they are refused behind here.
        guard head.uri != "*", head.uri.utf8.first != UInt8(ascii: "/"), head.headers["Host"].count == 1 else { return }
        head.headers.replaceOrAdd(name: "Host", value: WebAddress(head.uri)?.authority ?? "")
    }

    private static func expectsContinue(_ head: HTTPRequestHead) -> Bool {
        head.headers["Expect"].map { $0.lowercased() } == [Self.continueExpectation]
    }

    private func restAfter(_ action: ConnectionSteps.Action, _ context: ChannelHandlerContext) {
        if action.isNewStep { self.deadline = .now() + self.stepLimit }
        guard action.saysContinue else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard self.timer == nil else { return }
        self.deadline = .now() + self.stepLimit
        self.wait(context)
    }

    /// All steps have one limit, so a timer that runs for one of them never comes too late for the next.
    private func wait(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(deadline: self.deadline) {
            let (connection, context) = bound.value
            if connection.deadline <= .now() {
                context.close(promise: nil)
            } else {
                connection.wait(context)
            }
        }
    }
}
