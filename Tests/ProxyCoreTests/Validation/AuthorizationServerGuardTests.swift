import ProxyCore
import Testing

@Suite("The guard before an authorization server")
struct AuthorizationServerGuardTests {
    static let limits = AuthorizationServerGuard.Limits(
        concurrencyMax: 2, waitingMax: 2, waitMax: .milliseconds(500), breakerFailures: 3, breakerOpen: .seconds(1))
    static let start: UInt64 = 1_000_000_000_000

    private func ticket(_ number: UInt64) -> AuthorizationServerGuard.Ticket {
        AuthorizationServerGuard.Ticket(flight: FlightID(number: number), loop: 0)
    }

    private func permit(_ entry: AuthorizationServerGuard.Entry) throws -> AuthorizationServerGuard.Permit {
        guard case .go(let permit) = entry else { throw NotLetGo(entry: entry) }
        return permit
    }

    struct NotLetGo: Error { let entry: AuthorizationServerGuard.Entry }

    /// A guard whose breaker has just opened.
    private func opened(at now: UInt64) throws -> AuthorizationServerGuard {
        var machine = AuthorizationServerGuard(limits: Self.limits)
        for number in 0..<3 {
            let permit = try self.permit(machine.enter(self.ticket(UInt64(number)), at: now))
            _ = machine.leave(permit, outcome: .failed, at: now)
        }
        return machine
    }

    @Test("a call beyond the cap queues, one beyond the queue is busy")
    func boundsCallsAndQueue() throws {
        var machine = AuthorizationServerGuard(limits: Self.limits)
        let first = try self.permit(machine.enter(self.ticket(1), at: Self.start))
        _ = try self.permit(machine.enter(self.ticket(2), at: Self.start))
        let until = Self.start + .milliseconds(500)
        #expect(machine.enter(self.ticket(3), at: Self.start) == .queue(until: until))
        #expect(machine.enter(self.ticket(4), at: Self.start) == .queue(until: until))
        #expect(machine.enter(self.ticket(5), at: Self.start) == .busy)
        let departures = machine.leave(first, outcome: .answered, at: Self.start + 1)
        #expect(departures.start.map(\.ticket) == [self.ticket(3)])
        #expect(departures.refuse.isEmpty)
        #expect(machine.inFlight == 2)
    }

    @Test("a ticket whose wait is over does not start")
    func refusesThoseWhoWaitedTooLong() throws {
        var machine = AuthorizationServerGuard(limits: Self.limits)
        let first = try self.permit(machine.enter(self.ticket(1), at: Self.start))
        _ = try self.permit(machine.enter(self.ticket(2), at: Self.start))
        _ = machine.enter(self.ticket(3), at: Self.start)
        let departures = machine.leave(first, outcome: .answered, at: Self.start + .milliseconds(500))
        #expect(departures.start.isEmpty)
        #expect(departures.refuse == [self.ticket(3)])
    }

    @Test("a ticket that withdrew is not started, and withdraws once")
    func withdraws() throws {
        var machine = AuthorizationServerGuard(limits: Self.limits)
        let first = try self.permit(machine.enter(self.ticket(1), at: Self.start))
        _ = try self.permit(machine.enter(self.ticket(2), at: Self.start))
        _ = machine.enter(self.ticket(3), at: Self.start)
        #expect(machine.withdraw(self.ticket(3)) == true)
        #expect(machine.withdraw(self.ticket(3)) == false)
        #expect(machine.leave(first, outcome: .answered, at: Self.start) == AuthorizationServerGuard.Departures())
    }

    @Test("failures in a row open the breaker; an answer in between does not")
    func opensAfterFailuresInARow() throws {
        var machine = AuthorizationServerGuard(limits: Self.limits)
        for outcome in [AuthorizationServerGuard.Outcome.failed, .failed, .answered, .failed, .failed] {
            let permit = try self.permit(machine.enter(self.ticket(1), at: Self.start))
            _ = machine.leave(permit, outcome: outcome, at: Self.start)
        }
        #expect(machine.breaker == .closed(failures: 2))
        let permit = try self.permit(machine.enter(self.ticket(1), at: Self.start))
        _ = machine.leave(permit, outcome: .failed, at: Self.start)
        #expect(machine.enter(self.ticket(2), at: Self.start + 1) == .refuse(retryAfter: 1))
    }

    @Test("those who queue when the breaker opens are refused at once")
    func refusesTheQueueWhenOpening() throws {
        var machine = AuthorizationServerGuard(
            limits: AuthorizationServerGuard.Limits(
                concurrencyMax: 1, waitingMax: 2, waitMax: .seconds(1), breakerFailures: 1, breakerOpen: .seconds(2)))
        let permit = try self.permit(machine.enter(self.ticket(1), at: Self.start))
        _ = machine.enter(self.ticket(2), at: Self.start)
        let departures = machine.leave(permit, outcome: .failed, at: Self.start)
        #expect(departures.refuse == [self.ticket(2)])
        #expect(departures.start.isEmpty)
        #expect(departures.retryAfter == 2)
    }

