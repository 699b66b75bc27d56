import JOSE
package import ProxyCore

/// Keeps the keys of one server fresh: fetches when `KeySetShelf` says so, reports to it, tells those who wait.
///
/// It sleeps until the next fetch is due or until a token wants one; nothing is polled. A server that fails delays only
/// its own refresher.
package final class KeySetRefresher: Sendable {
    private let server: AuthorizationServer
    private let timeout: Nanoseconds
    private let source: KeySetSource
    private let surroundings: RefreshSurroundings
    private let counts: KeySetRefreshCounts
    private let bell = Bell()

    package init(
        server: AuthorizationServer, timeout: Nanoseconds, source: KeySetSource, counts: KeySetRefreshCounts,
        surroundings: RefreshSurroundings
    ) {
        self.server = server
        self.timeout = timeout
        self.source = source
        self.counts = counts
        self.surroundings = surroundings
    }

    /// Runs until `retire` or cancellation; once.
    package func run() async {
        let state = self.server.state
        state.onKeysWanted { [bell] in bell.ring() }
        var leftOut: [JSONWebKeySet.LeftOut] = []
        loop: while !Task.isCancelled {
            let now = self.surroundings.clock().monotonic
            switch state.nextKeyFetch(at: now) {
            case .start:
                await self.fetch(&leftOut)
            case .underWay:
                guard await self.bell.wait() else { break loop }
            case .sleep(let until):
                guard await self.bell.wait(atMost: until > now ? until - now : 0, self.surroundings.sleep) else {
                    break loop
                }
            }
        }
        self.answerForGood()
    }

    /// The server has left the configuration: a fetch under way is brought to its end, no other begins.
    package func retire() { self.bell.finish() }

    private func fetch(_ lastLeftOut: inout [JSONWebKeySet.LeftOut]) async {
        let name = self.server.settings.name
        do throws(AuthorizationServerError) {
            let keys = try await self.source.fetch(self.timeout)
            self.finish(keys)
            self.counts.count(server: name, failure: nil)
            self.surroundings.report(.keysFetched(server: name, usable: keys.keys.count))
            // The same set is read every few minutes; its faults are told when they change.
            if keys.leftOut != lastLeftOut {
                lastLeftOut = keys.leftOut
                for key in keys.leftOut { self.surroundings.report(.keyLeftOut(server: name, key)) }
            }
        } catch {
            self.finish(nil)
            self.counts.count(server: name, failure: error)
            self.surroundings.report(.keysFailed(server: name, error))
        }
    }

    private func finish(_ keys: JSONWebKeySet?) {
        let waiters = self.server.state.keysFetched(keys, at: self.surroundings.clock().monotonic)
        if !waiters.isEmpty { self.surroundings.wake(waiters) }
    }

    /// Requests that began before a reload may still ask for keys of a server that is gone: nobody will fetch them, so
    /// they are told at once rather than left waiting.
    private func answerForGood() {
        let state = self.server.state
        let surroundings = self.surroundings
        // The state keeps the answer: held strongly from there it would keep itself and its whole cache.
        let answer: @Sendable () -> Void = { [weak state] in
            let now = surroundings.clock().monotonic
            guard let state, state.nextKeyFetch(at: now) == .start else { return }
            let waiters = state.keysFetched(nil, at: now)
            if !waiters.isEmpty { surroundings.wake(waiters) }
        }
        state.onKeysWanted(answer)
        answer()
    }
}

/// Wakes one task: rings while it is busy are kept as one.
final class Bell: Sendable {
    private let rings: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation

    init() {
        (self.rings, self.ringer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { self.ringer.yield() }

    /// After it no ring is heard any more.
    func finish() { self.ringer.finish() }

    /// Waits for a ring; false when the bell is finished or the task cancelled.
    func wait() async -> Bool {
        var rings = self.rings.makeAsyncIterator()
        return await rings.next() != nil
    }

    /// Waits for a ring, and rings itself after `span`.
    ///
    /// A ring that comes just too late is kept, and costs its hearer one look at the clock.
    func wait(
        atMost span: Nanoseconds, _ sleep: @escaping @Sendable (Nanoseconds) async throws -> Void
    ) async -> Bool {
        let alarm = Task { [ringer] in
            try await sleep(span)
            ringer.yield()
        }
        defer { alarm.cancel() }
        return await self.wait()
    }
}
