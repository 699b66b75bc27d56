/// A recogniser of RFC 8259 §2, by recursive descent and in nobody's words but the grammar's.
struct PlainJSON {
    private(set) var hasDuplicate = false
    /// Members of the outermost object: names with escapes resolved, and their values as they are written.
    private(set) var members: [(name: [UInt8], text: [UInt8])] = []
    private let bytes: [UInt8]
    private var position = 0

    /// Nil for what is no JSON text in UTF-8.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        self.space()
        guard self.value(isOutermost: true) else { return nil }
        self.space()
        guard self.position == bytes.count else { return nil }
    }

    private var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func take(_ octet: Character) -> Bool {
        guard self.next == octet.asciiValue else { return false }
        self.position += 1
        return true
    }

    private mutating func space() {
        while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { self.position += 1 }
    }

    private mutating func value(isOutermost: Bool = false) -> Bool {
        switch self.next {
        case UInt8(ascii: "{"): return self.object(isOutermost)
        case UInt8(ascii: "["): return self.array()
        case UInt8(ascii: "\""): return self.string() != nil
        case UInt8(ascii: "t"): return self.word("true")
        case UInt8(ascii: "f"): return self.word("false")
        case UInt8(ascii: "n"): return self.word("null")
        default: return self.number()
        }
    }

    private mutating func word(_ word: String) -> Bool { word.allSatisfy { self.take($0) } }

    private mutating func object(_ isOutermost: Bool) -> Bool {
        self.position += 1
        self.space()
        if self.take("}") { return true }
        var names: Set<[UInt8]> = []
        repeat {
            self.space()
            guard self.next == UInt8(ascii: "\""), let name = self.string() else { return false }
            if !names.insert(name).inserted { self.hasDuplicate = true }
            self.space()
            guard self.take(":") else { return false }
            self.space()
            let start = self.position
            guard self.value() else { return false }
            if isOutermost { self.members.append((name, Array(self.bytes[start..<self.position]))) }
            self.space()
        } while self.take(",")
        return self.take("}")
    }

    private mutating func array() -> Bool {
        self.position += 1
        self.space()
        if self.take("]") { return true }
        repeat {
            self.space()
            guard self.value() else { return false }
            self.space()
        } while self.take(",")
        return self.take("]")
    }

    /// The string's UTF-8 with escapes resolved.
    private mutating func string() -> [UInt8]? {
        self.position += 1
        var units: [UInt16] = []
        var text: [UInt8] = []
        func flush() -> Bool {
            guard !units.isEmpty else { return true }
            guard let string = String(validating: units, as: UTF16.self) else { return false }
            text += string.utf8
            units = []
            return true
        }
        while let octet = self.next {
            self.position += 1
            if octet == UInt8(ascii: "\\") {
                guard let unit = self.escape() else { return nil }
                units.append(unit)
                continue
            }
            guard flush() else { return nil }
            if octet == UInt8(ascii: "\"") { return text }
            guard octet >= 0x20 else { return nil }
            text.append(octet)
        }
        return nil
    }

    private mutating func escape() -> UInt16? {
        guard let octet = self.next else { return nil }
        self.position += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(octet)
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            let digits = self.bytes[self.position...].prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 })
            else { return nil }
            self.position += 4
            return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        default: return nil
        }
    }

    private mutating func number() -> Bool {
        _ = self.take("-")
        if !self.take("0") {
            guard self.digits() else { return false }
        }
        if self.take(".") { guard self.digits() else { return false } }
        if self.take("e") || self.take("E") {
            if !self.take("+") { _ = self.take("-") }
            guard self.digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = self.position
        while let next, (0x30...0x39).contains(next) { self.position += 1 }
        return self.position > start
    }
}
