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
        var end = bytes.count
        while end > 0, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end > 0 else { return false }
        // Without a branch a byte, so that the compiler can look at many of them at once: this runs on every request.
        var strange: UInt8 = 0
        for index in 0..<end { strange |= Self.isTokenByte(bytes[index]) ^ 1 }
        return strange == 0
    }

    /// 1 for a byte that may stand in a token, 0 for any other.
    @inline(__always)
    private static func isTokenByte(_ byte: UInt8) -> UInt8 {
        let letter: UInt8 = (byte | 0x20) &- UInt8(ascii: "a") < 26 ? 1 : 0
        // "-", ".", "/" and the digits stand in a row.
        let digit: UInt8 = byte &- UInt8(ascii: "-") < 13 ? 1 : 0
        let plus: UInt8 = byte == UInt8(ascii: "+") ? 1 : 0
        let underscore: UInt8 = byte == UInt8(ascii: "_") ? 1 : 0
        let tilde: UInt8 = byte == UInt8(ascii: "~") ? 1 : 0
        return letter | digit | plus | underscore | tilde
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
