/// Told when the deadline of an entry has passed.
package protocol TimerHandler: AnyObject {
    func deadlinePassed(_ entry: TimerEntry)
}

/// A deadline that can be moved: made once, scheduled as often as needed, without allocation.
///
/// Safe: `next` and `previous` do not retain, and are followed only while an entry is linked; a linked entry is
/// retained by its wheel, and unlinking repairs both neighbours.
@safe package final class TimerEntry {
    package weak var handler: (any TimerHandler)?
    /// The endpoint whose deadline this is, until it is closed.
    var endpoint: Endpoint?
    /// When it is to fire; `.max` for never.
    ///
    /// Set by ``Loop/schedule(_:at:)``.
    package var deadline: UInt64 { self.due }

    fileprivate var due = UInt64.max
    fileprivate unowned(unsafe) var next: TimerEntry?
    fileprivate unowned(unsafe) var previous: TimerEntry?
    /// When the wheel will look at the entry: at or before the tick of its deadline.
    ///
    /// 0 while it is not linked.
    fileprivate var tick: UInt64 = 0

    package init(handler: (any TimerHandler)? = nil) { self.handler = handler }

    fileprivate var isLinked: Bool { self.tick != 0 }
}

@available(*, unavailable) extension TimerEntry: Sendable {}

/// Deadlines in slots of 50 ms: never early, at most one tick late.
///
/// An entry whose deadline moves later stays where it is and is put further only when its old slot comes up, so
/// the usual case, a deadline pushed on by every request, writes one field. Deadlines beyond the wheel's turn of
/// 25 s wait in its last slot and are put on again from there.
@safe final class TimerWheel {
    static let tickNanoseconds: UInt64 = 50_000_000
    private static let slots = 512

    /// One ring of entries a slot, each closed by an entry of the wheel's own; one more ring for those that are due.
    private let rings: [TimerEntry]
    private let due = TimerWheel.makeRing()
    /// Which slots may hold an entry; a bit too many costs one needless look.
    ///
    /// Never lent across a call.
    @safe @exclusivity(unchecked) private var occupied = [UInt64](repeating: 0, count: TimerWheel.slots / 64)
    /// The tick up to which everything was looked at.
    private var currentTick: UInt64
    /// Nothing is to be looked at before this tick; 0: not known.
    private var nextTick: UInt64 = 0

    init(now: UInt64) {
        self.rings = (0..<Self.slots).map { _ in Self.makeRing() }
        // Tick 0 means "not linked".
        self.currentTick = max(1, now / Self.tickNanoseconds)
    }

    deinit {
        for ring in self.rings + [self.due] {
            while let entry = unsafe ring.next, entry !== ring { Self.unlink(entry) }
            unsafe ring.next = nil
            unsafe ring.previous = nil
        }
    }

    /// When the wheel must be advanced again; `.max` for never.
    func nextDeadline() -> UInt64 {
        if self.nextTick == 0 { self.nextTick = self.findNextTick() }
        return self.nextTick == .max ? .max : self.nextTick * Self.tickNanoseconds
    }

    func schedule(_ entry: TimerEntry, at deadline: UInt64) {
        entry.due = deadline
        guard deadline != .max else { return }
        if entry.isLinked {
            // The usual case, told without a division: the wheel looks at the entry in time as it is.
            guard deadline < entry.tick &* Self.tickNanoseconds else { return }
            let tick = self.tick(for: deadline)
            guard tick < entry.tick else { return }
            Self.unlink(entry)
        }
        self.link(entry, tick: self.tick(for: deadline))
    }

    func cancel(_ entry: TimerEntry) {
        entry.due = .max
        if entry.isLinked { Self.unlink(entry) }
    }

