import HTTPWire
import OAuthModel

/// A host that a route serves: exactly one name, or every name below one (`*.example.com`).
package struct HostPattern: Sendable, Hashable, CustomStringConvertible {
    /// In lower case, without port and last dot; IPv6 addresses in brackets, as RFC 5952 writes them; without `*.`.
    package let name: [UInt8]
    /// Stands for one or more labels before `name`.
    package let isWildcard: Bool

    /// Reads a host as a configuration writes it.
    package init(_ text: String) throws(HostProblem) {
        var bytes = text.utf8.map(\.loweredASCII)
        guard !bytes.isEmpty else { throw .empty }
        self.isWildcard = bytes.starts(with: [0x2A, 0x2E])
        if self.isWildcard { bytes.removeFirst(2) }
        guard !bytes.contains(0x2A) else { throw .wildcardInside(text) }
        guard bytes.last != 0x2E else { throw .lastDot(text, rightly: String(text.dropLast())) }
        let whole = ByteRange(0, bytes.count)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw .notASCII(text) }
        guard let authority = Authority(whole, in: bytes.span) else { throw .invalid(text) }
        guard authority.port == nil else { throw .port(text) }
        guard !(self.isWildcard && bytes[0] == 0x5B) else { throw .wildcardInside(text) }
        guard HostName.hasNoEmptyLabel(bytes.span) else { throw .invalid(text) }
        self.name = HostName.address(bytes.span) ?? bytes
    }

    package var description: String { (self.isWildcard ? "*." : "") + String(decoding: self.name, as: UTF8.self) }
}

/// Why a host pattern cannot be used; each says what would be right.
package enum HostProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case empty
    case invalid(String)
    case notASCII(String)
    case port(String)
    case lastDot(String, rightly: String)
    case wildcardInside(String)

    package var description: String {
        switch self {
        case .empty: "the host is empty (leave `hosts` out to serve any)"
        case .invalid(let text):
            "`\(text)` is no host (a name such as `api.example.com`, or an address such as `[::1]`)"
        case .notASCII(let text): "`\(text)` is not ASCII (write the A-label, `xn--…`)"
        case .port(let text): "`\(text)` has a port (leave it out: the port takes no part in matching)"
        case .lastDot(let text, let rightly): "`\(text)` ends with a dot (write `\(rightly)`, which serves both)"
        case .wildcardInside(let text):
            "`\(text)` has `*` elsewhere than as the whole first label (write `*.example.com`)"
        }
    }
}

/// What is compared of a host.
enum HostName {
    /// The range without one trailing dot.
    static func withoutLastDot(_ range: ByteRange, in bytes: Span<UInt8>) -> ByteRange {
        guard range.count > 1, bytes[Int(range.upper) - 1] == 0x2E else { return range }
        return ByteRange(lower: range.lower, upper: range.upper - 1)
    }

    /// An IPv6 address in brackets as RFC 5952 writes it, so that its many spellings are one host; nil for a name.
    static func address(_ host: Span<UInt8>) -> [UInt8]? {
        guard host.count > 2, host[0] == 0x5B, let address = IPAddress(host.extracting(1..<(host.count - 1)).copied())
        else { return nil }
        // One that maps an IPv4 address was read as that; in brackets it stays apart from the bare one (§5 there).
        let opening = address.isIPv6 ? "[" : "[::ffff:"
        return [UInt8](opening.utf8) + address.text + [0x5D]
    }

    /// A name with an empty label is read differently by every resolver.
    static func hasNoEmptyLabel(_ name: Span<UInt8>) -> Bool {
        var index = 0
        // The top bit of the lowest octet: a dot, or the beginning, is before this word.
        var carried: UInt64 = 0x80
        while index &+ 8 <= name.count {
            let dots = OctetWord(bits: name.word(at: index)).exactlyEqual(to: 0x2E)
            guard dots & (dots << 8 | carried) == 0 else { return false }
            carried = dots >> 56
            index &+= 8
        }
        var followsDot = carried != 0
        while index < name.count {
            let isDot = name[index] == 0x2E
            guard !(isDot && followsDot) else { return false }
            followsDot = isDot
            index &+= 1
        }
        return !followsDot
    }
}
