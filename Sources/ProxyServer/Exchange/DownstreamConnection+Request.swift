import HTTPWire
import ProxyCore
import Reactor

extension DownstreamConnection {
    /// The upstream is connected: the head goes, and with it what is already there of a plain body.
    func sendRequestHead(
        _ head: borrowing RequestHead, of exchange: Exchange, _ grant: AccessGrant, on upstream: ServiceConnection
    ) {
        guard let requestID = exchange.requestID, let endpoint = upstream.endpoint else { return }
        let hasBegunContent = self.inbound.count > exchange.headByteCount && exchange.requestFraming.hasContent
        self.context.writer.reset()
        do {
            try UpstreamRequestHead.write(
                head, grant: grant, peer: self.peer, requestID: requestID, framing: exchange.requestFraming,
                generation: exchange.generation.generation, into: &self.context.writer)
        } catch {
            self.releaseUpstream(reusable: true)
            return self.refuse(error, route: grant.route)
        }
        exchange.requestHeadSent = true
        exchange.upstreamAskedAt = self.context.loop.now
        if !exchange.requestFraming.hasContent {
            // The head stays in the buffer: should this reused connection turn out dead, the request is sent again, and
            // should it open a tunnel, what was asked is looked at again.
            guard self.succeeds(self.context.post(to: endpoint), on: upstream) else { return }
            endpoint.deadline = self.context.loop.now + grant.route.upstream.responseTimeout
            return
        }
        if exchange.requestFraming == .chunked {
            exchange.requestNominations = NominatedTrailers(head)
        }
        self.inbound.consume(exchange.headByteCount)
        exchange.headByteCount = 0
        self.bodyRate = BodyRateWindow(contentCount: 0, now: self.context.loop.now)
        self.progressed()
        self.sendRequestHeadWithBody(to: endpoint, of: upstream)
        // Whoever has begun does not wait for it (RFC 9110 §10.1.1). An upstream that let go of the connection may have
        // answered before it did, and behind that no 100 may come.
        if exchange.expectsContinue, !hasBegunContent, !exchange.responseStarted, exchange.upstream === upstream {
            self.sayContinue()
        }
    }

    /// The client may send its body: its request is allowed, and its upstream is there.
    private func sayContinue() {
        self.context.writer.reset()
        self.context.writer.append("HTTP/1.1 100 Continue\r\n\r\n")
        _ = self.clientTakes(self.context.writeOut(to: self.endpoint))
    }

    /// One system call for the head and the first bytes of a body of known length.
    private func sendRequestHeadWithBody(to endpoint: Endpoint, of upstream: ServiceConnection) {
        let available = min(UInt64(self.inbound.count), self.exchange?.requestBody.remainingLength ?? 0)
        guard available > 0 else {
            guard self.succeeds(self.context.writeOut(to: endpoint), on: upstream) else { return }
            return self.pumpRequestBody(mayRead: false)
        }
        let headCount = self.context.writer.count
        switch self.context.sendOut(to: endpoint, with: self.inbound, count: Int(available)) {
        case .failed:
            self.requestCannotGoOn(to: upstream)
        case .wouldBlock:
            guard self.succeeds(self.context.writeOut(to: endpoint), on: upstream) else { return }
            self.pumpRequestBody(mayRead: false)
        case .sent(let count):
            if count < headCount {
                guard self.succeeds(self.context.writeOut(to: endpoint, from: count), on: upstream) else { return }
            } else {
                self.requestBodyPassed(count - headCount)
            }
            self.pumpRequestBody(mayRead: false)
        }
    }

    private func requestBodyPassed(_ count: Int) {
        guard count > 0 else { return }
        self.exchange?.requestBody.passed(count)
        self.exchange?.bodyByteSent = true
        self.inbound.consume(count)
        self.progressed()
    }

    /// Bytes have come from the client while its body is wanted.
    func readRequestBody() { self.pumpRequestBody(mayRead: true) }

    /// Moves the request's body on until the client has no more to give or the upstream takes no more.
    ///
    /// - Parameter mayRead: one receive a wake-up; level-triggered polling brings us back for more.
    func pumpRequestBody(mayRead: Bool) {
        var mayRead = mayRead
        while let upstream = self.exchange?.upstream, let endpoint = upstream.endpoint {
            guard endpoint.isFlushed else { return self.pauseClient(until: endpoint) }
            self.context.writer.reset()
            let step: BodyTransfer.Step
            do {
                guard let made = try self.stepRequestBody() else { return }
                step = made
            } catch {
                return self.requestBodyIsBad(.wire(error))
            }
            if let limit = self.exchange?.generation.bodyMax,
                self.exchange?.requestBody.contentCount ?? 0 > limit
            {
                return self.requestBodyIsBad(.bodyTooLarge)
            }
            switch step {
            case .pass(let count):
                switch endpoint.send(self.unread.extracting(0..<count)) {
                case .sent(let sent):
                    self.requestBodyPassed(sent)
                    if sent < count { return self.pauseClient(until: endpoint) }
                case .wouldBlock: return self.pauseClient(until: endpoint)
                case .failed: return self.requestCannotGoOn(to: upstream)
                }
            case .encoded(let consumed):
                self.inbound.consume(consumed)
                self.exchange?.bodyByteSent = true
                self.progressed()
                guard self.succeeds(self.context.writeOut(to: endpoint), on: upstream) else { return }
            case .needMore(let consumed):
                self.inbound.consume(consumed)
                guard mayRead else { return self.resumeClient() }
                mayRead = false
                guard self.receiveRequestBody() else { return }
            case .finished(let consumed):
                self.inbound.consume(consumed)
                guard self.succeeds(self.context.writeOut(to: endpoint), on: upstream) else { return }
                return self.requestIsSent()
            }
        }
    }

