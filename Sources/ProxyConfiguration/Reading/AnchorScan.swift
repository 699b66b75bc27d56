/// Looks for an anchor (`&name`) in the bytes of a file before the library builds anything from it.
///
/// The library hashes keys to find repeated ones, and a key made of aliases of aliases takes it exponential time. This
/// look is coarse, a line at a time; what it overlooks is refused again when the nodes are walked. Inside quotes and
/// behind `#` nothing counts.
enum AnchorScan {
    static func firstAnchor(in bytes: [UInt8]) -> Position? {
        var position = Position.start
        var quote: UInt8?
        var isEscaped = false
        var isComment = false
        // Where a node may begin: at the start of a line, behind white space and behind `[`, `{` and `,`.
        var mayBegin = true
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") {
                position = Position(line: position.line + 1, column: 1)
                quote = nil
                isEscaped = false
                isComment = false
                mayBegin = true
                continue
            }
            // Continuation bytes of UTF-8 belong to the column before them.
            defer { if byte & 0xC0 != 0x80 { position.column += 1 } }
            if isComment { continue }
            if let open = quote {
                mayBegin = false
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\"") {
                    isEscaped = true
                } else if byte == open {
                    // `''` inside single quotes is one of them.
                    let isDoubled = byte == UInt8(ascii: "'") && index + 1 < bytes.count && bytes[index + 1] == byte
                    if isDoubled { isEscaped = true } else { quote = nil }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","):
                mayBegin = true
                continue
            case UInt8(ascii: "#") where mayBegin:
                isComment = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if mayBegin { quote = byte }
            case UInt8(ascii: "&") where mayBegin:
                if index + 1 < bytes.count, self.isNameByte(bytes[index + 1]) { return position }
            default:
                break
            }
            mayBegin = false
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
