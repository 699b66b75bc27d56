import OAuthModel
import Observability
import ProxyCore
import Reactor

extension DownstreamConnection {
    /// One timer a connection: the earliest of what is waited for.
    func updateDeadline() {
        self.endpoint.deadline = min(
            self.headDeadline, self.expiryDeadline, self.stallDeadline, self.bodyRate?.deadline ?? .max)
    }

    func deadlinesPassed() {
        let now = self.context.loop.now
        switch self.phase {
        case .idle:
            guard now < self.headDeadline else {
                guard self.context.drain == .serving else { return self.closeInStages() }
                return self.closeUnfetched()
            }
        case .readingHead:
            if now >= self.headDeadline { return self.refuse(.headTooSlow, route: nil) }
        case .undecided(let pending):
            // The flight has a deadline of its own; this one is for a flight that never lands.
            if now >= self.stallDeadline {
                self.abandonWait()
                return self.refuse(.authorizationServerUnavailable(retryAfter: nil), route: pending.route)
            }
        case .exchanging, .tunnelling:
            if now >= self.expiryDeadline, let end = self.exchange?.grant?.streamsEndAt {
                guard self.context.loop.wallSeconds < end.seconds else { return self.cutStream() }
                self.watchExpiry(of: end)
            }
            if now >= self.stallDeadline { return self.streamStalled() }
            if now >= self.bodyRate?.deadline ?? .max, let exchange {
                let minimum = exchange.generation.generation.bodyRateMin
                let met =
                    self.bodyRate?.close(
                        contentCount: exchange.requestBody.contentCount, minimumRate: minimum, now: now) ?? true
                if !met { return self.bodyTooSlow() }
            }
        case .lingering: return self.closeUnfetched()
        case .closed:
            return
        }
        self.updateDeadline()
    }

    /// Between requests, with nothing of ours on its way.
    func beginIdleTime() {
        // While draining only what has been sent already is looked at, to be refused.
        let patience = self.context.drain == .refusing ? 0 : self.context.timeouts.idle
        self.headDeadline = self.context.loop.now + patience
        self.updateDeadline()
    }

    /// The end of an answer lies in our queue: as long as the client fetches it, it is a stream like the rest was.
    func adoptQueuePatience(of exchange: Exchange?) {
        self.queuePatience = max(self.context.timeouts.idle, exchange?.streamIdleTimeout ?? 0)
    }

    func goOnWaitingForQueue() {
        self.headDeadline = self.context.loop.now + self.queuePatience
        self.updateDeadline()
    }

    /// Has the stream cut at the token's end.
    ///
    /// A token ends by the wall clock, which may be set, and which runs on while the machine sleeps: it is looked at again
    /// now and then.
    func watchExpiry(of end: NumericDate) {
        self.expiryDeadline = min(self.context.deadline(for: end), self.context.loop.now + Self.wallClockTrust)
        self.updateDeadline()
    }

    /// A token may outlive its end on a stream by so much, where the clock was set; as a rule it does not.
    private static let wallClockTrust: Nanoseconds = .seconds(30)

    /// The token's end has come while its stream goes on (SPEC §5).
    private func cutStream() { self.abortExchange(.tokenRejected(.expired)) }

    private func streamStalled() {
        // Whatever was to be fetched has been, or never will be.
        guard let exchange, !exchange.responseStarted else {
            if !self.clientHoldsUp { self.count(.timeout) }
            return self.abortExchange(self.clientHoldsUp ? .clientGone : .upstreamTimeout, atOnce: true)
        }
        // There was room to the upstream, and the client did not fill it.
        if !exchange.requestBody.isFinished && self.endpoint.wantsReading { return self.bodyTooSlow() }
        self.count(.timeout)
        self.releaseUpstream(reusable: false)
        self.refuse(.upstreamTimeout, route: exchange.route)
    }

    /// The client does not take what is there for it, or has shut down its writing and may as well have left: only what
    /// is written to it would show that.
    var clientHoldsUp: Bool {
        !self.endpoint.isFlushed || self.endpoint.wantsWriting || self.endpoint.peerHasEnded
    }

    private func bodyTooSlow() {
        guard let exchange, !exchange.responseStarted else { return self.abortExchange(.bodyTooSlow) }
        self.releaseUpstream(reusable: false)
        self.refuse(.bodyTooSlow, route: exchange.route)
    }
}
