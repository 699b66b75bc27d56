/// Reads JSON strictly (RFC 8259): one text, nothing behind it, valid UTF-8, no byte order mark, no lone surrogates, and no
/// member twice.
///
/// Readers that pick the first of two equal members and readers that pick the last can be played against each other
/// (RFC 8259 §4), so a duplicate is an error; names are compared after their escapes were resolved.
public enum JSONReader {
    public static func read(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try Self.read(bytes.span, limits: limits)
    }

    public static func read(_ bytes: Span<UInt8>, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.bytes else { throw JSONError(.tooLarge, at: limits.bytes) }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(.byteOrderMark, at: 0)
        }
        var cursor = JSONCursor(levelsLeft: limits.depth)
        cursor.skipWhiteSpace(bytes)
        let value = try cursor.value(bytes)
        cursor.skipWhiteSpace(bytes)
        guard cursor.position == bytes.count else { throw JSONError(.trailingBytes, at: cursor.position) }
        return value
    }
}

/// Where the reader stands.
///
/// The bytes are handed to each step, so that nothing borrowed is stored.
struct JSONCursor {
    private(set) var position = 0
    private var levelsLeft: Int

    /// From this many members on, names are looked up in a set: a long object must not cost the square of its length.
    private static let membersComparedOneByOne = 16

    /// Room for what a token's claims or an introspection answer usually have, made once instead of by doubling.
    private static let membersExpected = 8

    init(levelsLeft: Int) { self.levelsLeft = levelsLeft }

    mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        guard self.position < bytes.count else { throw JSONError(.endsEarly, at: self.position) }
        switch bytes[self.position] {
        case UInt8(ascii: "\""):
            return .string(try self.string(bytes))
        case UInt8(ascii: "{"):
            return .object(try self.object(bytes))
        case UInt8(ascii: "["):
            return .array(try self.array(bytes))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try self.number(bytes))
        case UInt8(ascii: "t"):
            try self.literal("true", bytes)
            return .bool(true)
        case UInt8(ascii: "f"):
            try self.literal("false", bytes)
            return .bool(false)
        case UInt8(ascii: "n"):
            try self.literal("null", bytes)
            return .null
        default:
            throw JSONError(.unexpectedByte, at: self.position)
        }
    }

    mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        while self.position < bytes.count {
            switch bytes[self.position] {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            default: return
            }
        }
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSONObject {
        try self.descend()
        self.skipWhiteSpace(bytes)
        var members: [JSONObject.Member] = []
        var names: Set<OctetName> = []
        if self.take(UInt8(ascii: "}"), bytes) {
            self.levelsLeft += 1
            return JSONObject(distinct: members)
        }
        members.reserveCapacity(Self.membersExpected)
        while true {
            self.skipWhiteSpace(bytes)
            let start = self.position
            guard start < bytes.count else { throw JSONError(.endsEarly, at: start) }
            guard bytes[start] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: start) }
            let name = try self.string(bytes)
            guard Self.isNew(name, among: members, &names) else { throw JSONError(.duplicateMember, at: start) }
            self.skipWhiteSpace(bytes)
            try self.expect(UInt8(ascii: ":"), bytes)
            self.skipWhiteSpace(bytes)
            members.append(JSONObject.Member(name: name, value: try self.value(bytes)))
            self.skipWhiteSpace(bytes)
            if self.take(UInt8(ascii: ","), bytes) { continue }
            try self.expect(UInt8(ascii: "}"), bytes)
            self.levelsLeft += 1
            return JSONObject(distinct: members)
        }
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> [JSONValue] {
        try self.descend()
        self.skipWhiteSpace(bytes)
        var elements: [JSONValue] = []
        if self.take(UInt8(ascii: "]"), bytes) {
            self.levelsLeft += 1
            return elements
        }
        while true {
            self.skipWhiteSpace(bytes)
            elements.append(try self.value(bytes))
            self.skipWhiteSpace(bytes)
            if self.take(UInt8(ascii: ","), bytes) { continue }
            try self.expect(UInt8(ascii: "]"), bytes)
            self.levelsLeft += 1
            return elements
        }
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSONNumber {
        let start = self.position
        do {
            try JSONNumber.scan(bytes, from: &self.position)
        } catch {
            switch error {
            case .malformed: throw JSONError(.malformedNumber, at: self.position)
            case .exponentTooLong: throw JSONError(.exponentTooLong, at: start)
            }
        }
        guard let text = bytes.extracting(start..<self.position).validatedText() else {
            throw JSONError(.notUTF8, at: start)
        }
        return JSONNumber(scanned: text)
    }

    private mutating func literal(_ word: String, _ bytes: Span<UInt8>) throws(JSONError) {
        for byte in word.utf8 { try self.expect(byte, bytes) }
    }

    /// Opens one level, marked by a byte that is not looked at again.
    private mutating func descend() throws(JSONError) {
        guard self.levelsLeft > 0 else { throw JSONError(.tooDeep, at: self.position) }
        self.levelsLeft -= 1
        self.position += 1
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard self.position < bytes.count, bytes[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        guard self.position < bytes.count else { throw JSONError(.endsEarly, at: self.position) }
        guard bytes[self.position] == byte else { throw JSONError(.unexpectedByte, at: self.position) }
        self.position += 1
    }

    private static func isNew(_ name: String, among members: [JSONObject.Member], _ names: inout Set<OctetName>) -> Bool
    {
        if members.count < Self.membersComparedOneByOne {
            return !members.contains { $0.name.hasSameOctets(as: name) }
        }
        if names.isEmpty {
            for member in members { names.insert(OctetName(text: member.name)) }
        }
        return names.insert(OctetName(text: name)).inserted
    }
}

extension JSONCursor {
    /// The string that begins at the quotation mark under the cursor (RFC 8259 §7).
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        let start = self.position + 1
        var end = start
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                guard let text = bytes.extracting(start..<end).validatedText() else {
                    throw JSONError(.notUTF8, at: start)
                }
                self.position = end + 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try self.escapedString(bytes, from: start, firstEscape: end) }
            if byte < 0x20 { throw JSONError(.controlCharacter, at: end) }
            end += 1
        }
        throw JSONError(.endsEarly, at: end)
    }

    private mutating func escapedString(
        _ bytes: Span<UInt8>, from start: Int, firstEscape: Int
    ) throws(JSONError) -> String {
        var text = bytes.extracting(start..<firstEscape).copied()
        self.position = firstEscape
        while self.position < bytes.count {
            let byte = bytes[self.position]
            switch byte {
            case UInt8(ascii: "\""):
                self.position += 1
                guard let string = text.span.validatedText() else { throw JSONError(.notUTF8, at: start) }
                return string
            case UInt8(ascii: "\\"):
                try self.escape(bytes, into: &text)
            case 0..<0x20:
                throw JSONError(.controlCharacter, at: self.position)
            default:
                text.append(byte)
                self.position += 1
            }
        }
        throw JSONError(.endsEarly, at: self.position)
    }

    private mutating func escape(_ bytes: Span<UInt8>, into text: inout [UInt8]) throws(JSONError) {
        let start = self.position
        guard start + 1 < bytes.count else { throw JSONError(.endsEarly, at: bytes.count) }
        self.position += 2
        switch bytes[start + 1] {
        case UInt8(ascii: "\""): text.append(0x22)
        case UInt8(ascii: "\\"): text.append(0x5C)
        case UInt8(ascii: "/"): text.append(0x2F)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try self.fourHexDigits(bytes)
            if code & 0xFC00 == 0xD800 {
                // A high surrogate counts only together with the low one right behind it.
                guard self.position + 1 < bytes.count, bytes[self.position] == UInt8(ascii: "\\"),
                    bytes[self.position + 1] == UInt8(ascii: "u")
                else { throw JSONError(.loneSurrogate, at: start) }
                self.position += 2
                let low = try self.fourHexDigits(bytes)
                guard low & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
                code = 0x10000 + ((code & 0x3FF) << 10 | low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else { throw JSONError(.loneSurrogate, at: start) }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default:
            throw JSONError(.malformedEscape, at: start)
        }
    }

    private mutating func fourHexDigits(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard self.position < bytes.count else { throw JSONError(.endsEarly, at: self.position) }
            guard let digit = bytes[self.position].hexDigitValue else {
                throw JSONError(.malformedEscape, at: self.position)
            }
            code = code << 4 | UInt32(digit)
            self.position += 1
        }
        return code
    }
}

/// A member name that is equal to another only if its bytes are.
private struct OctetName: Hashable {
    let text: String

    static func == (left: OctetName, right: OctetName) -> Bool { left.text.hasSameOctets(as: right.text) }

    // Same bytes imply the same canonical form, so String's own hash is a correct one.
    func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
}
