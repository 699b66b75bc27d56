package import ProxyCore

/// What readiness depends on (SPEC §6).
package struct ReadinessFacts: Sendable, Hashable {
    package var isConfigurationLoaded: Bool
    package var areListenersBound: Bool
    package var isDraining: Bool
    /// Of the servers whose tokens are verified here.
    package var keySets: [KeySet]
    /// Since the process began.
    package var age: Nanoseconds

    package struct KeySet: Sendable, Hashable {
        package var server: String
        package var isUsable: Bool
        /// The first fetch has been answered, well or badly.
        package var hasBeenAnswered: Bool

        package init(server: String, isUsable: Bool, hasBeenAnswered: Bool) {
            self.server = server
            self.isUsable = isUsable
            self.hasBeenAnswered = hasBeenAnswered
        }
    }

    package init(
        isConfigurationLoaded: Bool, areListenersBound: Bool, isDraining: Bool, keySets: [KeySet], age: Nanoseconds
    ) {
        self.isConfigurationLoaded = isConfigurationLoaded
        self.areListenersBound = areListenersBound
        self.isDraining = isDraining
        self.keySets = keySets
        self.age = age
    }

    /// The key sets of a generation's servers, those that have any.
    package static func keySets(of generation: ProxyGeneration, at now: UInt64) -> [KeySet] {
        generation.authorizationServers.compactMap { server in
            guard server.settings.jwt != nil else { return nil }
            let figures = server.state.keyFigures(at: now)
            return KeySet(
                server: server.settings.name, isUsable: figures.isUsable, hasBeenAnswered: figures.hasBeenAnswered)
        }
    }
}

/// Whether traffic should be sent here, decided from facts alone.
///
/// Missing keys do not take other routes away: they degrade, they do not unmake readiness.
package struct Readiness: Sendable, Hashable {
    /// Why not; empty when ready.
    ///
    /// One word each, the first that applies is the one to look at.
    package let reasons: [String]
    /// What is there but incomplete, such as `keys:hydra`.
    package let degraded: [String]

    package var isReady: Bool { self.reasons.isEmpty }

    package init(_ facts: ReadinessFacts) {
        var reasons: [String] = []
        if facts.isDraining { reasons.append("draining") }
        if !facts.isConfigurationLoaded { reasons.append("configuration_not_loaded") }
        if !facts.areListenersBound { reasons.append("listeners_not_bound") }
        // A server that is down at start must not keep the process out of service for good.
        if facts.age < Self.firstKeyFetchPatience {
            reasons += facts.keySets.filter { !$0.hasBeenAnswered }.map { "keys_pending:\($0.server)" }
        }
        self.reasons = reasons
        self.degraded = facts.keySets.filter { !$0.isUsable }.map { "keys:\($0.server)" }
    }

    /// SPEC §6: the first key fetch is answered or 10 s old.
    private static let firstKeyFetchPatience: Nanoseconds = .seconds(10)
}
