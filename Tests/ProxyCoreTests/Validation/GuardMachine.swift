import ProxyCore

/// What the property test of the guard drives: the guard, or one with a planted fault.
protocol GuardMachine {
    mutating func enter(_ ticket: AuthorizationServerGuard.Ticket, at now: UInt64) -> AuthorizationServerGuard.Entry
    mutating func leave(
        _ permit: AuthorizationServerGuard.Permit, outcome: AuthorizationServerGuard.Outcome, at now: UInt64
    ) -> AuthorizationServerGuard.Departures
    mutating func withdraw(_ ticket: AuthorizationServerGuard.Ticket) -> Bool
}

extension AuthorizationServerGuard: GuardMachine {}

enum GuardRule: Hashable {
    case callsBounded, queueBounded, ticketsToldOnce, oneProbe, staysOpen, opensLonger, opensAfterFailures
}

enum PlantedGuardFault: CaseIterable {
    case letsOneMoreCall, queuesOneMore, forgetsTicket, tellsTwice, secondProbe, opensEarly, neverDoubles, neverOpens

    var rule: GuardRule {
        switch self {
        case .letsOneMoreCall: .callsBounded
        case .queuesOneMore: .queueBounded
        case .forgetsTicket, .tellsTwice: .ticketsToldOnce
        case .secondProbe: .oneProbe
        case .opensEarly: .staysOpen
        case .neverDoubles: .opensLonger
        case .neverOpens: .opensAfterFailures
        }
    }
}

/// A guard that breaks one rule.
struct FaultyGuard: GuardMachine {
    private var machine: AuthorizationServerGuard
    private let fault: PlantedGuardFault
    private var probe: AuthorizationServerGuard.Permit?

    init(_ fault: PlantedGuardFault, limits: AuthorizationServerGuard.Limits) {
        var limits = limits
        switch fault {
        case .letsOneMoreCall: limits.concurrencyMax += 1
        case .queuesOneMore: limits.waitingMax += 1
        case .neverOpens: limits.breakerFailures = .max
        default: break
        }
        self.machine = AuthorizationServerGuard(limits: limits)
        self.fault = fault
    }

    mutating func enter(_ ticket: AuthorizationServerGuard.Ticket, at now: UInt64) -> AuthorizationServerGuard.Entry {
        var seen = now
        if case .open(let until, let span) = self.machine.breaker {
            if self.fault == .opensEarly, now + .milliseconds(600) >= until { seen = max(now, until) }
            if self.fault == .neverDoubles, now + span >= until + .seconds(1) { seen = max(now, until) }
        }
        let entry = self.machine.enter(ticket, at: seen)
        switch (self.fault, entry) {
        case (_, .go(let permit)) where permit.isProbe:
            self.probe = permit
            return entry
        case (.secondProbe, .refuse):
            guard case .halfOpen = self.machine.breaker, let probe else { return entry }
            return .go(probe)
        default:
            return entry
        }
    }

    mutating func leave(
        _ permit: AuthorizationServerGuard.Permit, outcome: AuthorizationServerGuard.Outcome, at now: UInt64
    ) -> AuthorizationServerGuard.Departures {
        var departures = self.machine.leave(permit, outcome: outcome, at: now)
        switch self.fault {
        case .forgetsTicket:
            if !departures.refuse.isEmpty { departures.refuse.removeLast() }
        case .tellsTwice:
            departures.refuse += departures.refuse.prefix(1)
        default:
            break
        }
        return departures
    }

    mutating func withdraw(_ ticket: AuthorizationServerGuard.Ticket) -> Bool { self.machine.withdraw(ticket) }
}
