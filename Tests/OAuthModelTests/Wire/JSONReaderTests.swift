import OAuthModel
import Testing

@Suite struct JSONReaderTests {
    static func read(_ text: String, _ limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try JSONReader.read(Array(text.utf8), limits: limits)
    }

    static func reason(_ bytes: [UInt8], _ limits: JSONLimits = .standard) -> JSONError.Reason? {
        do {
            _ = try JSONReader.read(bytes, limits: limits)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(
        "RFC 8259: what the grammar does not have is refused",
        arguments: [
            ("", .endsEarly), (" ", .endsEarly), ("{", .endsEarly), ("[", .endsEarly), ("[1", .endsEarly),
            ("[1,", .endsEarly),
            ("{\"a\"", .endsEarly), ("{\"a\":", .endsEarly), ("{\"a\":1", .endsEarly), ("{\"a\":1,", .endsEarly),
            ("\"", .endsEarly), ("\"a", .endsEarly), ("\"\\", .endsEarly), ("\"\\u12", .endsEarly), ("tru", .endsEarly),
            ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte), ("[1 2]", .unexpectedByte), ("{,}", .unexpectedByte),
            ("{\"a\":1,}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte), ("{a:1}", .unexpectedByte),
            ("{1:1}", .unexpectedByte), ("{\"a\":1]", .unexpectedByte), ("[1}", .unexpectedByte),
            ("'a'", .unexpectedByte),
            ("NaN", .unexpectedByte), ("Infinity", .unexpectedByte), ("True", .unexpectedByte),
            ("nul1", .unexpectedByte),
            ("/**/1", .unexpectedByte), ("<html>", .unexpectedByte), ("+1", .unexpectedByte), (".5", .unexpectedByte),
            ("\u{0C}1", .unexpectedByte), ("\u{A0}1", .unexpectedByte),
            ("-", .malformedNumber), ("-a", .malformedNumber), ("1.", .malformedNumber), ("1.e1", .malformedNumber),
            ("1e", .malformedNumber), ("1e+", .malformedNumber), ("-.5", .malformedNumber),
            ("-Infinity", .malformedNumber),
            ("01", .trailingBytes), ("-01", .trailingBytes), ("0x1", .trailingBytes), ("1 x", .trailingBytes),
            ("{}{}", .trailingBytes),
            ("nulll", .trailingBytes), ("[]]", .trailingBytes), ("1\0", .trailingBytes),
            ("\"a\nb\"", .controlCharacter), ("\"\t\"", .controlCharacter), ("\"\0\"", .controlCharacter),
            ("\"\\n\u{1F}\"", .controlCharacter),
            ("\"\\a\"", .malformedEscape), ("\"\\'\"", .malformedEscape), ("\"\\x41\"", .malformedEscape),
            ("\"\\U0041\"", .malformedEscape), ("\"\\u004g\"", .malformedEscape), ("\"\\u+041\"", .malformedEscape),
            ("\"\\ud800\"", .loneSurrogate), ("\"\\udc00\"", .loneSurrogate), ("\"\\ud800\\ud800\"", .loneSurrogate),
            ("\"\\ud83dx\"", .loneSurrogate), ("\"\\ud800\\n\"", .loneSurrogate),
            ("\"\\udc00\\ud800\"", .loneSurrogate),
            ("\u{FEFF}{}", .byteOrderMark), ("1e1234567890", .exponentTooLong), ("1e-1234567890", .exponentTooLong),
        ] as [(String, JSONError.Reason)])
    func refuses(text: String, reason: JSONError.Reason) {
        #expect(Self.reason(Array(text.utf8)) == reason)
    }

    @Test(
        "RFC 8259 §8.1: what is not UTF-8 is refused",
        arguments: [
            [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0xC3, 0x28],
        ] as [[UInt8]])
    func refusesOtherEncodings(bytes: [UInt8]) {
        #expect(Self.reason([0x22] + bytes + [0x22]) == .notUTF8)
        #expect(Self.reason([0x22, 0x5C, 0x6E] + bytes + [0x22]) == .notUTF8)
        #expect(Self.reason([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D]) == .notUTF8)
    }

    @Test(
        "RFC 8259 §4: a member named twice is refused, however its name is written",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"a":1,"b":2,"a":3}}"#, #"{"":1,"":2}"#,
            #"[{"é":1,"\u00e9":2}]"#, #"{"😀":1,"\ud83d\ude00":2}"#,
        ])
    func refusesDuplicates(text: String) {
        #expect(Self.reason(Array(text.utf8)) == .duplicateMember)
    }

    @Test("Duplicates are found in long objects too, wherever they stand", arguments: [0, 3, 15, 16, 17, 40])
    func refusesDuplicatesAmongMany(place: Int) {
        let members = (0..<41).map { "\"m\($0)\":\($0)" }
        #expect(Self.reason(Array("{\(members.joined(separator: ","))}".utf8)) == nil)
        #expect(Self.reason(Array("{\(members.joined(separator: ",")),\"m\(place)\":0}".utf8)) == .duplicateMember)
    }

    @Test("Names that look alike are different members: names are bytes")
    func keepsCanonicallyEquivalentNames() throws {
        let filler = (0..<20).map { ",\"m\($0)\":0" }.joined()
        for rest in ["", filler] {
            let object = try #require(try Self.read("{\"\u{E9}\":1,\"e\u{301}\":2\(rest)}").objectValue)
            #expect(object["\u{E9}"] == 1)
            #expect(object["e\u{301}"] == 2)
        }
    }

    @Test("Nesting deeper than the limit is refused, and no limit goes beyond what the stack bears")
    func boundsDepth() {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        #expect(Self.reason(nested(33)) == .tooDeep)
        #expect(Self.reason(nested(32)) == nil)
        #expect(Self.reason(Array("{\"a\":[{}]}".utf8), JSONLimits(depth: 2)) == .tooDeep)
        #expect(Self.reason(Array("[[],[],{},{}]".utf8), JSONLimits(depth: 2)) == nil)
        #expect(Self.reason(Array("1".utf8), JSONLimits(depth: 0)) == nil)
        #expect(Self.reason(Array("[]".utf8), JSONLimits(depth: 0)) == .tooDeep)
        let endless = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(Self.reason(endless, JSONLimits(depth: .max, bytes: .max)) == .tooDeep)
    }

    @Test("A text longer than the limit is refused before it is read")
    func boundsBytes() {
        #expect(Self.reason(Array("[1, 2]".utf8), JSONLimits(bytes: 5)) == .tooLarge)
        #expect(Self.reason(Array("[1, 2]".utf8), JSONLimits(bytes: 6)) == nil)
    }

    @Test("An error says where")
    func reportsOffset() {
        #expect(throws: JSONError(.unexpectedByte, at: 5)) { try Self.read("{\"a\":x}") }
        #expect(throws: JSONError(.duplicateMember, at: 7)) { try Self.read("{\"a\":1,\"a\":1}") }
    }

    @Test("A long object costs no more than its length")
    func isLinear() throws {
        let members = (0..<20_000).map { "\"m\($0)\":0" }.joined(separator: ",")
        let object = try Self.read("{\(members)}", JSONLimits(bytes: 1 << 20)).objectValue
        #expect(object?.count == 20_000)
    }

    @Test("Every kind of value is read")
    func readsValues() throws {
        let value = try Self.read(" { \"a\" : [ true , false , null , -0.5e+3 , \"x\" ] ,\r\n\t\"b\" : { } } ")
        #expect(value == ["a": [true, false, .null, .number(try #require(JSONNumber("-500"))), "x"], "b": [:]])
        #expect(value.objectValue?.members.map(\.name) == ["a", "b"])
    }

    @Test(
        "Escapes mean what RFC 8259 §7 says",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0000\u001F\u00e9\u20AC""#, "\0\u{1F}\u{E9}\u{20AC}"),
            (#""a\ud83d\ude00b""#, "a😀b"), ("\"\u{2028}é😀\"", "\u{2028}é😀"), ("\"\"", ""), ("\"\u{7F}\"", "\u{7F}"),
            (#""\uDBFF\uDFFF\uFFFF""#, "\u{10FFFF}\u{FFFF}"),
        ])
    func readsEscapes(text: String, string: String) throws {
        #expect(try Array(#require(Self.read(text).stringValue).utf8) == Array(string.utf8))
    }
}

