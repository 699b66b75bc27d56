/// A JSON number exactly as it was written (RFC 8259 §6).
///
/// Never a `Double`: `9007199254740993` and `9007199254740992` are different identifiers and stay different. Two numbers are
/// equal when their exact decimal values are: `1`, `1.0` and `10e-1` are one number.
public struct JSONNumber: Sendable {
    /// The number as written.
    public let text: String

    /// A number in the grammar of RFC 8259 §6 with an exponent of at most nine digits, or `nil`.
    public init?(_ text: String) {
        let bytes = text.utf8.span
        var position = 0
        guard (try? JSONNumber.scan(bytes, from: &position)) != nil, position == bytes.count else { return nil }
        self.text = text
    }

    public init(_ value: Int64) { self.text = String(value) }

    /// Text that ``scan(_:from:)`` has accepted.
    init(scanned text: String) { self.text = text }

    /// The value, when it is whole and fits: `1e3` is 1000, `1.5` is nothing.
    public var int64: Int64? {
        if let plain = Int64(self.text) { return plain }
        let decimal = ExactDecimal(self.text.utf8.span)
        guard let parts = decimal.wholePart(digitsMax: 19), !parts.hasFraction else { return nil }
        guard parts.magnitude <= UInt64(Int64.max) + (decimal.isNegative ? 1 : 0) else { return nil }
        return decimal.isNegative ? Int64(truncatingIfNeeded: 0 &- parts.magnitude) : Int64(parts.magnitude)
    }
}

extension JSONNumber: Hashable, CustomStringConvertible {
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        // Number text is ASCII, where String's equality is equality of bytes.
        left.text == right.text || ExactDecimal(left.text.utf8.span) == ExactDecimal(right.text.utf8.span)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(ExactDecimal(self.text.utf8.span)) }

    public var description: String { self.text }
}

extension JSONNumber {
    enum ScanFailure: Error { case malformed, exponentTooLong }

    /// Moves `position` behind the number that begins there.
    ///
    /// Exponents of more than nine digits are refused (RFC 8259 §9 lets a reader limit the range), so that exact comparison
    /// never needs more than machine words for them.
    static func scan(_ bytes: Span<UInt8>, from position: inout Int) throws(ScanFailure) {
        let end = bytes.count
        if position < end, bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard position < end, bytes[position].isDigit else { throw .malformed }
        if bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            Self.skipDigits(bytes, &position)
        }
        if position < end, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard position < end, bytes[position].isDigit else { throw .malformed }
            Self.skipDigits(bytes, &position)
        }
        guard position < end, bytes[position] | 0x20 == UInt8(ascii: "e") else { return }
        position += 1
        if position < end, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
            position += 1
        }
        guard position < end, bytes[position].isDigit else { throw .malformed }
        while position < end, bytes[position] == UInt8(ascii: "0") { position += 1 }
        let start = position
        Self.skipDigits(bytes, &position)
        guard position - start <= 9 else { throw .exponentTooLong }
    }

    private static func skipDigits(_ bytes: Span<UInt8>, _ position: inout Int) {
        while position < bytes.count, bytes[position].isDigit { position += 1 }
    }
}

extension UInt8 {
    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }
}
