/// Text as one step of a path or one value of a query (RFC 3986 §2.1).
package enum PercentEncoding {
    /// Everything but unreserved characters is escaped; a slash too.
    package static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if byte.isUnreserved {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(.upperHexDigit(byte >> 4))
                encoded.append(.upperHexDigit(byte & 0xF))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

extension UInt8 {
    /// ASCII letter or digit, or one of `-._~` (RFC 3986 §2.3).
    package var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: self.isAlphanumeric
        }
    }
}
