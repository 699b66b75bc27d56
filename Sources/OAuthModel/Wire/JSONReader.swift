/// Reads JSON strictly (RFC 8259): one text, nothing behind it, valid UTF-8, no byte order mark, no lone surrogates, and no
/// member twice.
///
/// Readers that pick the first of two equal members and readers that pick the last can be played against each other
/// (RFC 8259 §4), so a duplicate is an error; names are compared after their escapes were resolved.
public enum JSONReader {
    public static func read(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        let document = try JSONDocument(reading: bytes, limits: limits)
        return document.value(at: document.root)
    }

    public static func read(_ bytes: Span<UInt8>, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.bytes else { throw JSONError(.tooLarge, at: limits.bytes) }
        return try Self.read(bytes.copied(), limits: limits)
    }
}

/// Where the reader stands, and the nodes of what it has read.
///
/// The bytes are handed to each step, so that nothing borrowed is stored.
struct JSONCursor {
    private(set) var nodes: [JSONNode] = []
    /// The strings that were written with escapes, resolved; they count as standing behind the text.
    private(set) var decoded: [UInt8] = []
    /// The objects that hold a member twice, where these are noted rather than refused.
    private(set) var ambiguous: [Int] = []
    private var position = 0
    private var levelsLeft: Int
    private let notesDuplicates: Bool

    /// From this many members on, names are looked up in a set: a long object must not cost the square of its length.
    private static let membersComparedOneByOne = 16

    /// The octets that a node usually stands for in claims and introspection answers, so that room is made once.
    private static let octetsANode = 16

