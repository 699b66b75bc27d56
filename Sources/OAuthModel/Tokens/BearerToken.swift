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
        for index in 0..<end { strange |= Self.strangeness(of: bytes[index]) }
        return strange == 0
    }

    /// 0 for a byte that may stand in a token, something else for any other: how far it is from the nearest that may.
    ///
    /// Only sums and the smaller or larger of two, for which there are vector instructions on octets; asked with
    /// comparisons it came out slower (`benchmarks/micro/run` has the operation).
    @inline(__always)
    private static func strangeness(of byte: UInt8) -> UInt8 {
        let fromLetters = max((byte | 0x20) &- UInt8(ascii: "a"), 25) &- 25
        // "-", ".", "/" and the digits stand in a row.
        let fromDigits = max(byte &- UInt8(ascii: "-"), 12) &- 12
        let fromOthers = min(
            byte ^ UInt8(ascii: "+"), min(byte ^ UInt8(ascii: "_"), byte ^ UInt8(ascii: "~")))
        return min(fromLetters, min(fromDigits, fromOthers))
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
