import JOSE
import ProxyCore
import Testing

@Suite("The shelf of an authorization server's keys")
struct KeySetShelfTests {
    static let times = KeySetShelf.Times(
        lifetime: .seconds(300), cooldown: .seconds(30), staleLimit: .seconds(3_600))
    static let keys = JSONWebKeySet(keys: [])
    static let start: UInt64 = 5_000_000_000_000

    private func waiter(_ slot: UInt32) -> WaiterID { WaiterID(loop: 1, slot: slot, generation: 7) }

    private func stocked() -> KeySetShelf {
        var shelf = KeySetShelf(times: Self.times)
        #expect(shelf.nextFetch(at: Self.start) == .start)
        #expect(shelf.fetched(Self.keys, at: Self.start) == [])
        return shelf
    }

    @Test("keys that replace others are in force at once, whatever a fetch under way brings")
    func replaces() {
        var shelf = KeySetShelf(times: Self.times)
        #expect(shelf.nextFetch(at: Self.start) == .start)
        #expect(shelf.noKeys(waiter: self.waiter(1), at: Self.start) == .wait(wakes: false))
        #expect(shelf.replace(with: Self.keys, at: Self.start) == [self.waiter(1)])
        #expect(shelf.epoch == 1)
        #expect(shelf.nextFetch(at: Self.start) == .underWay)
        #expect(shelf.unknownKey(epoch: 1, waiter: self.waiter(2), at: Self.start) == .wait(wakes: false))
        #expect(shelf.fetched(JSONWebKeySet(keys: []), at: Self.start) == [self.waiter(2)])
        #expect(shelf.epoch == 1)
        // The next fetch counts again.
        shelf.want()
        #expect(shelf.nextFetch(at: Self.start) == .start)
        _ = shelf.fetched(Self.keys, at: Self.start)
        #expect(shelf.epoch == 2)
    }

    @Test("PB-17: without keys a request waits for the fetch under way, and once it failed is told 503, not 401")
    func withoutKeys() {
        var shelf = KeySetShelf(times: Self.times)
        #expect(shelf.snapshot(at: Self.start) == nil)
        #expect(shelf.noKeys(waiter: self.waiter(1), at: Self.start) == .wait(wakes: true))
        #expect(shelf.nextFetch(at: Self.start) == .start)
        #expect(shelf.noKeys(waiter: self.waiter(2), at: Self.start) == .wait(wakes: false))
        #expect(!shelf.hasBeenAnswered)
        #expect(shelf.fetched(nil, at: Self.start) == [self.waiter(1), self.waiter(2)])
        #expect(shelf.hasBeenAnswered)
        #expect(shelf.noKeys(waiter: self.waiter(3), at: Self.start) == .settled)
    }

    @Test("PB-10: two hundred requests of a cold process make one fetch and are told once each")
    func singleFlight() {
        var shelf = KeySetShelf(times: Self.times)
        var fetches = 0
        for slot in 0..<200 as Range<UInt32> {
            guard case .wait = shelf.noKeys(waiter: self.waiter(slot), at: Self.start) else {
                Issue.record("request \(slot) does not wait")
                continue
            }
            if shelf.nextFetch(at: Self.start) == .start { fetches += 1 }
        }
        #expect(fetches == 1)
        #expect(shelf.fetched(Self.keys, at: Self.start) == (0..<200).map { self.waiter($0) })
        #expect(shelf.fetched(Self.keys, at: Self.start) == [])
    }

    @Test("PB-12: a set is refreshed ahead of its age and serves meanwhile")
    func refreshesAhead() {
        var shelf = self.stocked()
        let due = Self.start + .seconds(240)
        #expect(shelf.nextFetch(at: Self.start + .seconds(1)) == .sleep(until: due))
        #expect(shelf.nextFetch(at: due) == .start)
        #expect(shelf.nextFetch(at: due) == .underWay)
        #expect(shelf.snapshot(at: due)?.epoch == 1)
    }

    @Test("jitter moves a refresh forward, never past the lifetime", arguments: [0, 1, 500, 999, 5_000] as [UInt64])
    func jitter(thousandths: UInt64) {
        var shelf = KeySetShelf(times: Self.times, jitter: thousandths)
        _ = shelf.nextFetch(at: Self.start)
        _ = shelf.fetched(Self.keys, at: Self.start)
        guard case .sleep(let until) = shelf.nextFetch(at: Self.start) else {
            Issue.record("a fetch right behind another")
            return
        }
        #expect(until >= Self.start + .seconds(210))
        #expect(until <= Self.start + .seconds(240))
    }

