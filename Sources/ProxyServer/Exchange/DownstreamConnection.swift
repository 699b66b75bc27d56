import HTTPWire
import OAuthModel
import ProxyCore
import Reactor

/// One client connection: requests are taken from it one after the other and answered in that order.
///
/// Confined to its loop. While a request is undecided or its upstream is full, nothing is read from the client: that is
/// the back-pressure. The head of the request under way stays at the front of the inbound buffer until it is no
/// longer needed.
final class DownstreamConnection {
    enum Phase {
        /// Between requests: not a byte of the next head has come.
        case idle
        case readingHead
        /// The token is being asked about; boxed, so that looking at the phase of other requests copies little.
        indirect case undecided(PendingValidation)
        case exchanging
        case tunnelling(Tunnel)
        /// The answer is out, writing is shut, what still comes is dropped (RFC 9112 §9.6).
        case lingering(dropped: Int)
        case closed
    }

    let context: LoopContext
    let endpoint: Endpoint
    /// The endpoint's own.
    let inbound: ReadBuffer
    let peer: PeerIdentity
    /// Under what name it waits for answers.
    var id: WaiterID
    var phase: Phase = .idle
    var parser: RequestHeadParser
    private var limitsEpoch: Int
    var exchange: Exchange?
    /// Closing begins when everything queued has gone out.
    var closesWhenFlushed = false
    var isProcessing = false

    // Deadlines; the endpoint's is the earliest of them.
    var headDeadline: UInt64 = .max
    /// How long the rest of an answer may lie in our queue without a byte of it being taken.
    var queuePatience: Nanoseconds = 0
    /// When the first byte of the head came that is being read; 0 while there is none.
    var headBeganAt: UInt64 = 0
    var expiryDeadline: UInt64 = .max
    var stallDeadline: UInt64 = .max
    var bodyRate: BodyRateWindow?

    static func open(_ socket: Socket, peer: PeerIdentity, context: LoopContext) throws(SystemError) {
        let id = context.connections.reserve()
        do {
            let relay = EndpointRelay()
            let endpoint = try context.loop.makeEndpoint(socket: socket, handler: relay)
            let connection = DownstreamConnection(endpoint: endpoint, peer: peer, id: id, context: context)
            endpoint.handler = connection
            context.connections.occupy(id, with: connection)
            connection.awaitHead()
        } catch {
            context.connections.release(id)
            throw error
        }
    }

    private init(endpoint: Endpoint, peer: PeerIdentity, id: WaiterID, context: LoopContext) {
        self.endpoint = endpoint
        self.inbound = endpoint.inbound
        self.peer = peer
        self.id = id
        self.context = context
        self.parser = RequestHeadParser(limits: context.current.generation.limits.head)
        self.limitsEpoch = context.limitsEpoch
    }

