import ProxyServer
import Synchronization

/// What the loops have to say while the rest of the proxy still starts: a start that fails says the one thing that it
/// failed for.
///
/// No more than the configuration has names.
final class HeldNotices: Sendable {
    /// Nil once the proxy has started.
    private let held = Mutex<[UnresolvedName]?>([])
    private let say: @Sendable (UnresolvedName) -> Void

    init(say: @escaping @Sendable (UnresolvedName) -> Void) { self.say = say }

    func take(_ notice: UnresolvedName) {
        let isHeld = self.held.withLock { held in
            held?.append(notice)
            return held != nil
        }
        if !isHeld { self.say(notice) }
    }

    /// The proxy has started: says what was held, and all that comes from now on at once.
    func release() {
        for notice in self.held.withLock({ $0.take() }) ?? [] { self.say(notice) }
    }
}
