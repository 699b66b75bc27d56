package import JOSE

/// Where an authorization server's keys lie: which set is used, when the next fetch is due, and who waits for it.
///
/// Fetched once for all, refreshed before it ages, kept while the server is away for a bounded time, and fetched for an
/// unknown `kid` at most once a cool-down, whatever tokens say. Pure: a refresher asks `nextFetch`, fetches, and reports.
package struct KeySetShelf: Sendable {
    package struct Times: Sendable, Hashable {
        package var lifetime: Nanoseconds
        package var cooldown: Nanoseconds
        package var staleLimit: Nanoseconds

        package init(lifetime: Nanoseconds, cooldown: Nanoseconds, staleLimit: Nanoseconds) {
            self.lifetime = lifetime
            self.cooldown = cooldown
            self.staleLimit = staleLimit
        }
    }

    /// A set as it was at one moment; what it verified is kept only while its epoch is the newest.
    package struct Snapshot: Sendable {
        package let keys: JSONWebKeySet
        package let epoch: UInt64
        /// False when the last fetch failed: there may be keys that we have not heard of.
        package let isCurrent: Bool

        /// Whether a key that the set does not hold is the token's fault.
        ///
        /// As long as no key of the set can be used at all, it is the server's.
        package var knowsEveryKey: Bool { self.isCurrent && !self.keys.keys.isEmpty }
    }

    package enum NextFetch: Sendable, Hashable {
        /// Fetch now, and report with `fetched`.
        case start
        /// Nothing to do before this monotonic time, unless woken.
        case sleep(until: UInt64)
        /// One is under way.
        case underWay
    }

    /// What a token without a usable key is to do.
    package enum Patience: Sendable, Hashable {
        /// Told once by `fetched`. `wakes`: the refresher has to be woken for it.
        case wait(wakes: Bool)
        /// A newer set is there already: try it.
        case retry
        /// No fetch is due: what the set says is final.
        case settled
        /// Too many wait already.
        case crowded
    }

    private struct Stock: Sendable {
        var keys: JSONWebKeySet
        var fetchedAt: UInt64
        /// Keys that were in the set before it as they are now: what they verified is good under this one too.
        var lasting: Set<KeyThumbprint>
    }

    private let times: Times
    /// 0…999 thousandths: spreads the refreshes of many processes.
    private let jitter: UInt64
    private let waitersMax: Int

    private var stock: Stock?
    package private(set) var epoch: UInt64 = 0
    private var dueAt: UInt64 = 0
    private var isUnderWay = false
    private var isWanted = false
    /// What the fetch under way brings is older than the set that is here.
    private var isOvertaken = false
    private var failures: UInt64 = 0
    /// When an unknown `kid` last made us fetch.
    private var unknownKeyFetchAt: UInt64?
    private var waiters: [WaiterID] = []
    /// The first fetch has been answered, well or badly.
    package private(set) var hasBeenAnswered = false

    package init(times: Times, jitter: UInt64 = 0, waitersMax: Int = 4_096) {
        self.times = times
        self.jitter = jitter % 1_000
        self.waitersMax = waitersMax
    }

    /// The shelf after a reload that changed when keys are fetched, or nothing about them: the set stays, with its age.
    ///
    /// Whoever waits on `former` is told by its refresher. A fetch under way there is not seen here, so it is made again.
    package init(succeeding former: KeySetShelf, times: Times) {
        self.times = times
        self.jitter = former.jitter
        self.waitersMax = former.waitersMax
        self.stock = former.stock
        self.epoch = former.epoch + Self.epochsLeft
        self.dueAt = former.dueAt
        self.isWanted = former.isWanted || former.isUnderWay
        self.failures = former.failures
        self.unknownKeyFetchAt = former.unknownKeyFetchAt
        self.hasBeenAnswered = former.hasBeenAnswered
        if let stock, self.failures == 0 { self.dueAt = stock.fetchedAt.addingClamped(self.refreshAge) }
    }

    /// Epochs that `former` may still begin before its refresher is retired, which a cache that both share must not take
    /// for newer than ours: one for the fetch under way, and plenty.
    private static let epochsLeft: UInt64 = 16

    // MARK: Loops

    /// The set to verify with; nil when there is none, or none young enough.
    ///
    /// Within its lifetime every set is: the next one is fetched before that is over, and is not late until then.
    package func snapshot(at now: UInt64) -> Snapshot? {
        let ageMax = max(self.times.lifetime, self.times.staleLimit)
        guard let stock, now.subtractingClamped(stock.fetchedAt) < ageMax else { return nil }
        return Snapshot(keys: stock.keys, epoch: self.epoch, isCurrent: self.failures == 0)
    }

    /// `epoch`'s set does not hold the key that a token names.
    package mutating func unknownKey(epoch: UInt64, waiter: WaiterID, at now: UInt64) -> Patience {
        if self.epoch > epoch { return .retry }
        if !self.isUnderWay, !self.isWanted {
            if let last = self.unknownKeyFetchAt, now.subtractingClamped(last) < self.times.cooldown { return .settled }
            self.unknownKeyFetchAt = now
            return self.enlist(waiter, wakes: true)
        }
        return self.enlist(waiter, wakes: false)
    }

    /// There is no usable set at all; waits only for a fetch that is under way or overdue.
    package mutating func noKeys(waiter: WaiterID, at now: UInt64) -> Patience {
        if self.snapshot(at: now) != nil { return .retry }
        if self.isUnderWay || self.isWanted { return self.enlist(waiter, wakes: false) }
        return now >= self.dueAt ? self.enlist(waiter, wakes: true) : .settled
    }

    /// A waiter that has gone; false when it was told already.
    package mutating func abandon(_ waiter: WaiterID) -> Bool {
        guard let index = self.waiters.firstIndex(of: waiter) else { return false }
        self.waiters.remove(at: index)
        return true
    }

    // MARK: The refresher

    /// Somebody knows that the source has changed: the next fetch is due now.
    package mutating func want() { self.isWanted = true }

    /// What the refresher is to do; `.start` marks a fetch as under way.
    package mutating func nextFetch(at now: UInt64) -> NextFetch {
        if self.isUnderWay { return .underWay }
        guard self.isWanted || now >= self.dueAt else { return .sleep(until: self.dueAt) }
        self.isUnderWay = true
        self.isWanted = false
        return .start
    }

    /// Ends a fetch, nil for one that failed, and hands over every waiter, each once.
    package mutating func fetched(_ keys: JSONWebKeySet?, at now: UInt64) -> [WaiterID] {
        self.isUnderWay = false
        if self.isOvertaken {
            self.isOvertaken = false
            return self.releaseWaiters()
        }
        return self.take(keys, at: now)
    }

    /// The set is this one from now on, whatever a fetch under way may bring; hands over every waiter, each once.
    package mutating func replace(with keys: JSONWebKeySet, at now: UInt64) -> [WaiterID] {
        self.isOvertaken = self.isUnderWay
        return self.take(keys, at: now)
    }

    private mutating func take(_ keys: JSONWebKeySet?, at now: UInt64) -> [WaiterID] {
        self.hasBeenAnswered = true
        if let keys {
            // A key that was not there before has verified nothing.
            let lasting = self.stock?.keys.keysLasting(in: keys) ?? []
            self.stock = Stock(keys: keys, fetchedAt: now, lasting: lasting)
            self.epoch += 1
            self.failures = 0
            self.dueAt = now.addingClamped(self.refreshAge)
        } else {
            self.dueAt = now.addingClamped(self.backOff)
            self.failures += 1
        }
        return self.releaseWaiters()
    }

    private mutating func releaseWaiters() -> [WaiterID] {
        defer { self.waiters.removeAll() }
        return self.waiters
    }

    /// The keys whose verified tokens outlive the last set that came.
    package var lasting: Set<KeyThumbprint> { self.stock?.lasting ?? [] }

    // MARK: What is shown

    package func age(at now: UInt64) -> Nanoseconds? { self.stock.map { now.subtractingClamped($0.fetchedAt) } }
    package var waiting: Int { self.waiters.count }

    private mutating func enlist(_ waiter: WaiterID, wakes: Bool) -> Patience {
        if wakes { self.isWanted = true }
        guard self.waiters.count < self.waitersMax else { return .crowded }
        self.waiters.append(waiter)
        return .wait(wakes: wakes)
    }

    /// Between seven and eight tenths of the lifetime: a slow answer still comes before the set is old.
    private var refreshAge: Nanoseconds {
        let tenth = self.times.lifetime / 10
        return tenth * 8 - tenth / 1_000 * self.jitter
    }

    /// 1 s, 2 s, 4 s … at most 30 s: a server that comes back is found soon, one that is away is left in peace.
    private var backOff: Nanoseconds {
        min(.seconds(1) << min(self.failures, 5), .seconds(30))
    }
}
