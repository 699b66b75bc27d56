import AdminServer
import Dispatch
import Synchronization

/// Reads the configuration again on a thread of its own: a file system that does not answer holds up whoever reads, and
/// the admin API, the refreshers and the drain share their threads with whoever asks.
///
/// One reading is under way and one waits at most: who asks before it begins shares it.
final class ReloadTurns: Sendable {
    typealias Report = @Sendable (ReloadOutcome) -> Void

    private struct Next {
        var isAskedFor = false
        var reports: [Report] = []
    }

    private let queue = DispatchQueue(label: "reload")
    private let next = Mutex(Next())

    /// - Parameter report: told once, and at once where too many wait already.
    func ask(_ report: Report?, reading read: @escaping @Sendable () -> ReloadOutcome) {
        let (isFirst, isCrowded) = self.next.withLock { next in
            let isCrowded = next.reports.count >= Self.reportsMax
            if let report, !isCrowded { next.reports.append(report) }
            defer { next.isAskedFor = true }
            return (!next.isAskedFor, isCrowded)
        }
        if isCrowded { report?(.refused(problems: ["too many wait for a reload that is under way (ask again later)"])) }
        guard isFirst else { return }
        self.queue.async {
            // Who asks from here on wants the file read once more.
            let reports = self.next.withLock { next in
                defer { next = Next() }
                return next.reports
            }
            let outcome = read()
            for report in reports { report(outcome) }
        }
    }

    /// As many as the admin API has connections at once; those that gave up waiting count until a reading begins.
    private static let reportsMax = 128
}
