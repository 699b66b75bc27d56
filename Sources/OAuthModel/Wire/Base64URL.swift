/// base64url without padding (RFC 4648 §5, as RFC 7515 §2 uses it), strict in both directions.
///
/// Strict means that a value has one spelling: no padding, no white space, no other alphabet, and the bits that the last
/// character has to spare are zero. Otherwise one token could be written in several ways.
public enum Base64URL {
    public static func encode(_ bytes: [UInt8]) -> String { Self.encode(bytes.span) }

    public static func encode(_ bytes: Span<UInt8>) -> String {
        let encoded = Base64Alphabet.url.encode(bytes, padded: false)
        return String(decoding: encoded, as: UTF8.self)
    }

    public static func encodedBytes(_ bytes: Span<UInt8>) -> [UInt8] {
        Base64Alphabet.url.encode(bytes, padded: false)
    }

    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        Base64Alphabet.url.decode(text)
    }

    public static func decode(_ text: String) -> [UInt8]? {
        Self.decode(text.utf8.span)
    }

    /// The six bits that a character stands for in this alphabet or the other, as decoders read it that take both.
    package static func value(ofEither character: UInt8) -> UInt32? {
        Base64Alphabet.url.value(character) ?? Base64Alphabet.standard.value(character)
    }
}

/// base64 with padding (RFC 4648 §4), as HTTP Basic uses it (RFC 7617 §2).
public enum Base64 {
    public static func encode(_ bytes: [UInt8]) -> String { Self.encode(bytes.span) }

    public static func encode(_ bytes: Span<UInt8>) -> String {
        let encoded = Base64Alphabet.standard.encode(bytes, padded: true)
        return String(decoding: encoded, as: UTF8.self)
    }

    public static func encodedBytes(_ bytes: Span<UInt8>) -> [UInt8] {
        Base64Alphabet.standard.encode(bytes, padded: true)
    }

    /// Padding must be there and right; stray bits, white space and the other alphabet are refused.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var end = text.count
        if end > 0, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        if end > 0, end < text.count, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        return Base64Alphabet.standard.decode(text.extracting(0..<end))
    }

    public static func decode(_ text: String) -> [UInt8]? {
        Self.decode(text.utf8.span)
    }
}

/// The two alphabets differ in their last two characters only.
private enum Base64Alphabet {
    case standard
    case url

    func encode(_ bytes: Span<UInt8>, padded: Bool) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let first = bytes[index]
            let second = left > 1 ? bytes[index + 1] : 0
            let third = left > 2 ? bytes[index + 2] : 0
            encoded.append(self.character(first >> 2))
            encoded.append(self.character((first & 0x3) << 4 | second >> 4))
            if left > 1 { encoded.append(self.character((second & 0xF) << 2 | third >> 6)) }
            if left > 2 { encoded.append(self.character(third & 0x3F)) }
            if padded, left < 3 {
                for _ in left..<3 { encoded.append(UInt8(ascii: "=")) }
            }
            index += 3
        }
        return encoded
    }

    func decode(_ text: Span<UInt8>) -> [UInt8]? {
        // One character alone carries six bits: less than a byte.
        guard text.count % 4 != 1 else { return nil }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for index in text.indices {
            guard let value = self.value(text[index]) else { return nil }
            buffer = (buffer << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                decoded.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        guard buffer & (1 << bits - 1) == 0 else { return nil }
        return decoded
    }

    @inline(__always)
    private func character(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: value + 0x41
        case 26..<52: value + 0x47
        case 52..<62: value - 4
        case 62: self == .url ? UInt8(ascii: "-") : UInt8(ascii: "+")
        default: self == .url ? UInt8(ascii: "_") : UInt8(ascii: "/")
        }
    }

    @inline(__always)
    func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 0x47
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) + 4
        case UInt8(ascii: "-"): self == .url ? 62 : nil
        case UInt8(ascii: "_"): self == .url ? 63 : nil
        case UInt8(ascii: "+"): self == .standard ? 62 : nil
        case UInt8(ascii: "/"): self == .standard ? 63 : nil
        default: nil
        }
    }
}
