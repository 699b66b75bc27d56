/// A duration in Go's words (`1h30m`, `1.5h`, `300ms`), as Hydra's clients write lifespans.
///
/// Read as Go reads it. Written as Go writes whole seconds (`2h0m0s`, `1m0s`, `45s`), and below a second in whole units
/// (`1s500ms`), because the published pattern for answers knows no fraction.
package struct GoDuration: Sendable, Hashable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// What is beyond 64 bits of nanoseconds (292 years) stops at their end.
    package static func seconds(_ seconds: Int64) -> GoDuration {
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return GoDuration(nanoseconds: product.overflow ? (seconds < 0 ? .min : .max) : product.partialValue)
    }

    /// Nil unless the text is a duration that is not negative and fits 64 bits of nanoseconds (292 years).
    package init?(_ text: String) {
        var rest = Substring(text).utf8
        if rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) {
            self.init(nanoseconds: 0)
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = Self.readPart(&rest) else { return nil }
            let sum = total.addingReportingOverflow(part)
            guard !sum.overflow else { return nil }
            total = sum.partialValue
        }
        self.init(nanoseconds: total)
    }

    /// One number with its unit, such as `1.5h`, in nanoseconds.
    private static func readPart(_ rest: inout Substring.UTF8View) -> Int64? {
        let whole = rest.prefix(while: Self.isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: Self.isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let name = rest.prefix { !Self.isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(name.count)
        guard let unit = Self.units.first(where: { name.elementsEqual($0.name.utf8) })?.nanoseconds else { return nil }
        guard let units = whole.isEmpty ? 0 : Int64(Substring(whole)) else { return nil }
        let product = units.multipliedReportingOverflow(by: unit)
        guard !product.overflow else { return nil }
        let sum = product.partialValue.addingReportingOverflow(Self.share(fraction, of: unit))
        return sum.overflow ? nil : sum.partialValue
    }

    /// The decimal places of a fraction, as nanoseconds; what is too small to count is dropped.
    private static func share(_ fraction: Substring.UTF8View, of unit: Int64) -> Int64 {
        var numerator: Int64 = 0
        var denominator: Int64 = 1
        for digit in fraction.prefix(Self.decimalPlacesMax) {
            numerator = numerator * 10 + Int64(digit - UInt8(ascii: "0"))
            denominator *= 10
        }
        // Through 128 bits; the quotient is below `unit` because the fraction is below one.
        return denominator.dividingFullWidth(unit.multipliedFullWidth(by: numerator)).quotient
    }

    /// Ten to this power fits 64 bits, and an hour's nanoseconds need only 13.
    private static let decimalPlacesMax = 18

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// `µs` is written with U+00B5 or U+03BC; both are read.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
        ("\u{B5}s", 1_000), ("\u{3BC}s", 1_000), ("ns", 1),
    ]
}

extension GoDuration: CustomStringConvertible {
    package var description: String {
        // The magnitude has one bit more than the number.
        let magnitude = self.nanoseconds.magnitude
        let seconds = magnitude / 1_000_000_000
        var text = self.nanoseconds < 0 ? "-" : ""
        if seconds >= 3_600 { text += "\(seconds / 3_600)h" }
        if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
        if seconds > 0 || magnitude == 0 { text += "\(seconds % 60)s" }
        var below = magnitude % 1_000_000_000
        for (name, unit) in [("ms", UInt64(1_000_000)), ("us", 1_000), ("ns", 1)] where below >= unit {
            text += "\(below / unit)\(name)"
            below %= unit
        }
        return text
    }
}
