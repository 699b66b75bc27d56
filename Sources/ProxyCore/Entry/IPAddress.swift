import HTTPWire

/// An IP address as a number, for comparing with networks.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Reads a textual address (RFC 4291 §2.2), without brackets; a zone behind `%` is left out.
    ///
    /// An IPv4 address mapped into IPv6 is the IPv4 address: that is how a dual-stack socket names such a peer.
    package init?(_ text: String) {
        self.init([UInt8](text.utf8))
    }

    package init?(_ text: [UInt8]) {
        if !text.contains(0x3A) {
            guard let number = Self.v4(text[...]) else { return nil }
            self = .v4(number)
            return
        }
        let address = text.prefix { $0 != 0x25 }
        guard let (high, low) = Self.v6(address) else { return nil }
        self = high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
    }

    package var isIPv6: Bool {
        if case .v6 = self { true } else { false }
    }

    /// The address as RFC 5952 writes it.
    package var text: [UInt8] {
        switch self {
        case .v4(let number):
            [UInt8]((0..<4).map { String(number >> UInt32(24 - $0 * 8) & 0xFF) }.joined(separator: ".").utf8)
        case .v6(let high, let low):
            Self.text(
                groups: (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - ($0 & 3) * 16)) })
        }
    }

    private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard 1...3 ~= part.count, part.allSatisfy(\.isASCIIDigit), part.count == 1 || part.first != 0x30 else {
                return nil
            }
            let octet = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard octet < 256 else { return nil }
            number = number << 8 | octet
        }
        return number
    }

    private static func v6(_ text: ArraySlice<UInt8>) -> (UInt64, UInt64)? {
        var halves: [[UInt16]] = [[]]
        var rest = text
        if rest.starts(with: [0x3A, 0x3A]) {
            halves.append([])
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let group = rest.prefix { $0 != 0x3A }
            if group.contains(0x2E) {
                guard group.endIndex == rest.endIndex, let number = Self.v4(group) else { return nil }
                halves[halves.count - 1] += [UInt16(number >> 16), UInt16(truncatingIfNeeded: number)]
                break
            }
            guard 1...4 ~= group.count else { return nil }
            var value: UInt16 = 0
            for digit in group {
                guard let nibble = digit.hexadecimalValue else { return nil }
                value = value << 4 | UInt16(nibble)
            }
            halves[halves.count - 1].append(value)
            rest = rest[group.endIndex...]
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            guard !rest.isEmpty else { return nil }
            if rest.first == 0x3A {
                guard halves.count == 1 else { return nil }
                halves.append([])
                rest = rest.dropFirst()
            }
        }
        let count = halves.reduce(0) { $0 + $1.count }
        guard halves.count == 1 ? count == 8 : count <= 7 else { return nil }
        let groups = halves[0] + Array(repeating: 0, count: 8 - count) + (halves.count > 1 ? halves[1] : [])
        let high = groups[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    private static func text(groups: [UInt16]) -> [UInt8] {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - start > 1 && end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        let words = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return [UInt8](words.joined(separator: ":").utf8) }
        let left = words[..<best.lowerBound].joined(separator: ":")
        let right = words[best.upperBound...].joined(separator: ":")
        return [UInt8]("\(left)::\(right)".utf8)
    }
}
