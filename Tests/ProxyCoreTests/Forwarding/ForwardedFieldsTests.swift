import HTTPWire
import Testing

@testable import ProxyCore

@Suite struct ForwardedFieldsTests {
    static func trusted(_ address: String = "127.0.0.1", isTLS: Bool = false) throws -> PeerIdentity {
        PeerIdentity(
            address: try #require(IPAddress(address)), isTLS: isTLS, trusted: try TrustedPeers(["127.0.0.0/8", "::1"]))
    }

    /// Where a request came from.
    static let origins = [
        "Forwarded", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix",
        "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-User", "X-Real-IP",
    ]
    /// What is asked in it, and what only looks like either.
    static let others = [
        "X-Original-URL", "X-Original-Method", "X-Rewrite-URL", "X-Envoy-Original-Path", "X-HTTP-Method",
        "X-HTTP-Method-Override", "X-Method-Override", "X-Forwarded-Uri", "X-Forwarded-Method",
        "X_HTTP_Method_Override", "X_Real_IP", "X-Original_URL",
        "X_Forwarded_Prefix",
    ]

    @Test(
        "PB-43, PB-45, PB-46: override fields of a peer that is not trusted are gone",
        arguments: Self.origins + Self.others)
    func removesOverrides(name: String) throws {
        let message = try ForwardingFixture.open().forwarded("/x", ["\(name): evil"])
        #expect(!message.text.contains("evil"))
    }

    @Test("a trusted peer is believed about where a request came from", arguments: Self.origins)
    func keepsTrusted(name: String) throws {
        #expect(
            try ForwardingFixture.open().forwarded("/x", ["\(name): good"], from: Self.trusted()).text.contains("good"))
    }

    @Test("a trusted peer is not believed about what is asked", arguments: Self.others)
    func judgesWhatIsAsked(name: String) throws {
        let message = try ForwardingFixture.open().forwarded("/x", ["\(name): evil"], from: Self.trusted())
        #expect(!message.text.contains("evil"))
    }

    @Test(
        "PB-43, PB-44, PB-47: routing looks at the request line and Host only, whoever the peer is",
        arguments: [
            "X-Original-URL: /public/x", "X-Rewrite-URL: /public/x", "X-Envoy-Original-Path: /public/x",
            "X-Forwarded-Uri: /public/x", "X-Forwarded-Host: other.test", "X-Original-Method: OPTIONS",
            "X-Forwarded-Method: OPTIONS", "X-HTTP-Method-Override: OPTIONS",
        ])
    func routesByRequestLine(line: String) throws {
        let fixture = try RequestCorpusTests.fixture()
        #expect(fixture.refused("/admin/x", [line]) == .noCredentials)
        #expect(fixture.refused("/admin/x", [line], from: try Self.trusted()) == .noCredentials)
    }

