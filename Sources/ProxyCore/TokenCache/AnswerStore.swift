import OAuthModel

/// Answers by fingerprint, in one arena: looked up by hash, capped in bytes; those unused for long make room for new ones.
///
/// Accepted and rejected answers form two lists with a cap each, so that invented tokens cannot push out good ones.
/// Links are indices: a hit sets a mark, which lies with what it reads anyway, and moves nothing. Who is at the end of the
/// line when room is needed and has the mark loses it and goes to the front (a second chance), who has none is evicted;
/// where all are marked, it is who has stood in line longest.
struct AnswerStore: Sendable {
    enum Answer: Sendable {
        case accepted(ValidatedToken)
        case rejected(TokenRejection)
    }

    private struct Entry: Sendable {
        var fingerprint: TokenFingerprint
        /// Next in the bucket, or next free place.
        var chain: Int32
        /// It was used since it last stood at the end of the line.
        var isUsed = false
        var answer: Answer?
        /// On the monotonic clock.
        var expiresAt: UInt64
        /// On the wall clock, in seconds: one that was set back, or a machine that slept, must not lengthen its life.
        var endsAt: Int64
        /// When the question was asked; the answer cannot be older.
        var askedAt: UInt64
        var weight: Int
        var newer: Int32
        var older: Int32
    }

    private struct RecencyList: Sendable {
        var newest: Int32 = none
        var oldest: Int32 = none
        var bytes = 0
        var count = 0
        let bytesMax: Int
    }

    private var entries: [Entry] = []
    private var buckets: [Int32]
    private var free: Int32 = none
    private var accepted: RecencyList
    private var rejected: RecencyList
    private(set) var evictions: UInt64 = 0

    init(acceptedBytesMax: Int, rejectedBytesMax: Int) {
        self.accepted = RecencyList(bytesMax: acceptedBytesMax)
        self.rejected = RecencyList(bytesMax: rejectedBytesMax)
        self.buckets = Array(repeating: none, count: 64)
    }

    var acceptedBytes: Int { self.accepted.bytes }
    var rejectedBytes: Int { self.rejected.bytes }
    var acceptedCount: Int { self.accepted.count }
    var rejectedCount: Int { self.rejected.count }

    /// The answer, if there is one that is neither over nor older than asked; marks it as used.
    @inline(__always)
    mutating func answer(for fingerprint: TokenFingerprint, at now: Instant, notOlderThan: UInt64) -> Answer? {
        let index = self.index(of: fingerprint)
        guard index != none else { return nil }
        let place = Int(index)
        guard now.monotonic < self.entries[place].expiresAt, now.wall.seconds < self.entries[place].endsAt else {
            self.remove(index)
            return nil
        }
        // Too old for this route only: others may go on using it.
        guard self.entries[place].askedAt >= notOlderThan else { return nil }
        // Written once, not on every request: the line of memory is shared by all loops.
        if !self.entries[place].isUsed { self.entries[place].isUsed = true }
        return self.entries[place].answer
    }

    /// Keeps an answer in place of an earlier one; those of its kind that stood longest in line unused make room.
    mutating func insert(
        _ answer: Answer, for fingerprint: TokenFingerprint, askedAt: UInt64, until expiry: Instant
    ) {
        self.remove(fingerprint)
        let weight: Int
        let cap: Int
        switch answer {
        case .accepted(let token):
            weight = token.weight + Self.entryWeight
            cap = self.accepted.bytesMax
        case .rejected:
            weight = Self.entryWeight
            cap = self.rejected.bytesMax
        }
        guard weight <= cap else {
            // Pushed out by its own weight, so to say; whoever wonders about the calls finds it counted.
            self.evictions &+= 1
            return
        }
        switch answer {
        case .accepted:
            while self.accepted.bytes + weight > self.accepted.bytesMax {
                Self.giveSecondChances(in: &self.accepted, of: &self.entries)
                self.evict(self.accepted.oldest)
            }
        case .rejected:
            while self.rejected.bytes + weight > self.rejected.bytesMax {
                Self.giveSecondChances(in: &self.rejected, of: &self.entries)
                self.evict(self.rejected.oldest)
            }
        }
        if self.accepted.count + self.rejected.count >= self.buckets.count { self.growBuckets() }
        let bucket = self.bucket(of: fingerprint)
        let entry = Entry(
            fingerprint: fingerprint, chain: self.buckets[bucket], answer: answer, expiresAt: expiry.monotonic,
            endsAt: expiry.wall.seconds, askedAt: askedAt, weight: weight, newer: none, older: none)
        let index: Int32
        if self.free != none {
            index = self.free
            self.free = self.entries[Int(index)].chain
            self.entries[Int(index)] = entry
        } else {
            index = Int32(self.entries.count)
            self.entries.append(entry)
        }
        self.buckets[bucket] = index
        switch answer {
        case .accepted:
            self.accepted.bytes += weight
            self.accepted.count += 1
            Self.attach(index, to: &self.accepted, of: &self.entries)
        case .rejected:
            self.rejected.bytes += weight
            self.rejected.count += 1
            Self.attach(index, to: &self.rejected, of: &self.entries)
        }
    }

