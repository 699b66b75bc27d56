import ProxyCore
import Testing

@Suite("The guard before an authorization server, whatever happens in whatever order")
struct GuardPropertiesTests {
    static let sequences = 10_000
    static let eventsASequence = 50

    @Test("calls and queue are bounded, tickets are dealt with once, one probe at a time, refusals double open spans")
    func holdsItsRules() {
        var random = EventRandom(for: "authorization server guard")
        for sequence in 0..<Self.sequences {
            var run = GuardRun(machine: AuthorizationServerGuard(limits: AuthorizationServerGuardTests.limits))
            let broken = run.perform(Self.eventsASequence, &random)
            guard broken.isEmpty else {
                Issue.record("\(broken) broken in sequence \(sequence) of seed \(random.seed)")
                return
            }
        }
    }

    @Test("each rule catches the fault that breaks it", arguments: PlantedGuardFault.allCases)
    func catchesPlantedFaults(fault: PlantedGuardFault) {
        var random = EventRandom(for: "guard that \(fault)")
        for _ in 0..<4_000 {
            var run = GuardRun(machine: FaultyGuard(fault, limits: AuthorizationServerGuardTests.limits))
            if run.perform(Self.eventsASequence, &random).contains(fault.rule) { return }
        }
        Issue.record("\(fault) was not caught by \(fault.rule), seed \(random.seed)")
    }
}

/// One sequence of events against a guard, and a model of what it may do.
struct GuardRun<Machine: GuardMachine> {
    typealias Ticket = AuthorizationServerGuard.Ticket
    typealias Permit = AuthorizationServerGuard.Permit

    private var machine: Machine
    private var now = AuthorizationServerGuardTests.start
    private let limits = AuthorizationServerGuardTests.limits
    private var out: [Permit] = []
    private var queue: Set<Ticket> = []
    private var nextTicket: UInt64 = 0
    private var broken: Set<GuardRule> = []
    private var failuresInARow = 0
    /// When the breaker, as far as anybody outside can tell, may let a probe go; nil while it is closed.
    private var closedUntil: UInt64?
    private var failedProbes: UInt64 = 0
    private var probeIsOut = false
    private var probeSentAt: UInt64 = 0
    /// Calls that were let go before the breaker last changed.
    private var stale: [Permit] = []

    init(machine: Machine) { self.machine = machine }

    mutating func perform(_ count: Int, _ random: inout EventRandom) -> Set<GuardRule> {
        // Servers have good and bad days; on an even one the breaker would seldom open.
        let badness = random.below(4)
        for _ in 0..<count where self.broken.isEmpty {
            switch random.below(10) {
            case 0..<4: self.enter()
            case 4..<8: self.leave(&random, badness)
            case 8:
                if random.below(2) == 0 {
                    self.withdraw(&random)
                } else {
                    self.now += .milliseconds(UInt64(random.below(400)))
                }
            default:
                self.now += .milliseconds(UInt64(random.below(3_000)))
            }
        }
        while self.broken.isEmpty, let permit = self.out.popLast() { self.end(permit, .answered) }
        if self.broken.isEmpty, !self.queue.isEmpty { self.broken.insert(.ticketsToldOnce) }
        return self.broken
    }

    private mutating func enter() {
        self.nextTicket += 1
        let ticket = Ticket(flight: FlightID(number: self.nextTicket), loop: 0)
        switch self.machine.enter(ticket, at: self.now) {
        case .go(let permit):
            if let until = self.closedUntil {
                if self.probeIsOut { self.broken.insert(.oneProbe) }
                if !permit.isProbe { self.broken.insert(.opensAfterFailures) }
                if self.now < until { self.broken.insert(self.failedProbes > 0 ? .opensLonger : .staysOpen) }
                self.stale += self.out
                self.out = []
                self.probeIsOut = true
                self.probeSentAt = self.now
            } else if self.failuresInARow >= self.limits.breakerFailures {
                self.broken.insert(.opensAfterFailures)
            }
            self.out.append(permit)
        case .queue(let until):
            if until != self.now + self.limits.waitMax || self.closedUntil != nil { self.broken.insert(.queueBounded) }
            self.queue.insert(ticket)
        case .refuse:
            if self.closedUntil == nil { self.broken.insert(.opensAfterFailures) }
        case .busy:
            if self.queue.count < self.limits.waitingMax { self.broken.insert(.queueBounded) }
        }
        if self.queue.count > self.limits.waitingMax { self.broken.insert(.queueBounded) }
        if self.out.count + self.stale.count > self.limits.concurrencyMax { self.broken.insert(.callsBounded) }
    }

    private mutating func leave(_ random: inout EventRandom, _ badness: Int) {
        let outcome: AuthorizationServerGuard.Outcome =
            if random.below(4) < badness {
                random.below(4) == 0 ? .silent : .failed
            } else {
                random.below(8) == 0 ? .abandoned : .answered
            }
        if !self.stale.isEmpty, random.below(2) == 0 {
            let permit = self.stale.remove(at: random.below(self.stale.count))
            self.follow(self.machine.leave(permit, outcome: outcome, at: self.now))
            return
        }
        guard !self.out.isEmpty else { return }
        self.end(self.out.remove(at: random.below(self.out.count)), outcome)
    }

    /// A call of the present era ends.
    private mutating func end(_ permit: Permit, _ outcome: AuthorizationServerGuard.Outcome) {
        let departures = self.machine.leave(permit, outcome: outcome, at: self.now)
        if self.closedUntil != nil {
            self.probeIsOut = false
            switch outcome {
            case .answered:
                self.closedUntil = nil
                self.failuresInARow = 0
                self.failedProbes = 0
            case .failed:
                self.failedProbes += 1
                let span = min(self.limits.breakerOpen << min(self.failedProbes, 5), .seconds(30))
                self.closedUntil = self.now + span
            case .silent, .unreachable:
                self.failedProbes = 0
                self.closedUntil = max(self.now, self.probeSentAt + self.limits.breakerOpen)
            case .abandoned:
                self.closedUntil = self.now
            }
        } else {
            switch outcome {
            case .answered: self.failuresInARow = 0
            case .failed, .silent, .unreachable: self.failuresInARow += 1
            case .abandoned: break
            }
            if self.failuresInARow >= self.limits.breakerFailures {
                self.closedUntil = self.now + self.limits.breakerOpen
                self.stale += self.out
                self.out = []
            }
        }
        self.follow(departures)
    }

    private mutating func follow(_ departures: AuthorizationServerGuard.Departures) {
        for (ticket, permit) in departures.start {
            if self.queue.remove(ticket) == nil { self.broken.insert(.ticketsToldOnce) }
            if self.closedUntil != nil { self.broken.insert(.opensAfterFailures) }
            self.out.append(permit)
        }
        for ticket in departures.refuse where self.queue.remove(ticket) == nil { self.broken.insert(.ticketsToldOnce) }
        if self.out.count + self.stale.count > self.limits.concurrencyMax { self.broken.insert(.callsBounded) }
        // An open breaker leaves nobody waiting for a turn that does not come.
        if self.closedUntil != nil, !self.probeIsOut, !self.queue.isEmpty { self.broken.insert(.ticketsToldOnce) }
    }

    private mutating func withdraw(_ random: inout EventRandom) {
        guard let ticket = self.queue.min(by: { $0.flight.number < $1.flight.number }) else { return }
        self.queue.remove(ticket)
        if !self.machine.withdraw(ticket) || self.machine.withdraw(ticket) { self.broken.insert(.ticketsToldOnce) }
    }
}
