/// Stands before an authorization server: how many questions are out at once, who queues behind them, and when it is left
/// in peace because it fails.
///
/// The breaker is closed, open, or half-open with exactly one probe. Only a server that answers, and says that it cannot,
/// doubles its time, up to 30 s. One that says nothing, or is not there, is asked again as soon as before and by one call at
/// a time, whose own time counts: whatever has become fast again is found within `open`, or one call's timeout where that
/// is longer. Pure: the caller performs what it says and reports how each call ended.
package struct AuthorizationServerGuard: Sendable {
    package struct Limits: Sendable, Hashable {
        package var concurrencyMax: Int
        package var waitingMax: Int
        package var waitMax: Nanoseconds
        /// Failures in a row that open the breaker.
        package var breakerFailures: Int
        package var breakerOpen: Nanoseconds

        package init(
            concurrencyMax: Int, waitingMax: Int, waitMax: Nanoseconds, breakerFailures: Int, breakerOpen: Nanoseconds
        ) {
            self.concurrencyMax = concurrencyMax
            self.waitingMax = waitingMax
            self.waitMax = waitMax
            self.breakerFailures = breakerFailures
            self.breakerOpen = breakerOpen
        }
    }

    /// A flight that wants to call, and the loop that will perform it.
    package struct Ticket: Sendable, Hashable {
        package var flight: FlightID
        package var loop: UInt16
        package init(flight: FlightID, loop: UInt16) {
            self.flight = flight
            self.loop = loop
        }
    }

    /// Leave to make one call; handed back exactly once with how the call ended.
    package struct Permit: Sendable, Hashable {
        fileprivate let era: UInt64
        package let isProbe: Bool
    }

    package enum Entry: Sendable, Hashable {
        case go(Permit)
        /// Behind others, until this monotonic time at most; `leave` says when it is its turn.
        case queue(until: UInt64)
        /// The breaker is open: seconds after which asking again makes sense.
        case refuse(retryAfter: Int)
        /// The queue is full.
        case busy
    }

    /// How a call ended, as far as the breaker cares.
    package enum Outcome: Sendable, Hashable {
        /// It answered, whatever the answer was: one odd token must not shut out the others.
        case answered
        /// 429 or 5xx.
        case failed
        /// No answer in time, or not all of it.
        case silent
        /// No connection came about: asking again soon costs a server that is away nothing.
        case unreachable
        /// Given up by us before it could show anything.
        case abandoned
    }

    /// What the end of a call sets in motion for others.
    package struct Departures: Sendable, Hashable {
        package var start: [(ticket: Ticket, permit: Permit)] = []
        /// Their wait is over without a call: answered 503.
        package var refuse: [Ticket] = []
        package var retryAfter: Int?

        package init() {}

        package static func == (left: Self, right: Self) -> Bool {
            left.start.elementsEqual(right.start) { $0.ticket == $1.ticket && $0.permit == $1.permit }
                && left.refuse == right.refuse && left.retryAfter == right.retryAfter
        }
        package func hash(into hasher: inout Hasher) { hasher.combine(self.refuse) }
    }

    package enum Breaker: Sendable, Hashable {
        case closed(failures: Int)
        case open(until: UInt64, span: Nanoseconds)
        case halfOpen(span: Nanoseconds, since: UInt64)
    }

    private struct Queued: Sendable {
        let ticket: Ticket
        let until: UInt64
    }

    private let limits: Limits
    package private(set) var breaker: Breaker
    package private(set) var inFlight = 0
    /// First come, first served.
    private var queue: [Queued] = []
    /// Calls let go before the breaker last changed say nothing about what came after.
    private var era: UInt64 = 0

    /// `breaker` as a guard before this one left it, of the same server.
    package init(limits: Limits, resuming breaker: Breaker = .closed(failures: 0)) {
        precondition(limits.concurrencyMax > 0, "a server that may not be asked serves no route")
        self.limits = limits
        // The probe that is out reports to the guard that let it go: here the next question is one, at once.
        if case .halfOpen(let span, _) = breaker {
            self.breaker = .open(until: 0, span: span)
        } else {
            self.breaker = breaker
        }
    }

    package var waiting: Int { self.queue.count }

    package mutating func enter(_ ticket: Ticket, at now: UInt64) -> Entry {
        switch self.breaker {
        case .open(let until, let span):
            guard now >= until else { return .refuse(retryAfter: Self.seconds(until - now)) }
            // Calls of before may still hold all places; each of them ends within its timeout.
            guard self.inFlight < self.limits.concurrencyMax else { return .refuse(retryAfter: 1) }
            self.change(to: .halfOpen(span: span, since: now))
            self.inFlight += 1
            return .go(Permit(era: self.era, isProbe: true))
        case .halfOpen:
            return .refuse(retryAfter: 1)
        case .closed:
            if self.inFlight < self.limits.concurrencyMax, self.queue.isEmpty {
                self.inFlight += 1
                return .go(Permit(era: self.era, isProbe: false))
            }
            guard self.queue.count < self.limits.waitingMax else { return .busy }
            let until = now.addingClamped(self.limits.waitMax)
            self.queue.append(Queued(ticket: ticket, until: until))
            return .queue(until: until)
        }
    }

    /// A call has ended; says who may go now and whose wait is over.
    package mutating func leave(_ permit: Permit, outcome: Outcome, at now: UInt64) -> Departures {
        precondition(self.inFlight > 0, "a permit is handed back once")
        self.inFlight -= 1
        var departures = Departures()
        if permit.era == self.era { self.judge(outcome, isProbe: permit.isProbe, at: now) }
        switch self.breaker {
        case .closed:
            self.startQueued(at: now, &departures)
        case .open(let until, _):
            departures.refuse = self.queue.map(\.ticket)
            departures.retryAfter = Self.seconds(until.subtractingClamped(now))
            self.queue.removeAll()
        case .halfOpen:
            break
        }
        return departures
    }

    /// Takes a ticket out of the queue, its wait being over; false when `leave` dealt with it already.
    package mutating func withdraw(_ ticket: Ticket) -> Bool {
        guard let index = self.queue.firstIndex(where: { $0.ticket == ticket }) else { return false }
        self.queue.remove(at: index)
        return true
    }

    private mutating func judge(_ outcome: Outcome, isProbe: Bool, at now: UInt64) {
        switch (self.breaker, outcome) {
        case (.closed, .answered):
            self.breaker = .closed(failures: 0)
        case (.closed(let failures), .failed), (.closed(let failures), .silent), (.closed(let failures), .unreachable):
            if failures + 1 >= self.limits.breakerFailures {
                self.open(for: self.limits.breakerOpen, from: now)
            } else {
                self.breaker = .closed(failures: failures + 1)
            }
        case (.halfOpen, .answered):
            self.change(to: .closed(failures: 0))
        case (.halfOpen(let span, _), .failed):
            self.open(for: min(span.multipliedClamped(2), max(Self.openMax, self.limits.breakerOpen)), from: now)
        case (.halfOpen(_, let since), .silent), (.halfOpen(_, let since), .unreachable):
            self.open(for: self.limits.breakerOpen, from: since)
        case (.halfOpen(let span, _), .abandoned):
            // The probe showed nothing: the next one may go at once.
            self.change(to: .open(until: now, span: span))
        case (.closed, .abandoned), (.open, _):
            break
        }
    }

    private mutating func open(for span: Nanoseconds, from start: UInt64) {
        self.change(to: .open(until: start.addingClamped(span), span: span))
    }

    private mutating func change(to breaker: Breaker) {
        self.breaker = breaker
        self.era &+= 1
    }

    private mutating func startQueued(at now: UInt64, _ departures: inout Departures) {
        var served = 0
        for queued in self.queue {
            if queued.until <= now {
                departures.refuse.append(queued.ticket)
            } else if self.inFlight < self.limits.concurrencyMax {
                self.inFlight += 1
                departures.start.append((queued.ticket, Permit(era: self.era, isProbe: false)))
            } else {
                break
            }
            served += 1
        }
        self.queue.removeFirst(served)
    }

    /// `Retry-After` counts whole seconds and says at least one (RFC 9110 §10.2.3).
    private static func seconds(_ span: Nanoseconds) -> Int {
        max(1, Int(clamping: (span.addingClamped(999_999_999)) / 1_000_000_000))
    }

    /// Longest span of an open breaker (SPEC §3 `breaker`).
    private static let openMax: Nanoseconds = .seconds(30)
}

extension UInt64 {
    func multipliedClamped(_ factor: UInt64) -> UInt64 {
        let (product, overflow) = self.multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
