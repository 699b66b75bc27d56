/// Seconds since 1970-01-01T00:00:00Z without leap seconds (RFC 7519 §2).
public struct NumericDate: Sendable, Hashable {
    /// Always within ``range``, so that adding a leeway or a lifetime cannot overflow.
    public let seconds: Int64

    /// ±(2^53 − 1): the whole numbers every JSON reader agrees on (RFC 8259 §6), 285 million years both ways.
    public static let range: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    /// Seconds of our own making, brought into ``range``.
    public init(seconds: Int64) {
        self.seconds = min(max(seconds, Self.range.lowerBound), Self.range.upperBound)
    }

    public enum Rounding: Sendable {
        /// To the earlier second: for `exp`, whose token would otherwise live longer than it says.
        case down
        /// To the later second: for `nbf` and `iat`.
        case up
    }

    /// A number of seconds somebody else wrote, exactly; `nil` when it lies outside ``range``.
    public init?(_ number: JSONNumber, rounding: Rounding) {
        self.init(written: number.text.utf8.span, rounding: rounding)
    }

    /// The same for a number as it stands in a JSON text.
    init?(written number: Span<UInt8>, rounding: Rounding) {
        if let whole = Self.plainSeconds(number) {
            self.seconds = whole
            return
        }
        let decimal = ExactDecimal(number)
        guard let parts = decimal.wholePart(digitsMax: 16) else { return nil }
        var seconds = Int64(parts.magnitude)
        if decimal.isNegative { seconds = -seconds }
        if parts.hasFraction {
            switch rounding {
            case .down: if decimal.isNegative { seconds -= 1 }
            case .up: if !decimal.isNegative { seconds += 1 }
            }
        }
        guard Self.range.contains(seconds) else { return nil }
        self.seconds = seconds
    }

    /// What most dates are: digits and nothing else, few enough to lie within ``range``.
    private static func plainSeconds(_ number: Span<UInt8>) -> Int64? {
        guard 1...15 ~= number.count else { return nil }
        var seconds: Int64 = 0
        for index in number.indices {
            guard number[index].isDigit else { return nil }
            seconds = seconds * 10 + Int64(number[index] - 0x30)
        }
        return seconds
    }

    /// The same for a JSON value; `nil` also when it is no number at all.
    public init?(json value: JSONValue, rounding: Rounding) {
        guard case .number(let number) = value else { return nil }
        self.init(number, rounding: rounding)
    }

    /// Later by so many seconds (earlier, if negative), never outside ``range``.
    public func advanced(bySeconds seconds: Int64) -> NumericDate {
        let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
        if overflow { return NumericDate(seconds: seconds < 0 ? .min : .max) }
        return NumericDate(seconds: sum)
    }

    /// Seconds from the other date to this one; negative when the other is later.
    public func seconds(since other: NumericDate) -> Int64 { self.seconds - other.seconds }
}

extension NumericDate: Comparable {
    public static func < (left: NumericDate, right: NumericDate) -> Bool { left.seconds < right.seconds }
}

extension NumericDate: CustomStringConvertible {
    public var description: String { "\(self.seconds)" }
}
