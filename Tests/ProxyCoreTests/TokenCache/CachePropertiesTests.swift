import OAuthModel
import ProxyCore
import Testing

@Suite("A token cache, whatever happens in whatever order")
struct CachePropertiesTests {
    static let sequences = 10_000
    static let eventsASequence = 50

    @Test("a cached answer equals a fresh one, lives no longer than it may, and waiters are told once")
    func holdsItsRules() throws {
        var random = EventRandom(for: "token cache")
        let world = try CacheWorld()
        for sequence in 0..<Self.sequences {
            var run = CacheRun(
                machine: CacheShard(lifetime: CacheWorld.lifetime, limits: world.limits), world: world)
            let broken = run.perform(Self.eventsASequence, &random)
            guard broken.isEmpty else {
                Issue.record("\(broken) broken in sequence \(sequence) of seed \(random.seed)")
                return
            }
        }
    }

    @Test("each rule catches the fault that breaks it", arguments: PlantedCacheFault.allCases)
    func catchesPlantedFaults(fault: PlantedCacheFault) throws {
        var random = EventRandom(for: "token cache that \(fault)")
        let world = try CacheWorld()
        for _ in 0..<2_000 {
            var run = CacheRun(
                machine: FaultyCache(fault, lifetime: CacheWorld.lifetime, limits: world.limits), world: world)
            if run.perform(Self.eventsASequence, &random).contains(fault.rule) { return }
        }
        Issue.record("\(fault) was not caught by \(fault.rule), seed \(random.seed)")
    }
}

/// Six tokens and what their server says of them, always the same.
struct CacheWorld {
    static let lifetime = CacheLifetime(accepted: .seconds(6), rejected: .seconds(2))
    static let routes = [
        AccessPolicy(), AccessPolicy(scopes: ScopeRequirement(allOf: [Scope("read")].compactMap(\.self))),
        AccessPolicy(scopes: ScopeRequirement(anyOf: [Scope("write")].compactMap(\.self)), audiences: ["api"]),
    ]

    struct Subject {
        let fingerprint: TokenFingerprint
        // Nil: inactive. Two readings of one answer, so that a fresh one is another object.
        let kept: ValidatedToken?
        let fresh: ValidatedToken?
    }

    let subjects: [Subject]
    let limits: CacheShard.Limits

    init() throws {
        let answers: [String?] = [
            #"{"active":true,"sub":"a","scope":"read"}"#,
            #"{"active":true,"sub":"b","scope":"write","aud":"api","exp":1800000007}"#,
            #"{"active":true,"sub":"c","scope":"read write","exp":1800000004,"nbf":1800000012}"#,
            #"{"active":true,"sub":"d","scope":"read write","aud":["api"],"ext":{"x":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}}"#,
            nil, nil,
        ]
        self.subjects = try answers.enumerated().map { index, json in
            Subject(
                // Some share a bucket.
                fingerprint: .chosen(UInt8(index / 2), UInt8(index)),
                kept: try json.map { try Tokens.introspected($0) },
                fresh: try json.map { try Tokens.introspected($0) })
        }
        let weights = self.subjects.compactMap { $0.kept?.weight }
        // Room for two of four accepted tokens, and for one of two rejected.
        self.limits = CacheShard.Limits(
            acceptedBytes: (weights.max() ?? 0) * 2 + 500, rejectedBytes: 300, waitersPerFlight: 3)
    }
}

/// One sequence of events against a machine, and a model of what it may do.
struct CacheRun<Machine: CacheMachine> {
    private struct Kept {
        var until: UInt64
        var wallUntil: NumericDate
        var askedAt: UInt64
        var isAccepted: Bool
    }

    private struct Flight {
        let subject: Int
        let departedAt: UInt64
        var waiters: [WaiterID]
        var isOvertaken = false
    }

    private var machine: Machine
    private let world: CacheWorld
    private var now = Instant.second(0)
    /// Seconds for which the machine was suspended, which the wall clock alone has seen.
    private var suspended: Int64 = 0
    private var kept: [Int: Kept] = [:]
    private var flights: [FlightID: Flight] = [:]
    private var nextWaiter: UInt32 = 0
    private var broken: Set<CacheRule> = []
    /// Accepted answers that room among their own kind may have cost, newest use last.
    private var acceptedUse: [Int] = []

    init(machine: Machine, world: CacheWorld) {
        self.machine = machine
        self.world = world
    }

    mutating func perform(_ count: Int, _ random: inout EventRandom) -> Set<CacheRule> {
        for _ in 0..<count {
            switch random.below(10) {
            case 0..<5: self.ask(&random)
            case 5, 6: self.land(&random)
            case 7: self.abandon(&random)
            case 8: self.verify(&random)
            default: self.wait(&random)
            }
            self.checkBytes()
        }
        self.end()
        return self.broken
    }