    private func stepRequestBody() throws(WireError) -> BodyTransfer.Step? {
        guard let exchange, let route = exchange.route else { return nil }
        let generation = exchange.generation.generation
        return try self.exchange?.requestBody.step(self.unread, into: &self.context.writer) {
            fields, bytes, writer in
            ForwardedTrailers.writeRequest(
                fields, in: bytes, nominated: exchange.requestNominations ?? .none, route: route,
                generation: generation,
                into: &writer)
        }
    }

    /// - Returns: whether there is something new to look at.
    private func receiveRequestBody() -> Bool {
        let remaining = self.exchange?.requestBody.remainingLength ?? 0
        let isBulk =
            remaining > UInt64(ReadBuffer.readChunk) && self.context.loop.buffers.bytesInUse < Self.bulkBytesMax
        let size = isBulk ? ReadBuffer.bulk : ReadBuffer.readChunk * 2
        let framing = self.exchange?.generation.generation.limits.head.bodyFramingMax ?? 0
        switch self.endpoint.receive(upTo: max(size, framing), chunk: size) {
        case .bytes:
            return true
        case .wouldBlock:
            self.resumeClient()
            return false
        case .full:
            // The buffer holds whatever the limits let a chunk line or a trailer section be.
            self.requestBodyIsBad(.internalError)
            return false
        case .endOfStream where self.exchange?.responseStarted == true:
            // Who is answered early stops sending, may end its side, and reads on (RFC 9112 §9.5).
            self.endpoint.wantsReading = false
            // Nothing else tells of this end any more: from here on an event stream's silence is limited too.
            self.progressed()
            return false
        case .endOfStream, .failed:
            // A body that stops in the middle: what arrived must not look whole to the upstream.
            self.clientIsGone()
            return false
        }
    }

    private func pauseClient(until upstream: Endpoint) {
        upstream.wantsWriting = true
        self.endpoint.wantsReading = false
        self.bodyRate?.pause(at: self.context.loop.now)
        self.updateDeadline()
    }

    private func resumeClient() {
        self.inbound.releaseIfEmpty()
        self.endpoint.wantsReading = true
        self.bodyRate?.goOn(at: self.context.loop.now)
        self.updateDeadline()
    }

    private func requestBodyIsBad(_ refusal: Refusal) {
        self.releaseUpstream(reusable: false)
        guard let exchange, !exchange.responseStarted else { return self.abortExchange(refusal) }
        self.refuse(refusal, route: exchange.route)
    }

    /// The last byte of the request is out: now the upstream has `response_timeout`.
    private func requestIsSent() {
        guard let exchange, let upstream = exchange.upstream else { return }
        self.bodyRate = nil
        if exchange.headByteCount == 0 { self.inbound.releaseIfEmpty() }
        self.endpoint.wantsReading = false
        if !exchange.responseStarted, let route = exchange.route {
            upstream.endpoint?.deadline = self.context.loop.now + route.upstream.responseTimeout
            // `stream_idle` is for what streams: the answer's head has its own time.
            self.stallDeadline = .max
        }
        if exchange.requestFraming != .none { self.updateDeadline() }
    }

    /// Something moved: a stream that moves is not idle.
    func progressed() {
        guard let exchange else { return }
        if exchange.requestFraming != .none || exchange.responseStarted {
            // An event stream may be silent for as long as it likes, if its client is there for certain and reads.
            let mayBeSilent = exchange.mayIdle && !self.clientHoldsUp
            self.stallDeadline = mayBeSilent ? .max : self.context.loop.now + exchange.streamIdleTimeout
            self.updateDeadline()
        }
    }

    /// Whether what was to be written to the upstream is written or queued.
    private func succeeds(_ outcome: WriteOutcome, on upstream: ServiceConnection) -> Bool {
        switch outcome {
        case .sent, .queued: return true
        case .failed:
            self.requestCannotGoOn(to: upstream)
            return false
        case .overflow:
            self.upstreamFailed(upstream, .reset)
            return false
        }
    }
}

extension HeadLimits {
    /// How much of a chunked body's framing must lie in one piece: a chunk line, or a trailer section.
    var bodyFramingMax: Int { max(self.chunkLine, self.trailers) + ReadBuffer.readChunk }
}
