import OAuthModel
import Testing

@Suite struct BearerTokenTests {
    @Test(
        "RFC 6750 §2.1: what is no b64token is refused",
        arguments: [
            "", "=", "==", "a b", "a=b", "a,b", "a\"", "a\t", "a\n", "a\0", "é", "a%20", "a:b", "a;", "a@", "a*", " a",
            "a ",
        ])
    func refuses(text: String) { #expect(BearerToken(text) == nil) }

    @Test(
        "RFC 6750 §2.1: letters, digits, - . _ ~ + / and trailing = are taken",
        arguments: ["a", "mF_9.B5f-4.1JqM", "aZ09-._~+/==", "/", "a==="])
    func accepts(text: String) {
        #expect(BearerToken(text)?.bytes == Array(text.utf8))
    }

    @Test("Every byte is judged as the grammar says")
    func judgesEveryByte() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
        for byte in UInt8.min...UInt8.max { #expect((BearerToken([byte]) != nil) == allowed.contains(byte)) }
    }
}

@Suite struct NumericDateTests {
    static func date(_ text: String, _ rounding: NumericDate.Rounding) throws -> Int64? {
        NumericDate(try #require(JSONNumber(text)), rounding: rounding)?.seconds
    }

    @Test(
        "What lies outside the exact range is refused, and nothing traps",
        arguments: [
            "9223372036854775808", "9223372036854775807", "-9223372036854775808", "9007199254740992",
            "-9007199254740992",
            "1e400", "-1e400", "1e999999999", "1e16", "99999999999999999999999999",
        ])
    func refuses(text: String) throws {
        #expect(try Self.date(text, .down) == nil)
        #expect(try Self.date(text, .up) == nil)
    }

    @Test("Strings, booleans, null and lists are no dates", arguments: ["1", true, .null, [1], [:]] as [JSONValue])
    func refusesOtherKinds(value: JSONValue) { #expect(NumericDate(json: value, rounding: .down) == nil) }

    @Test(
        "Fractions are rounded exactly, down or up",
        arguments: [
            ("1.5", 1, 2), ("1.0", 1, 1), ("0.0000000000000000000000000000001", 0, 1), ("1e-400", 0, 1),
            ("-1e-400", -1, 0), ("-1.5", -2, -1),
            ("1999999999.999999999999999999", 1_999_999_999, 2_000_000_000), ("2e9", 2_000_000_000, 2_000_000_000),
            ("15e-1", 1, 2), ("-0.0", 0, 0), ("0", 0, 0), ("-1", -1, -1),
            ("9007199254740991", 9_007_199_254_740_991, 9_007_199_254_740_991),
        ] as [(String, Int64, Int64)])
    func rounds(text: String, down: Int64, up: Int64) throws {
        #expect(try Self.date(text, .down) == down)
        #expect(try Self.date(text, .up) == up)
    }

    @Test("The edge of the range is judged after rounding")
    func roundsAtTheEdge() throws {
        #expect(try Self.date("9007199254740991.5", .down) == 9_007_199_254_740_991)
        #expect(try Self.date("9007199254740991.5", .up) == nil)
        #expect(try Self.date("-9007199254740991.5", .down) == nil)
    }

    @Test("Arithmetic stops at the ends of the range")
    func saturates() {
        #expect(NumericDate(seconds: .max).advanced(bySeconds: .max) == NumericDate(seconds: .max))
        #expect(NumericDate(seconds: .min).advanced(bySeconds: .min) == NumericDate(seconds: .min))
        #expect(NumericDate(seconds: 5).advanced(bySeconds: -7).seconds == -2)
        #expect(NumericDate(seconds: .max).seconds(since: NumericDate(seconds: .min)) == 18_014_398_509_481_982)
        #expect(NumericDate(seconds: 1) < NumericDate(seconds: 2))
    }
}

@Suite struct AudienceTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let allowed: [String]
        let requested: [String]
        let hydra: Bool
        let exact: Bool
        var testDescription: String { "\(self.allowed) \(self.requested)" }
    }

    static func rows() throws -> [Row] {
        try #require(Vectors.object("hydra/vectors.json")["audience"]?.arrayValue).map { row in
            let members = try #require(row.objectValue)
            return Row(
                allowed: try #require(members["allowed"]?.stringListValue),
                requested: try #require(members["requested"]?.stringListValue),
                hydra: members["default_ok"] == true,
                exact: members["exact_ok"] == true)
        }
    }

    @Test("Every audience vector of Hydra comes out as it does there")
    func vectors() throws {
        let rows = try Self.rows()
        #expect(rows.count == 34)
        for row in rows {
            #expect(
                AudienceStrategy.hydra.allows(row.requested, allowed: row.allowed) == row.hydra,
                "\(row.testDescription)")
            #expect(
                AudienceStrategy.exact.allows(row.requested, allowed: row.allowed) == row.exact,
                "\(row.testDescription)")
        }
    }

    @Test(
        "An audience that Go cannot parse as a URL is never allowed, not even by itself",
        arguments: [
            ":a", "%zz", "https://h/%2", "http://[::1", "http://h:x/", "http://a b/", "a\u{7F}", "http://%41/",
            "http://a b@h/", "1a:b",
            "https://h/#%zz",
        ])
    func refusesNonURLs(text: String) {
        #expect(!AudienceStrategy.hydra.allows([text], allowed: [text]))
    }

    @Test(
        "Audiences are a string or a list of strings",
        arguments: [1, true, .null, [:], [1], ["a", .null]] as [JSONValue])
    func refusesOtherKinds(value: JSONValue) { #expect(Audience(json: value) == nil) }

    @Test("Audiences are compared by bytes")
    func compares() {
        #expect(Audience(json: "api")?.contains("api") == true)
        #expect(Audience(json: ["x", "api"])?.containsAny(of: ["y", "api"]) == true)
        #expect(Audience(["caf\u{E9}"]).contains("cafe\u{301}") == false)
        #expect(Audience(["api/"]).contains("api") == false)
        #expect(Audience([]).containsAny(of: ["a"]) == false)
    }
}

@Suite struct CodeVerifierTests {
    @Test(
        "RFC 7636 §4.1: a verifier that is too short, too long or of other characters is refused",
        arguments: [
            "", String(repeating: "a", count: 42), String(repeating: "a", count: 129),
            String(repeating: "é", count: 43),
            String(repeating: "a", count: 42) + "+", String(repeating: "a", count: 43) + "\n",
        ])
    func refuses(text: String) { #expect(!CodeVerifier.isWellFormed(text)) }

    @Test(
        "RFC 7636 §4.1: 43 to 128 unreserved characters are a verifier",
        arguments: [
            String(repeating: "~", count: 43), String(repeating: "A", count: 128),
            "-._~" + String(repeating: "0", count: 39),
        ])
    func takes(text: String) { #expect(CodeVerifier.isWellFormed(text)) }
}
