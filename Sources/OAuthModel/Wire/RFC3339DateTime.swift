/// A date with its time in UTC, as RFC 3339 §5.6 writes it: `2026-01-31T08:00:00Z`.
///
/// Every time that is read or written so goes by this calendar: it needs no Foundation, and no number makes it trap.
/// (`HTTPWire` imports nothing, and writes a `Date` field by one of its own.)
package struct RFC3339DateTime: Sendable, Hashable {
    /// How much is taken from others.
    package enum Reading: Sendable {
        /// What Go reads: a `T` between, no leap second.
        case strict
        /// Also a space between (§5.6), and a leap second, which is the one after it.
        case tolerant
    }

    /// Since 1970, rounded down.
    package let seconds: Int64
    /// Behind ``seconds``, below a second.
    package let nanoseconds: Int64

    /// Go's date for "none": `0001-01-01T00:00:00Z`.
    package static let unset = RFC3339DateTime(clamping: -62_135_596_800)
    /// The last second that four digits of a year can say: `9999-12-31T23:59:59Z`.
    package static let last = RFC3339DateTime(clamping: 253_402_300_799)

    /// What years of one to four digits cannot say stops at ``unset`` and ``last``.
    package init(clamping seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        self.nanoseconds = self.seconds == seconds ? min(max(nanoseconds, 0), 999_999_999) : 0
    }

    /// Reads a date with up to nine decimal places, in any zone; nil for what is none of this calendar.
    package init?(_ text: String, _ reading: Reading) {
        var rest = Substring(text).utf8
        guard let year = Self.digits(4, &rest), Self.skip("-", &rest), let month = Self.digits(2, &rest),
            Self.skip("-", &rest), let day = Self.digits(2, &rest),
            Self.skip(reading == .strict ? "Tt" : "Tt ", &rest),
            let hour = Self.digits(2, &rest), Self.skip(":", &rest), let minute = Self.digits(2, &rest),
            Self.skip(":", &rest), let second = Self.digits(2, &rest), let fraction = Self.fraction(&rest),
            let offset = Self.offset(&rest), rest.isEmpty,
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
            second < (reading == .strict ? 60 : 61)
        else { return nil }
        let days = Self.days(toYear: year, month: month, day: day)
        self.seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.nanoseconds = fraction
    }

    private static func digits(_ count: Int, _ rest: inout Substring.UTF8View) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func skip(_ allowed: String, _ rest: inout Substring.UTF8View) -> Bool {
        guard let byte = rest.first, allowed.utf8.contains(byte) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func fraction(_ rest: inout Substring.UTF8View) -> Int64? {
        guard Self.skip(".", &rest) else { return 0 }
        let count = rest.prefix { 0x30...0x39 ~= $0 }.count
        guard (1...9).contains(count), let digits = Self.digits(count, &rest) else { return nil }
        return (count..<9).reduce(digits) { number, _ in number * 10 }
    }

    private static func offset(_ rest: inout Substring.UTF8View) -> Int64? {
        if Self.skip("Zz", &rest) { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard Self.skip("+-", &rest), let hours = Self.digits(2, &rest), Self.skip(":", &rest),
            let minutes = Self.digits(2, &rest), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin with March, so that leap days come last.
    private static func days(toYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let (era, ofEra) = shifted.flooringDivision(by: 400)
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, ofEra) = (day + 719_468).flooringDivision(by: 146_097)
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}

extension RFC3339DateTime: CustomStringConvertible {
    /// To the second.
    package var description: String { self.clockText + "Z" }

    /// To the millisecond.
    package var millisecondText: String { self.clockText + "." + Self.padded(self.nanoseconds / 1_000_000, 3) + "Z" }

    private var clockText: String {
        // A zone may have brought what was read before the first year or behind the last.
        let limited = RFC3339DateTime(clamping: self.seconds)
        let (days, second) = limited.seconds.flooringDivision(by: 86_400)
        let (year, month, day) = Self.date(ofDay: days)
        return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2) + "T"
            + Self.padded(second / 3_600, 2) + ":" + Self.padded(second / 60 % 60, 2) + ":"
            + Self.padded(second % 60, 2)
    }
}

extension Int64 {
    /// Rounded towards the past, so that the remainder is never negative.
    package func flooringDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
