import OAuthModel
import ProxyCore
import Testing

@Suite("What is cached is the server's answer, never our verdict")
struct CachePolicyTests {
    @Test("PB-01: a cached answer does not let a token through on a route whose scope it lacks")
    func scopeOnHits() throws {
        let world = try AdmissionWorld { servers in
            [
                try AdmissionWorld.route("read", servers[0], scopes: ["read"]),
                try AdmissionWorld.route("admin", servers[0], index: 1, scopes: ["admin"]),
            ]
        }
        world.answers["t"] = .json(#"{"active":true,"sub":"a","scope":"read"}"#)
        #expect(try world.status("/read", token: "t") == 200)
        #expect(try world.send("/admin", token: "t").refusal == .insufficientScope(required: ["admin"]))
        #expect(try world.status("/read", token: "t") == 200)
        #expect(world.calls == 1)
    }

    @Test("PB-02: two servers do not share answers")
    func serversApart() throws {
        let world = try AdmissionWorld([AdmissionWorld.settings("a"), AdmissionWorld.settings("b")]) { servers in
            [
                try AdmissionWorld.route("a", servers[0]), try AdmissionWorld.route("b", servers[1], index: 1),
            ]
        }
        world.answers["a t"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status("/a", token: "t") == 200)
        #expect(try world.status("/b", token: "t") == 401)
        #expect(world.calls == 2)
    }

    @Test("PB-08: tokens that look alike keep their own subjects")
    func lookAlikes() throws {
        let world = try AdmissionWorld()
        let stem = String(repeating: "a", count: 300)
        let tokens = (0..<200).map { "\(stem)\($0 % 10).\(stem)\($0 / 10)" }
        for (index, token) in tokens.enumerated() {
            world.answers[token] = .json(#"{"active":true,"sub":"s\#(index)"}"#)
        }
        for _ in 0..<2 {
            for (index, token) in tokens.enumerated() {
                #expect(try world.send(token: token).subjectLines.hasPrefix("X-Auth-Subject: s\(index)\r\n"))
            }
        }
        #expect(world.calls == 200)
    }

    @Test("PB-05: an answer lives no longer than its exp")
    func endsAtExpiry() throws {
        let world = try AdmissionWorld()
        world.answers["t"] = .json(#"{"active":true,"sub":"a","exp":1800000002}"#)
        #expect(try world.status(token: "t") == 200)
        world.second = 1
        #expect(try world.status(token: "t") == 200)
        #expect(world.calls == 1)
        world.second = 2
        #expect(try world.send(token: "t").refusal == .tokenRejected(.expired))
        #expect(world.calls == 2)
    }

    @Test("PB-07: without a lifetime every request asks")
    func noReuse() throws {
        let world = try AdmissionWorld([
            AdmissionWorld.settings(cache: AuthorizationServer.Cache(lifetime: 0, negativeLifetime: .seconds(5)))
        ])
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status(token: "t") == 200)
        world.answers["t"] = nil
        #expect(try world.status(token: "t") == 401)
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status(token: "t") == 200)
        #expect(world.calls == 3)
    }

    @Test("PB-28: an answer without exp lives for the configured time, which no hit lengthens")
    func livesForItsTime() throws {
        let world = try AdmissionWorld()
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        for second in stride(from: 0, through: 59, by: 7) as StrideThrough<Int64> {
            world.second = second
            #expect(try world.status(token: "t") == 200)
        }
        #expect(world.calls == 1)
        world.answers["t"] = nil
        world.second = 60
        #expect(try world.status(token: "t") == 401)
        #expect(world.calls == 2)
    }

    @Test("a refusal of the server lives for its own, shorter time")
    func negativeLifetime() throws {
        let world = try AdmissionWorld()
        #expect(try world.status(token: "t") == 401)
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        world.second = 4
        #expect(try world.status(token: "t") == 401)
        world.second = 5
        #expect(try world.status(token: "t") == 200)
        #expect(world.calls == 2)
    }

    @Test("a refusal for exp or nbf found here is not kept as inactive")
    func timesAreNotKept() throws {
        let world = try AdmissionWorld()
        world.answers["early"] = .json(#"{"active":true,"sub":"a","nbf":1800000030}"#)
        #expect(try world.send(token: "early").refusal == .tokenRejected(.notYetValid))
        world.second = 20
        #expect(try world.status(token: "early") == 200)
        #expect(world.calls == 1)
    }

    @Test("a route with max_answer_age asks anew, and every route profits")
    func maxAnswerAge() throws {
        let world = try AdmissionWorld { servers in
            [
                try AdmissionWorld.route("x", servers[0]),
                try AdmissionWorld.route("fresh", servers[0], index: 1, maxAnswerAge: .seconds(10)),
            ]
        }
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status("/x", token: "t") == 200)
        world.second = 10
        #expect(try world.status("/fresh", token: "t") == 200)
        #expect(world.calls == 1)
        world.second = 11
        world.answers["t"] = nil
        #expect(try world.status("/fresh", token: "t") == 401)
        #expect(world.calls == 2)
        #expect(try world.status("/x", token: "t") == 401)
        #expect(world.calls == 2)
    }

    @Test("a flight that took off before a route's max_answer_age is not joined")
    func oldFlights() throws {
        let world = try AdmissionWorld { servers in
            [
                try AdmissionWorld.route("x", servers[0]),
                try AdmissionWorld.route("fresh", servers[0], index: 1, maxAnswerAge: 0),
            ]
        }
        guard case .introspect(let slow) = try world.decide(AdmissionWorld.request("/x", token: "t")) else {
            Issue.record("the first asks")
            return
        }
        world.second = 1
        guard case .introspect(let quick) = try world.decide(AdmissionWorld.request("/fresh", token: "t")) else {
            Issue.record("the fresh one asks too")
            return
        }
        // The later question is answered first, and says no: the slow yes must not replace it.
        let cache = world.server.state.cache
        let no = world.ask("t", of: world.server)
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        let yes = world.ask("t", of: world.server)
        #expect(cache.land(try #require(quick.flight), verdict: no, at: world.now).waiters == [quick.waiter])
        let landed = cache.land(try #require(slow.flight), verdict: yes, at: world.now)
        #expect(landed.waiters == [slow.waiter])
        // Nor may it let in who waited for it.
        guard case .rejected(.inactive) = landed.verdict else {
            Issue.record("who waits is told what was asked last")
            return
        }
        #expect(try world.status("/x", token: "t") == 401)
    }

    @Test("a call of before a reload that shortened `timeout` is not waited for when it may outlast who waits")
    func slowCalls() throws {
        let world = try AdmissionWorld()
        guard case .introspect = try world.decide(AdmissionWorld.request(token: "t")) else {
            Issue.record("the first asks")
            return
        }
        let timeout = try #require(world.server.settings.introspection?.timeout)
        world.second = Int64(timeout / .seconds(1))
        guard case .wait = try world.decide(AdmissionWorld.request(token: "t")) else {
            Issue.record("a call within its time is waited for")
            return
        }
        world.second += 1
        guard case .introspect = try world.decide(AdmissionWorld.request(token: "t")) else {
            Issue.record("one that should have ended is not")
            return
        }
    }

    @Test(
        "PB-20 to PB-22: a failing server is never the token's fault and is not remembered as inactive",
        arguments: [
            (AdmissionWorld.Answer.status(500), 503), (.status(503, retryAfter: "7"), 503), (.status(429), 503),
            (.status(401), 500), (.status(404), 500), (.status(302), 502), (.json("<html>"), 502), (.json(""), 502),
        ] as [(AdmissionWorld.Answer, UInt16)])
    func failures(answer: AdmissionWorld.Answer, status: UInt16) throws {
        let world = try AdmissionWorld()
        world.answers["t"] = answer
        #expect(try world.status(token: "t") == status)
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status(token: "t") == 200)
    }

    @Test("cached tokens go on while the server fails")
    func cachedGoOn() throws {
        let world = try AdmissionWorld()
        world.answers["t"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status(token: "t") == 200)
        world.answers["t"] = .status(500)
        world.answers["new"] = .status(500)
        world.second = 30
        #expect(try world.status(token: "t") == 200)
        #expect(try world.status(token: "new") == 503)
    }

    @Test("PB-09: a hundred thousand invented tokens push out no good one and stay under the cap")
    func inventedTokens() throws {
        let world = try AdmissionWorld([
            AdmissionWorld.settings(
                cache: AuthorizationServer.Cache(bytesMax: 1 << 20, negativeBytesMax: 128 << 10))
        ])
        world.answers["good"] = .json(#"{"active":true,"sub":"a"}"#)
        #expect(try world.status(token: "good") == 200)
        let cache = world.server.state.cache
        let keys = FingerprintKey(bytes: [1])
        for number in 0..<100_000 {
            let print = keys.fingerprint(of: "t\(number)".utf8.span, identity: world.server.identity)
            guard
                case .depart(let flight) = cache.lookupOrJoin(
                    print, waiter: world.waiter(), at: world.now, notOlderThan: 0, joinableSince: 0)
            else {
                Issue.record("an invented token was known")
                return
            }
            _ = cache.land(flight, verdict: .rejected(.inactive), at: world.now)
        }
        let statistics = cache.statistics
        #expect(statistics.rejectedBytes <= 128 << 10)
        #expect(statistics.rejectedEntries < 1_000)
        #expect(statistics.acceptedEntries == 1)
        #expect(statistics.evictions > 90_000)
        #expect(try world.status(token: "good") == 200)
        #expect(world.calls == 1)
    }

    @Test("more waiters on one token than one flight takes are answered 503")
    func crowd() throws {
        let cache = TokenCache(
            lifetime: CacheLifetime(accepted: .seconds(1), rejected: 0), bytesMax: 1 << 20, negativeBytesMax: 0,
            waitersPerFlight: 2)
        let print = TokenFingerprint.chosen(1)
        var outcomes: [String] = []
        for slot in 0..<3 as Range<UInt32> {
            let waiter = WaiterID(loop: 0, slot: slot, generation: 0)
            switch cache.lookupOrJoin(print, waiter: waiter, at: .second(0), notOlderThan: 0, joinableSince: 0) {
            case .depart: outcomes.append("depart")
            case .wait: outcomes.append("wait")
            case .crowded: outcomes.append("crowded")
            case .accepted, .rejected: outcomes.append("hit")
            }
        }
        #expect(outcomes == ["depart", "wait", "crowded"])
    }
}