    @Test("PB-13: an unknown kid fetches at once, right behind a scheduled fetch too")
    func unknownKeyFetches() {
        var shelf = self.stocked()
        #expect(shelf.unknownKey(epoch: 1, waiter: self.waiter(1), at: Self.start + 1) == .wait(wakes: true))
        #expect(shelf.nextFetch(at: Self.start + 1) == .start)
        #expect(shelf.fetched(Self.keys, at: Self.start + 2) == [self.waiter(1)])
        #expect(shelf.unknownKey(epoch: 1, waiter: self.waiter(2), at: Self.start + 3) == .retry)
    }

    @Test("PB-14: five hundred unknown kids in a cool-down make one fetch")
    func coolsDown() {
        var shelf = self.stocked()
        var fetches = 0
        var settled = 0
        for slot in 0..<500 as Range<UInt32> {
            let now = Self.start + .seconds(1) + UInt64(slot) * .milliseconds(10)
            switch shelf.unknownKey(epoch: shelf.epoch, waiter: self.waiter(slot), at: now) {
            case .wait: break
            case .settled: settled += 1
            case .retry, .crowded: Issue.record("unexpected at \(slot)")
            }
            if shelf.nextFetch(at: now) == .start { fetches += 1 }
            if slot == 10 { #expect(shelf.fetched(Self.keys, at: now) == (0...10).map { self.waiter($0) }) }
        }
        #expect(fetches == 1)
        #expect(settled == 489)
        let later = Self.start + .seconds(1) + .seconds(30)
        #expect(shelf.unknownKey(epoch: shelf.epoch, waiter: self.waiter(0), at: later) == .wait(wakes: true))
    }

    @Test("PB-18: a failed fetch leaves the old set, for a bounded time")
    func keepsTheOldSet() {
        var shelf = self.stocked()
        #expect(shelf.nextFetch(at: Self.start + .seconds(240)) == .start)
        _ = shelf.fetched(nil, at: Self.start + .seconds(241))
        #expect(shelf.snapshot(at: Self.start + .seconds(3_599))?.isCurrent == false)
        #expect(shelf.snapshot(at: Self.start + .seconds(3_600)) == nil)
    }

    @Test(
        "SPEC §4: within its lifetime a set is good whatever `stale_limit` says; beyond it, as long as that says",
        arguments: [(0, 300), (1, 300), (300, 300), (301, 301)] as [(UInt64, UInt64)])
    func isGoodForItsLifetime(staleLimit: UInt64, seconds: UInt64) {
        var shelf = KeySetShelf(
            times: KeySetShelf.Times(
                lifetime: .seconds(300), cooldown: .seconds(30), staleLimit: .seconds(staleLimit)))
        _ = shelf.nextFetch(at: Self.start)
        _ = shelf.fetched(Self.keys, at: Self.start)
        #expect(shelf.snapshot(at: Self.start + .seconds(seconds)) == nil)
        #expect(shelf.snapshot(at: Self.start + .seconds(seconds) - 1) != nil)
    }

    @Test("a set without a usable key knows nothing of any key, and neither does one whose successor failed to come")
    func knowsEveryKey() throws {
        var shelf = self.stocked()
        #expect(shelf.snapshot(at: Self.start)?.knowsEveryKey == false)
        let good = JSONWebKeySet(keys: [try JWTIssuer().publicKey])
        let fetches: [(JSONWebKeySet?, Bool)] = [(good, true), (nil, false), (good, true), (Self.keys, false)]
        for (keys, knows) in fetches {
            shelf.want()
            #expect(shelf.nextFetch(at: Self.start) == .start)
            _ = shelf.fetched(keys, at: Self.start)
            #expect(shelf.snapshot(at: Self.start)?.knowsEveryKey == knows)
        }
    }

    @Test("RFC 8725 §3.1: a key lasts from one set to the next as what it was; a fetch that fails changes nothing")
    func lastingKeys() throws {
        var shelf = KeySetShelf(times: Self.times)
        let (key, renamed) = (try JWTIssuer().publicKey, try JWTIssuer(kid: "k2").publicKey)
        for (keys, lasts) in [
            ([key], false), ([key], true), (nil, true), ([key, renamed], true), ([renamed], false), ([renamed], true),
            ([], false), ([renamed], false),
        ] as [([JSONWebKey]?, Bool)] {
            shelf.want()
            #expect(shelf.nextFetch(at: Self.start) == .start)
            _ = shelf.fetched(keys.map { JSONWebKeySet(keys: $0) }, at: Self.start)
            let expected: Set<KeyThumbprint> = lasts ? [key.thumbprint] : []
            #expect(shelf.lasting == expected)
        }
    }

    @Test("keys whose source has changed are fetched at once")
    func fetchesWhenWanted() {
        var shelf = self.stocked()
        #expect(shelf.snapshot(at: Self.start)?.isCurrent == true)
        shelf.want()
        #expect(shelf.nextFetch(at: Self.start + 1) == .start)
        _ = shelf.fetched(Self.keys, at: Self.start + 1)
        #expect(shelf.nextFetch(at: Self.start + 1) == .sleep(until: Self.start + 1 + .seconds(240)))
    }

    @Test("fetches that fail are tried again after 1, 2, 4 … at most 30 seconds")
    func backsOff() {
        var shelf = KeySetShelf(times: Self.times)
        var now = Self.start
        for pause: UInt64 in [1, 2, 4, 8, 16, 30, 30] {
            #expect(shelf.nextFetch(at: now) == .start)
            _ = shelf.fetched(nil, at: now)
            #expect(shelf.nextFetch(at: now) == .sleep(until: now + .seconds(pause)))
            now += .seconds(pause)
        }
    }

    @Test("a waiter that went is not told")
    func abandons() {
        var shelf = KeySetShelf(times: Self.times)
        _ = shelf.noKeys(waiter: self.waiter(1), at: Self.start)
        _ = shelf.noKeys(waiter: self.waiter(2), at: Self.start)
        #expect(shelf.abandon(self.waiter(1)) == true)
        #expect(shelf.abandon(self.waiter(1)) == false)
        _ = shelf.nextFetch(at: Self.start)
        #expect(shelf.fetched(Self.keys, at: Self.start) == [self.waiter(2)])
    }

    @Test("no more wait than there is room for")
    func crowds() {
        var shelf = KeySetShelf(times: Self.times, waitersMax: 2)
        #expect(shelf.noKeys(waiter: self.waiter(1), at: Self.start) == .wait(wakes: true))
        #expect(shelf.noKeys(waiter: self.waiter(2), at: Self.start) == .wait(wakes: false))
        #expect(shelf.noKeys(waiter: self.waiter(3), at: Self.start) == .crowded)
    }

    @Test(
        "whatever happens in whatever order: one fetch at a time, one for unknown kids a cool-down, waiters told once")
    func holdsItsRules() {
        var random = EventRandom(for: "key set shelf")
        for sequence in 0..<10_000 {
            var run = ShelfRun(FaultyShelf(nil))
            for _ in 0..<50 where run.broken.isEmpty { run.step(&random) }
            guard run.broken.isEmpty else {
                Issue.record("\(run.broken) broken in sequence \(sequence) of seed \(random.seed)")
                return
            }
        }
    }

    @Test("each rule catches the fault that breaks it", arguments: PlantedShelfFault.allCases)
    func catchesPlantedFaults(fault: PlantedShelfFault) {
        var random = EventRandom(for: "key set shelf that \(fault)")
        for _ in 0..<2_000 {
            var run = ShelfRun(FaultyShelf(fault))
            for _ in 0..<50 where run.broken.isEmpty { run.step(&random) }
            if run.broken.contains(fault.rule) { return }
        }
        Issue.record("\(fault) was not caught by \(fault.rule), seed \(random.seed)")
    }
}

enum ShelfRule: Hashable { case coolsDown, oneFetch, waitersToldOnce, setInItsTime, waitersBounded }

enum PlantedShelfFault: CaseIterable {
    case forgetsCooldown, fetchesTwice, tellsTwice, forgetsWaiter, servesForever, crowdsWithoutEnd

