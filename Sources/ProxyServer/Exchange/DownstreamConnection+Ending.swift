import HTTPWire
import Observability
import ProxyCore
import Reactor

typealias UpstreamErrorKind = UpstreamInstruments.ErrorKind

extension DownstreamConnection {
    // MARK: Our own answers

    /// Answers for ourselves, and leaves the connection either in step or closed in stages (SPEC §5).
    func refuse(_ refusal: Refusal, route: Route?) {
        if case .closed = self.phase { return }
        self.abandonWait()
        let staysInStep = self.bodyIsInHand()
        let keepsAlive = self.exchange?.clientKeepsAlive ?? false
        let closes =
            refusal.closesConnection || !staysInStep || !keepsAlive || self.context.drain != .serving
        let requestID = self.exchange?.requestID ?? self.context.makeRequestID()
        self.context.writer.reset()
        let content = RefusalResponse.write(
            refusal, route: route, isHead: self.exchange?.isHead ?? (self.parser.index.method == .head),
            minorVersion: self.exchange?.minorVersion ?? 1, closes: closes, date: self.context.date,
            requestID: requestID, into: &self.context.writer)
        self.exchange?.responseBytes = UInt64(content)
        self.record(.refused(refusal), route: route, requestID: requestID, ownBytes: UInt64(content))
        switch self.context.writeOut(to: self.endpoint) {
        case .sent, .queued: break
        case .overflow, .failed: return self.close()
        }
        if closes { return self.closeInStages() }
        self.awaitNextRequest()
    }

    /// Whether the request's body lies whole in the buffer (or there is none), so that the next request's beginning is
    /// known; what lies there of it is dropped.
    private func bodyIsInHand() -> Bool {
        guard let exchange else { return false }
        if exchange.headByteCount > 0 { self.inbound.consume(exchange.headByteCount) }
        exchange.headByteCount = 0
        var scrap = HeadWriter()
        while !exchange.requestBody.isFinished {
            guard let step = try? exchange.requestBody.step(self.unread, into: &scrap, trailers: { _, _, _ in })
            else {
                return false
            }
            switch step {
            case .pass(let count):
                exchange.requestBody.passed(count)
                self.inbound.consume(count)
            case .encoded(let consumed), .finished(let consumed): self.inbound.consume(consumed)
            case .needMore(let consumed):
                self.inbound.consume(consumed)
                return false
            }
            scrap.reset()
        }
        return true
    }

    // MARK: The end of an exchange

    /// The response is whole and on its way: the upstream goes back to its pool, the client may ask again.
    func finish(_ exchange: Exchange) {
        let requestIsWhole = exchange.requestBody.isFinished
        exchange.responseBytes = exchange.responseBody.contentCount
        self.record(.forwarded, of: exchange, in: exchange.generation, route: exchange.route)
        self.releaseUpstream(of: exchange, reusable: exchange.upstreamKeepsAlive && requestIsWhole)
        guard exchange.clientKeepsAlive else {
            if exchange.headByteCount > 0 { self.inbound.consume(exchange.headByteCount) }
            // Who was told to expect the end, rather than having asked for it, may be sending already.
            // Who has sent more all the same must not have its answer destroyed by a reset for it.
            let mayBeSending =
                exchange.clientAsksToKeepAlive || !requestIsWhole || !self.inbound.isEmpty || !self.endpoint.isDrained
                || self.context.drain != .serving
            return mayBeSending ? self.closeInStages() : self.closeAfterFlush()
        }
        self.awaitNextRequest()
    }

    /// Gives the upstream's connection back, or closes it when it is not certain to be in step.
    func releaseUpstream(reusable: Bool) {
        if let exchange { self.releaseUpstream(of: exchange, reusable: reusable) }
    }

    private func releaseUpstream(of exchange: Exchange, reusable: Bool) {
        guard let upstream = exchange.upstream.take() else { return }
        if reusable { upstream.giveBack() } else { upstream.discard() }
    }

