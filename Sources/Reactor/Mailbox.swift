import Synchronization

/// How other threads speak to a loop: work to be run on its thread, in the order it came.
///
/// Its length has no limit of its own because its producers have: a loop is sent at most one message for each waiting
/// request, each flight that lands, each name being resolved, each connection closed at the cap and each reload.
package final class Mailbox: Sendable {
    package typealias Work = @Sendable (Loop) -> Void

    private struct State {
        var work: [Work] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeUp: @Sendable () -> Void

    init(wakeUp: @escaping @Sendable () -> Void) { self.wakeUp = wakeUp }

    /// Runs `work` on the loop's thread in a later turn.
    ///
    /// `false`: the loop has ended, and the work is dropped.
    @discardableResult
    package func post(_ work: @escaping Work) -> Bool {
        // Signalled under the lock: the loop closes the mailbox before it closes the descriptor behind `wakeUp`.
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.work.append(work)
            if state.work.count == 1 { self.wakeUp() }
            return true
        }
    }

    /// Everything that has come, taken out under the lock to be run outside it.
    func take() -> [Work] {
        self.state.withLock { state in
            let work = state.work
            state.work = []
            return work
        }
    }

    /// From now on posting answers `false`.
    ///
    /// What was still waiting is dropped outside the lock.
    func close() {
        let dropped = self.state.withLock { state in
            state.isClosed = true
            let work = state.work
            state.work = []
            return work
        }
        _ = consume dropped
    }
}
