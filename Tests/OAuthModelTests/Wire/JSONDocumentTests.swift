import Testing

@testable import OAuthModel

/// The flat layout that ``JSONReader`` and cached claims rest on.
@Suite struct JSONDocumentTests {
    static func read(_ text: String) throws(JSONError) -> JSONDocument {
        try JSONDocument(reading: Array(text.utf8))
    }

    @Test(
        "a second member of one name is refused wherever it stands and however it is written",
        arguments: [2, 15, 16, 17, 40])
    func refusesDuplicates(members: Int) {
        for repeated in [0, members / 2, members - 1] {
            let names = (0..<members).map { "\"n\($0)é\"" }
            let spelled = #""\u006e\#(repeated)é""#
            for again in [names[repeated], spelled] {
                let text = "{" + (names + [again]).map { "\($0):{\"n0é\":[0]}" }.joined(separator: ",") + "}"
                #expect(throws: JSONError.self, "\(again) behind \(members)") { try Self.read(text) }
                let single = "{" + names.map { "\($0):{\"n0é\":[0]}" }.joined(separator: ",") + "}"
                #expect(throws: Never.self) { try Self.read(single) }
            }
        }
    }

    /// Of each element of the list that a text is: whether it holds a member twice, read so that this is noted.
    private static func ambiguity(of text: String) throws(JSONError) -> [Bool] {
        var ambiguous: [JSONDocument.Place] = []
        let document = try JSONDocument(reading: Array(text.utf8), limits: .standard, noting: &ambiguous)
        return document.elements(of: document.root).map { document.contains(anyOf: ambiguous, at: $0) }
    }