    /// A response that has begun cannot be finished: the client must see that it is cut.
    ///
    /// - Parameters:
    ///   - atOnce: without waiting for what the client may still send.
    func abortExchange(_ reason: Refusal, atOnce: Bool = false) {
        guard let exchange else { return self.close() }
        self.recordEnd(reason, of: exchange)
        self.releaseUpstream(reusable: false)
        // A body that only the connection's end delimits would look whole behind an orderly close.
        if exchange.responseBody.outgoing == .plain, exchange.responseBody.remainingLength == nil {
            self.endpoint.reset()
            return self.close()
        }
        // Requests that are unread would make the end a reset, which destroys the whole answers in front of this one.
        guard !atOnce, self.endpoint.isFlushed else { return self.close() }
        self.closeInStages()
    }

    func clientIsGone() {
        // Whoever leaves a tunnel has had what it came for.
        if case .tunnelling = self.phase { return self.tunnelIsOver() }
        if let exchange { self.recordEnd(.clientGone, of: exchange) }
        self.close()
    }

    /// An exchange that ends before its end: with the status and the bytes of what had begun, or without an answer.
    func recordEnd(_ reason: Refusal, of exchange: Exchange) {
        guard exchange.responseStarted else { return self.record(.refused(reason), route: exchange.route) }
        if case .exchanging = self.phase { exchange.responseBytes = exchange.responseBody.contentCount }
        self.record(.cut(reason), route: exchange.route)
    }

    // MARK: Closing

    /// How much of an unread request is dropped before the connection ends (SPEC §5).
    static let lingerBytesMax = 256 << 10
    static let lingerTime: Nanoseconds = .seconds(2)

    /// Marks a lingering connection on which nothing is unread: it closes once what is queued has gone.
    private static let nothingUnread = Int.max

    /// Answer, shut down writing, read and drop, close (RFC 9112 §9.6): a client that is still sending gets the answer.
    func closeInStages() {
        let unread = self.inbound.count
        self.inbound.consumeAll()
        self.inbound.releaseIfEmpty()
        self.linger(dropped: unread)
        self.endpoint.wantsReading = true
        if self.endpoint.isFlushed { self.finishClosing() }
    }

    /// Closes at once, whatever is queued: what the client has not fetched must not look like the end of content without a
    /// length.
    func closeUnfetched() {
        if !self.endpoint.isFlushed { self.endpoint.reset() }
        self.close()
    }

    /// Nothing is unread and nothing more will be said: close as soon as what is queued has gone.
    func closeAfterFlush() {
        guard !self.endpoint.isFlushed else { return self.close() }
        self.linger(dropped: Self.nothingUnread)
        self.endpoint.wantsReading = false
    }

    /// What is queued has its time; the time for dropping begins behind it.
    private func linger(dropped: Int) {
        self.releaseUpstream(reusable: false)
        let ended = self.exchange.take()
        self.phase = .lingering(dropped: dropped)
        self.closesWhenFlushed = true
        // Only what is queued is still waited for; a socket shut for writing would take more for ever.
        self.endpoint.wantsWriting = false
        self.expiryDeadline = .max
        self.stallDeadline = .max
        self.bodyRate = nil
        self.adoptQueuePatience(of: ended)
        self.goOnWaitingForQueue()
    }

    /// What was queued is out.
    func finishClosing() {
        self.closesWhenFlushed = false
        guard case .lingering(let dropped) = self.phase, dropped != Self.nothingUnread, !self.endpoint.reachedEnd else {
            return self.close()
        }
        self.endpoint.shutdownWriting()
        self.headDeadline = self.context.loop.now + Self.lingerTime
        self.updateDeadline()
    }

    func drop(alreadyDropped: Int) {
        switch self.endpoint.receive() {
        case .bytes(let count, _):
            self.inbound.consumeAll()
            self.inbound.releaseIfEmpty()
            let dropped = alreadyDropped + count
            self.phase = .lingering(dropped: dropped)
            // No more is read, but the answer has the rest of its time to be fetched before we close.
            if dropped >= Self.lingerBytesMax { self.endpoint.wantsReading = false }
        case .wouldBlock, .full: break
        case .endOfStream:
            // It may still be reading what is queued.
            if self.endpoint.isFlushed { self.close() }
        case .failed: self.close()
        }
    }
}
