import Synchronization

/// How fetches of key sets ended, by server and outcome: `bearergate_jwks_refresh_total`.
///
/// One for the process, so that a reload never turns a counter back.
package final class KeySetRefreshCounts: Sendable {
    private let counts = Mutex<[String: [String: UInt64]]>([:])

    package init() {}

    func count(server: String, failure: AuthorizationServerError?) {
        let outcome = failure.map { "\($0.label)" } ?? Self.success
        self.counts.withLock { $0[server, default: [:]][outcome, default: 0] += 1 }
    }

    /// Every outcome there is, those that never happened with zero.
    package func outcomes(of server: String) -> [(outcome: String, count: UInt64)] {
        let counts = self.counts.withLock { $0[server] ?? [:] }
        return Self.outcomes.map { ($0, counts[$0] ?? 0) }
    }

    private static let success = "success"
    private static let outcomes = [success] + AuthorizationServerError.labels.map { "\($0)" }
}
