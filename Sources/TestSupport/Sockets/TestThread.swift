import Glibc

/// A thread of a test: stubs and clients block on theirs, so that they hold up neither each other nor the test runner.
package enum TestThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that nobody joins; the caller keeps count of its own.
    package static func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // A thousand of them at once must fit anywhere.
        pthread_attr_setstacksize(&attributes, 512 << 10)
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work)
        pthread_attr_destroy(&attributes)
        precondition(result == 0, "the machine has no thread left")
    }

    /// Runs `body` once for every item on `width` threads at a time, and waits for all of them.
    package static func forEach<Item: Sendable>(
        _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) -> Void
    ) {
        let state = Monitor((next: 0, running: min(width, items.count)))
        for _ in 0..<min(width, items.count) {
            Self.start {
                while let item = state.withLock({ state -> Item? in
                    guard state.next < items.count else { return nil }
                    state.next += 1
                    return items[state.next - 1]
                }) {
                    body(item)
                }
                state.withLock { $0.running -= 1 }
            }
        }
        // Every item has deadlines of its own.
        try? state.wait(for: "all items", until: .after(seconds: 3_600)) { $0.running > 0 }
    }
}