    @Test("the way a request came is said anew")
    func writesOurs() throws {
        let message = try ForwardingFixture.open().forwarded()
        #expect(message.values("via") == ["1.1 bearergate"])
        #expect(message.values("x-forwarded-for") == ["10.0.0.7"])
        #expect(message.values("x-forwarded-proto") == ["http"])
        #expect(message.values("x-forwarded-host") == ["api.test"])
        #expect(message.values("forwarded") == ["for=10.0.0.7;proto=http;host=api.test"])
        #expect(try ForwardingFixture.open().forwarded(version: "1.0").values("via") == ["1.0 bearergate"])
        #expect(
            try ForwardingFixture.open().forwarded("/x", ["Via: 1.1 front"]).values("via") == [
                "1.1 front", "1.1 bearergate",
            ])
    }

    @Test("PB-86: RFC 7239 §6: IPv6 in brackets and quotes, plain in X-Forwarded-For")
    func writesIPv6() throws {
        let peer = PeerIdentity(address: try #require(IPAddress("::1")), isTLS: true, trusted: .nobody)
        guard
            case .forwarded(let message) = try ForwardingFixture.open().send(
                "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", from: peer)
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(message.values("forwarded") == [#"for="[::1]";proto=https;host="[::1]:8080""#])
        #expect(message.values("x-forwarded-for") == ["::1"])
        #expect(message.values("x-forwarded-proto") == ["https"])
        #expect(message.values("x-forwarded-host") == ["[::1]:8080"])
    }

    @Test("RFC 7239 §6.2: a peer on a Unix socket is unknown")
    func writesUnixSockets() throws {
        let message = try ForwardingFixture.open().forwarded(from: PeerIdentity(unixSocket: false, trusted: .nobody))
        #expect(message.values("forwarded") == ["for=unknown;proto=http;host=api.test"])
        #expect(message.values("x-forwarded-for") == ["unknown"])
    }

    @Test("what a trusted peer said is appended to")
    func appends() throws {
        let lines = [
            "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2, 192.0.2.3",
            "Forwarded: for=192.0.2.1;proto=https",
            "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.test", "X-Forwarded-Port: 443",
        ]
        let message = try ForwardingFixture.open().forwarded("/x", lines, from: try Self.trusted())
        #expect(message.values("x-forwarded-for") == ["192.0.2.1, 192.0.2.2, 192.0.2.3, 127.0.0.1"])
        #expect(message.values("forwarded") == ["for=192.0.2.1;proto=https, for=127.0.0.1;proto=http;host=api.test"])
        #expect(message.values("x-forwarded-proto") == ["https"])
        #expect(message.values("x-forwarded-host") == ["shop.test"])
        #expect(message.values("x-forwarded-port") == ["443"])
    }

    @Test("a nomination takes a trusted peer's value away, ours stays")
    func appliesNominations() throws {
        let message = try ForwardingFixture.open().forwarded(
            "/x",
            [
                "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https",
                "Connection: x-forwarded-for, x-forwarded-proto",
            ],
            from: try Self.trusted())
        #expect(message.values("x-forwarded-for") == ["127.0.0.1"])
        #expect(message.values("x-forwarded-proto") == ["http"])
    }

    @Test(
        "a preflight names no other method or path, whatever keep_headers says",
        arguments: [
            "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Original-Method",
            "X-Rewrite-URL", "X-Envoy-Original-Path", "X-Forwarded-Method", "X-Forwarded-Uri",
        ])
    func judgesPreflights(name: String) throws {
        let route = Route(
            index: 0, name: "guarded", paths: [try RoutePattern("/**")], authorizationServer: ForwardingFixture.server,
            upstream: ForwardingFixture.upstream, passesCORSPreflight: true,
            keptFields: [name, "X-Real-IP"].map { FoldedFieldName(folding: $0) })
        let fixture = try ForwardingFixture([route], answers: ["tok": #"{"active":true,"sub":"alice"}"#])
        let lines = ["\(name): DELETE", "X-Real-IP: 192.0.2.1"]
        let preflight = ["Origin: a", "Access-Control-Request-Method: GET"]
        // A token beside it is not looked at.
        for credential in [[], ["Authorization: Bearer tok"]] as [[String]] {
            let message = try fixture.forwarded("/x", lines + preflight + credential, method: "OPTIONS")
            #expect(!message.text.contains("DELETE"))
            #expect(message.values("x-real-ip") == ["192.0.2.1"])
        }
        #expect(try fixture.forwarded("/x", lines + ["Authorization: Bearer tok"]).values(name) == ["DELETE"])
    }

    @Test("keep_headers passes on the fields it names, by their real names, and nothing else")
    func keepsNamed() throws {
        let fixture = try ForwardingFixture.open(kept: [
            "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Prefix", "X-Auth-Subject",
        ])
        let message = try fixture.forwarded(
            "/x",
            [
                "X-Real-IP: 192.0.2.1", "X_Real_IP: evil", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Prefix: /p",
                "X-Forwarded-Port: evil", "X-Rewrite-URL: evil", "X-Auth-Subject: evil", "X-Forwarded-Proto: evil",
            ])
        #expect(message.values("x-real-ip") == ["192.0.2.1"])
        #expect(message.values("x-forwarded-for") == ["192.0.2.1, 10.0.0.7"])
        #expect(message.values("x-forwarded-prefix") == ["/p"])
        #expect(message.values("x-forwarded-proto") == ["http"])
        #expect(!message.text.contains("evil"))
        #expect(
            FoldedFieldName(folding: "X-Real-IP").isOverride && FoldedFieldName(folding: "X-Original-URL").isOverride)
        #expect(
            FoldedFieldName(folding: "X-Forwarded").isOverride && !FoldedFieldName(folding: "X-Forward").isOverride)
        #expect(
            !FoldedFieldName(folding: "X-Auth-Subject").isOverride && !FoldedFieldName(folding: "Connection").isOverride
        )
    }

    @Test("X-Request-Id is made, or kept when a trusted peer's is visible ASCII of at most 64 bytes")
    func choosesRequestID() throws {
        func id(_ lines: [String], _ peer: PeerIdentity) throws -> RequestID? {
            let raw =
                [UInt8]((["GET / HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n").utf8) + [13, 10, 13, 10]
            var parser = RequestHeadParser(limits: HeadLimits())
            _ = try parser.parse(raw.span)
            return RequestID.kept(from: RequestHead(bytes: raw.span, index: parser.index), peer: peer)
        }
        let front = try Self.trusted()
        #expect(try id(["X-Request-Id: abc-1"], front)?.description == "abc-1")
        #expect(try id(["X-Request-Id: abc-1"], ForwardingFixture.client) == nil)
        #expect(try id(["X-Request-Id: a b"], front) == nil)
        #expect(try id(["X-Request-Id:"], front) == nil)
        #expect(try id(["X-Request-Id: a", "X-Request-Id: b"], front) == nil)
        #expect(try id(["X_Request_Id: a"], front) == nil)
        #expect(try id(["X-Request-Id: " + String(repeating: "a", count: 64)], front) != nil)
        #expect(try id(["X-Request-Id: " + String(repeating: "a", count: 65)], front) == nil)
        let message = try ForwardingFixture.open().forwarded("/x", ["X-Request-Id: evil", "X_Request_Id: evil"])
        #expect(message.values("x-request-id") == ["00000000000000010000000000000002"])
        #expect(!message.text.contains("evil"))
        var generator = RequestIDGenerator.random()
        #expect(generator.next() != generator.next())
    }
}
