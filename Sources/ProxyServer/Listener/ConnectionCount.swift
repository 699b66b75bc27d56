import Synchronization

/// How many client connections all loops have open together: the kernel spreads them unevenly, so that no loop could know
/// from its own whether `limits.connections` is reached.
///
/// One atomic step a connection taken in, one a connection closed, none a request.
final class ConnectionCount: Sendable {
    private let open = Atomic(0)
    /// A loop has stopped accepting because of the cap, and wants to be told of room.
    private let isAwaited = Atomic(false)

    func hasRoom(below cap: Int) -> Bool { self.open.load(ordering: .sequentiallyConsistent) < cap }

    /// Counts one more, when it is allowed.
    func enter(below cap: Int) -> Bool {
        var seen = self.open.load(ordering: .relaxed)
        while seen < cap {
            let result = self.open.compareExchange(
                expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
            if result.exchanged { return true }
            seen = result.original
        }
        return false
    }

    /// Counts one less.
    ///
    /// - Returns: whether loops wait for room; asked once for all of them, so whoever is told yes tells every loop.
    func leave() -> Bool {
        let left = self.open.subtract(1, ordering: .sequentiallyConsistent).newValue
        precondition(left >= 0, "who leaves has entered")
        return self.isAwaited.load(ordering: .sequentiallyConsistent)
            && self.isAwaited.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// Whether there is no room, for one who stops accepting then and is told of the next that leaves.
    ///
    /// The wish is there before the look: who leaves after it sees the wish, who left before it is seen.
    func restsUntilRoom(below cap: Int) -> Bool {
        self.isAwaited.store(true, ordering: .sequentiallyConsistent)
        return !self.hasRoom(below: cap)
    }
}
