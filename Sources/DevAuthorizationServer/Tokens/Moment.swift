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
    var seconds: Int64 { self.milliseconds.flooringDivision(by: 1_000) }

    static func < (a: Moment, b: Moment) -> Bool { a.milliseconds < b.milliseconds }

    /// This instant and that much; the far end of time when there is no such instant.
    func adding(_ duration: GoDuration) -> Moment {
        let sum = self.milliseconds.addingReportingOverflow(duration.nanoseconds / 1_000_000)
        return Moment(milliseconds: sum.overflow ? .max : sum.partialValue)
    }
}

extension Int64 {
    fileprivate func flooringDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// Times as RFC 3339 text in UTC: `2026-01-31T08:00:00Z`.
enum RFC3339 {
    /// To the millisecond.
    static func text(_ moment: Moment) -> String {
        let fraction = String(moment.milliseconds - moment.seconds * 1_000 + 1_000).dropFirst()
        return "\(Self.text(moment.seconds).dropLast()).\(fraction)Z"
    }

    /// To the second.
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }
}
