/// A host and an optional port, as ranges in the head (RFC 3986 §3.2, RFC 9110 §7.2).
///
/// Narrower than `reg-name`: letters, digits, `-._~`, or an IPv6 address in brackets. Percent escapes, sub-delims and
/// user information have no use in a host that we serve, and every one of them is read differently by someone.
@usableFromInline package struct Authority: Sendable, Hashable {
    /// The host; brackets included where it is an IPv6 address.
    package var host: ByteRange
    package var port: UInt16?

    package init(host: ByteRange, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// Reads `uri-host [ ":" port ]`; nil when it is not exactly that, or empty.
    ///
    /// A colon without digits and a port with a zero in front are refused although RFC 3986 §3.2.3 lets them be: no client
    /// of ours writes them, and whoever compares authorities as text takes `a:080` for another one than `a:80`.
    package init?(_ range: ByteRange, in bytes: Span<UInt8>) {
        let upper = Int(range.upper)
        var position = Int(range.lower)
        guard position < upper else { return nil }
        if bytes[position] == 0x5B {
            guard let end = Self.endOfAddress(bytes, position, upper) else { return nil }
            position = end
        } else {
            position = bytes.endOfPathOctets(from: position, to: upper)
            guard !bytes.extracting(Int(range.lower)..<position).contains(0x2F) else { return nil }
            guard position > Int(range.lower) else { return nil }
        }
        self.host = ByteRange(lower: range.lower, upper: UInt32(position))
        self.port = nil
        guard position < upper else { return }
        guard bytes[position] == 0x3A, case let digits = position + 1..<upper, 1...5 ~= digits.count else { return nil }
        guard digits.count == 1 || bytes[digits.lowerBound] != 0x30 else { return nil }
        var number = 0
        for index in digits {
            guard bytes[index].isASCIIDigit else { return nil }
            number = number * 10 + Int(bytes[index] &- 0x30)
        }
        guard let port = UInt16(exactly: number) else { return nil }
        self.port = port
    }

    /// Whether both name the same host and, with the scheme's default for a missing one, the same port
    /// (RFC 9110 §4.2.3).
    package func isSame(as other: Authority, defaultPort: UInt16, in bytes: Span<UInt8>) -> Bool {
        (self.port ?? defaultPort) == (other.port ?? defaultPort)
            && bytes.slice(self.host).equalsIgnoringCase(bytes.slice(other.host))
    }

    /// The offset behind the closing bracket of an IPv6 address (RFC 3986 §3.2.2), or nil.
    ///
    /// Zone identifiers and IPvFuture are refused with everything else.
    private static func endOfAddress(_ bytes: Span<UInt8>, _ lower: Int, _ upper: Int) -> Int? {
        var close = lower + 1
        while close < upper && bytes[close] != 0x5D { close += 1 }
        guard close < upper, IPv6Text.isValid(bytes, lower + 1, close) else { return nil }
        return close + 1
    }
}

/// The text form of an IPv6 address (RFC 3986 §3.2.2 `IPv6address`).
enum IPv6Text {
    static func isValid(_ bytes: Span<UInt8>, _ lower: Int, _ upper: Int) -> Bool {
        var position = lower
        var groups = 0
        var hasGap = false
        if position + 1 < upper, bytes[position] == 0x3A, bytes[position + 1] == 0x3A {
            hasGap = true
            position += 2
        }
        while position < upper {
            let start = position
            while position < upper && bytes[position].hexadecimalValue != nil { position += 1 }
            if position < upper, bytes[position] == 0x2E {
                return Self.isIPv4(bytes, start, upper) && Self.isComplete(groups + 2, hasGap)
            }
            guard 1...4 ~= position - start else { return false }
            groups += 1
            guard position < upper else { break }
            guard bytes[position] == 0x3A else { return false }
            position += 1
            guard position < upper else { return false }
            guard bytes[position] == 0x3A else { continue }
            guard !hasGap else { return false }
            hasGap = true
            position += 1
        }
        return Self.isComplete(groups, hasGap)
    }

    private static func isComplete(_ groups: Int, _ hasGap: Bool) -> Bool { hasGap ? groups <= 7 : groups == 8 }

    /// Four decimal octets without leading zeros (`IPv4address`).
    private static func isIPv4(_ bytes: Span<UInt8>, _ lower: Int, _ upper: Int) -> Bool {
        var position = lower
        for part in 0..<4 {
            if part > 0 {
                guard position < upper, bytes[position] == 0x2E else { return false }
                position += 1
            }
            let start = position
            var number = 0
            while position < upper && bytes[position].isASCIIDigit && position - start < 4 {
                number = number * 10 + Int(bytes[position] &- 0x30)
                position += 1
            }
            guard 1...3 ~= position - start, number <= 255 else { return false }
            guard position - start == 1 || bytes[start] != 0x30 else { return false }
        }
        return position == upper
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in either case.
    @inlinable @inline(__always)
    package var hexadecimalValue: UInt8? {
        if self &- 0x30 < 10 { return self &- 0x30 }
        let lower = self | 0x20
        return lower &- 0x61 < 6 ? lower &- 0x57 : nil
    }
}
