/// An IPv4 address.
package struct IPv4Address: Sendable, Hashable {
    /// In the machine's order: 127.0.0.1 is `0x7F00_0001`.
    package let bits: UInt32

    package init(bits: UInt32) { self.bits = bits }

    package static let any = IPv4Address(bits: 0)
    package static let loopback = IPv4Address(bits: 0x7F00_0001)

    /// Four decimal numbers without leading zeros (RFC 6943 §3.1.1: other spellings mean different things to different programs).
    package init?(_ text: some StringProtocol) {
        var bits: UInt32 = 0
        var parts = 0
        var value: UInt32 = 0
        var digits = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard !(digits > 0 && value == 0) else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard value <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, parts < 3 else { return nil }
                bits = bits << 8 | value
                parts += 1
                value = 0
                digits = 0
            default: return nil
            }
        }
        guard parts == 3, digits > 0 else { return nil }
        self.bits = bits << 8 | value
    }
}

extension IPv4Address: CustomStringConvertible {
    package var description: String {
        "\(self.bits >> 24).\(self.bits >> 16 & 255).\(self.bits >> 8 & 255).\(self.bits & 255)"
    }
}

/// An IPv6 address.
package struct IPv6Address: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static let any = IPv6Address(high: 0, low: 0)
    package static let loopback = IPv6Address(high: 0, low: 1)

    /// The IPv4 address inside `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
    package var mappedIPv4: IPv4Address? {
        self.high == 0 && self.low >> 32 == 0xFFFF ? IPv4Address(bits: UInt32(truncatingIfNeeded: self.low)) : nil
    }

    /// The text form of RFC 4291 §2.2, without zone and without brackets.
    package init?(_ text: some StringProtocol) {
        var front: [UInt16] = []
        var back: [UInt16] = []
        var isBehindGap = false
        func add(_ group: UInt16) { if isBehindGap { back.append(group) } else { front.append(group) } }

        var rest = text[...]
        if rest.hasPrefix("::") {
            isBehindGap = true
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let group = rest.prefix { $0 != ":" }
            if group.contains(".") {
                guard group.endIndex == rest.endIndex, let tail = IPv4Address(group) else { return nil }
                add(UInt16(tail.bits >> 16))
                add(UInt16(tail.bits & 0xFFFF))
                rest = rest[rest.endIndex...]
                break
            }
            guard let value = Self.hexadecimalGroup(group), front.count + back.count < 8 else { return nil }
            add(value)
            rest = rest[group.endIndex...]
            guard !rest.isEmpty else { break }
            if rest.hasPrefix("::") {
                guard !isBehindGap else { return nil }
                isBehindGap = true
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        let given = front.count + back.count
        guard isBehindGap ? given <= 7 : given == 8 else { return nil }
        let groups = front + Array(repeating: 0, count: 8 - given) + back
        self.high = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
        self.low = groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
    }

    private static func hexadecimalGroup(_ text: some StringProtocol) -> UInt16? {
        // UInt16(_:radix:) alone would also take a sign.
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
        else { return nil }
        return UInt16(text, radix: 16)
    }
}

extension IPv6Address: CustomStringConvertible {
    /// The canonical form (RFC 5952 §4): lower case, the longest run of zeros shortened.
    package var description: String {
        if let inner = self.mappedIPv4 { return "::ffff:\(inner)" }
        let groups = (0..<8).map {
            UInt16(truncatingIfNeeded: ($0 < 4 ? self.high : self.low) >> (48 - 16 * UInt64($0 % 4)))
        }
        var gap = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - index > max(1, gap.count) { gap = index..<end }
            index = max(end, index + 1)
        }
        func joined(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return gap.isEmpty
            ? joined(groups[...]) : joined(groups[..<gap.lowerBound]) + "::" + joined(groups[gap.upperBound...])
    }
}
