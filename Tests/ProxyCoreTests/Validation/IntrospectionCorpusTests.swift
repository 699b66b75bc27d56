import OAuthModel
import ProxyCore
import Testing

@Suite("Answers an authorization server may give (introspection-responses.json)")
struct IntrospectionCorpusTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let id: String
        let status: Int
        let contentType: String
        let retryAfter: String?
        let body: String
        let audience: String?
        let issuer: String?
        let want: [String]
        var testDescription: String { self.id }
    }

    /// Rows that are decided by status, content type and body; transport tricks belong to whoever reads the bytes.
    static let read = Result {
        let bytes = try TestVectors.bytes(TestVectors.path("introspection/introspection-responses.json"))
        let file = try JSONReader.read(bytes, limits: JSONLimits(bytes: 1 << 20))
        return (file.objectValue?["cases"]?.arrayValue ?? []).compactMap { Row($0) }
    }
    static let rows = (try? read.get()) ?? []

    @Test("the corpus is there")
    func isThere() throws { #expect(try Self.read.get().count > 70) }

    @Test("each answer leads to an outcome that is wanted, hit or miss", arguments: rows)
    func row(row: Row) throws {
        let world = try AdmissionWorld([AdmissionWorld.settings(issuer: row.issuer)]) {
            [try AdmissionWorld.route("x", $0[0], scopes: ["read"], audiences: row.audience.map { [$0] } ?? [])]
        }
        world.answers["t"] = AdmissionWorld.Answer(
            status: row.status, contentType: row.contentType, retryAfter: row.retryAfter, body: row.body)
        for _ in 0..<2 {
            let decision = try world.send(token: "t")
            let outcome = "\(decision.status)"
            #expect(row.want.contains { $0.hasPrefix(outcome) }, "\(outcome), \(decision.refusal.debugDescription)")
            let isSaneHeader = decision.subjectLines.utf8.allSatisfy { $0 < 0x7F }
            #expect(isSaneHeader)
        }
    }

    @Test(
        "a server's Retry-After is passed on, at most a minute",
        arguments: [
            ("7", 7), ("7 \t", 7), ("0", 0), ("3600", 60), ("soon", nil), ("", nil), (" ", nil), ("7 8", nil),
            ("-1", nil),
            ("99999999999999999999999", 60),
        ] as [(String, Int?)])
    func retryAfter(value: String, seconds: Int?) {
        let value = [UInt8](value.utf8)
        let outcome = IntrospectionReply.classify(
            status: 503, contentType: nil, retryAfter: value.span, body: [])
        #expect(outcome == .unavailable(retryAfter: seconds))
    }

    @Test(
        "RFC 9110 §8.3.1: behind the media type stand white space and parameters, or nothing",
        arguments: [
            ("text/html", false), ("application/json text/html", false), ("application/json\ttext/html", false),
            ("application/jsonp", false), ("application/json+x", false), ("application", false), ("", false),
            ("application/json, application/json", false), ("application/json;charset=utf-8, text/html", false),
            ("application/json", true), ("Application/JSON", true), ("application/json;charset=utf-8", true),
            ("application/json \t; charset=utf-8", true), ("application/json \t", true), ("application/json;", true),
        ])
    func mediaType(value: String, isJSON: Bool) {
        let value = [UInt8](value.utf8)
        let outcome = IntrospectionReply.classify(
            status: 200, contentType: value.span, retryAfter: nil, body: [UInt8](#"{"active":false}"#.utf8))
        let expected: IntrospectionOutcome = isJSON ? .inactive : .malformed
        #expect(outcome == expected)
    }

    @Test("RFC 9110 §5.5, §8.4: what is said twice, or of encoded content, is no type; what is not said is none")
    func contentTypes() {
        func said(_ types: [String], _ encodings: [String] = []) -> String? {
            let type = IntrospectionReply.contentType(
                types.map { [UInt8]($0.utf8) }, encodings: encodings.map { [UInt8]($0.utf8) })
            return type.map { String(decoding: $0, as: UTF8.self) }
        }
        let json = "application/json"
        #expect(said([json, json]) == "")
        #expect(said([json, "text/html"]) == "")
        for encoding in ["gzip", "x-identity", "identity, gzip", "gzip, identity", ""] {
            #expect(said([json], [encoding]) == "")
            #expect(said([], ["identity", encoding]) == "")
        }
        #expect(said([json], ["identity"]) == json)
        #expect(said([json], ["Identity \t", "identity"]) == json)
        #expect(said([json]) == json)
        #expect(said([]) == nil)
    }

    @Test(
        "SPEC §5: a control in who somebody is makes it no answer, whatever a route tells of it",
        arguments: [
            #""sub":"a\u0000""#, #""sub":"a\r\nX-Auth-Scope: admin""#, #""sub":"\u001f""#, #""sub":"a\u007fb""#,
            #""sub":"a","client_id":"c\n""#, #""client_id":"\u001b[2J""#,
        ])
    func controls(members: String) {
        let body = [UInt8](#"{"active":true,"scope":"read",\#(members)}"#.utf8)
        let outcome = IntrospectionReply.classify(status: 200, contentType: nil, retryAfter: nil, body: body)
        #expect(outcome == .malformed)
    }

    @Test(
        "a tab is none of them, nor is what only looks like one",
        arguments: [#""sub":"a\tb","client_id":"\t""#, #""sub":"a\u0080","client_id":"\u2028""#, #""sub":"\\u0000""#])
    func noControls(members: String) throws {
        #expect(try Tokens.introspected(#"{"active":true,\#(members)}"#).standingRejection == nil)
    }

    @Test("an answer over 64 KiB is malformed")
    func bounded() {
        let padding = String(repeating: " ", count: IntrospectionReply.bodyBytesMax)
        let body = [UInt8](#"{"active":true,"sub":"a"}"#.utf8) + [UInt8](padding.utf8)
        let outcome = IntrospectionReply.classify(
            status: 200, contentType: nil, retryAfter: nil, body: body)
        #expect(outcome == .malformed)
    }
}

extension IntrospectionCorpusTests.Row {
    init?(_ value: JSONValue) {
        guard let members = value.objectValue, members["behaviour"] == nil, let id = members["id"]?.stringValue,
            let status = members["status"]?.numberValue?.int64, let want = members["want"]?.stringListValue
        else { return nil }
        self.id = id
        self.status = Int(status)
        self.contentType = members["content_type"]?.stringValue ?? ""
        self.retryAfter = members["headers"]?.objectValue?["Retry-After"]?.stringValue
        self.body = Self.replacingNow(members["body"]?.stringValue ?? "")
        self.audience = members["route_audience"]?.stringValue
        self.issuer = members["route_issuer"]?.stringValue
        self.want = want
    }

    /// `"@now+60"`, `"@now-1"`, `"@now*1000"` become numbers, quotes dropped.
    private static func replacingNow(_ body: String) -> String {
        let now = 1_800_000_000
        var parts = body.components(separatedByMark: "\"@now")
        let first = parts.removeFirst()
        return parts.reduce(first) { text, part in
            guard let quote = part.firstIndex(of: "\"") else { return text + part }
            let sum = part[..<quote]
            let rest = part[part.index(after: quote)...]
            let value: String
            if sum.hasPrefix("*") {
                value = "\(now * (Int(sum.dropFirst()) ?? 1))"
            } else if sum.contains(".") {
                value = "\(Double(now) + (Double(sum) ?? 0))"
            } else {
                value = "\(now + (Int(sum) ?? 0))"
            }
            return text + value + rest
        }
    }
}

extension String {
    fileprivate func components(separatedByMark mark: String) -> [String] {
        var parts: [String] = [""]
        var rest = Substring(self)
        while !rest.isEmpty {
            if rest.hasPrefix(mark) {
                parts.append("")
                rest = rest.dropFirst(mark.count)
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        return parts
    }
}
