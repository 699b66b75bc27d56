import Dispatch
import ProxyConfiguration
import Synchronization

/// Reads the configuration again on a thread of its own: a file system that does not answer holds up whoever reads, and
/// the admin API, the refreshers and the drain share their threads with whoever asks.
///
/// One reading is under way and one waits at most: who asks before it begins shares it.
final class ReloadTurns: Sendable {
    typealias Report = @Sendable ([ConfigurationProblem]) -> Void

    private struct Next {
        var isAskedFor = false
        /// As many as the admin API has connections at most: signals want no report.
        var reports: [Report] = []
    }

    private let queue = DispatchQueue(label: "reload")
    private let next = Mutex(Next())

    func ask(_ report: Report?, reading read: @escaping @Sendable () -> [ConfigurationProblem]) {
        let isFirst = self.next.withLock { next in
            if let report { next.reports.append(report) }
            defer { next.isAskedFor = true }
            return !next.isAskedFor
        }
        guard isFirst else { return }
        self.queue.async {
            // Who asks from here on wants the file read once more.
            let reports = self.next.withLock { next in
                defer { next = Next() }
                return next.reports
            }
            let problems = read()
            for report in reports { report(problems) }
        }
    }
}
