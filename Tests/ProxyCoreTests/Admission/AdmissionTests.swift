import HTTPWire
import OAuthModel
import ProxyCore
import Testing

@Suite("May this request pass, and as whom?")
struct AdmissionTests {
    private static let good = #"{"active":true,"sub":"alice","scope":"read"}"#

    @Test("CONNECT and TRACE are refused before anything is looked at", arguments: ["CONNECT a:1", "TRACE /x"])
    func refusesMethods(line: String) throws {
        let world = try AdmissionWorld()
        let decision = try world.send([UInt8]("\(line) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(decision.refusal == .methodRefused)
    }

    @Test("no route, another method and `;` are refused without a question")
    func refusesBeforeTokens() throws {
        let world = try AdmissionWorld()
        #expect(try world.status("/y", token: "t") == 404)
        #expect(try world.send("/x;a", token: "t").refusal == .target(.ambiguousRoute))
        #expect(try world.send("/../x", token: "t").status == 400)
        #expect(world.calls == 0)
    }

    @Test("PB-66: no token is 401 without an error code, optional routes go on without identity")
    func withoutToken() throws {
        let world = try AdmissionWorld { servers in
            [
                try AdmissionWorld.route("x", servers[0]),
                try AdmissionWorld.route("o", servers[0], index: 1, access: .optional),
                try AdmissionWorld.route("p", nil, index: 2, access: .public),
            ]
        }
        #expect(try world.send("/x", token: nil).refusal == .noCredentials)
        #expect(try world.send("/x", token: nil, fields: ["Authorization: Basic eDp5"]).refusal == .noCredentials)
        #expect(try world.send("/o", token: nil).grant?.token == nil)
        #expect(try world.status("/o", token: nil) == 200)
        #expect(try world.status("/o", token: nil, fields: ["Authorization: Basic eDp5"]) == 200)
        #expect(try world.status("/p", token: nil) == 200)
        #expect(world.calls == 0)
    }

    @Test("a token on an optional route is judged, never downgraded to anonymous")
    func optionalJudges() throws {
        let world = try AdmissionWorld {
            [try AdmissionWorld.route("x", $0[0], access: .optional, scopes: ["read"])]
        }
        world.answers["poor"] = .json(#"{"active":true,"sub":"a","scope":"write"}"#)
        world.answers["down"] = .status(500)
        #expect(try world.status(token: "inactive") == 401)
        #expect(try world.status(token: "poor") == 403)
        #expect(try world.status(token: "down") == 503)
        #expect(try world.status(token: "a b") == 400)
        #expect(try world.status(token: nil, fields: ["Authorization: DPoP x"]) == 401)
        #expect(try world.status(token: nil, fields: ["Authorization: Bearer a", "Authorization: Bearer b"]) == 400)
    }

    @Test("a public route reads no token, not even a malformed one")
    func publicReadsNothing() throws {
        let world = try AdmissionWorld { _ in [try AdmissionWorld.route("p", nil, access: .public)] }
        let decision = try world.send("/p", token: "a b c")
        #expect(decision.status == 200)
        #expect(decision.subjectLines.isEmpty)
        #expect(world.calls == 0)
    }

    @Test("PB-48: a preflight passes only where the route says so, and only with both fields")
    func preflight() throws {
        let fields = ["Origin: https://app.test", "Access-Control-Request-Method: POST"]
        let strict = try AdmissionWorld()
        #expect(try strict.status(token: nil, method: "OPTIONS", fields: fields) == 401)
        let world = try AdmissionWorld { [try AdmissionWorld.route("x", $0[0], passesCORSPreflight: true)] }
        #expect(try world.send(token: nil, method: "OPTIONS", fields: fields).grant?.token == nil)
        #expect(try world.status(token: nil, method: "OPTIONS", fields: fields) == 200)
        #expect(try world.status(token: nil, method: "OPTIONS", fields: [fields[0]]) == 401)
        #expect(try world.status(token: nil, method: "OPTIONS", fields: [fields[1]]) == 401)
        #expect(try world.status(token: nil, method: "GET", fields: fields) == 401)
    }

    @Test(
        "a preflight has no content, and both fields that make it one go on to the upstream",
        arguments: [
            (["Content-Length: 1"], 401), (["Transfer-Encoding: chunked"], 401), (["Connection: Origin"], 401),
            (["Connection: close, access-control-request-method"], 401),
            (["Connection: close", "Connection: x-other,ORIGIN"], 401), (["Content-Length: 0"], 200),
            (["Connection: close"], 200), (["Connection: X-Other, Origins"], 200),
        ] as [([String], UInt16)])
    func preflightIsWhatGoesOn(lines: [String], status: UInt16) throws {
        let fields = ["Origin: https://app.test", "Access-Control-Request-Method: POST"]
        let world = try AdmissionWorld { [try AdmissionWorld.route("x", $0[0], passesCORSPreflight: true)] }
        #expect(try world.status(token: nil, method: "OPTIONS", fields: fields + lines) == status)
    }

    @Test("report_only lets 401 and 403 pass without identity and says what it was; nothing else")
    func reportOnly() throws {
        let world = try AdmissionWorld { [try AdmissionWorld.route("x", $0[0], scopes: ["read"], isReportOnly: true)] }
        world.answers["poor"] = .json(#"{"active":true,"sub":"a","scope":"write"}"#)
        world.answers["down"] = .status(500)
        world.answers["good"] = .json(Self.good)
        let poor = try world.send(token: "poor")
        #expect(poor.grant?.reportedRefusal == .insufficientScope(required: ["read"]))
        #expect(poor.grant?.token == nil)
        #expect(poor.subjectLines.isEmpty)
        #expect(try world.send(token: "bad").grant?.reportedRefusal == .tokenRejected(.inactive))
        #expect(try world.send(token: nil).grant?.reportedRefusal == .noCredentials)
        #expect(try world.status(token: "a b") == 400)
        #expect(try world.status(token: "down") == 503)
        #expect(try world.send(token: "good").grant?.reportedRefusal == nil)
    }

    @Test("a token over the limit is 400 and never asked about")
    func boundsToken() throws {
        let world = try AdmissionWorld(limits: Limits(token: 16))
        #expect(try world.send(token: String(repeating: "a", count: 17)).refusal == .invalidRequest(.tooLong))
        #expect(world.calls == 0)
    }

    @Test("one question for all who come while it is asked; each is told once, the one that asked too")
    func singleFlight() throws {
        let world = try AdmissionWorld()
        let raw = AdmissionWorld.request(token: "t")
        var waiting: [PendingValidation] = []
        for index in 0..<1_000 {
            switch try world.decide(raw) {
            case .introspect(let pending) where index == 0: waiting.append(pending)
            case .wait(let pending) where index > 0: waiting.append(pending)
            case let other: Issue.record("request \(index): \(other.status)")
            }
        }
        world.answers["t"] = .json(Self.good)
        let verdict = world.ask("t", of: world.server)
        let flight = try #require(waiting[0].flight)
        let told = world.server.state.cache.land(flight, verdict: verdict, at: world.now).waiters
        #expect(told == waiting.map(\.waiter))
        for pending in waiting { #expect(try world.resume(pending, with: verdict, raw).status == 200) }
        #expect(world.calls == 1)
    }

    @Test("a flight outlives the client that began it")
    func flightOutlivesClient() throws {
        let world = try AdmissionWorld()
        world.answers["t"] = .json(Self.good)
        guard case .introspect(let first) = try world.decide(AdmissionWorld.request(token: "t")),
            case .wait(let second) = try world.decide(AdmissionWorld.request(token: "t")), let flight = first.flight
        else {
            Issue.record("the first asks, the second waits")
            return
        }
        #expect(world.server.state.cache.abandon(flight, waiter: first.waiter))
        let verdict = world.ask("t", of: world.server)
        let told = world.server.state.cache.land(flight, verdict: verdict, at: world.now).waiters
        #expect(told == [second.waiter])
        #expect(try world.status(token: "t") == 200)
        #expect(world.calls == 1)
    }

    @Test("streams end with the token, unless the route ignores it")
    func streamsEnd() throws {
        let world = try AdmissionWorld { servers in
            [
                try AdmissionWorld.route("x", servers[0]),
                try AdmissionWorld.route("y", servers[0], index: 1, endsStreamsAtExpiry: false),
            ]
        }
        world.answers["t"] = .json(#"{"active":true,"sub":"a","exp":1800000030}"#)
        #expect(try world.send("/x", token: "t").grant?.streamsEndAt == NumericDate(seconds: 1_800_000_030))
        #expect(try world.send("/y", token: "t").grant?.streamsEndAt == nil)
    }

    @Test("a token of dots costs one look, not one look a dot")
    func dots() throws {
        let world = try AdmissionWorld([
            AdmissionWorld.settings(strategy: .verifyOrIntrospect, jwt: try JWTIssuer().jwt)
        ])
        #expect(try world.status(token: String(repeating: ".", count: 8_000)) == 401)
        #expect(world.calls == 1)
    }

    // MARK: What the log is told

    @Test("which token it was, where its answer came from and whose it is are noted, for refusals as well")
    func notesTokenUse() throws {
        let world = try AdmissionWorld { servers in
            [
                try AdmissionWorld.route("x", servers[0]),
                try AdmissionWorld.route("admin", servers[0], index: 1, scopes: ["admin"]),
            ]
        }
        world.answers["good"] = .json(#"{"active":true,"sub":"alice","scope":"read"}"#)
        #expect(try world.status(token: nil) == 401)
        #expect(world.use.fingerprint == nil && world.use.cache == nil)
        #expect(try world.status(token: "good") == 200)
        let fingerprint = try #require(world.use.fingerprint)
        #expect(world.use.cache == .miss)
        #expect(try world.status("/admin", token: "good") == 403)
        #expect(world.use.fingerprint == fingerprint && world.use.cache == .hit)
        #expect(world.use.token?.subject == Array("alice".utf8))
        #expect(try world.status(token: "bad") == 401)
        #expect(world.use.fingerprint != fingerprint && world.use.cache == .miss)
        #expect(try world.status(token: "bad") == 401)
        #expect(world.use.cache == .negativeHit && world.use.token == nil)
        guard case .introspect = try world.decide(AdmissionWorld.request(token: "slow")),
            case .wait = try world.decide(AdmissionWorld.request(token: "slow"))
        else {
            Issue.record("the second request waits for the first one's answer")
            return
        }
        #expect(world.use.cache == .joined)
    }
}
