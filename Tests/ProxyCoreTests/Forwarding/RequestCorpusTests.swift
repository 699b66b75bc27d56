import HTTPWire
import OAuthModel
import Testing

@testable import ProxyCore

/// The raw requests of `Tests/Vectors/http1`, from their bytes to the upstream's head.
@Suite struct RequestCorpusTests {
    static let groups = [
        "baseline", "path", "host", "identity", "hop-by-hop", "trailers", "request-line", "credentials", "te-value",
        "cl-te", "cl-value", "field-syntax", "expect",
    ]

    static func fixture() throws -> ForwardingFixture {
        var limits = HeadLimits()
        limits.head = 32_768
        limits.fields = 200
        let host = [try HostPattern("api.test")]
        func route(
            _ index: Int, _ paths: [String], scope: String?, allowsWebSocket: Bool = false
        ) throws -> Route {
            Route(
                index: index, name: paths[0], hosts: host,
                paths: try paths.map { path throws in try RoutePattern(path) },
                access: scope == nil ? .public : .required,
                authorizationServer: scope == nil ? nil : ForwardingFixture.server,
                policy: AccessPolicy(scopes: ScopeRequirement(allOf: scope.flatMap { Scope($0) }.map { [$0] } ?? [])),
                upstream: ForwardingFixture.upstream, allowsWebSocket: allowsWebSocket)
        }
        return try ForwardingFixture(
            [
                route(0, ["/public/**"], scope: nil), route(1, ["/api/**"], scope: "read"),
                route(2, ["/ws/**"], scope: "read", allowsWebSocket: true), route(3, ["/admin/**"], scope: "admin"),
            ],
            limits: limits,
            answers: [
                "tok-read": #"{"active":true,"scope":"read","sub":"alice"}"#,
                "tok-admin": #"{"active":true,"scope":"read admin","sub":"root-admin"}"#,
                "tok-slow": #"{"active":true,"scope":"read","sub":"slow"}"#,
                "tok-dead": #"{"active":false}"#,
            ])
    }

    @Test("every row of the corpus comes to one of its verdicts", arguments: Self.groups)
    func verdicts(group: String) throws {
        let corpus = try CorpusRow.all(in: group)
        try #require(!corpus.isEmpty)
        let fixture = try Self.fixture()
        for row in corpus {
            switch fixture.send(row.raw) {
            case .incomplete:
                #expect(row.allows("close") || row.mayStay, "\(row.id): nothing happened")
            case .refused(let refusal):
                #expect(row.statuses.contains(refusal.status), "\(row.id) \(row.title): \(refusal)")
            case .forwarded(let message):
                #expect(row.mayBeForwarded, "\(row.id) \(row.title): forwarded\n\(message.text)")
                self.check(message, row)
            }
        }
    }

    private func check(_ message: ForwardedMessage, _ row: CorpusRow) {
        let label: Comment = "\(row.id) \(row.title)\n\(message.text)"
        #expect(message.values("host").count == 1, label)
        #expect(!message.target.contains("smuggled"), label)
        #expect(!message.text.contains("attacker"), label)
        #expect(!message.trailers.contains { String(decoding: $0.value, as: UTF8.self).contains("attacker") }, label)
        #expect(message.values("content-length").isEmpty || message.values("transfer-encoding").isEmpty, label)
        if message.grant?.token != nil { #expect(message.values("x-auth-subject").count == 1, label) }

        let must = row.must
        for (name, value) in must["headers"].members {
            #expect(message.values(name) == [value.stringValue ?? ""], label)
        }
        for (name, value) in must["headers_b64"].members {
            let bytes = value.stringValue.flatMap { Base64.decode($0.utf8.span) }
            #expect(message.fields.filter { $0.name.lowercased() == name }.map(\.value) == [bytes ?? []], label)
        }
        if let target = must["target"].stringValue { #expect(message.target == target, label) }
        if let method = must["method"].stringValue { #expect(message.method == method, label) }
        if let host = must["host_not"].stringValue { #expect(message.values("host") != [host], label) }
        for name in must["header_present"].words { #expect(message.names.contains(name), label) }

        let mustNot = row.mustNot
        for name in mustNot["header_names"].words { #expect(!message.names.contains(name), label) }
        for name in mustNot["trailer_names"].words {
            #expect(!message.trailers.contains { $0.name.lowercased() == name }, label)
        }
        for (name, value) in mustNot["header_values"].members + mustNot["header_equals"].members {
            let trailers = message.trailers.filter { $0.name.lowercased() == name }
                .map { String(decoding: $0.value, as: UTF8.self) }
            #expect(!(message.values(name) + trailers).contains(value.stringValue ?? ""), label)
        }
        if let prefix = mustNot["target_decodes_to_prefix"].stringValue {
            #expect(message.grant?.token != nil || !message.target.hasPrefix(prefix), label)
        }
    }
}

/// One row, read with our own JSON reader.
struct CorpusRow {
    let id: String
    let title: String
    let raw: [UInt8]
    let expect: JSONValue

    static func all(in group: String) throws -> [CorpusRow] {
        try Self.corpus.get().compactMap { row in
            guard row["group"].stringValue == group, let encoded = row["raw_b64"].stringValue,
                let raw = Base64.decode(encoded.utf8.span)
            else { return nil }
            return CorpusRow(
                id: row["id"].stringValue ?? "", title: row["title"].stringValue ?? "", raw: raw, expect: row["expect"])
        }
    }

    var must: JSONValue { self.expect["upstream_must"] }
    var mustNot: JSONValue { self.expect["upstream_must_not"] }

    private var outcomes: [JSONValue] { [self.expect] + (self.expect["alternatives"].arrayValue ?? []) }

    func allows(_ verdict: String) -> Bool { self.outcomes.contains { $0["verdict"].stringValue == verdict } }

    /// A message cut short may simply wait for its end.
    var mayStay: Bool { self.allows("reject") || self.allows("local") }

    /// Accepted, or refused only after the head: for its content, say.
    var mayBeForwarded: Bool {
        self.outcomes.contains {
            $0["verdict"].stringValue == "accept" || ($0["upstream_requests"].arrayValue ?? []).contains(1)
        }
    }

    /// Those of every outcome; a refusal's is never one of an acceptance.
    var statuses: [UInt16] {
        self.outcomes.flatMap { $0["status"].arrayValue ?? [] }.compactMap { $0.numberValue?.int64 }.map { UInt16($0) }
    }

    private static let corpus = Result {
        let path = TestVectors.path("http1/http1-requests.json")
        let document = try JSONReader.read(try TestVectors.bytes(path), limits: JSONLimits(depth: 32, bytes: 8 << 20))
        return document["cases"].arrayValue ?? []
    }
}

extension JSONValue {
    fileprivate subscript(name: String) -> JSONValue { self.objectValue?[name] ?? .null }
    fileprivate var members: [(String, JSONValue)] { self.objectValue?.members.map { ($0.name, $0.value) } ?? [] }
    fileprivate var words: [String] { self.arrayValue?.compactMap(\.stringValue) ?? [] }
}