    var rule: ShelfRule {
        switch self {
        case .forgetsCooldown: .coolsDown
        case .fetchesTwice: .oneFetch
        case .tellsTwice, .forgetsWaiter: .waitersToldOnce
        case .servesForever: .setInItsTime
        case .crowdsWithoutEnd: .waitersBounded
        }
    }
}

/// A shelf that breaks one rule, or none.
private struct FaultyShelf {
    private var shelf: KeySetShelf
    private let fault: PlantedShelfFault?

    init(_ fault: PlantedShelfFault?) {
        var times = KeySetShelfTests.times
        if fault == .forgetsCooldown { times.cooldown = 0 }
        if fault == .servesForever { times.staleLimit = .max }
        self.shelf = KeySetShelf(times: times, waitersMax: fault == .crowdsWithoutEnd ? .max : 4)
        self.fault = fault
    }

    var epoch: UInt64 { self.shelf.epoch }
    var waiting: Int { self.shelf.waiting }

    func snapshot(at now: UInt64) -> KeySetShelf.Snapshot? { self.shelf.snapshot(at: now) }

    mutating func unknownKey(epoch: UInt64, waiter: WaiterID, at now: UInt64) -> KeySetShelf.Patience {
        self.shelf.unknownKey(epoch: epoch, waiter: waiter, at: now)
    }

