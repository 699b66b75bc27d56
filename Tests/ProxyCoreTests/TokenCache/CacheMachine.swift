import OAuthModel
import ProxyCore

/// What the property test drives: a shard, or one with a planted fault.
protocol CacheMachine {
    init(lifetime: CacheLifetime, limits: CacheShard.Limits)
    mutating func lookup(_ token: TokenFingerprint, at now: Instant, notOlderThan: UInt64) -> CacheShard.Lookup?
    mutating func lookupOrJoin(
        _ token: TokenFingerprint, waiter: WaiterID, at now: Instant, notOlderThan: UInt64
    ) -> CacheShard.Lookup
    mutating func land(_ flight: FlightID, verdict: FlightVerdict, at now: Instant) -> Landed
    mutating func keepVerified(
        _ token: ValidatedToken, for fingerprint: TokenFingerprint, keyEpoch: UInt64, at now: Instant)
    mutating func abandon(_ flight: FlightID, waiter: WaiterID) -> Bool
    var statistics: CacheStatistics { get }
}

extension CacheShard: CacheMachine {
    init(lifetime: CacheLifetime, limits: Limits) {
        self.init(lifetime: lifetime, limits: limits, index: 0, shards: 1)
    }

    mutating func lookupOrJoin(
        _ token: TokenFingerprint, waiter: WaiterID, at now: Instant, notOlderThan: UInt64
    ) -> Lookup {
        self.lookupOrJoin(token, waiter: waiter, at: now, notOlderThan: notOlderThan, joinableSince: 0)
    }
}

/// Faults that each break one rule of a cache.
enum PlantedCacheFault: String, CaseIterable {
    /// Two tokens share a key: one is served what was said of the other.
    case confusesTokens
    /// A hit lengthens the life of an answer.
    case slides
    /// The wall clock is looked at once only.
    case outlivesExpiry
    /// The wall clock is taken to go as the monotonic one does, also while the machine is suspended.
    case sleepsThrough
    case tellsTwice
    case forgetsWaiter
    case tellsAbandoned
    case keepsTooMuch
    case rejectedEvictAccepted
    case keepsFailureAsInactive
    case ignoresAge
    case stampedes
    /// Who waits for a call that another has overtaken is told what that call brought.
    case tellsWhatIsOld

    /// The rule that the fault must be caught by.
    var rule: CacheRule {
        switch self {
        case .confusesTokens: .cachedEqualsFresh
        case .slides, .sleepsThrough: .neverOutlivesLifetime
        case .outlivesExpiry: .neverOutlivesExpiry
        case .tellsTwice, .forgetsWaiter, .tellsAbandoned: .waitersToldOnce
        case .keepsTooMuch: .byteCapHolds
        case .rejectedEvictAccepted: .rejectedKeptApart
        case .keepsFailureAsInactive: .failureIsNoAnswer
        case .ignoresAge: .freshEnough
        case .stampedes: .oneFlightAToken
        case .tellsWhatIsOld: .youngestAnswerTold
        }
    }
}

/// A shard that breaks one rule.
struct FaultyCache: CacheMachine {
    private var shard: CacheShard
    private let fault: PlantedCacheFault
    private var frozenWall: NumericDate?
    private var lastToken: (ValidatedToken, TokenFingerprint)?
    private var joined: [FlightID: WaiterID] = [:]

    init(lifetime: CacheLifetime, limits: CacheShard.Limits) {
        self.init(.slides, lifetime: lifetime, limits: limits)
    }

    init(_ fault: PlantedCacheFault, lifetime: CacheLifetime, limits: CacheShard.Limits) {
        var limits = limits
        if fault == .keepsTooMuch { limits.acceptedBytes *= 3 }
        self.shard = CacheShard(lifetime: lifetime, limits: limits, index: 0, shards: 1)
        self.fault = fault
    }

    mutating func lookup(_ token: TokenFingerprint, at now: Instant, notOlderThan: UInt64) -> CacheShard.Lookup? {
        let found = self.shard.lookup(
            token, at: self.seen(now), notOlderThan: self.fault == .ignoresAge ? 0 : notOlderThan)
        return found.map { self.changed($0, token, now) }
    }

