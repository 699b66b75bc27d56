package import ProxyCore
import Synchronization

/// What became of a request, as `bearergate_requests_total` names it.
package enum DecisionLabel: Int, CaseIterable, Sendable {
    case allowed
    case refused
    /// Would have been refused, but the route is `report_only`.
    case reported
    case failed

    package var text: StaticString {
        switch self {
        case .allowed: "allowed"
        case .refused: "refused"
        case .reported: "reported"
        case .failed: "failed"
        }
    }
}

/// The counters of one route on one loop.
package final class RouteInstruments: Sendable {
    package let routeName: String
    let block: CounterBlock

    // Layout: requests (decision × status class) | decisions by reason | duration histogram.
    static let statusClasses = 5
    static let requestCount = DecisionLabel.allCases.count * statusClasses
    static let reasonBase = requestCount
    static let reasonCount = 1 + Refusal.labels.count
    static let durationBase = reasonBase + reasonCount
    // The same as constants of the object: a static one that is computed is asked for through a lock's fast path.
    private let reasons: Int
    private let durations: Int

    package init(routeName: String) {
        self.routeName = routeName
        self.reasons = Self.reasonBase
        self.durations = Self.durationBase
        self.block = CounterBlock(count: Self.durationBase + DurationHistogram.counterCount)
    }

    /// Counts one finished request; `reason` is nil for one that was allowed.
    package func count(_ decision: DecisionLabel, reason: Refusal?, status: UInt16, nanoseconds: UInt64) {
        let statusClass = min(max(Int(status) / 100, 1), 5) - 1
        self.block.add(1, at: decision.rawValue * Self.statusClasses + statusClass)
        self.block.add(1, at: self.reasons + (reason.map { $0.labelIndex + 1 } ?? 0))
        DurationHistogram.record(nanoseconds, in: self.block, at: self.durations)
    }
}

/// The counters of one upstream on one loop.
package final class UpstreamInstruments: Sendable {
    package enum ErrorKind: Int, CaseIterable, Sendable {
        case connect, reset, timeout, malformed, busy, resolve
        package var text: String { "\(self)" }
    }

    package let upstreamName: String
    let block: CounterBlock
    static let idlePosition = ErrorKind.allCases.count
    static let busyPosition = idlePosition + 1
    static let retiredPosition = busyPosition + 1

    package init(upstreamName: String) {
        self.upstreamName = upstreamName
        self.block = CounterBlock(count: Self.retiredPosition + 1)
    }

    package func count(_ kind: ErrorKind) { self.block.add(1, at: kind.rawValue) }
    package func set(idle: Int, busy: Int) {
        self.block.set(UInt64(idle), at: Self.idlePosition)
        self.block.set(UInt64(busy), at: Self.busyPosition)
    }

    /// So many more (or fewer) connections of pools that a reload has replaced: busy ones all, to their end.
    package func addRetired(_ change: Int) {
        let count = Int(self.block.value(at: Self.retiredPosition)) + change
        precondition(count >= 0, "a pool takes away only what it has added")
        self.block.set(UInt64(count), at: Self.retiredPosition)
    }
}

/// The counters of one authorization server on one loop.
package final class ServerInstruments: Sendable {
    package enum Outcome: Int, CaseIterable, Sendable {
        case active, inactive, unavailable, timeout, misconfigured, malformed, refused
        package var text: String { "\(self)" }
    }

    package let serverName: String
    let block: CounterBlock
    static let inflightPosition = Outcome.allCases.count
    static let durationBase = inflightPosition + 1

    package init(serverName: String) {
        self.serverName = serverName
        self.block = CounterBlock(count: Self.durationBase + DurationHistogram.counterCount)
    }

    package func finished(_ outcome: Outcome, nanoseconds: UInt64) {
        self.block.add(1, at: outcome.rawValue)
        // Nothing was asked: thousands of these would make a server that is away look fast.
        guard outcome != .refused else { return }
        DurationHistogram.record(nanoseconds, in: self.block, at: Self.durationBase)
    }

    package func set(inflight: Int) { self.block.set(UInt64(inflight), at: Self.inflightPosition) }
}

/// Everything one loop counts that belongs to no route, upstream or server.
package final class LoopInstruments: Sendable {
    package enum Position: Int, CaseIterable, Sendable {
        case openConnections, acceptedConnections, refusedConnections, openStreams, acceptPauses, droppedLogLines
        case connectionsMax
    }
    private let block = CounterBlock(count: Position.allCases.count)
    package init() {}
    package func add(_ amount: UInt64 = 1, to position: Position) { self.block.add(amount, at: position.rawValue) }
    package func set(_ value: Int, _ position: Position) { self.block.set(UInt64(value), at: position.rawValue) }
    package func value(_ position: Position) -> UInt64 { self.block.value(at: position.rawValue) }
}
