import Foundation
import OAuthModel

/// An instant in whole milliseconds since 1970.
///
/// Tokens are stored with it; answers tell whole seconds.
struct Moment: Sendable, Hashable, Comparable {
    var milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Out-of-range dates stop at the range's ends: a clock is the caller's, not a stranger's.
    init(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1_000).rounded(.down)
        self.milliseconds = Int64(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max)
    }

    /// Whole seconds, rounded towards the past.
    var seconds: Int64 { self.milliseconds.flooringDivision(by: 1_000).quotient }

    static func < (a: Moment, b: Moment) -> Bool { a.milliseconds < b.milliseconds }

    /// This instant and that much; the end of time on that side when there is no such instant.
    func adding(_ duration: GoDuration) -> Moment {
        let sum = self.milliseconds.addingReportingOverflow(duration.nanoseconds / 1_000_000)
        return Moment(milliseconds: sum.overflow ? (duration.nanoseconds < 0 ? .min : .max) : sum.partialValue)
    }
}

/// Times as RFC 3339 text in UTC: `2026-01-31T08:00:00Z`; years that four digits cannot say stop at the ends.
enum RFC3339 {
    /// To the millisecond.
    static func text(_ moment: Moment) -> String {
        let (seconds, milliseconds) = moment.milliseconds.flooringDivision(by: 1_000)
        return RFC3339DateTime(clamping: seconds, nanoseconds: milliseconds * 1_000_000).millisecondText
    }

    /// To the second.
    static func text(_ seconds: Int64) -> String { RFC3339DateTime(clamping: seconds).description }
}