    mutating func remove(_ fingerprint: TokenFingerprint) {
        let index = self.index(of: fingerprint)
        if index != none { self.remove(index) }
    }

    /// Drops the accepted answers that `condition` names and says how many they were.
    mutating func removeAccepted(where condition: (ValidatedToken) -> Bool) -> Int {
        var removed = 0
        var index = self.accepted.newest
        while index != none {
            let older = self.entries[Int(index)].older
            if case .accepted(let token) = self.entries[Int(index)].answer, condition(token) {
                self.remove(index)
                removed += 1
            }
            index = older
        }
        return removed
    }

    // MARK: Places

    @inline(__always)
    private func bucket(of fingerprint: TokenFingerprint) -> Int {
        Int(truncatingIfNeeded: fingerprint.spread) & (self.buckets.count - 1)
    }

    @inline(__always)
    private func index(of fingerprint: TokenFingerprint) -> Int32 {
        var index = self.buckets[self.bucket(of: fingerprint)]
        while index != none, self.entries[Int(index)].fingerprint != fingerprint {
            index = self.entries[Int(index)].chain
        }
        return index
    }

    private mutating func evict(_ index: Int32) {
        self.remove(index)
        self.evictions &+= 1
    }

    private mutating func remove(_ index: Int32) {
        let place = Int(index)
        let weight = self.entries[place].weight
        switch self.entries[place].answer {
        case .accepted:
            self.accepted.bytes -= weight
            self.accepted.count -= 1
            Self.detach(index, from: &self.accepted, of: &self.entries)
        case .rejected:
            self.rejected.bytes -= weight
            self.rejected.count -= 1
            Self.detach(index, from: &self.rejected, of: &self.entries)
        case nil: preconditionFailure("a place is freed once")
        }
        let bucket = self.bucket(of: self.entries[place].fingerprint)
        if self.buckets[bucket] == index {
            self.buckets[bucket] = self.entries[place].chain
        } else {
            var previous = Int(self.buckets[bucket])
            while self.entries[previous].chain != index { previous = Int(self.entries[previous].chain) }
            self.entries[previous].chain = self.entries[place].chain
        }
        self.entries[place].answer = nil
        self.entries[place].chain = self.free
        self.free = index
    }

    private mutating func growBuckets() {
        var grown = Array(repeating: none, count: self.buckets.count * 2)
        let mask = grown.count - 1
        for place in self.entries.indices where self.entries[place].answer != nil {
            let bucket = Int(truncatingIfNeeded: self.entries[place].fingerprint.spread) & mask
            self.entries[place].chain = grown[bucket]
            grown[bucket] = Int32(place)
        }
        self.buckets = grown
    }

    // MARK: Recency

    /// Sends those at the end of the line that were used to its front, until one was not.
    private static func giveSecondChances(in list: inout RecencyList, of entries: inout [Entry]) {
        var chancesLeft = self.secondChancesMax
        while chancesLeft > 0, list.oldest != none, entries[Int(list.oldest)].isUsed {
            let index = list.oldest
            entries[Int(index)].isUsed = false
            self.detach(index, from: &list, of: &entries)
            self.attach(index, to: &list, of: &entries)
            chancesLeft -= 1
        }
    }

    /// How many move for one that goes: one new token must not walk through a cache in which all are used.
    private static let secondChancesMax = 64

    private static func attach(_ index: Int32, to list: inout RecencyList, of entries: inout [Entry]) {
        entries[Int(index)].newer = none
        entries[Int(index)].older = list.newest
        if list.newest != none { entries[Int(list.newest)].newer = index }
        list.newest = index
        if list.oldest == none { list.oldest = index }
    }

    private static func detach(_ index: Int32, from list: inout RecencyList, of entries: inout [Entry]) {
        let newer = entries[Int(index)].newer
        let older = entries[Int(index)].older
        if newer != none { entries[Int(newer)].older = older } else { list.newest = older }
        if older != none { entries[Int(older)].newer = newer } else { list.oldest = newer }
    }

    /// What a place costs besides the token it holds: the entry, and its share of buckets and spare capacity.
    static let entryWeight = 192
}

/// No place.
private let none: Int32 = -1
