import HTTPWire
import Testing

/// The parser looks at eight octets at a time, and at thirty-two of a long value; here its verdicts are compared with a reading of the grammar that
/// looks at one.
@Suite("Field lines against the grammar of RFC 9112 §5, written plainly")
struct FieldGrammarTests {
    @Test("random names and values are judged as the grammar says")
    func agreesWithPlainReading() throws {
        var random = SeededRandom.fresh()
        for round in 0..<20_000 {
            let name = Self.run(of: 1...40, usual: Array("abcXYZ-09".utf8), odd: 60, with: &random)
            let value = Self.run(of: 0...40, usual: Array("abc XYZ\t.09".utf8), odd: 60, with: &random)
            let head = Array("GET / HTTP/1.0\r\n".utf8) + name + [0x3A] + value + Array("\r\n\r\n".utf8)
            let plain = Self.plainField(name: name, value: value)
            let parsed = Self.parsedField(head)
            #expect(parsed == plain, "seed \(random.seed), round \(round): \(name) \(value)")
            if parsed != plain { return }
        }
    }

    @Test("every octet is judged at every place of a name and a value", arguments: [0, 1, 6, 7, 8, 9, 15, 16, 17, 30])
    func octetsByPlace(place: Int) {
        for octet in UInt8.min...UInt8.max {
            var name = [UInt8](repeating: 0x61, count: 31)
            name[place] = octet
            let value = name
            for (name, value) in [(name, Array("v".utf8)), (Array("n".utf8), value)] {
                let head = Array("GET / HTTP/1.0\r\n".utf8) + name + [0x3A] + value + Array("\r\n\r\n".utf8)
                #expect(Self.parsedField(head) == Self.plainField(name: name, value: value), "octet \(octet)")
            }
        }
    }

    @Test("every octet is judged at every place of a value as long as a token", arguments: 14..<100)
    func octetsOfLongValues(place: Int) {
        for octet in UInt8.min...UInt8.max {
            var value = [UInt8](repeating: 0x61, count: 100)
            value[place] = octet
            let head = Array("GET / HTTP/1.0\r\nn:".utf8) + value + Array("\r\n\r\n".utf8)
            #expect(Self.parsedField(head) == Self.plainField(name: [0x6E], value: value), "octet \(octet)")
        }
    }

    struct Field: Equatable {
        var name: [UInt8]
        var value: [UInt8]
        var isSpeltExactly: Bool
    }

    /// The field of a head that has one; nil when the head is refused.
    static func parsedField(_ head: [UInt8]) -> Field? {
        var parser = RequestHeadParser(limits: HeadLimits())
        guard (try? parser.parse(head.span)) == .complete, let field = parser.index.fields.first else { return nil }
        return Field(
            name: Array(copying: head.span.slice(field.name)), value: Array(copying: head.span.slice(field.value)),
            isSpeltExactly: field.isSpeltExactly)
    }

    static func plainField(name: [UInt8], value: [UInt8]) -> Field? {
        // The first colon ends the name: one inside `name` moves the rest into the value.
        let line = name + [0x3A] + value
        guard let colon = line.firstIndex(of: 0x3A), colon > 0 else { return nil }
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        let words = Set("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        guard line[..<colon].allSatisfy(tokens.contains) else { return nil }
        var rest = line[(colon + 1)...]
        guard rest.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { return nil }
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return Field(
            name: Array(line[..<colon]), value: Array(rest), isSpeltExactly: line[..<colon].allSatisfy(words.contains))
    }

    static func run(
        of lengths: ClosedRange<Int>, usual: [UInt8], odd: Int, with random: inout SeededRandom
    ) -> [UInt8] {
        (0..<Int.random(in: lengths, using: &random)).map { _ in
            Int.random(in: 0..<odd, using: &random) == 0
                ? .random(in: 0...255, using: &random) : usual.randomElement(using: &random) ?? 0
        }
    }
}