    mutating func lookupOrJoin(
        _ token: TokenFingerprint, waiter: WaiterID, at now: Instant, notOlderThan: UInt64
    ) -> CacheShard.Lookup {
        if self.fault == .stampedes, let hit = self.shard.lookup(token, at: now, notOlderThan: notOlderThan) {
            return hit
        }
        let asked = self.fault == .stampedes ? now.monotonic + 1 : self.fault == .ignoresAge ? 0 : notOlderThan
        let found = self.shard.lookupOrJoin(
            token, waiter: waiter, at: self.seen(now), notOlderThan: asked, joinableSince: 0)
        if case .wait(let flight) = found { self.joined[flight] = waiter }
        return self.changed(found, token, now)
    }

    mutating func land(_ flight: FlightID, verdict: FlightVerdict, at now: Instant) -> Landed {
        var verdict = verdict
        if self.fault == .keepsFailureAsInactive, case .failed = verdict { verdict = .rejected(.inactive) }
        let landed = self.shard.land(flight, verdict: verdict, at: self.seen(now))
        var waiters = landed.waiters
        switch self.fault {
        case .tellsTwice: waiters += waiters.prefix(1)
        case .forgetsWaiter: if waiters.count > 1 { waiters.removeLast() }
        default: break
        }
        return Landed(waiters: waiters, verdict: self.fault == .tellsWhatIsOld ? verdict : landed.verdict)
    }

    mutating func keepVerified(
        _ token: ValidatedToken, for fingerprint: TokenFingerprint, keyEpoch: UInt64, at now: Instant
    ) {
        self.shard.keepVerified(token, for: fingerprint, keyEpoch: keyEpoch, at: self.seen(now))
    }

    mutating func abandon(_ flight: FlightID, waiter: WaiterID) -> Bool {
        self.fault == .tellsAbandoned ? true : self.shard.abandon(flight, waiter: waiter)
    }

    var statistics: CacheStatistics { self.shard.statistics }

    private mutating func seen(_ now: Instant) -> Instant {
        if self.fault == .sleepsThrough {
            let begin = Instant.second(0)
            let seconds = Int64((now.monotonic - begin.monotonic) / .seconds(1))
            return Instant(monotonic: now.monotonic, wall: begin.wall.advanced(bySeconds: seconds))
        }
        guard self.fault == .outlivesExpiry else { return now }
        let wall = self.frozenWall ?? now.wall
        self.frozenWall = wall
        return Instant(monotonic: now.monotonic, wall: wall)
    }

    private mutating func changed(
        _ lookup: CacheShard.Lookup, _ token: TokenFingerprint, _ now: Instant
    ) -> CacheShard.Lookup {
        switch (self.fault, lookup) {
        case (.slides, .accepted(let accepted)):
            self.shard.keepVerified(accepted, for: token, keyEpoch: 0, at: now)
            return lookup
        case (.confusesTokens, .accepted(let accepted)):
            defer { self.lastToken = (accepted, token) }
            guard let lastToken, lastToken.1 != token else { return lookup }
            return .accepted(lastToken.0)
        case (.rejectedEvictAccepted, .rejected):
            // One list for both: what is rejected takes the room of what was accepted.
            if let lastToken { self.shard.remove(lastToken.1) }
            return lookup
        case (.rejectedEvictAccepted, .accepted(let accepted)):
            self.lastToken = (accepted, token)
            return lookup
        default:
            return lookup
        }
    }
}

/// The rules a cache is held to.
enum CacheRule: String, Hashable {
    case cachedEqualsFresh
    case neverOutlivesExpiry
    case neverOutlivesLifetime
    case waitersToldOnce
    case byteCapHolds
    /// What is accepted goes for age, for room among the accepted, or for a newer answer: never for what is rejected.
    case rejectedKeptApart
    case failureIsNoAnswer
    case freshEnough
    case oneFlightAToken
    case youngestAnswerTold
}
