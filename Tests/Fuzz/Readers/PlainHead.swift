/// A message head as the grammar of RFC 9112 says it, read slowly and by nothing of the product's.
///
/// It knows lines, names and values, and refuses what has more than one reading.
struct PlainHead {
    struct Field {
        let name: [UInt8]
        let value: [UInt8]
        var lowered: String { String(decoding: self.name, as: UTF8.self).lowercased() }
    }

    let startLine: [UInt8]
    let fields: [Field]

    /// Nil unless the bytes are a start line, field lines and an empty line, each with CRLF, after any empty lines.
    init?(_ bytes: [UInt8]) {
        var lines = Self.lines(bytes)
        guard lines != nil else { return nil }
        while lines?.first?.isEmpty == true { lines?.removeFirst() }
        guard let lines, let first = lines.first, lines.last?.isEmpty == true, lines.count >= 2 else { return nil }
        self.startLine = first
        var fields: [Field] = []
        for line in lines.dropFirst().dropLast() {
            guard let colon = line.firstIndex(of: 0x3A), colon > 0 else { return nil }
            let name = Array(line[..<colon])
            var value = line[(colon + 1)...]
            while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
            while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
            guard name.allSatisfy(Self.isTokenOctet), value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { return nil }
            fields.append(Field(name: name, value: Array(value)))
        }
        self.fields = fields
    }

    func values(_ name: String) -> [[UInt8]] { self.fields.filter { $0.lowered == name }.map(\.value) }

    /// The start line at its single spaces.
    var words: [[UInt8]] {
        self.startLine.split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
    }

    static func isTokenOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: Array("!#$%&'*+-.^_`|~".utf8).contains(octet)
        }
    }

    /// Lines without their CRLF; nil when a CR or LF stands alone or the last line has no end.
    static func lines(_ bytes: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return nil }
                lines.append(line)
                line = []
                index += 2
                continue
            }
            guard bytes[index] != 0x0A else { return nil }
            line.append(bytes[index])
            index += 1
        }
        return line.isEmpty ? lines : nil
    }
}
