import HTTPWire
import Observability
import ProxyCore
import Reactor

extension DownstreamConnection: ServiceConnectionUser {
    func serviceConnected(_ connection: ServiceConnection) {
        guard case .exchanging = self.phase, let exchange, exchange.upstream === connection, let grant = exchange.grant
        else { return }
        self.sendRequestHead(self.headInHand, of: exchange, grant, on: connection)
    }

    func serviceReadable(_ connection: ServiceConnection) {
        switch self.phase {
        case .exchanging:
            guard let exchange, let endpoint = connection.endpoint else { return }
            if exchange.responseStarted {
                self.pumpResponse(mayRead: true)
            } else {
                self.readResponseHead(of: exchange, from: connection, endpoint)
            }
        case .tunnelling(let tunnel): tunnel.upstreamReadable()
        case .idle, .readingHead, .undecided, .lingering, .closed: connection.endpoint?.wantsReading = false
        }
    }

    func serviceWritable(_ connection: ServiceConnection) {
        switch self.phase {
        case .exchanging:
            connection.endpoint?.wantsWriting = false
            guard let exchange, exchange.requestHeadSent else { return }
            // What waited for room has been taken: from here on it is the client's turn, with all of its time.
            self.serviceProgressed(connection)
            self.pumpRequestBody(mayRead: false)
        case .tunnelling(let tunnel): tunnel.upstreamWritable()
        case .idle, .readingHead, .undecided, .lingering, .closed: break
        }
    }

    func serviceProgressed(_ connection: ServiceConnection) {
        guard case .exchanging = self.phase, let exchange, exchange.requestHeadSent, !exchange.requestBody.isFinished
        else { return }
        self.progressed()
    }

    /// Seen while its bytes wait for a slow client: reading will come to the end by itself.
    func servicePeerClosed(_ connection: ServiceConnection) {}

    /// Its bytes wait for a slow client, too: whether they are all of the answer shows where they end.
    func serviceBroke(_ connection: ServiceConnection) {
        guard case .exchanging = self.phase, let exchange, exchange.upstream === connection, exchange.responseStarted
        else { return connection.fail(.reset) }
        self.pumpResponse(mayRead: true)
    }

    func serviceFailed(_ connection: ServiceConnection, _ failure: ServiceFailure) {
        self.upstreamFailed(connection, failure)
    }

    func serviceDeadline(_ connection: ServiceConnection) {
        self.count(.timeout)
        guard let exchange, !exchange.responseStarted else { return self.abortExchange(.upstreamTimeout) }
        self.releaseUpstream(reusable: false)
        self.refuse(.upstreamTimeout, route: exchange.route)
    }

    // MARK: The head

    private func readResponseHead(of exchange: Exchange, from connection: ServiceConnection, _ endpoint: Endpoint) {
        switch endpoint.receive(upTo: exchange.generation.generation.limits.head.head + ReadBuffer.readChunk) {
        case .bytes: self.parseResponseHead(of: exchange, from: connection, endpoint)
        case .wouldBlock: break
        case .full: self.responseIsBad()
        case .endOfStream, .failed: self.upstreamFailed(connection, .reset)
        }
    }

    /// Interim responses may stand before the final one; each is a head of its own.
    private func parseResponseHead(of exchange: Exchange, from connection: ServiceConnection, _ endpoint: Endpoint) {
        let inbound = endpoint.inbound
        while exchange.upstream === connection, !endpoint.isClosed {
            do {
                guard case .complete = try connection.parser.parse(inbound.bytes) else { return }
            } catch {
                return self.responseIsBad()
            }
            guard !connection.parser.index.connection.contains(.tooMany) else { return self.responseIsBad() }
            let status = connection.parser.index.status
            if status == 101 { return self.switchProtocols(connection) }
            guard status < 200 else { return self.beginResponse(of: exchange, from: connection, endpoint) }
            guard self.passInterim(of: exchange, from: connection, endpoint) else { return }
        }
    }

