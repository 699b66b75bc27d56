import HTTPWire
import Observability
import ProxyCore
import Reactor

extension DownstreamConnection {
    func responseBodyPassed(_ count: Int, of exchange: Exchange, from upstream: Endpoint) {
        guard count > 0 else { return }
        exchange.responseBody.passed(count)
        upstream.inbound.consume(count)
    }

    /// Moves the response's body on until the upstream has no more to give or the client takes no more.
    func pumpResponse(mayRead: Bool, headIsWaiting: Bool = false) {
        var mayRead = mayRead
        var headIsWaiting = headIsWaiting
        // Whoever goes on without having been told of room waits for it anew, or no longer.
        self.endpoint.wantsWriting = false
        while let exchange, let upstream = exchange.upstream?.endpoint {
            guard headIsWaiting || self.endpoint.isFlushed else { return self.pauseUpstream(upstream) }
            if !headIsWaiting { self.context.writer.reset() }
            let step: BodyTransfer.Step
            do {
                step = try self.step(exchange, upstream)
            } catch {
                // While its head is still in our hands the response has not begun.
                guard headIsWaiting else { return self.answerIsCut(.malformed) }
                exchange.status = 0
                return self.responseIsBad()
            }
            headIsWaiting = false
            switch step {
            case .pass(let count):
                guard self.flushWriter() else { return }
                guard self.endpoint.isFlushed else { continue }
                let inbound = upstream.inbound
                switch self.endpoint.send(inbound.bytes.extracting(0..<count)) {
                case .sent(let sent):
                    self.responseBodyPassed(sent, of: exchange, from: upstream)
                    if sent < count { return self.pauseUpstream(upstream) }
                case .wouldBlock: return self.pauseUpstream(upstream)
                case .failed: return self.clientIsGone()
                }
            case .encoded(let consumed):
                upstream.inbound.consume(consumed)
                guard self.flushWriter() else { return }
            case .needMore(let consumed):
                upstream.inbound.consume(consumed)
                guard self.flushWriter() else { return }
                // A connection that has failed tells of nothing more by itself: what it still holds is read now.
                guard mayRead || !upstream.isOpen else { return self.awaitUpstream(upstream) }
                mayRead = false
                guard self.receiveResponseBody(upstream) else { return }
            case .finished(let consumed):
                upstream.inbound.consume(consumed)
                guard self.flushWriter() else { return }
                return self.finish(exchange)
            }
        }
    }

    private func step(_ exchange: Exchange, _ upstream: Endpoint) throws(WireError) -> BodyTransfer.Step {
        let inbound = upstream.inbound
        return try exchange.responseBody.step(inbound.bytes, into: &self.context.writer) { fields, bytes, writer in
            ForwardedTrailers.writeResponse(
                fields, in: bytes, nominated: exchange.responseNominations ?? .none, into: &writer)
        }
    }

    /// What a loop's buffers may hold while large blocks are still taken.
    ///
    /// Enough for a hundred transfers that one side holds up; of more than that each holds a small block.
    static let bulkBytesMax = 32 << 20

    private func receiveResponseBody(_ upstream: Endpoint) -> Bool {
        guard let exchange else { return false }
        let expected = exchange.responseBody.remainingLength ?? 0
        // A large block waits with its bytes for as long as the client does: beyond their share all are small.
        let isBulk =
            (expected > UInt64(ReadBuffer.readChunk) || exchange.responseBody.contentCount > UInt64(ReadBuffer.bulk))
            && self.context.loop.buffers.bytesInUse < Self.bulkBytesMax
        let size = isBulk ? ReadBuffer.bulk : ReadBuffer.readChunk * 2
        let framing = exchange.generation.generation.limits.head.bodyFramingMax
        switch upstream.receive(upTo: max(size, framing), chunk: size) {
        case .bytes:
            self.progressed()
            return true
        case .wouldBlock where upstream.isOpen:
            self.awaitUpstream(upstream)
        case .endOfStream where upstream.isOpen:
            self.upstreamEnded()
        case .full: self.answerIsCut(.malformed)
        case .wouldBlock, .endOfStream, .failed: self.answerIsCut(.reset)
        }
        return false
    }

    /// The end of the connection is the end of the body only where nothing else says how long it is.
    private func upstreamEnded() {
        self.context.writer.reset()
        guard let exchange, exchange.responseBody.connectionEnded(into: &self.context.writer) else {
            return self.answerIsCut(.reset)
        }
        guard self.flushWriter() else { return }
        self.finish(exchange)
    }

    private func awaitUpstream(_ upstream: Endpoint) {
        upstream.inbound.releaseIfEmpty()
        upstream.wantsReading = true
        self.watchStream()
    }

    private func pauseUpstream(_ upstream: Endpoint) {
        upstream.wantsReading = false
        if self.endpoint.isFlushed { self.endpoint.wantsWriting = true }
        self.watchStream()
        // To be silent is an event stream's right; not to take what it says is nobody's.
        if self.exchange?.mayIdle == true { self.progressed() }
    }

    /// The response outlasts its first bytes: from now on its time is limited, by silence and by the token's end.
    private func watchStream() {
        if self.stallDeadline == .max { self.progressed() }
        guard self.expiryDeadline == .max, let end = self.exchange?.grant?.streamsEndAt else { return }
        self.watchExpiry(of: end)
    }

    /// The client's socket has room again.
    func clientTakesMore() {
        self.endpoint.wantsWriting = false
        guard let exchange, exchange.responseStarted else { return }
        self.progressed()
        self.pumpResponse(mayRead: false)
    }

    private func flushWriter() -> Bool {
        guard self.context.writer.count > 0 else { return true }
        defer { self.context.writer.reset() }
        return self.clientTakes(self.context.writeOut(to: self.endpoint))
    }

    func clientTakes(_ outcome: WriteOutcome) -> Bool {
        switch outcome {
        case .sent, .queued: return true
        case .overflow, .failed:
            self.clientIsGone()
            return false
        }
    }
}