    private mutating func wait(_ random: inout EventRandom) {
        let nanoseconds = UInt64(random.below(3_000)) * 1_000_000
        let monotonic = self.now.monotonic + nanoseconds
        let wall = (monotonic - 1_000_000_000_000) / 1_000_000_000
        if random.below(4) == 0 { self.suspended += Int64(random.below(6)) }
        self.now = Instant(
            monotonic: monotonic, wall: NumericDate(seconds: 1_800_000_000 + Int64(wall) + self.suspended))
    }

    private mutating func ask(_ random: inout EventRandom) {
        let subject = random.below(self.world.subjects.count)
        let notOlderThan = random.below(4) == 0 ? self.now.monotonic - UInt64(random.below(3)) * 500_000_000 : 0
        self.nextWaiter += 1
        let waiter = WaiterID(loop: 0, slot: self.nextWaiter, generation: 0)
        let answer = self.machine.lookupOrJoin(
            self.world.subjects[subject].fingerprint, waiter: waiter, at: self.now, notOlderThan: notOlderThan)
        switch answer {
        case .accepted, .rejected:
            self.check(answer, subject, notOlderThan)
        case .depart(let id):
            self.checkMiss(subject, notOlderThan)
            if let young = self.joinable(subject, notOlderThan), young.waiters.count < 3 {
                self.broken.insert(.oneFlightAToken)
            }
            self.flights[id] = Flight(subject: subject, departedAt: self.now.monotonic, waiters: [waiter])
        case .wait(let id):
            self.checkMiss(subject, notOlderThan)
            guard let flight = self.flights[id], self.youngest(subject)?.key == id, !flight.isOvertaken else {
                self.broken.insert(.oneFlightAToken)
                return
            }
            if flight.departedAt < notOlderThan { self.broken.insert(.freshEnough) }
            self.flights[id]?.waiters.append(waiter)
        case .crowded:
            guard let flight = self.joinable(subject, notOlderThan), flight.waiters.count >= 3 else {
                self.broken.insert(.oneFlightAToken)
                return
            }
        }
    }

    private func joinable(_ subject: Int, _ notOlderThan: UInt64) -> Flight? {
        guard let flight = self.youngest(subject)?.value, !flight.isOvertaken, flight.departedAt >= notOlderThan
        else { return nil }
        return flight
    }

    private func youngest(_ subject: Int) -> (key: FlightID, value: Flight)? {
        self.flights.filter { $0.value.subject == subject }.max { $0.key.number < $1.key.number }
    }

    private mutating func check(_ answer: CacheShard.Lookup, _ subject: Int, _ notOlderThan: UInt64) {
        let truth = self.world.subjects[subject]
        guard let known = self.kept[subject] else {
            self.broken.insert(.failureIsNoAnswer)
            return
        }
        if self.now.monotonic >= known.until || self.now.wall >= known.wallUntil {
            self.broken.insert(.neverOutlivesLifetime)
        }
        if known.askedAt < notOlderThan { self.broken.insert(.freshEnough) }
        switch answer {
        case .accepted(let token):
            if let end = truth.kept?.endsAt, self.now.wall >= end { self.broken.insert(.neverOutlivesExpiry) }
            guard let fresh = truth.fresh else {
                self.broken.insert(.cachedEqualsFresh)
                return
            }
            if token.subject != fresh.subject { self.broken.insert(.cachedEqualsFresh) }
            for route in CacheWorld.routes
            where route.refusal(of: token, at: self.now) != route.refusal(of: fresh, at: self.now) {
                self.broken.insert(.cachedEqualsFresh)
            }
            self.used(subject)
        case .rejected(let rejection):
            if truth.kept != nil || rejection != .inactive { self.broken.insert(.cachedEqualsFresh) }
        case .depart, .wait, .crowded:
            break
        }
    }

    /// A miss must have a reason: age, freshness, or room.
    private mutating func checkMiss(_ subject: Int, _ notOlderThan: UInt64) {
        guard let known = self.kept[subject], known.isAccepted, known.askedAt >= notOlderThan,
            self.now.monotonic < known.until, self.now.wall < known.wallUntil
        else { return }
        // What was kept or used last never makes room for what comes next.
        if self.acceptedUse.last == subject { self.broken.insert(.rejectedKeptApart) }
        self.kept[subject] = nil
    }

    private mutating func used(_ subject: Int) {
        self.acceptedUse.removeAll { $0 == subject }
        self.acceptedUse.append(subject)
    }