    /// A flood of interim responses is no answer (RFC 9110 §15.2 sets no bound; this is ours).
    static let interimResponsesMax = 16

    private func passInterim(of exchange: Exchange, from connection: ServiceConnection, _ endpoint: Endpoint) -> Bool {
        // One that announces content would have that content read as the next answer (RFC 9112 §6.1); HTTP/1.0 knows none
        // (RFC 9110 §15.2).
        guard exchange.interimCount < Self.interimResponsesMax, connection.parser.index.minorVersion >= 1,
            !connection.parser.index.announcesForbiddenContent(for: exchange.method)
        else {
            self.responseIsBad()
            return false
        }
        exchange.interimCount += 1
        let inbound = endpoint.inbound
        let head = ResponseHead(bytes: inbound.bytes, index: connection.parser.index)
        // An HTTP/1.0 client does not either.
        if exchange.minorVersion >= 1 {
            self.context.writer.reset()
            UpstreamResponseHead.writeInterim(head, into: &self.context.writer)
            guard self.clientTakes(self.context.writeOut(to: self.endpoint)) else { return false }
        }
        endpoint.inbound.consume(connection.parser.index.byteCount)
        connection.parser.reset()
        return !endpoint.inbound.isEmpty
    }

    private func beginResponse(of exchange: Exchange, from connection: ServiceConnection, _ endpoint: Endpoint) {
        guard let grant = exchange.grant else { return }
        let inbound = endpoint.inbound
        let head = ResponseHead(bytes: inbound.bytes, index: connection.parser.index)
        let framing = head.framing(for: exchange.method)
        // An answer before the whole request: what is still to come of it may never be read.
        let isEarly = !exchange.requestBody.isFinished
        let closes = !exchange.clientKeepsAlive || isEarly || self.context.drain != .serving
        self.context.writer.reset()
        let clientFraming = UpstreamResponseHead.write(
            head, framing: framing, grant: grant, minorVersion: exchange.minorVersion, closes: closes,
            date: self.context.date, into: &self.context.writer)
        exchange.clientKeepsAlive = !closes && clientFraming != .untilClose
        // An upstream that did not wait for the rest of a request may take that for the beginning of the next one.
        exchange.upstreamKeepsAlive =
            head.keepsAlive && !isEarly && framing != .untilClose
            && !head.index.announcesForbiddenContent(for: exchange.method)
        exchange.status = head.index.status
        // Whoever has its answer may take its time with the rest of the body, or never send it.
        self.bodyRate = nil
        exchange.upstreamAnsweredAt = self.context.loop.now
        exchange.mayIdle = Self.isEventStream(head)
        exchange.responseBody = BodyTransfer(
            framing, outgoing: clientFraming == .chunked ? .chunked : .plain,
            limits: exchange.generation.generation.limits.head)
        if framing == .chunked { exchange.responseNominations = NominatedTrailers(head) }
        // What the request's body was given is over with it.
        if self.stallDeadline != .max { self.progressed() }
        endpoint.deadline = .max
        endpoint.inbound.consume(connection.parser.index.byteCount)
        self.sendResponseHead(of: exchange, from: endpoint)
    }

    private static func isEventStream(_ head: borrowing ResponseHead) -> Bool {
        guard let field = head.first(of: .contentType) else { return false }
        let value = head.value(field)
        let wanted: StaticString = "text/event-stream"
        return value.count >= wanted.utf8CodeUnitCount
            && value.extracting(0..<wanted.utf8CodeUnitCount).equalsIgnoringCase(wanted)
    }