@Suite struct JSONNumberTests {
    @Test("Numbers are exact: neither 2^53 + 1 nor long fractions lose a digit")
    func keepsText() throws {
        for text in [
            "9007199254740993", "0.1000000000000000055511151231257827", "-0", "1E400", "123456789012345678901234567890",
        ] {
            #expect(try JSONReader.read(Array(text.utf8)).numberValue?.text == text)
        }
        #expect(JSONNumber("9007199254740993") != JSONNumber("9007199254740992"))
        #expect(JSONNumber("1e400") != JSONNumber("1e401"))
    }

    @Test(
        "Numbers are equal when their decimal values are",
        arguments: [
            ("1", "1.0"), ("1", "10e-1"), ("100", "1e2"), ("0", "-0"), ("0", "0e99"), ("0.00", "0"),
            ("-1.50", "-15E-1"),
            ("1e-5", "0.00001"), ("12.0e001", "120"),
        ])
    func comparesValues(one: String, other: String) throws {
        let one = try #require(JSONNumber(one))
        let other = try #require(JSONNumber(other))
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
    }

    @Test("A number is never a string, and 1 is not true")
    func comparesKinds() {
        #expect(JSONValue.integer(1) != .string("1"))
        #expect(JSONValue.integer(1) != .bool(true))
        #expect(JSONValue.null != .bool(false))
    }

    @Test(
        "What is no number is refused",
        arguments: ["", "-", "01", "1.", ".1", "1e", "+1", " 1", "1 ", "0x1", "1_0", "١", "1e1000000000"])
    func refuses(text: String) { #expect(JSONNumber(text) == nil) }

    @Test(
        "Only whole numbers in range become Int64",
        arguments: [
            ("1.5", nil), ("1e-1", nil), ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e19", nil),
            ("1e999999999", nil),
            ("-1e-999999999", nil), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775807.0", .max),
            ("-9223372036854775808.00", .min), ("1e3", 1000), ("-0", 0), ("0e999999999", 0), ("120e-1", 12),
            ("-25e1", -250),
        ] as [(String, Int64?)])
    func converts(text: String, value: Int64?) throws {
        #expect(try #require(JSONNumber(text)).int64 == value)
    }
}
