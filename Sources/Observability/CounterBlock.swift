import Synchronization

/// A row of counters with one writer and any number of readers.
///
/// The writer is a loop's thread, so counting is a relaxed load and a relaxed store: no lock prefix, no allocation.
/// Unchecked: the memory is allocated once in `init` and freed in `deinit`; every access in between is atomic.
@safe package final class CounterBlock: @unchecked Sendable {
    private let counters: UnsafeMutablePointer<Atomic<UInt64>>
    package let count: Int

    package init(count: Int) {
        self.count = count
        // Atomics cannot live in an Array (they are not copyable), hence memory of our own.
        unsafe self.counters = .allocate(capacity: count)
        for position in 0..<count { unsafe (self.counters + position).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe self.counters.deinitialize(count: self.count)
        unsafe self.counters.deallocate()
    }

    /// Only from the thread that owns the block.
    package func add(_ amount: UInt64, at position: Int) {
        precondition(position >= 0 && position < self.count, "counters are laid out at start")
        let before = unsafe self.counters[position].load(ordering: .relaxed)
        unsafe self.counters[position].store(before &+ amount, ordering: .relaxed)
    }

    /// Only from the thread that owns the block.
    package func set(_ value: UInt64, at position: Int) {
        precondition(position >= 0 && position < self.count, "counters are laid out at start")
        unsafe self.counters[position].store(value, ordering: .relaxed)
    }

    package func value(at position: Int) -> UInt64 {
        precondition(position >= 0 && position < self.count, "counters are laid out at start")
        return unsafe self.counters[position].load(ordering: .relaxed)
    }
}