    @Test(
        "where duplicates are noted, the outermost object still has none, and all else is as strict",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":[{"b":1,"b":1}],"\u0061":1}"#, #"[{"a":1,"a":1]"#, #"[{"a":1,"a"}]"#,
            #"[{"a":1,"a":1}]x"#,
        ])
    func refusesOutermostDuplicates(text: String) {
        #expect(throws: JSONError.self) { try Self.ambiguity(of: text) }
    }

    @Test("where duplicates are noted, it is said of which element, however deep they are", arguments: [1, 15, 40])
    func notesDuplicates(members: Int) throws {
        let distinct = (0..<members).map { "\"n\($0)\":{\"n0\":0}" }.joined(separator: ",")
        for again in [#""n0":0"#, #""\u006e0":{}"#, #""last":{"a":[],"a":1}"#] {
            let text = "[{\(distinct)},{\(distinct),\(again)},1,[[{\(distinct),\(again)}]],{\(distinct),\"last\":{}}]"
            #expect(try Self.ambiguity(of: text) == [false, true, false, true, false])
            #expect(throws: JSONError.self) { try Self.read(text) }
        }
    }

    @Test("registered claims have places of their own, without a gap")
    func numbersClaims() {
        #expect(RegisteredClaim.allCases.map(\.index).sorted() == Array(0..<14))
    }

    @Test("names of one length with the same ends are different names")
    func tellsNamesOfOneShapeApart() throws {
        let document = try Self.read(#"{"abc":1,"adc":2,"aec":3,"":4,"é":5,"è":6}"#)
        for (name, value) in [("abc", 1), ("adc", 2), ("aec", 3), ("", 4), ("é", 5), ("è", 6)] as [(String, JSONValue)]
        {
            let place = try #require(document.member(named: name, of: document.root), "\(name)")
            #expect(document.value(at: place) == value)
        }
        #expect(document.member(named: "afc", of: document.root) == nil)
    }

    @Test("every octet that ends a plain run is seen at every place of a word", arguments: 0..<20)
    func seesMarks(offset: Int) throws {
        let plain = String(repeating: "a", count: offset)
        for (written, meant) in [
            ("", ""), (#"\""#, "\""), (#"\\"#, "\\"), ("é", "é"), ("\u{7F}", "\u{7F}"), (" ", " "),
        ] {
            let text = "[\"\(plain)\(written)tail of it\"]"
            let value = try Self.read(text)
            #expect(value.value(at: value.root) == [.string("\(plain)\(meant)tail of it")], "\(text)")
        }
        for control in [0x00, 0x0A, 0x1F] as [UInt8] {
            let bytes = Array("[\"\(plain)".utf8) + [control] + Array("tail of it\"]".utf8)
            #expect(throws: JSONError(.controlCharacter, at: 2 + offset)) { try JSONDocument(reading: bytes) }
        }
        for broken in [0x80, 0xC0, 0xFF] as [UInt8] {
            let bytes = Array("[\"\(plain)".utf8) + [broken] + Array("tail of it\"]".utf8)
            #expect(throws: JSONError(.notUTF8, at: 2)) { try JSONDocument(reading: bytes) }
        }
        #expect(throws: JSONError(.endsEarly, at: 2 + offset)) { try Self.read("[\"\(plain)") }
    }

    @Test("what stands behind a nested list or object is found")
    func stepsOverWhatIsNested() throws {
        let document = try Self.read(#"{"a":[[1,{"b":[]}],{}],"b":{"a":null,"c":"\u0078y"},"c":[true,false]}"#)
        let inner = try #require(document.member(named: "b", of: document.root))
        let text = try #require(document.member(named: "c", of: inner))
        #expect(document.text(of: text) == "xy" && document.octets(of: text).count == 2)
        let last = try #require(document.member(named: "c", of: document.root))
        #expect(document.value(at: last) == [true, false])
        #expect(document.member(named: "a", of: last) == nil, "a list has no members")
        var contents = document.contents(of: text)
        let element = contents.nextElement(in: document)
        #expect(element == nil, "and a text holds nothing")
    }

    @Test("a value is held by kind and octets")
    func holdsByKind() throws {
        let document = try Self.read(#"[1,"1",true,null,[1],{"a":1,"b":2},"e\u0301"]"#)
        var contents = document.contents(of: document.root)
        let values: [JSONValue] = [1, "1", true, .null, [1], ["b": 2, "a": 1], .string("e\u{301}")]
        for value in values {
            let element = contents.nextElement(in: document)
            let place = try #require(element)
            for other in values { #expect(document.holds(other, at: place) == (other == value), "\(value), \(other)") }
        }
        let numbers = try Self.read("1.0")
        #expect(numbers.holds(1, at: numbers.root) && !numbers.holds(2, at: numbers.root))
        #expect(!document.holds(.string("é"), at: document.root), "composed and decomposed differ")
    }

    @Test("claims made from values are those values, and names are found among them")
    func comesFromValues() throws {
        let object: JSONObject = ["sub": "é\"", "n": 1_500, "l": ["a", ["b"], [:]], "o": ["x": .null], "t": true]
        let claims = ClaimSet(object)
        let written = try JSONDocument(reading: JSONWriter.write(object))
        #expect(claims.members == object && claims == ClaimSet(written))
        let path = try #require(ClaimPath("o.x"))
        #expect(claims["sub"] == "é\"" && claims[path] == .null && claims["x"] == nil)
    }

    @Test("a word of a scope claim is a scope-token or none (RFC 6749 §3.3)")
    func readsScopeWords() throws {
        for (claim, words) in [
            (#""a b  c""#, ["a", "b", "c"]), (#"" a ""#, ["a"]), (#""""#, []), (#""a\"b é c""#, ["c"]),
            (#"["a","b c","d"]"#, ["a", "d"]), (#"["a",1]"#, []), ("7", []), (#""a\u0020b""#, ["a", "b"]),
            (#""a\tb c""#, ["c"]),
        ] {
            let claims = try #require(ClaimSet(try Self.read("{\"scope\":\(claim)}")))
            let scopes = ScopeWords(of: claims.place(of: "scope"), in: claims.document)
            let texts = (0..<scopes.count).map { scopes.word($0, in: claims.document).validatedText() ?? "" }
            #expect(texts == words, "\(claim)")
            for word in ["a", "b", "c", "d"] {
                #expect(
                    scopes.contains(word.utf8.span, in: claims.document) == words.contains(word), "\(word), \(claim)")
            }
        }
    }

    @Test("a date of many digits is exact, and beyond the range none")
    func readsDates() throws {
        for (text, seconds) in [
            ("1999999999", 1_999_999_999), ("999999999999999", 999_999_999_999_999),
            ("9007199254740991", 9_007_199_254_740_991), ("9007199254740992", nil), ("-5", -5), ("1e3", 1_000),
            ("0.5", 0), ("-0.5", -1), ("0", 0),
        ] as [(String, Int64?)] {
            let document = try Self.read(text)
            #expect(document.date(at: document.root, rounding: .down)?.seconds == seconds, "\(text)")
        }
    }
}
