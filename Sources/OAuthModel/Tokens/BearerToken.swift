/// An access token as a client presents it: the `b64token` of RFC 6750 §2.1.
///
/// Prints its length, never itself.
public struct BearerToken: Sendable {
    public let bytes: [UInt8]

    public init?(_ bytes: Span<UInt8>) {
        guard Self.isB64Token(bytes) else { return nil }
        self.bytes = bytes.copied()
    }

    public init?(_ bytes: [UInt8]) {
        guard Self.isB64Token(bytes.span) else { return nil }
        self.bytes = bytes
    }

    public init?(_ text: String) { self.init(Array(text.utf8)) }

    public var count: Int { self.bytes.count }

    /// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
    public static func isB64Token(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count, Self.isTokenByte(bytes[index]) { index += 1 }
        guard index > 0 else { return false }
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "=") else { return false }
            index += 1
        }
        return true
    }

    @inline(__always)
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"),
            UInt8(ascii: "/"):
            true
        default:
            byte.isAlphanumeric
        }
    }
}

extension BearerToken: Equatable {
    /// In constant time: whoever holds a token to compare with must not learn how much of a guess was right.
    public static func == (left: BearerToken, right: BearerToken) -> Bool {
        SecretBytes.areEqualInConstantTime(left.bytes.span, right.bytes.span)
    }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "BearerToken(\(self.bytes.count) bytes)" }
    public var debugDescription: String { self.description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
