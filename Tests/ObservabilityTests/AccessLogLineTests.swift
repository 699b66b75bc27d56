import OAuthModel
import Testing

@testable import Observability

@Suite("Lines of the access log (SPEC §8)") struct AccessLogLineTests {
    private func line(_ format: AccessLog.Format, _ value: [UInt8]) -> [UInt8] {
        var line = AccessLogLine(format: format)
        line.add("sub", value)
        line.add("client_id", Array("app".utf8))
        return line.finish()
    }

    /// What a reader of JSON finds on a line with this value.
    private func read(_ value: [UInt8]) throws -> JSONValue {
        let line = self.line(.json, value)
        #expect(line.allSatisfy { 0x20...0x7E ~= $0 || $0 == 0x0A })
        #expect(line.firstIndex(of: 0x0A) == line.count - 1)
        return try JSONReader.read(Array(line.dropLast()))
    }

    @Test(
        "RFC 8259 §7: a reader of JSON reads the characters that were there",
        arguments: [
            "alice", "Ἀλίκη", "\u{1F600}", "e\u{301}", "\"\\", "\\u0041", "\0\t\r\n\u{1B}[2J\u{7F}\u{85}\u{A0}",
            "\u{2028}\u{2029}\u{202E}", "",
        ])
    func readsBack(value: String) throws {
        #expect(try self.read(Array(value.utf8)) == .object(["sub": .string(value), "client_id": "app"]))
    }

    @Test(
        "Bytes that are no UTF-8 are U+FFFD to the reader",
        arguments: [([0x61, 0xFF, 0x62], "a\u{FFFD}b"), ([0xC3], "\u{FFFD}")] as [([UInt8], String)])
    func noUTF8(value: [UInt8], expected: String) throws {
        #expect(try self.read(value) == .object(["sub": .string(expected), "client_id": "app"]))
    }

    @Test(
        "As text a line stays one line of printable ASCII, in which no value ends early",
        arguments: [
            ("a\" client_id=\"root", #"a\" client_id=\"root"#), ("\\", #"\\"#), ("a\nb\u{2028}", #"a\u000ab\u2028"#),
            ("\u{E9}\u{1F600}\u{7F}", #"\u00e9\ud83d\ude00\u007f"#), (#"\u00e9"#, #"\\u00e9"#),
        ])
    func text(value: String, written: String) {
        let expected = "sub=\"" + written + "\" client_id=\"app\"\n"
        #expect(String(decoding: self.line(.text, Array(value.utf8)), as: UTF8.self) == expected)
    }
}