    /// One system call for the head and what is there of the body.
    private func sendResponseHead(of exchange: Exchange, from upstream: Endpoint) {
        let available = min(UInt64(upstream.inbound.count), exchange.responseBody.remainingLength ?? 0)
        guard available > 0 else {
            // Chunked: what is there is framed behind the head in the same writer, and goes out with it.
            return self.pumpResponse(mayRead: false, headIsWaiting: true)
        }
        // Most answers come whole with their head, and are over here.
        if available <= UInt64(LoopContext.copiedBytesMax), available == exchange.responseBody.remainingLength {
            let count = Int(available)
            guard self.clientTakes(self.context.post(to: self.endpoint, with: upstream.inbound, count: count)) else {
                return
            }
            self.responseBodyPassed(count, of: exchange, from: upstream)
            return self.finish(exchange)
        }
        let headCount = self.context.writer.count
        switch self.context.sendOut(to: self.endpoint, with: upstream.inbound, count: Int(available)) {
        case .failed: return self.clientIsGone()
        case .wouldBlock:
            guard self.clientTakes(self.context.writeOut(to: self.endpoint)) else { return }
        case .sent(let count):
            if count < headCount {
                guard self.clientTakes(self.context.writeOut(to: self.endpoint, from: count)) else { return }
            } else {
                self.responseBodyPassed(count - headCount, of: exchange, from: upstream)
                if exchange.responseBody.isFinished { return self.finish(exchange) }
            }
        }
        self.pumpResponse(mayRead: false)
    }

    // MARK: When it goes wrong

    func responseIsBad() {
        guard let exchange else { return }
        self.count(.malformed)
        self.releaseUpstream(reusable: false)
        self.refuse(.upstreamMalformed, route: exchange.route)
    }

    /// The upstream takes no more of the request; what it said before it let go may be its answer, such as a 413.
    func requestCannotGoOn(to connection: ServiceConnection) {
        if let exchange, !exchange.responseStarted, let endpoint = connection.endpoint {
            self.readResponseHead(of: exchange, from: connection, endpoint)
        }
        guard self.exchange?.upstream === connection else { return }
        guard self.exchange?.responseStarted == true else { return self.upstreamFailed(connection, .reset) }
        // The answer is still to be fetched, but nobody takes what the client sends: looking at it again and again would
        // keep the loop busy for as long as the client does not read.
        self.endpoint.wantsReading = false
        self.pumpResponse(mayRead: true)
    }

    /// The connection is gone, or never came to be.
    func upstreamFailed(_ connection: ServiceConnection, _ failure: ServiceFailure) {
        guard let exchange, exchange.upstream === connection || exchange.upstream == nil else { return }
        if case .tunnelling(let tunnel) = self.phase { return tunnel.upstreamGone() }
        let mayBeStale =
            connection.isReused && !exchange.responseStarted && exchange.interimCount == 0 && !exchange.bodyByteSent
            && !exchange.retried && exchange.headByteCount > 0 && exchange.method.isIdempotent
            && connection.endpoint?.inbound.isEmpty ?? true
        self.releaseUpstream(reusable: false)
        if mayBeStale, failure == .reset, let grant = exchange.grant {
            exchange.retried = true
            return self.askUpstream(exchange, grant, self.headInHand, fresh: true)
        }
        guard !exchange.responseStarted else { return self.answerIsCut(.reset) }
        switch failure {
        case .connect, .exhausted, .reset:
            self.count(failure == .reset ? .reset : .connect)
            self.refuse(.upstreamUnreachable, route: exchange.route)
        case .resolve:
            self.count(.resolve)
            self.refuse(.upstreamUnreachable, route: exchange.route)
        case .connectTimeout:
            self.count(.timeout)
            self.refuse(.upstreamTimeout, route: exchange.route)
        }
    }

    /// The upstream's answer has ended before its end.
    func answerIsCut(_ kind: UpstreamErrorKind) {
        self.count(kind)
        self.abortExchange(.upstreamMalformed)
    }

    func count(_ kind: UpstreamErrorKind) {
        guard let exchange, let route = exchange.route else { return }
        exchange.generation.instruments.upstreams[route.upstream.index].count(kind)
    }
}
