import Reactor
import Synchronization
import Testing

/// What crosses threads here is handed over by `Mutex`, contended or not.
@Suite struct ContendedMutexTests {
    /// Unchecked: used only under the lock, which is what is tested.
    private final class Tally: @unchecked Sendable { var count = 0 }

    @Test("what is done under a contended Mutex is done in order, and ThreadSanitizer knows it")
    func order() throws {
        let tally = Tally()
        let lock = Mutex(())
        let threads = try (0..<4).map { number in
            try LoopThread.start(name: "tally-\(number)") { _ in
                for _ in 0..<20_000 { lock.withLock { _ in tally.count += 1 } }
            }
        }
        for thread in threads {
            thread.stop()
            thread.join()
        }
        #expect(tally.count == 80_000)
    }
}
