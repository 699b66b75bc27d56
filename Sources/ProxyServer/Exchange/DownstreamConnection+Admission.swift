import HTTPWire
import OAuthModel
import Observability
import ProxyCore
import Reactor

/// What a waiter is told.
enum Landing: Sendable {
    case verdict(FlightVerdict)
    /// Keys have arrived, or the fetch has failed: look again.
    case keys
}

extension DownstreamConnection {
    /// A head is whole: decide, then perform.
    func beginExchange() {
        let now = self.context.now
        self.headDeadline = .max
        let head = self.headInHand
        let exchange = Exchange(head, generation: self.context.current, startedAt: now)
        self.exchange = exchange
        exchange.requestID = RequestID.kept(from: head, peer: self.peer) ?? self.context.makeRequestID()
        if self.context.shared.accessLog != nil { exchange.logged = LoggedRequest(head) }
        if self.context.drain == .refusing { return self.refuse(.draining, route: nil) }
        self.perform(
            Admission.decide(
                head, from: self.peer, in: exchange.generation.generation, keys: self.context.shared.fingerprintKey,
                waiter: self.id, at: now, noting: &exchange.tokenUse),
            for: exchange, head)
    }

    // What a request needs on its way is handed from call to call: looking it up anew costs two atomic operations each.

    private func perform(_ decision: Decision, for exchange: Exchange, _ head: consuming RequestHead) {
        switch decision {
        case .forward(let grant): self.forward(exchange, grant, head)
        case .introspect(let pending): self.introspect(pending)
        case .wait(let pending): self.hold(pending)
        case .awaitKeys(let pending): self.hold(pending)
        case .refuse(let refusal, let route):
            // Whoever still held the head would cost the next one the memory of its index.
            _ = consume head
            self.refuse(refusal, route: route)
        }
    }

    // MARK: Waiting for a verdict

    private func introspect(_ pending: PendingValidation) {
        guard let exchange, let flight = pending.flight,
            let token = BearerToken(self.unread.slice(pending.tokenRange))
        else { return self.refuse(.internalError, route: pending.route) }
        self.hold(pending)
        self.context.introspect(pending, flight: flight, token: token, in: exchange.generation)
    }

    private func hold(_ pending: PendingValidation) {
        self.phase = .undecided(pending)
        self.endpoint.wantsReading = false
        if let exchange, exchange.serverAskedAt == 0 { exchange.serverAskedAt = self.context.loop.now }
        self.stallDeadline = self.context.loop.now + Self.undecidedMax(of: pending.server)
        self.updateDeadline()
    }

    /// The answer is there: the head, still in the buffer, is held against it.
    func resume(with landing: Landing) {
        guard case .undecided(let pending) = self.phase, let exchange else { return }
        self.stallDeadline = .max
        let now = self.context.now
        exchange.serverAnsweredAt = now.monotonic
        let head = self.headInHand
        switch landing {
        case .verdict(let verdict):
            self.perform(
                Admission.resume(pending, with: verdict, head: head, at: now, noting: &exchange.tokenUse),
                for: exchange, head)
        case .keys:
            self.perform(
                Admission.resumeWithKeys(pending, head: head, at: now, noting: &exchange.tokenUse), for: exchange, head)
        }
        // What came behind the request may have been waiting for this one's answer.
        self.processInbound()
    }

    /// Nobody needs to tell us any more.
    func abandonWait() {
        guard case .undecided(let pending) = self.phase else { return }
        self.phase = .idle
        let state = pending.server.state
        let isOffTheList =
            if let flight = pending.flight {
                state.cache.abandon(flight, waiter: pending.waiter)
            } else {
                state.abandonKeys(pending.waiter)
            }
        // The landing is on its way already. The next request on this connection must not take it for its own: it is
        // about another token.
        if !isOffTheList { self.id = self.context.connections.rename(self.id) }
    }

    /// Flights and key fetches have deadlines of their own; this bounds a wait that nobody ends.
    ///
    /// The second is for the timers' tick and the way between loops.
    private static func undecidedMax(of server: AuthorizationServer) -> Nanoseconds {
        max(server.settings.introspection?.timeout ?? 0, server.settings.jwt?.timeout ?? 0) + .seconds(1)
    }

    // MARK: Forwarding

    private func forward(_ exchange: Exchange, _ grant: AccessGrant, _ head: borrowing RequestHead) {
        if case .length(let count) = exchange.requestFraming, let limit = exchange.generation.bodyMax, count > limit {
            return self.refuse(.bodyTooLarge, route: grant.route)
        }
        exchange.grant = grant
        exchange.decidedAt = self.context.loop.now
        exchange.streamIdleTimeout = grant.route.upstream.streamIdleTimeout
        self.phase = .exchanging
        self.endpoint.wantsReading = false
        self.askUpstream(exchange, grant, head, fresh: false)
    }

    /// - Parameter fresh: not on a reused connection.
    func askUpstream(_ exchange: Exchange, _ grant: AccessGrant, _ head: borrowing RequestHead, fresh: Bool) {
        let index = grant.route.upstream.index
        switch exchange.generation.upstreamPools[index].lease(to: self, fresh: fresh) {
        case .ready(let connection):
            exchange.upstream = connection
            self.sendRequestHead(head, of: exchange, grant, on: connection)
        case .connecting(let connection):
            exchange.upstream = connection
        case .full:
            exchange.generation.instruments.upstreams[index].count(.busy)
            self.refuse(.upstreamBusy, route: grant.route)
        }
    }
}