    /// Hands every entry whose deadline has passed to `fire`, which may schedule and cancel any entry.
    ///
    /// The number fired.
    func advance(to now: UInt64, _ fire: (TimerEntry) -> Void) -> Int {
        let target = now / Self.tickNanoseconds
        guard target > self.currentTick else { return 0 }
        if target >= self.nextDeadlineTick() { self.collect(upTo: target) }
        self.currentTick = target
        var fired = 0
        // Entries linked from here on lie behind `target`, so this ends.
        while let entry = unsafe self.due.next, entry !== self.due {
            Self.unlink(entry)
            if entry.deadline <= now {
                entry.due = .max
                fired += 1
                fire(entry)
            } else if entry.deadline != .max {
                self.link(entry, tick: self.tick(for: entry.deadline))
            }
        }
        return fired
    }

    private func nextDeadlineTick() -> UInt64 {
        if self.nextTick == 0 { self.nextTick = self.findNextTick() }
        return self.nextTick
    }

    /// Moves the rings of all slots that have come up to `due`.
    private func collect(upTo target: UInt64) {
        let last = min(target, self.currentTick + UInt64(Self.slots))
        for tick in (self.currentTick + 1)...last {
            let slot = Int(tick % UInt64(Self.slots))
            guard self.occupied[slot / 64] & (1 << UInt64(slot % 64)) != 0 else { continue }
            self.occupied[slot / 64] &= ~(1 << UInt64(slot % 64))
            let ring = self.rings[slot]
            while let entry = unsafe ring.next, entry !== ring {
                let tick = entry.tick
                Self.unlink(entry)
                Self.insert(entry, before: self.due, tick: tick)
            }
        }
        self.nextTick = 0
    }

    /// The first tick at or behind `deadline`, but not one that has gone by, nor one beyond the wheel's turn.
    private func tick(for deadline: UInt64) -> UInt64 {
        let exact = deadline / Self.tickNanoseconds + (deadline % Self.tickNanoseconds == 0 ? 0 : 1)
        return min(max(exact, self.currentTick + 1), self.currentTick + UInt64(Self.slots) - 1)
    }

    private func link(_ entry: TimerEntry, tick: UInt64) {
        let slot = Int(tick % UInt64(Self.slots))
        self.occupied[slot / 64] |= 1 << UInt64(slot % 64)
        if self.nextTick != 0, tick < self.nextTick { self.nextTick = tick }
        Self.insert(entry, before: self.rings[slot], tick: tick)
    }

    private func findNextTick() -> UInt64 {
        var tick = self.currentTick + 1
        let end = self.currentTick + UInt64(Self.slots)
        while tick < end {
            let slot = Int(tick % UInt64(Self.slots))
            let rest = self.occupied[slot / 64] >> UInt64(slot % 64)
            guard rest != 0 else {
                tick += UInt64(64 - slot % 64)
                continue
            }
            tick += UInt64(rest.trailingZeroBitCount)
            guard tick < end else { break }
            let found = Int(tick % UInt64(Self.slots))
            if unsafe self.rings[found].next !== self.rings[found] { return tick }
            self.occupied[found / 64] &= ~(1 << UInt64(found % 64))  // all its entries were cancelled
        }
        return .max
    }

    private static func makeRing() -> TimerEntry {
        let ring = TimerEntry()
        unsafe ring.next = ring
        unsafe ring.previous = ring
        return ring
    }

    /// Links and retains: whoever made the entry may forget it while it is in the wheel.
    private static func insert(_ entry: TimerEntry, before other: TimerEntry, tick: UInt64) {
        _ = unsafe Unmanaged.passRetained(entry)
        let previous = unsafe other.previous
        unsafe entry.next = other
        unsafe entry.previous = previous
        unsafe previous?.next = entry
        unsafe other.previous = entry
        entry.tick = tick
    }

    private static func unlink(_ entry: TimerEntry) {
        unsafe entry.previous?.next = entry.next
        unsafe entry.next?.previous = entry.previous
        unsafe entry.next = nil
        unsafe entry.previous = nil
        entry.tick = 0
        unsafe Unmanaged.passUnretained(entry).release()  // balances insert
    }
}

@available(*, unavailable) extension TimerWheel: Sendable {}
