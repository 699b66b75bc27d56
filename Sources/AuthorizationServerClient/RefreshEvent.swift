package import JOSE
package import ProxyCore

/// What happened while a server's keys or endpoints were refreshed; one log line each.
package enum RefreshEvent: Sendable, Hashable {
    case keysFetched(server: String, usable: Int)
    /// A key of the set that is not used.
    case keyLeftOut(server: String, JSONWebKeySet.LeftOut)
    case keysFailed(server: String, AuthorizationServerError)
    case endpointFound(server: String)
    case endpointNotFound(server: String, AuthorizationServerError)
}

/// What refreshers need of the process around them: its clock, its loops, its log.
package struct RefreshSurroundings: Sendable {
    /// The clock that the loops use.
    package var clock: @Sendable () -> Instant
    /// Waits for a span of it; throws when the task is cancelled.
    package var sleep: @Sendable (Nanoseconds) async throws -> Void
    /// Resumes requests that wait for keys, each on its own loop.
    package var wake: @Sendable ([WaiterID]) -> Void
    package var report: @Sendable (RefreshEvent) -> Void
    /// For both places where a discovery document may lie, together.
    package var discoveryTimeout: Nanoseconds

    package init(
        clock: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Nanoseconds) async throws -> Void = Self.sleep(_:),
        wake: @escaping @Sendable ([WaiterID]) -> Void,
        report: @escaping @Sendable (RefreshEvent) -> Void,
        discoveryTimeout: Nanoseconds = .seconds(5)
    ) {
        self.clock = clock
        self.sleep = sleep
        self.wake = wake
        self.report = report
        self.discoveryTimeout = discoveryTimeout
    }

    /// The real thing.
    ///
    /// Longer spans end after a day: whoever sleeps looks at the clock again.
    package static func sleep(_ span: Nanoseconds) async throws {
        try await Task.sleep(for: .nanoseconds(Int64(min(span, .seconds(86_400)))))
    }
}
