import HTTPWire
import Testing

@testable import ProxyCore

@Suite struct UpstreamRequestHeadTests {
    @Test(
        "PB-57, PB-58: whatever folds to a reserved name is removed, on public routes as well",
        arguments: [
            "X-Auth-Subject", "x-auth-subject", "X_Auth_Subject", "X-Auth_Subject", "X.Auth.Subject", "X~AUTH!SUBJECT",
            "X-Auth-Client-Id", "X-Auth-Scope", "X_Auth_Issuer", "X-Auth-Username", "x-auth-expires_at", "X-Tenant",
            "X_Tenant",
        ])
    func removesReservedNames(name: String) throws {
        let set = try SubjectFieldSet([(name: "X-Tenant", template: "{ext.tenant}")])
        for fixture in [try ForwardingFixture.open(subjectFields: set)] {
            #expect(!(try fixture.forwarded("/x", ["\(name): attacker", "Accept: a"]).text.contains("attacker")))
        }
        let guarded = try ForwardingFixture.guarded(subjectFields: set)
        let message = try guarded.forwarded("/x", ["Authorization: Bearer tok", "\(name): attacker"])
        #expect(!message.text.contains("attacker"))
    }

    @Test(
        "a name that only folds to one of framing, routing or credentials is removed",
        arguments: [
            "Content_Length", "Content~Length", "Transfer.Encoding", "TRANSFER_ENCODING", "X_Forwarded_For",
            "X-Forwarded_Prefix", "X.Forwarded.Proto", "X_Forwarded-Host", "X_Forwarded",
        ])
    func removesLookalikes(name: String) throws {
        let front = PeerIdentity(address: .v4(0x7F00_0001), isTLS: false, trusted: try TrustedPeers(["127.0.0.1"]))
        for peer in [ForwardingFixture.client, front] {
            let message = try ForwardingFixture.open().forwarded("/x", ["\(name): evil"], from: peer)
            #expect(!message.text.contains("evil"))
        }
    }

