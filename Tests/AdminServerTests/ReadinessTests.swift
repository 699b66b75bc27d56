import AdminServer
import ProxyCore
import Testing

@Suite("Readiness (SPEC §6)") struct ReadinessTests {
    private func facts(
        loaded: Bool = true, bound: Bool = true, draining: Bool = false, keys: [ReadinessFacts.KeySet] = [],
        age: Nanoseconds = 0
    ) -> ReadinessFacts {
        ReadinessFacts(
            isConfigurationLoaded: loaded, areListenersBound: bound, isDraining: draining, keySets: keys, age: age)
    }

    private func keySet(usable: Bool, answered: Bool) -> ReadinessFacts.KeySet {
        ReadinessFacts.KeySet(server: "hydra", isUsable: usable, hasBeenAnswered: answered)
    }

    @Test("Not loaded, not bound or draining is not ready, and says so")
    func notReady() {
        #expect(Readiness(self.facts(loaded: false)).reasons == ["configuration_not_loaded"])
        #expect(Readiness(self.facts(bound: false)).reasons == ["listeners_not_bound"])
        #expect(Readiness(self.facts(draining: true)).reasons == ["draining"])
        #expect(
            Readiness(self.facts(loaded: false, bound: false, draining: true)).reasons.first == "draining")
    }

    @Test("The first key fetch is waited for, at most 10 s")
    func firstKeyFetch() {
        let pending = self.keySet(usable: false, answered: false)
        #expect(Readiness(self.facts(keys: [pending])).reasons == ["keys_pending:hydra"])
        #expect(!Readiness(self.facts(keys: [pending], age: .seconds(10) - 1)).isReady)
        #expect(Readiness(self.facts(keys: [pending], age: .seconds(10))).isReady)
    }

    @Test("PB-16: missing keys degrade; they do not take other routes away")
    func missingKeys() {
        let failed = Readiness(self.facts(keys: [self.keySet(usable: false, answered: true)]))
        #expect(failed.isReady)
        #expect(failed.degraded == ["keys:hydra"])
        #expect(Readiness(self.facts(keys: [self.keySet(usable: true, answered: true)])).degraded.isEmpty)
    }
}
