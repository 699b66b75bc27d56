import OAuthModel
import Testing

@Suite struct JSONPropertyTests {
    @Test("What the writer writes, the reader reads back, byte for byte")
    func roundTrip() throws {
        var random = SeededRandom(for: "JSON round trip")
        for _ in 0..<5_000 {
            let value = Self.value(depth: 6, &random)
            let written = JSONWriter.write(value)
            let read = try JSONReader.read(written, limits: JSONLimits(bytes: .max))
            #expect(read == value)
            #expect(read.hashValue == value.hashValue)
            #expect(JSONWriter.write(read) == written)
        }
    }

    @Test("White space between tokens changes nothing")
    func whiteSpace() throws {
        var random = SeededRandom(for: "JSON white space")
        for _ in 0..<1_000 {
            let value = Self.value(depth: 4, &random)
            var spaced: [UInt8] = []
            var inString = false
            var escaped = false
            for byte in JSONWriter.write(value) {
                let structural = !inString && "{}[],:".utf8.contains(byte)
                if structural { Self.appendWhiteSpace(to: &spaced, &random) }
                spaced.append(byte)
                if structural { Self.appendWhiteSpace(to: &spaced, &random) }
                if inString {
                    if escaped {
                        escaped = false
                    } else if byte == 0x5C {
                        escaped = true
                    } else if byte == 0x22 {
                        inString = false
                    }
                } else if byte == 0x22 {
                    inString = true
                }
            }
            #expect(try JSONReader.read(spaced, limits: JSONLimits(bytes: .max)) == value)
        }
    }

    @Test("Random and damaged bytes are read or refused, never a crash; what is read is written and read alike")
    func survivesAnything() throws {
        var random = SeededRandom(for: "JSON damage")
        let alphabet =
            Array(#"{}[]",:\u0123456789eE+-.truefalsnd "#.utf8) + [0, 0x0A, 0x80, 0xC3, 0xA9, 0xED, 0xF0, 0xFF]
        for round in 0..<30_000 {
            var bytes: [UInt8]
            if round % 2 == 0 {
                bytes = (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }
            } else {
                bytes = JSONWriter.write(Self.value(depth: 3, &random))
                for _ in 0..<(1 + random.below(3)) where !bytes.isEmpty {
                    let place = random.below(bytes.count)
                    switch random.below(4) {
                    case 0: bytes.remove(at: place)
                    case 1: bytes.insert(alphabet[random.below(alphabet.count)], at: place)
                    case 2: bytes[place] = UInt8(random.below(256))
                    default: bytes.removeSubrange(place...)
                    }
                }
            }
            guard let value = try? JSONReader.read(bytes) else { continue }
            #expect(try JSONReader.read(JSONWriter.write(value)) == value)
        }
    }

    private static func value(depth: Int, _ random: inout SeededRandom) -> JSONValue {
        switch random.below(depth > 0 ? 8 : 5) {
        case 0: return .null
        case 1: return .bool(random.below(2) == 0)
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
        case 3: return .number(Self.number(&random))
        case 4: return .string(Self.string(&random))
        case 5: return .array((0..<random.below(5)).map { _ in Self.value(depth: depth - 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<random.below(random.below(20) == 0 ? 40 : 6) {
                object[Self.string(&random)] = Self.value(depth: depth - 1, &random)
            }
            return .object(object)
        }
    }

    private static func number(_ random: inout SeededRandom) -> JSONNumber {
        func digits(_ count: Int) -> String { String((0..<count).map { _ in Character(String(random.below(10))) }) }
        var text = random.below(2) == 0 ? "-" : ""
        text += random.below(3) == 0 ? "0" : "\(1 + random.below(9))" + digits(random.below(30))
        if random.below(2) == 0 { text += "." + digits(1 + random.below(30)) }
        if random.below(2) == 0 {
            text += ["e", "E", "e+", "E-", "e-00"][random.below(5)] + digits(1 + random.below(7))
        }
        guard let number = JSONNumber(text) else {
            Issue.record("the generator wrote \(text), which is no number")
            return JSONNumber(0)
        }
        return number
    }

    private static func string(_ random: inout SeededRandom) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<random.below(8) {
            let bound = [0x20, 0x80, 0x800, 0x11_0000][random.below(4)]
            if let scalar = Unicode.Scalar(UInt32(random.below(bound))) { text.append(scalar) }
        }
        // A letter and its accent, apart or together, now and then.
        if random.below(6) == 0 {
            text.append(contentsOf: (random.below(2) == 0 ? "\u{E9}" : "e\u{301}").unicodeScalars)
        }
        return String(text)
    }

    private static func appendWhiteSpace(to bytes: inout [UInt8], _ random: inout SeededRandom) {
        for _ in 0..<random.below(3) { bytes.append([0x20, 0x09, 0x0A, 0x0D][random.below(4)]) }
    }
}