    @Test("PB-59: the client's field is gone although the token has no value for it")
    func removesWithoutReplacement() throws {
        let fixture = try ForwardingFixture.guarded(answer: #"{"active":true,"sub":"alice"}"#)
        let message = try fixture.forwarded("/x", ["Authorization: Bearer tok", "X-Auth-Scope: admin"])
        #expect(message.values("x-auth-subject") == ["alice"])
        #expect(message.values("x-auth-scope").isEmpty)
    }

    @Test(
        "PB-60: a nomination removes what was received, never what we add",
        arguments: [
            "X-Auth-Subject", "Content-Length", "Host", "Via", "X-Request-Id", "Forwarded", "X-Forwarded-Proto",
        ])
    func nominationsCannotTakeOurs(name: String) throws {
        let fixture = try ForwardingFixture.guarded()
        let message = try fixture.forwarded(
            "/x", ["Authorization: Bearer tok", "Connection: close, \(name)", "Content-Length: 2"], method: "POST",
            body: "{}")
        #expect(message.values(name).count == 1)
        #expect(message.framing == .length(2))
    }

    @Test("a head that is mostly nominations is refused, not worked through")
    func boundsNominations() throws {
        let fixture = try ForwardingFixture.open()
        let many = Array(repeating: "a", count: ConnectionOptions.membersMax)
        #expect(
            try !fixture.forwarded("/x", ["Connection: " + many.joined(separator: ","), "A: 1"]).names.contains("a"))
        #expect(fixture.refused("/x", ["Connection: b," + many.joined(separator: ",")]) == .tooManyConnectionOptions)
        #expect(
            fixture.refused("/x", ["Connection: b"] + many.map { "Connection: \($0)" }) == .tooManyConnectionOptions)
    }

    @Test("empty members of `Connection` are none, however many there are")
    func ignoresEmptyMembers() throws {
        let commas = String(repeating: ",", count: 2_000)
        let fixture = try ForwardingFixture.open(kept: ["X-Forwarded-For"])
        let message = try fixture.forwarded(
            "/x", ["Connection: \(commas)X-Forwarded-For\(commas)a", "X-Forwarded-For: 1", "A: 1", "B: 2"])
        #expect(message.values("x-forwarded-for") == ["10.0.0.7"])
        #expect(message.values("a").isEmpty && message.values("b") == ["2"])
    }

    @Test("RFC 9110 §7.6.1: hop-by-hop fields and nominated ones end here")
    func removesHopByHopFields() throws {
        let message = try ForwardingFixture.open().forwarded(
            "/x",
            [
                "Connection: keep-alive, X-Hop, x-other", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
                "Proxy-Authorization: Basic eDp5", "TE: gzip", "Upgrade: foo/1", "HTTP2-Settings: AAMA", "X-Hop: 1",
                "X-OTHER: 2", "X-Stays: 3",
            ])
        #expect(message.values("x-stays") == ["3"])
        for name in [
            "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "upgrade", "http2-settings",
            "x-hop",
            "x-other",
        ] {
            #expect(message.values(name).isEmpty, "\(name)")
        }
    }

    @Test("RFC 9110 §10.1.4: TE: trailers is said anew for our own hop, other codings are not")
    func takesTrailers() throws {
        let message = try ForwardingFixture.open().forwarded("/x", ["TE: gzip, Trailers", "Connection: TE"])
        #expect(message.values("te") == ["trailers"])
        #expect(message.values("connection") == ["TE"])
        #expect(try ForwardingFixture.open().forwarded("/x", ["TE: trailers"], version: "1.0").values("te").isEmpty)
    }

    @Test(
        "a route forwards the token that was judged, and nothing else that stands in its place",
        arguments: [
            ("OPTIONS", "Authorization: Bearer other", 0), ("OPTIONS", "X-Token: other", 0),
            ("GET", "Authorization: Basic eDp5", 1), ("GET", "Authorization: Bearer other", 2),
            ("GET", "X-Token: other", 2),
        ])
    func forwardsJudgedTokens(method: String, line: String, index: Int) throws {
        let sources = TokenSources(readsAuthorization: true, fields: [FoldedFieldName(folding: "x-token")])
        func route(_ index: Int, access: Route.Access = .required, isReportOnly: Bool = false) throws -> Route {
            Route(
                index: index, name: "\(index)", paths: [try RoutePattern("/\(index)")], access: access,
                tokenSources: sources, authorizationServer: ForwardingFixture.server,
                upstream: ForwardingFixture.upstream, passesCORSPreflight: true, forwardsToken: true,
                isReportOnly: isReportOnly)
        }
        let fixture = try ForwardingFixture([
            route(0), route(1, access: .optional), route(2, isReportOnly: true),
        ])
        let message = try fixture.forwarded(
            "/\(index)", [line, "Origin: a", "Access-Control-Request-Method: GET"], method: method)
        // A route on trial changes nothing for its upstream.
        let expected = index == 2 ? [line.split(separator: ": ")[1]].map(String.init) : []
        #expect(message.values("authorization") + message.values("x-token") == expected)
    }

    @Test("what stands in Authorization beside a token that was found elsewhere is not that token")
    func forwardsTokenOnly() throws {
        let sources = TokenSources(readsAuthorization: true, fields: [FoldedFieldName(folding: "x-token")])
        let fixture = try ForwardingFixture.guarded(forwardsToken: true, tokenSources: sources)
        let message = try fixture.forwarded("/x", ["Authorization: Basic eDp5", "X-Token: tok"])
        #expect(message.values("authorization").isEmpty && message.values("x-token") == ["tok"])
        #expect(
            try fixture.forwarded("/x", ["Authorization: Bearer tok"]).values("authorization") == ["Bearer tok"])
    }

    @Test("the credential ends here where it was taken, in every spelling, unless the route forwards it")
    func removesCredentials() throws {
        let lines = ["Authorization: Bearer tok", "AUTHORIZATION: Bearer tok"]
        #expect(try ForwardingFixture.guarded().forwarded("/x", [lines[0]]).values("authorization").isEmpty)
        #expect(try ForwardingFixture.guarded().forwarded("/x", [lines[1]]).values("authorization").isEmpty)
        let forwarding = try ForwardingFixture.guarded(forwardsToken: true)
        #expect(try forwarding.forwarded("/x", [lines[0]]).values("authorization") == ["Bearer tok"])
        #expect(
            try ForwardingFixture.open().forwarded("/x", ["Authorization: Basic eDp5"]).values("authorization") == [
                "Basic eDp5"
            ])
    }

    @Test("a token without a subject sends no subject field, and no client's either")
    func sendsNoSubjectWithoutSub() throws {
        let fixture = try ForwardingFixture.guarded(
            answer: #"{"active":true,"client_id":"c"}"#, requiresSubject: false)
        let message = try fixture.forwarded("/x", ["Authorization: Bearer tok", "X-Auth-Client-Id: evil"])
        #expect(!message.names.contains { $0.hasPrefix("x-auth-") })
    }

    @Test("Host is kept, the upstream's, or a name")
    func writesHost() throws {
        #expect(try ForwardingFixture.open().forwarded().values("host") == ["api.test"])
        #expect(try ForwardingFixture.open(host: .upstream).forwarded().values("host") == ["echo.internal:9000"])
        #expect(
            try ForwardingFixture.open(host: .name([UInt8]("a.test".utf8))).forwarded().values("host") == ["a.test"])
        guard case .forwarded(let message) = try ForwardingFixture.open().send("GET /x HTTP/1.0\r\n\r\n") else {
            Issue.record("a 1.0 request without Host is served")
            return
        }
        #expect(message.values("host") == ["echo.internal:9000"])
        #expect(message.text.hasPrefix("GET /x HTTP/1.1\r\nHost: "))
    }

    @Test("content is framed as it arrives, once")
    func writesFraming() throws {
        let fixture = try ForwardingFixture.open()
        #expect(try fixture.forwarded().framing == .none)
        #expect(
            try fixture.forwarded("/x", ["Content-Length: 0005"], method: "POST", body: "hello").values(
                "content-length") == ["5"])
        #expect(try fixture.forwarded("/x", ["Content-Length: 0"], method: "POST").framing == .length(0))
        let chunked = try fixture.forwarded("/x", ["Transfer-Encoding: ChunKed"], method: "POST", body: "0\r\n\r\n")
        #expect(chunked.values("transfer-encoding") == ["chunked"])
    }

    @Test("RFC 9110 §10.1.1: an expectation is met here, and goes no further", arguments: ["1.1", "1.0"])
    func meetsExpectation(version: String) throws {
        let fixture = try ForwardingFixture.open()
        let lines = ["Expect: 100-Continue", "Content-Length: 2"]
        #expect(try fixture.forwarded("/x", lines, method: "POST", version: version).values("expect").isEmpty)
        #expect(try fixture.forwarded("/x", ["Expect: 100-continue"], version: version).values("expect").isEmpty)
    }

    @Test("an upgrade goes on only as a WebSocket handshake, and only where the route allows it")
    func offersWebSocket() throws {
        let lines = ["Connection: keep-alive, Upgrade", "Upgrade: h2c, WebSocket", "Sec-WebSocket-Key: k"]
        let open = try ForwardingFixture.open(allowsWebSocket: true)
        let message = try open.forwarded("/x", lines)
        #expect(message.values("connection") == ["Upgrade"])
        #expect(message.values("upgrade") == ["websocket"])
        #expect(message.values("sec-websocket-key") == ["k"])
        #expect(try ForwardingFixture.open().forwarded("/x", lines).values("upgrade").isEmpty)
        #expect(try open.forwarded("/x", ["Upgrade: websocket"]).values("upgrade").isEmpty)
        #expect(try open.forwarded("/x", ["Connection: Upgrade", "Upgrade: h2c"]).values("upgrade").isEmpty)
        #expect(try open.forwarded("/x", lines, method: "POST").values("upgrade").isEmpty)
        #expect(try open.forwarded("/x", lines, version: "1.0").values("upgrade").isEmpty)
        #expect(try open.forwarded("/x", lines + ["Content-Length: 1"], body: "x").values("upgrade").isEmpty)
    }

    @Test(
        "PB-37, PB-38: prefixes are cut and added at segment ends, and the result is judged again",
        arguments: [
            ("/v1", "", "/v1/x?q", "/x?q"), ("/v1", "", "/v1", "/"), ("/v1", "", "/v1/", "/"),
            ("/v1", "", "/v10/x", "/v10/x"),
            ("/v1", "/internal", "/v1/x", "/internal/x"), ("/v1", "/internal", "/v1", "/internal"),
            ("", "/internal", "/", "/internal/"), ("/v1", "/a/b", "/other", "/a/b/other"), ("/v1", "", "/%761/x", "/x"),
        ])
    func rewritesPaths(strip: String, add: String, path: String, target: String) throws {
        let rewrite = try Route.PathRewrite(stripPrefix: strip, addPrefix: add)
        #expect(try ForwardingFixture.open(rewrite: rewrite).forwarded(path).target == target)
    }

    @Test(
        "PB-37: dot segments behind a prefix are refused before it is cut",
        arguments: ["/app/../admin", "/app/%2e%2e/admin"])
    func refusesTraversalBehindPrefix(path: String) throws {
        let rewrite = try Route.PathRewrite(stripPrefix: "/app", addPrefix: "")
        #expect(try ForwardingFixture.open(rewrite: rewrite).refused(path) == .target(.dotSegment))
        let careless = Route.PathRewrite(stripPrefix: [], addPrefix: [UInt8]("/a/..".utf8))
        #expect(try ForwardingFixture.open(rewrite: careless).refused("/x") == .rewriteRefused)
    }

    @Test("what passes is copied byte for byte and in order")
    func copiesFields() throws {
        let message = try ForwardingFixture.open().forwarded(
            "/x", ["accept:  text/plain ", "X-Demo:a", "Cookie: a=b", "Accept: text/html", "traceparent: 00-1-2-01"])
        #expect(
            message.text.contains(
                "\r\naccept:  text/plain \r\nX-Demo:a\r\nCookie: a=b\r\nAccept: text/html\r\ntraceparent: 00-1-2-01\r\n"
            ))
    }

    @Test("whatever fields a client makes up, none of ours comes twice and nothing removed comes back")
    func holdsForRandomHeads() throws {
        let fixture = try ForwardingFixture.guarded()
        var random = EventRandom(for: "random heads")
        let names = [
            "X-Auth-Subject", "x_auth_subject", "X-Auth-Scope", "Connection", "TE", "Upgrade", "Keep-Alive",
            "Forwarded",
            "X-Forwarded-For", "X-Forwarded-Host", "X_Forwarded_Host", "X-Real-IP", "X-Original-URL", "X-Request-Id",
            "Via",
            "Accept", "X-Thing", "Content_Length", "Proxy-Authorization", "HTTP2-Settings",
        ]
        let values = ["evil", "close", "X-Auth-Subject, evil", "trailers", "websocket", "upgrade, via", "for=evil", ""]
        for round in 0..<400 {
            let lines = (0..<random.below(9)).map { _ in
                "\(names[random.below(names.count)]): \(values[random.below(values.count)])"
            }
            let message = try fixture.forwarded("/x", ["Authorization: Bearer tok"] + lines)
            let comment: Comment = "seed \(random.seed), round \(round)\n\(message.text)"
            for name in [
                "host", "x-auth-subject", "x-auth-scope", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
                "forwarded",
                "x-request-id",
            ] {
                #expect(message.values(name).count == 1, comment)
                #expect(!message.values(name).contains { $0.contains("evil") }, comment)
            }
            for name in [
                "keep-alive", "upgrade", "proxy-authorization", "authorization", "x-real-ip", "x-original-url",
                "http2-settings",
            ] {
                #expect(message.values(name).isEmpty, comment)
            }
            #expect(!message.names.contains { $0.contains("_") }, comment)
        }
    }

    // MARK: A token in a field of the route's choice

    private static let chosen = TokenSources(
        readsAuthorization: false, fields: [FoldedFieldName(folding: "X-Token")])

    @Test("a token ends in whatever field it was taken from, look-alikes and trailers included")
    func removesChosenField() throws {
        let lines = ["X-Token: tok", "X_Token: tok", "Transfer-Encoding: chunked"]
        for forwardsToken in [false, true] {
            let fixture = try ForwardingFixture.guarded(forwardsToken: forwardsToken, tokenSources: Self.chosen)
            let message = try fixture.forwarded(
                "/x", lines, method: "POST", body: "1\r\na\r\n0\r\nX-Token: tok\r\nX-Sum: 1\r\n\r\n")
            #expect(message.values("x-token") == (forwardsToken ? ["tok"] : []))
            #expect(message.values("x_token") == [])
            #expect(message.trailers.map(\.name) == ["X-Sum"])
            #expect(message.values("x-auth-subject") == ["alice"])
        }
    }

    @Test("Authorization is the upstream's business where no token is read from it")
    func leavesAuthorization() throws {
        let fixture = try ForwardingFixture.guarded(tokenSources: Self.chosen)
        let message = try fixture.forwarded("/x", ["Authorization: Basic eDp5", "X-Token: Bearer tok"])
        #expect(message.values("authorization") == ["Basic eDp5"])
        #expect(fixture.refused("/x", ["Authorization: Bearer tok"]) == .noCredentials)
        let both = TokenSources(readsAuthorization: true, fields: Self.chosen.fields)
        let reading = try ForwardingFixture.guarded(tokenSources: both)
        #expect(
            try reading.forwarded("/x", ["Authorization: Basic eDp5", "X-Token: tok"]).values("authorization") == [])
        #expect(
            reading.refused("/x", ["Authorization: Bearer tok", "X-Token: tok"]) == .invalidRequest(.repeated))
    }
}
