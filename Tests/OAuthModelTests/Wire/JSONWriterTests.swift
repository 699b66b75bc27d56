import OAuthModel
import Testing

@Suite struct JSONWriterTests {
    @Test(
        "RFC 8259 §7: what must be escaped is, and nothing else",
        arguments: [
            ("a\"b\\c", #""a\"b\\c""#), ("\u{0}\u{1F}\u{8}\u{9}\u{A}\u{C}\u{D}", #""\u0000\u001F\b\t\n\f\r""#),
            ("é😀\u{2028}\u{7F}/<", "\"é😀\u{2028}\u{7F}/<\""), ("", "\"\""),
        ])
    func escapes(string: String, text: String) {
        #expect(JSONWriter.write(.string(string)) == Array(text.utf8))
    }

    @Test("Members keep their order, numbers their text")
    func writes() throws {
        let text = #"{"z":[1.50,-0,null,true,false],"a":{},"m":[]}"#
        #expect(JSONWriter.write(try JSONReader.read(Array(text.utf8))) == Array(text.utf8))
    }

    @Test("An object is changed by name, by bytes")
    func changesMembers() {
        var object: JSONObject = ["a": 1, "\u{E9}": 2]
        object["e\u{301}"] = 3
        object["a"] = "x"
        object["b"] = nil
        #expect(object.count == 3)
        #expect(JSONWriter.write(object) == Array("{\"a\":\"x\",\"\u{E9}\":2,\"e\u{301}\":3}".utf8))
        object["\u{E9}"] = nil
        #expect(object == ["e\u{301}": 3, "a": "x"])
        #expect(object != ["\u{E9}": 3, "a": "x"])
    }
}