    /// Reads the whole of a text.
    ///
    /// - Parameter notesDuplicates: a member that is there twice is refused in the outermost value only.
    init(reading bytes: Span<UInt8>, limits: JSONLimits, notesDuplicates: Bool = false) throws(JSONError) {
        self.notesDuplicates = notesDuplicates
        guard bytes.count <= limits.bytes else { throw JSONError(.tooLarge, at: limits.bytes) }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(.byteOrderMark, at: 0)
        }
        self.levelsLeft = limits.depth
        self.nodes.reserveCapacity(bytes.count / Self.octetsANode + 4)
        self.skipWhiteSpace(bytes)
        try self.value(bytes)
        self.skipWhiteSpace(bytes)
        guard self.position == bytes.count else { throw JSONError(.trailingBytes, at: self.position) }
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) {
        guard self.position < bytes.count else { throw JSONError(.endsEarly, at: self.position) }
        switch bytes[self.position] {
        case UInt8(ascii: "\""):
            try self.string(bytes)
        case UInt8(ascii: "{"):
            try self.object(bytes)
        case UInt8(ascii: "["):
            try self.array(bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try self.number(bytes)
        case UInt8(ascii: "t"):
            try self.literal("true", bytes)
            self.nodes.append(JSONNode(.true))
        case UInt8(ascii: "f"):
            try self.literal("false", bytes)
            self.nodes.append(JSONNode(.false))
        case UInt8(ascii: "n"):
            try self.literal("null", bytes)
            self.nodes.append(JSONNode(.null))
        default:
            throw JSONError(.unexpectedByte, at: self.position)
        }
    }

    private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        while self.position < bytes.count {
            switch bytes[self.position] {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            default: return
            }
        }
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) {
        let place = self.nodes.count
        self.nodes.append(JSONNode(.object))
        defer { self.nodes[place].close(before: self.nodes.count) }
        try self.descend()
        self.skipWhiteSpace(bytes)
        var names = MemberNames()
        if self.take(UInt8(ascii: "}"), bytes) {
            self.levelsLeft += 1
            return
        }
        while true {
            self.skipWhiteSpace(bytes)
            let start = self.position
            guard start < bytes.count else { throw JSONError(.endsEarly, at: start) }
            guard bytes[start] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: start) }
            let name = self.nodes.count
            try self.string(bytes)
            if !self.isNew(name, of: place, bytes, &names) {
                guard self.notesDuplicates, place > 0 else { throw JSONError(.duplicateMember, at: start) }
                self.ambiguous.append(place)
            }
            self.skipWhiteSpace(bytes)
            try self.expect(UInt8(ascii: ":"), bytes)
            self.skipWhiteSpace(bytes)
            try self.value(bytes)
            self.skipWhiteSpace(bytes)
            if self.take(UInt8(ascii: ","), bytes) { continue }
            try self.expect(UInt8(ascii: "}"), bytes)
            self.levelsLeft += 1
            return
        }
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) {
        let place = self.nodes.count
        self.nodes.append(JSONNode(.array))
        defer { self.nodes[place].close(before: self.nodes.count) }
        try self.descend()
        self.skipWhiteSpace(bytes)
        if self.take(UInt8(ascii: "]"), bytes) {
            self.levelsLeft += 1
            return
        }
        while true {
            self.skipWhiteSpace(bytes)
            try self.value(bytes)
            self.skipWhiteSpace(bytes)
            if self.take(UInt8(ascii: ","), bytes) { continue }
            try self.expect(UInt8(ascii: "]"), bytes)
            self.levelsLeft += 1
            return
        }
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = self.position
        do {
            try JSONNumber.scan(bytes, from: &self.position)
        } catch {
            switch error {
            case .malformed: throw JSONError(.malformedNumber, at: self.position)
            case .exponentTooLong: throw JSONError(.exponentTooLong, at: start)
            }
        }
        self.nodes.append(JSONNode(.number, start: start, count: self.position - start))
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

    // MARK: Names

    /// The names of an object that have been seen: their shapes, and once there are many, they themselves.
    private struct MemberNames {
        var count = 0
        /// The shapes of the names, a bit each: one of a new shape is new.
        var shapes: UInt64 = 0
        var seen: Set<OctetName> = []
    }

    /// Whether no earlier member of the object has the name that was read last.
    private func isNew(
        _ name: Int, of object: Int, _ bytes: Span<UInt8>, _ names: inout MemberNames
    ) -> Bool {
        names.count += 1
        if names.count > Self.membersComparedOneByOne {
            if names.seen.isEmpty { self.remember(from: object + 1, to: name, bytes, in: &names) }
            return names.seen.insert(self.octetName(name, bytes)).inserted
        }
        let octets = self.nodes[name].octets
        let shape = Self.shape(self.span(octets, bytes))
        if names.shapes & shape == 0 {
            names.shapes |= shape
            return true
        }
        var earlier = object + 1
        while earlier < name {
            let others = self.nodes[earlier].octets
            if others.count == octets.count, self.span(others, bytes).hasSameOctets(as: self.span(octets, bytes)) {
                return false
            }
            earlier = self.nodes[earlier + 1].end(at: earlier + 1)
        }
        return true
    }

    /// One bit of 64 by length, first and last octet: those who have the same name have the same bit.
    private static func shape(_ name: Span<UInt8>) -> UInt64 {
        guard name.count > 0 else { return 1 }
        return 1 << ((UInt64(name.count) &+ 11 &* UInt64(name[0]) &+ 5 &* UInt64(name[name.count - 1])) & 63)
    }

    private func remember(from first: Int, to end: Int, _ bytes: Span<UInt8>, in names: inout MemberNames) {
        var name = first
        while name < end {
            names.seen.insert(self.octetName(name, bytes))
            name = self.nodes[name + 1].end(at: name + 1)
        }
    }

    private func octetName(_ name: Int, _ bytes: Span<UInt8>) -> OctetName {
        OctetName(text: self.span(self.nodes[name].octets, bytes).validatedText() ?? "")
    }

    /// Octets of the text, or resolved ones behind it.
    @_lifetime(borrow self, copy bytes)
    private func span(_ range: Range<Int>, _ bytes: Span<UInt8>) -> Span<UInt8> {
        if range.lowerBound < bytes.count { return bytes.extracting(range) }
        return self.decoded.span.extracting((range.lowerBound - bytes.count)..<(range.upperBound - bytes.count))
    }
}

