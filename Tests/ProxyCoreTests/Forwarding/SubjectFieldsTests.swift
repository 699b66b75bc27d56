import OAuthModel
import Testing

@testable import ProxyCore

@Suite struct SubjectFieldsTests {
    static func render(_ claims: String, _ template: String = "{sub}", scope: String = "") throws -> String {
        guard case .object(var members) = try JSONReader.read([UInt8](claims.utf8)) else { return "" }
        members["scope"] = .string(scope)
        let claims = ClaimSet(members)
        let set = try SubjectFieldSet([(name: "X-It", template: template)])
        let lines = try set.render(
            claims: claims, scopes: ScopeWords(of: claims.place(of: "scope"), in: claims.document),
            audience: claims.place(of: "aud"))
        return String(decoding: lines, as: UTF8.self)
    }

    @Test(
        "PB-61: a control byte refuses the token, so no value can begin another line",
        arguments: [#"a\r\nX-Evil: 1"#, #"a\u0000"#, #"\u001f"#, #"a\u007f"#, #"a\nb"#])
    func refusesControlBytes(value: String) {
        #expect(throws: SubjectValueProblem.controlByte) { try Self.render(#"{"sub":"\#(value)"}"#) }
        #expect(throws: SubjectValueProblem.controlByte) { try Self.render(#"{"g":["a","\#(value)"]}"#, "{g}") }
    }

    @Test("objects and mixed lists are refused", arguments: [#"{"a":1}"#, "[1]", #"["a",null]"#, #"[["a"]]"#])
    func refusesObjects(value: String) {
        #expect(throws: SubjectValueProblem.notSendable) { try Self.render(#"{"g":\#(value)}"#, "{g}") }
    }

    @Test("an encoded value over 4 KiB refuses the token")
    func refusesLongValues() throws {
        let fits = String(repeating: "a", count: 4_096)
        #expect(try Self.render(#"{"sub":"\#(fits)"}"#) == "X-It: \(fits)\r\n")
        #expect(throws: SubjectValueProblem.tooLong) { try Self.render(#"{"sub":"\#(fits)a"}"#) }
        let spaces = String(repeating: " ", count: 1_366)
        #expect(throws: SubjectValueProblem.tooLong) { try Self.render(#"{"sub":"\#(spaces)"}"#) }
    }

    @Test(
        "PB-62: bytes outside 0x21–0x7E and `%` become %XX, so that two subjects never look alike",
        arguments: [
            (#""alice""#, "alice"), (#""a b""#, "a%20b"), (#""a%20b""#, "a%2520b"), (#""ä""#, "%C3%A4"),
            (#""a\tb""#, "a%09b"),
            (#""Ω,;\"~!""#, "%CE%A9,;\"~!"), ("true", "true"), ("false", "false"), ("1e3", "1e3"),
            ("12345678901234567890", "12345678901234567890"),
            (#"["a b","c"]"#, "a%20b c"),
        ])
    func encodes(json: String, value: String) throws {
        #expect(try Self.render(#"{"g":\#(json)}"#, "{g}") == "X-It: \(value)\r\n")
    }

    @Test(
        "absent, null and empty claims send no field",
        arguments: ["{}", #"{"sub":null}"#, #"{"sub":""}"#, #"{"sub":[]}"#, #"{"sub":[""]}"#, #"{"sub":["","",""]}"#])
    func sendsNothing(claims: String) throws {
        #expect(try Self.render(claims).isEmpty)
        #expect(try Self.render(claims, "user:{sub}").isEmpty)
    }

    @Test("scope and aud are words with one space between them")
    func joinsWords() throws {
        #expect(try Self.render("{}", "{scope}", scope: "read  write%x") == "X-It: read write%25x\r\n")
        #expect(try Self.render(#"{"aud":["https://a","b c"]}"#, "{aud}") == "X-It: https://a b%20c\r\n")
    }

    @Test(
        "empty words of a list are left out: no value begins or ends with a space, nor has two",
        arguments: [
            (#"["","admin"]"#, "admin"), (#"["admin",""]"#, "admin"), (#"["","a","","","b",""]"#, "a b"),
            (#"[" ","a"]"#, "%20 a"),
        ])
    func leavesOutEmptyWords(list: String, value: String) throws {
        #expect(try Self.render(#"{"g":\#(list)}"#, "{g}") == "X-It: \(value)\r\n")
        #expect(try Self.render(#"{"aud":\#(list)}"#, "<{aud}>") == "X-It: <\(value)>\r\n")
    }

    @Test("templates mix text and claims")
    func mixes() throws {
        #expect(try Self.render(#"{"ext":{"tenant":"t1"},"sub":"s"}"#, "{ext.tenant}/{sub}!") == "X-It: t1/s!\r\n")
    }

    @Test("the six standard fields")
    func standard() throws {
        let fixture = try ForwardingFixture.guarded(
            answer:
                #"{"active":true,"sub":"alice","client_id":"app","scope":"a b","iss":"https://i","username":"Al","exp":1900000000}"#
        )
        let message = try fixture.forwarded("/x", ["Authorization: Bearer tok"])
        #expect(message.values("x-auth-subject") == ["alice"])
        #expect(message.values("x-auth-client-id") == ["app"])
        #expect(message.values("x-auth-scope") == ["a b"])
        #expect(message.values("x-auth-issuer") == ["https://i"])
        #expect(message.values("x-auth-username") == ["Al"])
        #expect(message.values("x-auth-expires-at") == ["1900000000"])
    }

    @Test(
        "a name or template that cannot be used is an error that says what would be right",
        arguments: [
            ("X Y", "{sub}", SubjectTemplateProblem.name("X Y")), ("", "{sub}", .name("")),
            ("Host", "{sub}", .nameTaken("Host")),
            ("content_length", "{sub}", .nameTaken("content_length")),
            ("X-Request-Id", "{sub}", .nameTaken("X-Request-Id")),
            ("X-It", "{sub", .brace("{sub")), ("X-It", "sub}", .brace("sub}")), ("X-It", "{a{b}", .brace("{a{b}")),
            ("X-It", "{}", .emptyClaim("{}")), ("X-It", "fixed", .noClaim("fixed")), ("X-It", "", .noClaim("")),
            ("X-It", "ü{sub}", .literal("ü{sub}")), ("X-It", "a\n{sub}", .literal("a\n{sub}")),
        ])
    func refusesTemplates(name: String, template: String, problem: SubjectTemplateProblem) {
        #expect(throws: problem) { try SubjectFieldSet([(name: name, template: template)]) }
    }

    @Test("two names that fold to one are an error")
    func refusesRepetition() {
        #expect(throws: SubjectTemplateProblem.repeated("x_tenant")) {
            try SubjectFieldSet([(name: "X-Tenant", template: "{a}"), (name: "x_tenant", template: "{b}")])
        }
    }
}
