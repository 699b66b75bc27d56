import AuthorizationServerClient
import OAuthModel
import ProxyCore
import Synchronization

/// A clock that moves only when a test moves it, with sleepers that wake when it passes their time.
final class HandClock: Sendable {
    private struct State {
        var now: UInt64
        /// What its user last read: spans are reckoned from there.
        var lastRead: UInt64
        var sleepers: [Int: (due: UInt64, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
        var nextSleeper = 0
    }

    private let state: Mutex<State>

    init(now: UInt64 = .seconds(1_000)) { self.state = Mutex(State(now: now, lastRead: now)) }

    var now: UInt64 { self.state.withLock { $0.now } }

    /// For the one that is tested.
    func read() -> Instant {
        let now = self.state.withLock { state in
            state.lastRead = state.now
            return state.now
        }
        return Instant(monotonic: now, wall: NumericDate(seconds: 1_800_000_000))
    }

    func advance(by span: Nanoseconds) {
        let due = self.state.withLock { state in
            state.now += span
            let due = state.sleepers.filter { $0.value.due <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    func sleep(_ span: Nanoseconds) async throws {
        let number = self.state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = self.state.withLock { state in
                    if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
                    let due = state.lastRead.addingReportingOverflow(span).partialValue
                    if due <= state.now { return .success(()) }
                    state.sleepers[number] = (due, continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = self.state.withLock { state in
                guard let sleeper = state.sleepers.removeValue(forKey: number) else {
                    state.cancelled.insert(number)
                    return nil as CheckedContinuation<Void, any Error>?
                }
                return sleeper.continuation
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}

/// What a refresher told the process around it.
final class Surroundings: Sendable {
    let clock = HandClock()
    private let woken = Mutex<[WaiterID]>([])
    private let seen = Mutex<[RefreshEvent]>([])
    private let events: AsyncStream<RefreshEvent>
    private let announce: AsyncStream<RefreshEvent>.Continuation

    init() { (self.events, self.announce) = AsyncStream.makeStream(of: RefreshEvent.self) }

    var values: RefreshSurroundings {
        RefreshSurroundings(
            clock: { self.clock.read() }, sleep: { try await self.clock.sleep($0) },
            wake: { waiters in self.woken.withLock { $0 += waiters } },
            report: { event in
                self.seen.withLock { $0.append(event) }
                self.announce.yield(event)
            }, discoveryTimeout: .seconds(60))
    }

    var wokenWaiters: [WaiterID] { self.woken.withLock { $0 } }
    var allEvents: [RefreshEvent] { self.seen.withLock { $0 } }

    /// Waits for the next event that says how a fetch ended.
    func nextEnd() async -> RefreshEvent? {
        var events = self.events.makeAsyncIterator()
        while let event = await events.next() {
            switch event {
            case .keysFetched, .keysFailed, .endpointFound, .endpointNotFound: return event
            case .keyLeftOut: continue
            }
        }
        return nil
    }
}