    /// What has come and is not consumed, until the buffer changes.
    var unread: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let inbound = self.inbound
            return unsafe _overrideLifetime(inbound.bytes, borrowing: self)  // the buffer is ours for life
        }
    }

    /// The head of the request under way, until the buffer changes.
    var headInHand: RequestHead {
        @_lifetime(borrow self)
        get { RequestHead(bytes: self.unread, index: self.parser.index) }
    }

    // MARK: Reading heads

    private func awaitHead() {
        self.phase = .idle
        self.endpoint.wantsReading = true
        // A connection that has never said anything has the head's time, not an idle connection's.
        self.headDeadline = self.context.loop.now + self.context.timeouts.head
        self.updateDeadline()
    }

    func readHead() {
        // The head's limits are the parser's; one byte more than the limit must fit for it to say so.
        let maximum = self.parser.limits.head + ReadBuffer.readChunk
        switch self.endpoint.receive(upTo: maximum) {
        case .bytes:
            self.processInbound()
        case .wouldBlock:
            break
        case .endOfStream:
            // Nothing asked, or a head that will never be whole: nothing is to be answered. The last answer may have been
            // posted in this very turn, and who has ended its side may still be reading that.
            self.closeAfterFlush()
        case .full:
            self.refuse(.wire(.headTooLong), route: nil)
        case .failed:
            self.close()
        }
    }

    /// Takes requests from the buffer until one is under way or no whole head is left.
    func processInbound() {
        // Answers given at once come back here; the loop below goes on with them, so the stack does not grow.
        guard !self.isProcessing else { return }
        self.isProcessing = true
        defer { self.isProcessing = false }
        while self.isBetweenRequests, !self.inbound.isEmpty, self.endpoint.isFlushed {
            if self.limitsEpoch != self.context.limitsEpoch, !self.parser.hasBegun { self.adoptLimits() }
            do {
                switch try self.parser.parse(self.unread) {
                case .needMore:
                    self.awaitRestOfHead()
                    return
                case .complete:
                    self.beginExchange()
                }
            } catch {
                self.refuse(.wire(error), route: nil)
            }
        }
        if case .idle = self.phase { self.rest() }
    }

    /// A reload's limits are for the heads that begin behind it, on whatever connection.
    private func adoptLimits() {
        self.limitsEpoch = self.context.limitsEpoch
        self.parser = RequestHeadParser(limits: self.context.current.generation.limits.head)
    }

    private var isBetweenRequests: Bool {
        switch self.phase {
        case .idle, .readingHead: true
        case .undecided, .exchanging, .tunnelling, .lingering, .closed: false
        }
    }

    private func awaitRestOfHead() {
        // An empty line behind a request is none of the next one (RFC 9112 §2.2).
        if case .idle = self.phase, self.parser.hasBegun {
            self.phase = .readingHead
            self.headBeganAt = self.context.loop.now
            self.headDeadline = self.context.loop.now + self.context.timeouts.head
            self.updateDeadline()
        }
        self.endpoint.wantsReading = true
    }

    /// Between requests, with nothing in the buffer: it goes back to the pool.
    ///
    /// A client that has shut down its writing is found out by reading, behind whatever it asked before.
    private func rest() {
        self.inbound.releaseIfEmpty()
        self.endpoint.wantsReading = self.endpoint.takesMore
    }

    /// The exchange is over and the connection lives on.
    func awaitNextRequest() {
        let ended = self.exchange.take()
        if let ended, ended.headByteCount > 0 { self.inbound.consume(ended.headByteCount) }
        self.parser.reset()
        self.headBeganAt = 0
        self.bodyRate = nil
        self.expiryDeadline = .max
        self.stallDeadline = .max
        self.phase = .idle
        // Also for what has been posted, and may yet turn out to be more than the socket takes.
        self.adoptQueuePatience(of: ended)
        if self.endpoint.takesMore || self.context.drain == .refusing {
            self.beginIdleTime()
        } else {
            self.goOnWaitingForQueue()
        }
        self.processInbound()
    }

    // MARK: Shutting down

    /// The listeners are closed: an idle connection ends now, a busy one with its answer.
    func drain() {
        guard case .idle = self.phase else { return }
        // A request that came behind the last answer, unread, would make the end a reset, and what is queued of that
        // answer would be lost.
        let hasNothingUnread = self.endpoint.isFlushed && self.inbound.isEmpty && self.endpoint.isDrained
        if hasNothingUnread { self.close() } else { self.closeInStages() }
    }

    /// The time for finishing is over.
    func cut() {
        if let exchange {
            if case .exchanging = self.phase, exchange.responseStarted {
                return self.abortExchange(.draining, atOnce: true)
            }
            self.recordEnd(.draining, of: exchange)
        }
        self.closeUnfetched()
    }

    func close() {
        if case .closed = self.phase { return }
        self.releaseUpstream(reusable: false)
        self.abandonWait()
        if case .tunnelling = self.phase { self.context.tunnelEnded() }
        self.phase = .closed
        self.exchange = nil
        self.endpoint.close()
        self.context.connectionClosed(self.id)
    }
}

@available(*, unavailable) extension DownstreamConnection: Sendable {}

/// Holds an endpoint's events for the moment between its making and its owner's.
private final class EndpointRelay: EndpointHandler {
    func endpointReadable(_ endpoint: Endpoint) {}
}

extension DownstreamConnection: EndpointHandler {
    func endpointReadable(_ endpoint: Endpoint) {
        switch self.phase {
        case .idle, .readingHead:
            // What was posted as the last answer may have been refused since.
            guard self.endpoint.takesMore else { return self.endpoint.wantsReading = false }
            self.readHead()
        case .exchanging: self.readRequestBody()
        case .tunnelling(let tunnel): tunnel.clientReadable()
        case .lingering(let dropped): self.drop(alreadyDropped: dropped)
        case .undecided, .closed: self.endpoint.wantsReading = false
        }
    }

    func endpointWritable(_ endpoint: Endpoint) {
        if self.closesWhenFlushed { return self.finishClosing() }
        switch self.phase {
        case .exchanging: self.clientTakesMore()
        case .tunnelling(let tunnel): tunnel.clientWritable()
        case .idle, .readingHead:
            if case .idle = self.phase { self.beginIdleTime() }
            self.endpoint.wantsReading = true
            self.processInbound()
        case .undecided, .lingering, .closed: break
        }
    }

    func endpointProgressed(_ endpoint: Endpoint) {
        switch self.phase {
        case .idle, .lingering: self.goOnWaitingForQueue()
        case .exchanging: if self.exchange?.responseStarted == true { self.progressed() }
        case .tunnelling, .readingHead, .undecided, .closed: break
        }
    }

    func endpointPeerClosed(_ endpoint: Endpoint) {
        // It may still read, so what it asked is answered (RFC 9112 §9.6); who reads on comes to the end by itself.
        // But not for ever, where nothing may come that would show that nobody reads.
        if case .exchanging = self.phase, self.exchange?.mayIdle == true { self.progressed() }
    }

    /// Reset, or gone altogether: its upstream is released at once.
    func endpointFailed(_ endpoint: Endpoint, _ error: SystemError) { self.clientIsGone() }

    func endpointDeadline(_ endpoint: Endpoint) { self.deadlinesPassed() }
}