extension JSONCursor {
    /// The string that begins at the quotation mark under the cursor (RFC 8259 §7).
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = self.position + 1
        var end = start
        var isASCII = true
        while true {
            end = Self.endOfPlainRun(bytes, from: end)
            guard end < bytes.count else { throw JSONError(.endsEarly, at: end) }
            switch bytes[end] {
            case UInt8(ascii: "\""):
                guard isASCII || Self.isUTF8(bytes.extracting(start..<end)) else {
                    throw JSONError(.notUTF8, at: start)
                }
                self.position = end + 1
                self.nodes.append(JSONNode(.string, start: start, count: end - start))
                return
            case UInt8(ascii: "\\"):
                return try self.escapedString(bytes, from: start, firstEscape: end)
            case 0..<0x20:
                throw JSONError(.controlCharacter, at: end)
            default:
                isASCII = false
                end += 1
            }
        }
    }

    /// Where the octets end that stand for themselves and need no look of their own: at a quotation mark, a backslash, a
    /// control character, an octet beyond ASCII, or the end of the text.
    ///
    /// Eight at a time where there are eight: octet by octet, this was an eighth of what reading an answer costs.
    private static func endOfPlainRun(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            // Any eight octets are a number, and the load is held to the span's bounds.
            let word = unsafe UInt64(
                littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let marks =
                Self.octets(below: 0x20, in: word) | Self.octets(equalTo: UInt8(ascii: "\""), in: word)
                | Self.octets(equalTo: UInt8(ascii: "\\"), in: word) | word & Self.highBits
            guard marks == 0 else { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x80...0xFF: return index
            default: index += 1
            }
        }
        return index
    }

    /// The high bit of the lowest octet below `limit`; bits above it mean nothing (the borrow runs upwards).
    @inline(__always)
    private static func octets(below limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- Self.lowBits &* UInt64(limit)) & ~word & Self.highBits
    }

    @inline(__always)
    private static func octets(equalTo octet: UInt8, in word: UInt64) -> UInt64 {
        self.octets(below: 1, in: word ^ (Self.lowBits &* UInt64(octet)))
    }

    private static let lowBits: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    private mutating func escapedString(
        _ bytes: Span<UInt8>, from start: Int, firstEscape: Int
    ) throws(JSONError) {
        let decodedStart = self.decoded.count
        for index in start..<firstEscape { self.decoded.append(bytes[index]) }
        self.position = firstEscape
        while self.position < bytes.count {
            let byte = bytes[self.position]
            switch byte {
            case UInt8(ascii: "\""):
                self.position += 1
                let end = self.decoded.count
                guard Self.isUTF8(self.decoded.span.extracting(decodedStart..<end)) else {
                    throw JSONError(.notUTF8, at: start)
                }
                self.nodes.append(
                    JSONNode(.string, start: bytes.count + decodedStart, count: end - decodedStart))
                return
            case UInt8(ascii: "\\"):
                try self.escape(bytes)
            case 0..<0x20:
                throw JSONError(.controlCharacter, at: self.position)
            default:
                self.decoded.append(byte)
                self.position += 1
            }
        }
        throw JSONError(.endsEarly, at: self.position)
    }

    private static func isUTF8(_ octets: Span<UInt8>) -> Bool { (try? UTF8Span(validating: octets)) != nil }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = self.position
        guard start + 1 < bytes.count else { throw JSONError(.endsEarly, at: bytes.count) }
        self.position += 2
        switch bytes[start + 1] {
        case UInt8(ascii: "\""): self.decoded.append(0x22)
        case UInt8(ascii: "\\"): self.decoded.append(0x5C)
        case UInt8(ascii: "/"): self.decoded.append(0x2F)
        case UInt8(ascii: "b"): self.decoded.append(0x08)
        case UInt8(ascii: "f"): self.decoded.append(0x0C)
        case UInt8(ascii: "n"): self.decoded.append(0x0A)
        case UInt8(ascii: "r"): self.decoded.append(0x0D)
        case UInt8(ascii: "t"): self.decoded.append(0x09)
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
            self.decoded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
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

    // Not String's own hash, which is that of the canonical form: names that differ in it only would all share one.
    func hash(into hasher: inout Hasher) {
        for octet in self.text.utf8 { hasher.combine(octet) }
    }
}
