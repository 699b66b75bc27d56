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
        let (outcomes, outcome) = AsyncStream.makeStream(of: ReloadOutcome.self, bufferingPolicy: .bufferingOldest(1))
        self.hangUp { outcome.yield($0) }
        for await outcome in outcomes { return outcome }
        // Nobody waits any more, as when the proxy stops: the reading may never end.
        return .refused(problems: ["given up while the file was being read"])
    }
}

/// What this build calls itself.
package enum BuildVersion {
    package static let text = "0.1.0"
}
