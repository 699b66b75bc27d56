package import JOSE
import Synchronization

/// What all loops share about one authorization server: the cache, the guard before it, and its keys.
///
/// It outlives a reload that leaves the settings as they were; one that changes them makes another that takes over what
/// is still good (<doc:WhatAReloadKeeps>).
///
/// Machines decide under a lock; waking, sending and resuming happen outside it.
package final class AuthorizationServerState: Sendable {
    package let cache: TokenCache
    private let guardian: Mutex<AuthorizationServerGuard>
    private let shelf: Mutex<KeySetShelf>
    /// Held from a change of the set until the cache has followed; no loop takes it.
    private let adoption = Mutex<Void>(())
    private let wakeRefresher: Mutex<(@Sendable () -> Void)?>
    private let discoveredEndpoint: Mutex<ServiceEndpoint?>

    /// - Parameters:
    ///   - jitter: in thousandths, spreads key refreshes of many processes.
    ///   - former: the server of this name before a reload; it goes on as it is, since requests under way still use it
    ///     and the reload may yet come to nothing.
    package init(
        settings: AuthorizationServer.Settings, jitter: UInt64, succeeding former: AuthorizationServer? = nil
    ) {
        let kept = former.map { AuthorizationServer.Inheritance(from: $0.settings, to: settings) }
        if let former, kept?.answers == true {
            self.cache = former.state.cache
        } else {
            self.cache = TokenCache(
                lifetime: CacheLifetime(accepted: settings.cache.lifetime, rejected: settings.cache.negativeLifetime),
                bytesMax: settings.cache.bytesMax, negativeBytesMax: settings.cache.negativeBytesMax)
        }
        let calls = settings.introspection ?? AuthorizationServer.Introspection(endpoint: nil)
        let breaker = kept?.breaker == true ? former?.state.guardFigures.breaker : nil
        self.guardian = Mutex(
            AuthorizationServerGuard(
                limits: AuthorizationServerGuard.Limits(
                    concurrencyMax: calls.concurrencyMax, waitingMax: calls.waitingMax, waitMax: calls.waitMax,
                    breakerFailures: calls.breakerFailures, breakerOpen: calls.breakerOpen),
                resuming: breaker ?? .closed(failures: 0)))
        let times = KeySetShelf.Times(
            lifetime: settings.jwt?.lifetime ?? 0, cooldown: settings.jwt?.cooldown ?? 0,
            staleLimit: settings.jwt?.staleLimit ?? 0)
        if let former, kept?.keys == true {
            self.shelf = Mutex(former.state.shelf.withLock { KeySetShelf(succeeding: $0, times: times) })
        } else {
            self.shelf = Mutex(KeySetShelf(times: times, jitter: jitter))
        }
        self.wakeRefresher = Mutex(nil)
        self.discoveredEndpoint = Mutex(
            kept?.discovery == true ? former?.state.discoveredEndpoint.withLock { $0 } : nil)
    }

    // MARK: Introspection calls

    package func enter(_ ticket: AuthorizationServerGuard.Ticket, at now: UInt64) -> AuthorizationServerGuard.Entry {
        self.guardian.withLock { $0.enter(ticket, at: now) }
    }

    package func leave(
        _ permit: AuthorizationServerGuard.Permit, outcome: AuthorizationServerGuard.Outcome, at now: UInt64
    ) -> AuthorizationServerGuard.Departures {
        self.guardian.withLock { $0.leave(permit, outcome: outcome, at: now) }
    }

    package func withdraw(_ ticket: AuthorizationServerGuard.Ticket) -> Bool {
        self.guardian.withLock { $0.withdraw(ticket) }
    }

    /// For metrics: calls out, tickets queueing, the breaker.
    package var guardFigures: (inFlight: Int, waiting: Int, breaker: AuthorizationServerGuard.Breaker) {
        self.guardian.withLock { ($0.inFlight, $0.waiting, $0.breaker) }
    }

    /// Where to ask: as configured, else as discovery found it.
    package func introspectionEndpoint(of settings: AuthorizationServer.Settings) -> ServiceEndpoint? {
        settings.introspection?.endpoint ?? self.discoveredEndpoint.withLock { $0 }
    }

    package func discovered(_ endpoint: ServiceEndpoint) {
        self.discoveredEndpoint.withLock { $0 = endpoint }
    }

    // MARK: Keys, as loops see them

    package func keySnapshot(at now: UInt64) -> KeySetShelf.Snapshot? {
        self.shelf.withLock { $0.snapshot(at: now) }
    }

    package func unknownKey(epoch: UInt64, waiter: WaiterID, at now: UInt64) -> KeySetShelf.Patience {
        self.waking(self.shelf.withLock { $0.unknownKey(epoch: epoch, waiter: waiter, at: now) })
    }

    package func noKeys(waiter: WaiterID, at now: UInt64) -> KeySetShelf.Patience {
        self.waking(self.shelf.withLock { $0.noKeys(waiter: waiter, at: now) })
    }

    @discardableResult
    package func abandonKeys(_ waiter: WaiterID) -> Bool { self.shelf.withLock { $0.abandon(waiter) } }

    /// The source of the keys has changed: they are fetched now.
    package func refetchKeys() {
        self.shelf.withLock { $0.want() }
        if let wake = self.wakeRefresher.withLock({ $0 }) { wake() }
    }

    // MARK: Keys, as the refresher sees them

    /// What to call, on any thread, when a fetch is wanted before the time that `nextKeyFetch` named.
    ///
    /// Set once at assembly.
    package func onKeysWanted(_ wake: @escaping @Sendable () -> Void) {
        self.wakeRefresher.withLock { $0 = wake }
    }

    package func nextKeyFetch(at now: UInt64) -> KeySetShelf.NextFetch {
        self.shelf.withLock { $0.nextFetch(at: now) }
    }

    /// The end of a fetch that `nextKeyFetch` started, nil when it failed; says whom to resume, each once.
    package func keysFetched(_ keys: JSONWebKeySet?, at now: UInt64) -> [WaiterID] {
        // A failure changes no key, and a loop that asks a retired refresher ends one itself: it must not wait here.
        guard let keys else { return self.shelf.withLock { $0.fetched(nil, at: now) } }
        return self.adopting { $0.fetched(keys, at: now) }
    }

    /// The keys are these from now on, when this returns: nothing that any other key verified is found any more.
    package func keysReplaced(by keys: JSONWebKeySet, at now: UInt64) -> [WaiterID] {
        self.adopting { $0.replace(with: keys, at: now) }
    }

    /// One at a time: the cache passes over an epoch that comes behind a newer one, and with it what that one ends.
    private func adopting(_ change: (inout KeySetShelf) -> [WaiterID]) -> [WaiterID] {
        self.adoption.withLock { _ in
            let (waiters, lasting, before, epoch) = self.shelf.withLock { shelf in
                let before = shelf.epoch
                return (change(&shelf), shelf.lasting, before, shelf.epoch)
            }
            // Before anybody resumes: what a key that is gone, or is not what it was, verified must not be found any
            // more.
            if epoch != before { self.cache.adoptKeys(lasting, epoch: epoch) }
            return waiters
        }
    }

    /// For metrics and readiness.
    package func keyFigures(at now: UInt64) -> (age: Nanoseconds?, isUsable: Bool, hasBeenAnswered: Bool) {
        self.shelf.withLock { shelf in
            (shelf.age(at: now), shelf.snapshot(at: now)?.keys.keys.isEmpty == false, shelf.hasBeenAnswered)
        }
    }

    private func waking(_ patience: KeySetShelf.Patience) -> KeySetShelf.Patience {
        if patience == .wait(wakes: true), let wake = self.wakeRefresher.withLock({ $0 }) { wake() }
        return patience
    }
}
