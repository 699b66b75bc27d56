package import JOSE

/// One part of a token cache: answers that may be reused, and flights that fetch those that may not.
///
/// A miss and joining a flight are one step here, under the shard's lock: a thousand clients with one cold token make
/// exactly one call. What is kept is the server's answer, never a verdict of ours.
package struct CacheShard: Sendable {
    package enum Lookup: Sendable {
        case accepted(ValidatedToken)
        case rejected(TokenRejection)
        /// Nobody asks yet: the caller does, and waits.
        case depart(FlightID)
        case wait(FlightID)
        /// Too many wait on this token already.
        case crowded
    }

    package struct Limits: Sendable, Hashable {
        package var acceptedBytes: Int
        package var rejectedBytes: Int
        /// A burst of clients with one cold token; beyond it a stampede is answered 503.
        ///
        /// A fifth of the connections a process takes by default, and 12 bytes each, so one flight holds 48 KiB at most.
        package var waitersPerFlight: Int

        package init(acceptedBytes: Int, rejectedBytes: Int, waitersPerFlight: Int = 4_096) {
            self.acceptedBytes = acceptedBytes
            self.rejectedBytes = rejectedBytes
            self.waitersPerFlight = waitersPerFlight
        }
    }

    private var answers: AnswerStore
    private var flights: Flights
    private let lifetime: CacheLifetime
    /// The key set of this epoch has had its say: tokens verified under an earlier one are not kept any more.
    private var keyEpoch: UInt64 = 0
    private var counters = CacheStatistics()

    package init(lifetime: CacheLifetime, limits: Limits, index: Int = 0, shards: Int = 1) {
        self.answers = AnswerStore(acceptedBytesMax: limits.acceptedBytes, rejectedBytesMax: limits.rejectedBytes)
        self.flights = Flights(
            firstNumber: UInt64(index), numberStride: UInt64(shards), waitersMax: limits.waitersPerFlight)
        self.lifetime = lifetime
    }

    /// The answer kept for a token, if it is still good and was asked for at `notOlderThan` or later.
    package mutating func lookup(
        _ fingerprint: TokenFingerprint, at now: Instant, notOlderThan: UInt64
    ) -> Lookup? {
        switch self.answers.answer(for: fingerprint, at: now, notOlderThan: notOlderThan) {
        case .accepted(let token):
            self.counters.hits &+= 1
            return .accepted(token)
        case .rejected(let rejection):
            self.counters.negativeHits &+= 1
            return .rejected(rejection)
        case nil:
            return nil
        }
    }

    /// The same, or a place on the flight that fetches the answer.
    ///
    /// - Parameter joinableSince: flights that departed earlier may take longer than anybody waits.
    package mutating func lookupOrJoin(
        _ fingerprint: TokenFingerprint, waiter: WaiterID, at now: Instant, notOlderThan: UInt64,
        joinableSince: UInt64
    ) -> Lookup {
        if let hit = self.lookup(fingerprint, at: now, notOlderThan: notOlderThan) { return hit }
        let departed = max(notOlderThan, joinableSince)
        switch self.flights.board(fingerprint, waiter: waiter, at: now.monotonic, notOlderThan: departed) {
        case .depart(let flight):
            self.counters.misses &+= 1
            return .depart(flight)
        case .wait(let flight):
            self.counters.joined &+= 1
            return .wait(flight)
        case .crowded:
            self.counters.crowded &+= 1
            return .crowded
        }
    }

    /// Keeps what a flight brought, if it may be kept, and says who waited for it: each is told once.
    package mutating func land(_ flight: FlightID, verdict: FlightVerdict, at now: Instant) -> Landed {
        guard let landed = self.flights.land(flight, verdict: verdict) else {
            return Landed(waiters: [], verdict: verdict)
        }
        // Flights of one token may overtake each other, and the question asked last has the truest answer: an "active"
        // that was slow must not hide the "inactive" that came after it, nor let anybody pass.
        if let truest = landed.overtakenBy { return Landed(waiters: landed.waiters, verdict: truest) }
        switch verdict {
        case .accepted(let token):
            self.keep(
                .accepted(token), for: landed.fingerprint, askedAt: landed.departedAt,
                until: self.lifetime.expiry(of: token, at: now))
        case .rejected(let rejection):
            self.keep(
                .rejected(rejection), for: landed.fingerprint, askedAt: landed.departedAt,
                until: self.lifetime.expiry(ofRejectionAt: now))
        case .failed:
            // Not an answer: it neither counts as "inactive" nor takes away what is known.
            break
        }
        return Landed(waiters: landed.waiters, verdict: verdict)
    }

    /// A lookup that found nothing, of a token that nobody is asked about.
    package mutating func countMiss() { self.counters.misses &+= 1 }

    /// Keeps a token that was verified on the spot, unless the keys have changed since.
    package mutating func keepVerified(
        _ token: ValidatedToken, for fingerprint: TokenFingerprint, keyEpoch: UInt64, at now: Instant
    ) {
        guard keyEpoch >= self.keyEpoch else { return }
        self.keep(
            .accepted(token), for: fingerprint, askedAt: now.monotonic,
            until: self.lifetime.expiry(of: token, at: now))
    }

    /// Drops verified tokens whose key has gone, or is not what it was; from now on only `epoch`'s set makes entries.
    package mutating func adoptKeys(_ remaining: Set<KeyThumbprint>, epoch: UInt64) -> Int {
        guard epoch > self.keyEpoch else { return 0 }
        self.keyEpoch = epoch
        return self.answers.removeAccepted { token in
            // Introspection says nothing of the key that signed a token: a key that goes does not evict opaque tokens.
            guard let thumbprint = token.keyThumbprint else { return false }
            return !remaining.contains(thumbprint)
        }
    }

    /// A waiter that has gone; false when it was told already or never waited.
    package mutating func abandon(_ flight: FlightID, waiter: WaiterID) -> Bool {
        self.flights.abandon(flight, waiter: waiter)
    }

    /// Forgets one token.
    package mutating func remove(_ fingerprint: TokenFingerprint) { self.answers.remove(fingerprint) }

    package var statistics: CacheStatistics {
        var statistics = self.counters
        statistics.evictions = self.answers.evictions
        statistics.acceptedEntries = UInt64(self.answers.acceptedCount)
        statistics.rejectedEntries = UInt64(self.answers.rejectedCount)
        statistics.acceptedBytes = UInt64(self.answers.acceptedBytes)
        statistics.rejectedBytes = UInt64(self.answers.rejectedBytes)
        statistics.flights = UInt64(self.flights.count)
        statistics.waiters = UInt64(self.flights.waiterCount)
        return statistics
    }

    private mutating func keep(
        _ answer: AnswerStore.Answer, for fingerprint: TokenFingerprint, askedAt: UInt64, until expiry: Instant?
    ) {
        // An answer that must not be kept still ends the life of the one before it.
        guard let expiry else { return self.answers.remove(fingerprint) }
        self.answers.insert(answer, for: fingerprint, askedAt: askedAt, until: expiry)
    }
}