    mutating func noKeys(waiter: WaiterID, at now: UInt64) -> KeySetShelf.Patience {
        self.shelf.noKeys(waiter: waiter, at: now)
    }

    mutating func abandon(_ waiter: WaiterID) -> Bool { self.shelf.abandon(waiter) }

    mutating func nextFetch(at now: UInt64) -> KeySetShelf.NextFetch {
        let next = self.shelf.nextFetch(at: now)
        return self.fault == .fetchesTwice && next == .underWay ? .start : next
    }

    mutating func fetched(_ keys: JSONWebKeySet?, at now: UInt64) -> [WaiterID] {
        let waiters = self.shelf.fetched(keys, at: now)
        switch self.fault {
        case .tellsTwice: return waiters + waiters.prefix(1)
        case .forgetsWaiter: return waiters.dropLast()
        default: return waiters
        }
    }
}

/// One sequence of events against a shelf, and a model of what it may do.
private struct ShelfRun {
    private var shelf: FaultyShelf
    private var now = KeySetShelfTests.start
    private var isUnderWay = false
    private var waiting: [WaiterID] = []
    private var nextSlot: UInt32 = 0
    private var wokenForUnknownAt: UInt64?
    private var fetchedAt: UInt64?
    private(set) var broken: Set<ShelfRule> = []

    init(_ shelf: FaultyShelf) { self.shelf = shelf }

    mutating func step(_ random: inout EventRandom) {
        self.nextSlot += 1
        let waiter = WaiterID(loop: 0, slot: self.nextSlot, generation: 0)
        switch random.below(8) {
        case 0, 1:
            let patience = self.shelf.unknownKey(epoch: self.shelf.epoch, waiter: waiter, at: self.now)
            if patience == .wait(wakes: true) {
                if let last = self.wokenForUnknownAt, self.now - last < .seconds(30) { self.broken.insert(.coolsDown) }
                self.wokenForUnknownAt = self.now
            }
            self.follow(patience, waiter)
        case 2:
            let patience = self.shelf.noKeys(waiter: waiter, at: self.now)
            if patience != .retry, let fetchedAt, self.now - fetchedAt < .seconds(3_600) {
                self.broken.insert(.setInItsTime)
            }
            self.follow(patience, waiter)
        case 3:
            guard let index = self.waiting.indices.last else { return }
            if !self.shelf.abandon(self.waiting.remove(at: index)) { self.broken.insert(.waitersToldOnce) }
        case 4:
            if self.shelf.nextFetch(at: self.now) == .start {
                if self.isUnderWay { self.broken.insert(.oneFetch) }
                self.isUnderWay = true
            }
        case 5:
            guard self.isUnderWay else { return }
            self.isUnderWay = false
            let succeeds = random.below(2) == 0
            if self.shelf.fetched(succeeds ? KeySetShelfTests.keys : nil, at: self.now) != self.waiting {
                self.broken.insert(.waitersToldOnce)
            }
            self.waiting = []
            if succeeds { self.fetchedAt = self.now }
        case 6:
            self.now += .seconds(UInt64(random.below(20)))
        default:
            self.now += .seconds(UInt64(random.below(1_000)))
        }
        let isYoung = self.fetchedAt.map { self.now - $0 < .seconds(3_600) } ?? false
        if (self.shelf.snapshot(at: self.now) != nil) != isYoung { self.broken.insert(.setInItsTime) }
        if self.shelf.waiting > 4 { self.broken.insert(.waitersBounded) }
    }

    private mutating func follow(_ patience: KeySetShelf.Patience, _ waiter: WaiterID) {
        if case .wait = patience { self.waiting.append(waiter) }
    }
}
