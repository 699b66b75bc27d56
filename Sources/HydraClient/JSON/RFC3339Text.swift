import FoundationEssentials
import OAuthModel

/// Dates as Hydra writes them (RFC 3339 §5.6).
enum RFC3339Text {
    /// Go's date for "none": `0001-01-01T00:00:00Z`.
    static let unset = Date(timeIntervalSince1970: Double(RFC3339DateTime.unset.seconds))

    /// Reads a date with up to nine decimal places, in any zone; a leap second is the one after it.
    static func date(_ text: String) -> Date? {
        RFC3339DateTime(text, .tolerant).map {
            Date(timeIntervalSince1970: Double($0.seconds) + Double($0.nanoseconds) / 1e9)
        }
    }

    /// In UTC, with milliseconds when there are any; years beyond four digits stop at the ends, and what is no time at all
    /// is Go's date for "none".
    static func text(_ date: Date) -> String {
        let written = date.timeIntervalSince1970
        guard !written.isNaN else { return RFC3339DateTime.unset.description }
        let limited = min(max(written, Double(RFC3339DateTime.unset.seconds)), Double(RFC3339DateTime.last.seconds))
        let (seconds, milliseconds) = Int64((limited * 1_000).rounded()).flooringDivision(by: 1_000)
        let time = RFC3339DateTime(clamping: seconds, nanoseconds: milliseconds * 1_000_000)
        return milliseconds == 0 ? time.description : time.millisecondText
    }
}