    private mutating func keep(_ subject: Int, askedAt: UInt64) {
        let token = self.world.subjects[subject].kept
        let lifetime = token == nil ? CacheWorld.lifetime.rejected : CacheWorld.lifetime.accepted
        var until = self.now.monotonic + lifetime
        // The second that runs counts as unspent.
        var wallUntil = self.now.wall.advanced(bySeconds: Int64(lifetime / .seconds(1)) + 1)
        if let end = token?.endsAt {
            let left = end.seconds - self.now.wall.seconds
            guard left > 0 else {
                self.kept[subject] = nil
                return
            }
            until = min(until, self.now.monotonic + UInt64(left) * 1_000_000_000)
            wallUntil = min(wallUntil, end)
        }
        self.kept[subject] = Kept(until: until, wallUntil: wallUntil, askedAt: askedAt, isAccepted: token != nil)
        if token != nil { self.used(subject) }
    }

    private mutating func land(_ random: inout EventRandom) {
        guard let id = random.element(of: self.flights.keys.sorted { $0.number < $1.number }) else { return }
        self.land(id, fails: random.below(5) == 0)
    }

    private mutating func land(_ id: FlightID, fails: Bool) {
        guard let flight = self.flights.removeValue(forKey: id) else { return }
        let token = self.world.subjects[flight.subject].kept
        let truth: FlightVerdict = token.map { .accepted($0) } ?? .rejected(.inactive)
        let verdict: FlightVerdict =
            if fails {
                .failed(.unavailable(retryAfter: nil))
            } else if flight.isOvertaken {
                // What was true when it was asked, and is no longer.
                token == nil ? self.world.subjects[0].kept.map { .accepted($0) } ?? truth : .rejected(.inactive)
            } else {
                truth
            }
        let told = self.machine.land(id, verdict: verdict, at: self.now)
        if told.waiters != flight.waiters { self.broken.insert(.waitersToldOnce) }
        if !Self.isSameKind(told.verdict, flight.isOvertaken ? truth : verdict) {
            self.broken.insert(.youngestAnswerTold)
        }
        // Once more: nobody may be told again.
        let again = self.machine.land(id, verdict: verdict, at: self.now)
        if !again.waiters.isEmpty { self.broken.insert(.waitersToldOnce) }
        guard !fails else { return }
        guard !flight.isOvertaken else { return }
        for (other, older) in self.flights where older.subject == flight.subject && other.number < id.number {
            self.flights[other]?.isOvertaken = true
        }
        self.keep(flight.subject, askedAt: flight.departedAt)
    }

    private static func isSameKind(_ one: FlightVerdict, _ other: FlightVerdict) -> Bool {
        switch (one, other) {
        case (.accepted(let one), .accepted(let other)): one === other
        case (.rejected, .rejected), (.failed, .failed): true
        default: false
        }
    }

    private mutating func abandon(_ random: inout EventRandom) {
        let waiting = self.flights.filter { !$0.value.waiters.isEmpty }.keys.sorted { $0.number < $1.number }
        guard let id = random.element(of: waiting), let waiter = random.element(of: self.flights[id]?.waiters ?? [])
        else { return }
        self.flights[id]?.waiters.removeAll { $0 == waiter }
        if !self.machine.abandon(id, waiter: waiter) { self.broken.insert(.waitersToldOnce) }
    }

    private mutating func verify(_ random: inout EventRandom) {
        let subject = random.below(4)
        guard let token = self.world.subjects[subject].kept else { return }
        self.machine.keepVerified(
            token, for: self.world.subjects[subject].fingerprint, keyEpoch: 0, at: self.now)
        self.keep(subject, askedAt: self.now.monotonic)
    }

    private mutating func checkBytes() {
        let statistics = self.machine.statistics
        if statistics.acceptedBytes > self.world.limits.acceptedBytes { self.broken.insert(.byteCapHolds) }
        if statistics.rejectedBytes > self.world.limits.rejectedBytes { self.broken.insert(.byteCapHolds) }
    }

    /// Whatever is still in the air lands, and what is kept is weighed by somebody else than the machine.
    private mutating func end() {
        for id in self.flights.keys.sorted(by: { $0.number < $1.number }) { self.land(id, fails: true) }
        var bytes = 0
        for subject in self.world.subjects {
            if case .accepted(let token)? = self.machine.lookup(subject.fingerprint, at: self.now, notOlderThan: 0) {
                bytes += token.weight
            }
        }
        if bytes > self.world.limits.acceptedBytes { self.broken.insert(.byteCapHolds) }
        if self.machine.statistics.waiters != 0 || self.machine.statistics.flights != 0 {
            self.broken.insert(.waitersToldOnce)
        }
    }
}
