extension UInt8 {
    /// The value of an ASCII hexadecimal digit.
    @inline(__always)
    var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - 0x37
        default: nil
        }
    }

    /// The digit for a value below 16, in upper case as RFC 3986 §2.1 prefers.
    @inline(__always)
    static func upperHexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

    /// ASCII letter or digit.
    @inline(__always)
    var isAlphanumeric: Bool { self.isDigit || (self | 0x20) &- 0x61 < 26 }
}
