package import AdminServer
import AuthorizationServerClient
import Observability
import ProxyConfiguration
package import ProxyCore
import ProxyServer

extension RunningProxy: AdminState {
    package var readinessFacts: ReadinessFacts {
        let now = WallClock.now()
        let (generation, isDraining) = self.facts
        return ReadinessFacts(
            isConfigurationLoaded: true, areListenersBound: self.isListening, isDraining: isDraining,
            keySets: ReadinessFacts.keySets(of: generation, at: now.monotonic),
            age: now.monotonic - self.startedAt.monotonic)
    }

    package var generation: ProxyGeneration? { self.facts.generation }

    package func metricsText() -> [UInt8] {
        let now = WallClock.now().monotonic
        return PrometheusText(
            registry: self.registry,
            servers: self.serverFigures(at: now),
            droppedLogLines: self.accessLog?.dropped ?? 0, process: ProcessFigures.now(), version: BuildVersion.text
        ).render()
    }

    package func reload() async -> ReloadOutcome {
        let problems = await withCheckedContinuation { continuation in
            self.hangUp { continuation.resume(returning: $0) }
        }
        let errors = problems.filter { $0.severity == .error }
        guard errors.isEmpty else { return .refused(problems: errors.map(\.description)) }
        return .adopted(generation: self.facts.generation.number, warnings: problems.map(\.description))
    }
}

/// What this build calls itself.
package enum BuildVersion {
    package static let text = "0.1.0"
}