    @Test("half-open lets one probe through; its success closes, its failure doubles the span up to 30 s")
    func probesOneByOne() throws {
        var machine = try self.opened(at: Self.start)
        var now = Self.start
        for span: UInt64 in [1, 2, 4, 8, 16, 30, 30] {
            #expect(machine.enter(self.ticket(7), at: now + .seconds(span) - 1) == .refuse(retryAfter: 1))
            now += .seconds(span)
            let probe = try self.permit(machine.enter(self.ticket(8), at: now))
            #expect(probe.isProbe)
            #expect(machine.enter(self.ticket(9), at: now) == .refuse(retryAfter: 1))
            _ = machine.leave(probe, outcome: .failed, at: now)
        }
        now += .seconds(30)
        let probe = try self.permit(machine.enter(self.ticket(8), at: now))
        _ = machine.leave(probe, outcome: .answered, at: now)
        #expect(machine.breaker == .closed(failures: 0))
        #expect(try self.permit(machine.enter(self.ticket(9), at: now)).isProbe == false)
    }

    @Test(
        "a server that is not there, or says nothing, is asked again after `open`, however long it has been so",
        arguments: [AuthorizationServerGuard.Outcome.unreachable, .silent])
    func findsAReturningServerSoon(outcome: AuthorizationServerGuard.Outcome) throws {
        var machine = AuthorizationServerGuard(limits: Self.limits)
        for _ in 0..<3 {
            let permit = try self.permit(machine.enter(self.ticket(1), at: Self.start))
            _ = machine.leave(permit, outcome: outcome, at: Self.start)
        }
        var now = Self.start
        for _ in 0..<20 {
            #expect(machine.enter(self.ticket(7), at: now + .seconds(1) - 1) == .refuse(retryAfter: 1))
            now += .seconds(1)
            _ = machine.leave(try self.permit(machine.enter(self.ticket(8), at: now)), outcome: outcome, at: now)
        }
        now += .seconds(1)
        _ = machine.leave(try self.permit(machine.enter(self.ticket(8), at: now)), outcome: .answered, at: now)
        #expect(machine.breaker == .closed(failures: 0))
    }

    @Test(
        "the time that a probe waited in vain counts: the next goes `open` after it did, or as soon as it has ended",
        arguments: [(UInt64(400), UInt64(1_000)), (1_000, 1_000), (5_000, 5_000)])
    func countsTheProbesOwnTime(took: UInt64, next: UInt64) throws {
        var machine = try self.opened(at: Self.start)
        let sent = Self.start + .seconds(1)
        for outcome in [AuthorizationServerGuard.Outcome.unreachable, .silent] {
            var probed = machine
            let probe = try self.permit(probed.enter(self.ticket(8), at: sent))
            _ = probed.leave(probe, outcome: outcome, at: sent + .milliseconds(took))
            if next > took {
                let before = sent + .milliseconds(next) - 1
                #expect(probed.enter(self.ticket(9), at: before) == .refuse(retryAfter: 1))
            }
            #expect(try self.permit(probed.enter(self.ticket(9), at: sent + .milliseconds(next))).isProbe)
        }
        // One that answers, and that it cannot, is left alone for longer, and from then on.
        let probe = try self.permit(machine.enter(self.ticket(8), at: sent))
        let ended = sent + .milliseconds(took)
        _ = machine.leave(probe, outcome: .failed, at: ended)
        #expect(machine.enter(self.ticket(9), at: ended + .seconds(2) - 1) == .refuse(retryAfter: 1))
        #expect(try self.permit(machine.enter(self.ticket(9), at: ended + .seconds(2))).isProbe)
    }

    @Test("a probe that was given up proves nothing: the next one goes at once")
    func abandonedProbe() throws {
        var machine = try self.opened(at: Self.start)
        let now = Self.start + .seconds(1)
        let probe = try self.permit(machine.enter(self.ticket(8), at: now))
        _ = machine.leave(probe, outcome: .abandoned, at: now)
        #expect(try self.permit(machine.enter(self.ticket(9), at: now)).isProbe)
    }

    @Test("what was asked before the breaker opened neither closes nor opens it")
    func ignoresCallsOfAnotherEra() throws {
        var machine = AuthorizationServerGuard(
            limits: AuthorizationServerGuard.Limits(
                concurrencyMax: 3, waitingMax: 0, waitMax: 0, breakerFailures: 1, breakerOpen: .seconds(1)))
        let old = try self.permit(machine.enter(self.ticket(1), at: Self.start))
        let other = try self.permit(machine.enter(self.ticket(2), at: Self.start))
        _ = machine.leave(other, outcome: .failed, at: Self.start)
        let probe = try self.permit(machine.enter(self.ticket(3), at: Self.start + .seconds(1)))
        _ = machine.leave(old, outcome: .answered, at: Self.start + .seconds(1))
        #expect(machine.breaker == .halfOpen(span: .seconds(1), since: Self.start + .seconds(1)))
        _ = machine.leave(probe, outcome: .answered, at: Self.start + .seconds(1))
        #expect(machine.breaker == .closed(failures: 0))
    }
}
