/// A JSON number taken apart: sign, significant digits, power of ten.
///
/// `digits × 10^exponent`, and zero has no digits.
struct ExactDecimal: Hashable {
    private(set) var isNegative: Bool
    private(set) var digits: [UInt8]
    private(set) var exponent: Int

    /// Reads text that `JSONNumber.scan` accepted.
    init(_ text: Span<UInt8>) {
        self.isNegative = false
        self.digits = []
        self.exponent = 0
        var position = 0
        var written = 0
        var seenPoint = false
        if text.count > 0, text[0] == UInt8(ascii: "-") {
            self.isNegative = true
            position = 1
        }
        scan: while position < text.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "."):
                seenPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if seenPoint { self.exponent -= 1 }
                if byte != UInt8(ascii: "0") || !self.digits.isEmpty { self.digits.append(byte - 0x30) }
            default:
                written = Self.writtenExponent(text, from: position + 1)
                break scan
            }
            position += 1
        }
        self.exponent += written
        while let last = self.digits.last, last == 0 {
            self.digits.removeLast()
            self.exponent += 1
        }
        if self.digits.isEmpty {
            // -0, 0.00 and 0e7 are one number.
            self.isNegative = false
            self.exponent = 0
        }
    }

    /// The whole part without its sign, and whether anything stands behind the point.
    ///
    /// `nil` when it has more digits than allowed. At most 19 may be allowed, so that the magnitude fits.
    func wholePart(digitsMax: Int) -> (magnitude: UInt64, hasFraction: Bool)? {
        precondition(digitsMax <= 19, "ten to the nineteenth is the largest power of ten in 64 bits")
        let wholeDigits = self.digits.count + self.exponent
        guard wholeDigits > 0 else { return (0, !self.digits.isEmpty) }
        guard wholeDigits <= digitsMax else { return nil }
        var magnitude: UInt64 = 0
        for index in 0..<wholeDigits {
            magnitude = magnitude * 10 + (index < self.digits.count ? UInt64(self.digits[index]) : 0)
        }
        return (magnitude, wholeDigits < self.digits.count)
    }

    private static func writtenExponent(_ text: Span<UInt8>, from start: Int) -> Int {
        var position = start
        var isNegative = false
        if position < text.count, !text[position].isDigit {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        var value = 0
        while position < text.count {
            value = value * 10 + Int(text[position] - 0x30)
            position += 1
        }
        return isNegative ? -value : value
    }
}
