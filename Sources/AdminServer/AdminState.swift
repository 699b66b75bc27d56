package import ProxyCore

/// What the admin API needs of the process around it.
package protocol AdminState: Sendable {
    /// What readiness is decided on, as it is now.
    var readinessFacts: ReadinessFacts { get }
    /// Why the process is past help, in a few words; nil as long as it lives.
    var livenessProblem: String? { get }
    /// The configuration in force; nil before the first one is loaded.
    var generation: ProxyGeneration? { get }
    /// The Prometheus exposition (SPEC §7).
    func metricsText() -> [UInt8]
    /// What SIGHUP does (SPEC §6).
    func reload() async -> ReloadOutcome
}

extension AdminState {
    package var livenessProblem: String? { nil }
}

/// How a reload ended.
package enum ReloadOutcome: Sendable, Hashable {
    /// `warnings`: one line each, as `check` prints them.
    case adopted(generation: UInt64, warnings: [String])
    /// The old configuration stays; one line a problem, as `check` prints them.
    case refused(problems: [String])
}
