import JOSE
import OAuthModel
import ProxyCore
import Synchronization
import Testing

@Suite("Admission by JWT")
struct JWTAdmissionTests {
    private let issuer: JWTIssuer

    init() throws { self.issuer = try JWTIssuer() }

    private func world(
        strategy: ValidationStrategy = .verify, stocked: Bool = true,
        routes: ([AuthorizationServer]) throws -> [Route] = { [try AdmissionWorld.route("x", $0[0], scopes: ["read"])] }
    ) throws -> AdmissionWorld {
        let world = try AdmissionWorld(
            [AdmissionWorld.settings(strategy: strategy, jwt: self.issuer.jwt)], routes: routes)
        if stocked { self.stock(world, [self.issuer.publicKey]) }
        return world
    }

    @discardableResult
    private func stock(_ world: AdmissionWorld, _ keys: [JSONWebKey]?) -> [WaiterID] {
        #expect(world.server.state.nextKeyFetch(at: world.now.monotonic) == .start)
        return world.server.state.keysFetched(keys.map { JSONWebKeySet(keys: $0) }, at: world.now.monotonic)
    }

    @Test(
        "what is wrong with a token is 401 on a miss and leaves nothing in the cache",
        arguments: [
            ("iss", "https://as.test/", .issuer), ("aud", "other", .audience), ("aud", nil, .claims),
            ("exp", nil, .claims), ("exp", "1800000060", .claims), ("sub", nil, .subjectMissing),
            ("sub", "", .subjectMissing), ("sub", 7, .claims), ("cnf", ["jkt": "x"], .confirmation),
            ("token_use", "refresh_token", .notAnAccessToken), ("token_type", "DPoP", .notAnAccessToken),
            ("nbf", 1_800_000_011, .notYetValid), ("exp", 1_799_999_990, .expired),
            ("iat", 1_800_000_011, .notYetValid), ("client_id", 7, .claims), ("sub", "a\r\nb", .claims),
        ] as [(String, JSONValue?, TokenRejection)])
    func refusesClaims(claim: String, value: JSONValue?, rejection: TokenRejection) throws {
        let world = try self.world()
        let token = try self.issuer.token([claim: value])
        for _ in 0..<2 { #expect(try world.send(token: token).refusal == .tokenRejected(rejection)) }
        #expect(world.calls == 0)
        #expect(world.server.state.cache.statistics.rejectedEntries == 0)
    }

    @Test("PB-74: a token of another type is refused")
    func refusesType() throws {
        let world = try self.world()
        #expect(try world.send(token: self.issuer.token(type: "JWT")).refusal == .tokenRejected(.type))
        #expect(try world.send(token: self.issuer.token(type: nil)).refusal == .tokenRejected(.type))
    }

    @Test(
        "PB-65: what is no JWT is 401 on a verifying route",
        arguments: ["X", "a.b.c", "..", "a.b", "eyJhbGciOiJub25lIn0.e30."])
    func refusesGarbage(token: String) throws {
        let world = try self.world()
        let decision = try world.send(token: token)
        #expect(decision.status == 401)
        #expect(world.calls == 0)
    }

    @Test("a good token passes, is verified once, and tells who it is")
    func accepts() throws {
        let world = try self.world()
        let token = try self.issuer.token()
        for _ in 0..<3 {
            let decision = try world.send(token: token)
            #expect(decision.subjectLines.hasPrefix("X-Auth-Subject: alice\r\nX-Auth-Client-Id: app\r\n"))
            #expect(decision.grant?.token?.provenance == .jwt)
        }
        let statistics = world.server.state.cache.statistics
        #expect(statistics.misses == 1)
        #expect(statistics.hits == 2)
        #expect(world.calls == 0)
    }

    @Test("a refused one was looked for as well: each time is a miss")
    func countsRefusedLookups() throws {
        let world = try self.world()
        let token = try self.issuer.token() + "x"
        for _ in 0..<3 { #expect(try world.send(token: token).status == 401) }
        #expect(world.server.state.cache.statistics.misses == 3)
    }

    @Test("PB-03: every check runs on hits too")
    func routesDiffer() throws {
        let world = try self.world { servers in
            [
                try AdmissionWorld.route("x", servers[0], audiences: ["api"]),
                try AdmissionWorld.route("y", servers[0], index: 1, audiences: ["other"]),
                try AdmissionWorld.route("z", servers[0], index: 2, scopes: ["admin"]),
            ]
        }
        let token = try self.issuer.token()
        #expect(try world.status("/x", token: token) == 200)
        #expect(try world.send("/y", token: token).refusal == .tokenRejected(.audience))
        #expect(try world.status("/z", token: token) == 403)
    }

    @Test("PB-06, PB-69: a token lives to exp and the leeway, no second longer, cached or not")
    func endsAtExpiryAndLeeway() throws {
        let world = try self.world()
        let token = try self.issuer.token()
        world.second = 50
        #expect(try world.status(token: token) == 200)
        world.second = 69
        #expect(try world.status(token: token) == 200)
        #expect(try world.send(token: token).grant?.streamsEndAt == NumericDate(seconds: 1_800_000_070))
        world.second = 70
        #expect(try world.send(token: token).refusal == .tokenRejected(.expired))
    }

    @Test("a token without `sub` passes only where the route does without, and then sends no subject field")
    func subjectOptional() throws {
        let world = try self.world { [try AdmissionWorld.route("x", $0[0], requiresSubject: false)] }
        let decision = try world.send(token: self.issuer.token(["sub": nil]))
        #expect(decision.status == 200)
        #expect(decision.subjectLines.isEmpty)
    }

    @Test("without keys a request waits for the first fetch; when it fails the answer is 503, not 401 (PB-17, PB-18)")
    func withoutKeys() throws {
        let world = try self.world(stocked: false)
        let raw = AdmissionWorld.request(token: try self.issuer.token())
        guard case .awaitKeys(let pending) = try world.decide(raw) else {
            Issue.record("the request waits for keys")
            return
        }
        #expect(self.stock(world, nil) == [pending.waiter])
        #expect(try world.resumeWithKeys(pending, raw).refusal == .keysUnavailable)
        #expect(try world.send(raw).refusal == .keysUnavailable)
        world.second = 1
        guard case .awaitKeys(let second) = try world.decide(raw) else {
            Issue.record("the request waits for keys again")
            return
        }
        #expect(self.stock(world, [self.issuer.publicKey]) == [second.waiter])
        #expect(try world.resumeWithKeys(second, raw).status == 200)
    }

    @Test("PB-13: a new key is fetched at once for the first token that names it; PB-14: the next unknown one is 401")
    func rotates() throws {
        let world = try self.world()
        let rotated = try JWTIssuer(JWTIssuer.otherKey, kid: "k2")
        let old = try self.issuer.token()
        #expect(try world.status(token: old) == 200)
        let raw = AdmissionWorld.request(token: try rotated.token())
        guard case .awaitKeys(let pending) = try world.decide(raw) else {
            Issue.record("the request waits for keys")
            return
        }
        #expect(self.stock(world, [self.issuer.publicKey, rotated.publicKey]) == [pending.waiter])
        #expect(try world.resumeWithKeys(pending, raw).status == 200)
        #expect(try world.status(token: old) == 200)
        let unknown = try JWTIssuer(JWTIssuer.otherKey, kid: "k3").token()
        #expect(try world.send(token: unknown).refusal == .tokenRejected(.unknownKey))
    }

    @Test("PB-13: whoever joins a fetch that began before its key was there waits for another one, once")
    func joinsOlderFetch() throws {
        let world = try self.world()
        let state = world.server.state
        state.refetchKeys()
        #expect(state.nextKeyFetch(at: world.now.monotonic) == .start)
        let rotated = try JWTIssuer(JWTIssuer.otherKey, kid: "k2")
        let raw = AdmissionWorld.request(token: try rotated.token())
        guard case .awaitKeys(let first) = try world.decide(raw) else {
            Issue.record("the request waits for keys")
            return
        }
        let old = JSONWebKeySet(keys: [self.issuer.publicKey])
        #expect(state.keysFetched(old, at: world.now.monotonic) == [first.waiter])
        guard case .awaitKeys(let second) = try world.resumeWithKeys(first, raw) else {
            Issue.record("the request waits for newer keys")
            return
        }
        #expect(self.stock(world, [self.issuer.publicKey, rotated.publicKey]) == [second.waiter])
        #expect(try world.resumeWithKeys(second, raw).status == 200)
    }

    @Test("PB-14: and not a second time, nor within the cool-down")
    func joinsOlderFetchOnce() throws {
        let world = try self.world()
        let state = world.server.state
        let raw = AdmissionWorld.request(token: try JWTIssuer(JWTIssuer.otherKey, kid: "k2").token())
        state.refetchKeys()
        guard case .awaitKeys(let first) = try world.decide(raw) else {
            Issue.record("the request waits for keys")
            return
        }
        self.stock(world, [self.issuer.publicKey])
        guard case .awaitKeys(let second) = try world.resumeWithKeys(first, raw) else {
            Issue.record("the request waits for newer keys")
            return
        }
        self.stock(world, [self.issuer.publicKey])
        world.second += 3_600
        #expect(try world.resumeWithKeys(second, raw).refusal == .tokenRejected(.unknownKey))
    }

    @Test("PB-17: an unknown key is 503 while the server cannot be asked about it, and 401 once it has been")
    func unknownKeyWhileServerIsAway() throws {
        let world = try self.world()
        let unknown = AdmissionWorld.request(token: try JWTIssuer(JWTIssuer.otherKey, kid: "k2").token())
        guard case .awaitKeys(let pending) = try world.decide(unknown) else {
            Issue.record("the request waits for keys")
            return
        }
        #expect(world.server.state.nextKeyFetch(at: world.now.monotonic) == .start)
        #expect(world.server.state.keysFetched(nil, at: world.now.monotonic) == [pending.waiter])
        #expect(try world.resumeWithKeys(pending, unknown).refusal == .keysUnavailable)
        #expect(try world.send(unknown).refusal == .keysUnavailable)
        #expect(try world.status(token: try self.issuer.token()) == 200)
        world.second += 2
        self.stock(world, [self.issuer.publicKey])
        #expect(try world.send(unknown).refusal == .tokenRejected(.unknownKey))
    }

    @Test("what a key verified is gone when the key is, even if the verification was under way")
    func keyGoes() throws {
        let world = try self.world()
        let token = try self.issuer.token()
        #expect(try world.status(token: token) == 200)
        let snapshot = try #require(world.server.state.keySnapshot(at: world.now.monotonic))
        world.second = 250
        let rotated = try JWTIssuer(JWTIssuer.otherKey, kid: "k2")
        self.stock(world, [rotated.publicKey])
        #expect(world.server.state.cache.statistics.acceptedEntries == 0)
        // A loop that verified with the old set comes late to the shard.
        world.second = 0
        world.server.state.cache.keepVerified(
            try Tokens.introspected(#"{"active":true,"sub":"a"}"#), for: .chosen(1), keyEpoch: snapshot.epoch,
            at: world.now)
        #expect(world.server.state.cache.statistics.acceptedEntries == 0)
        guard case .awaitKeys = try world.decide(AdmissionWorld.request(token: token)) else {
            Issue.record("the key is unknown now")
            return
        }
    }

    @Test("RFC 8725 §3.1: what a key verified is gone when it gets another `kid` or serves its algorithm no more")
    func keyChanges() throws {
        let material = try JWTIssuer.key.get().material
        let changes = [
            try JSONWebKey(material, keyIdentifier: KeyIdentifier("k2"), algorithms: [.es256]),
            try JSONWebKey(material, keyIdentifier: nil, algorithms: [.es256]),
            try JSONWebKey(material, keyIdentifier: KeyIdentifier("k1"), algorithms: []),
        ]
        for changed in changes {
            let world = try self.world()
            let cache = world.server.state.cache
            let token = try self.issuer.token()
            #expect(try world.status(token: token) == 200)
            world.server.state.refetchKeys()
            self.stock(world, [self.issuer.publicKey])
            #expect(cache.statistics.acceptedEntries == 1, "the same key is no other")
            world.server.state.refetchKeys()
            self.stock(world, [changed])
            #expect(cache.statistics.acceptedEntries == 0)
            #expect(try world.status(token: token) != 200)
        }
    }

    @Test("key sets reach the cache in the order in which they came, however many come at once")
    func adoptsInOrder() async throws {
        // The first of them changes the key, those behind it do not: only that one ends what the key verified.
        let changed = JSONWebKeySet(keys: [
            try JSONWebKey(JWTIssuer.key.get().material, keyIdentifier: KeyIdentifier("k2"), algorithms: [.es256])
        ])
        let token = try self.issuer.token()
        for _ in 0..<100 {
            let world = try self.world()
            #expect(try world.status(token: token) == 200)
            let state = world.server.state
            #expect(state.cache.statistics.acceptedEntries == 1)
            await withTaskGroup(of: Void.self) { group in
                for second in 0..<8 as Range<Int64> {
                    group.addTask { _ = state.keysReplaced(by: changed, at: Instant.second(second).monotonic) }
                }
            }
            #expect(state.cache.statistics.acceptedEntries == 0)
        }
    }

    @Test("PB-17: while no key of the set can be used, an unknown key is 503: the fault is the server's")
    func noUsableKey() throws {
        let world = try self.world()
        let raw = AdmissionWorld.request(token: try self.issuer.token())
        #expect(try world.send(raw).status == 200)
        world.server.state.refetchKeys()
        self.stock(world, [])
        #expect(!world.server.state.keyFigures(at: world.now.monotonic).isUsable)
        // What the old set verified is gone with it.
        guard case .awaitKeys(let pending) = try world.decide(raw) else {
            Issue.record("the request waits for keys")
            return
        }
        #expect(self.stock(world, []) == [pending.waiter])
        #expect(try world.resumeWithKeys(pending, raw).refusal == .keysUnavailable)
        #expect(try world.send(raw).refusal == .keysUnavailable)
        // What is wrong with a token whatever the keys are is its own fault still.
        #expect(try world.send(token: "a.b.c").refusal == .tokenRejected(.malformedJWT))
        world.server.state.refetchKeys()
        self.stock(world, [try JWTIssuer(JWTIssuer.otherKey, kid: "k2").publicKey])
        #expect(try world.send(raw).refusal == .tokenRejected(.unknownKey))
    }

    @Test("the refresher is woken for a wanted fetch, outside the lock")
    func wakes() throws {
        let world = try self.world(stocked: false)
        let state = world.server.state
        let starts = Mutex(0)
        state.onKeysWanted { [state] in
            // Asking back must not deadlock.
            if state.nextKeyFetch(at: Instant.second(0).monotonic) == .start { starts.withLock { $0 += 1 } }
        }
        let raw = AdmissionWorld.request(token: try self.issuer.token())
        for _ in 0..<3 {
            guard case .awaitKeys = try world.decide(raw) else {
                Issue.record("the request waits for keys")
                return
            }
        }
        #expect(starts.withLock { $0 } == 1)
    }

    @Test("verify_or_introspect: what claims to be a JWT is verified and only verified, all else is introspected")
    func verifiesOrIntrospects() throws {
        let world = try self.world(strategy: .verifyOrIntrospect)
        #expect(try world.status(token: self.issuer.token()) == 200)
        let forged = try JWTIssuer(JWTIssuer.otherKey, kid: "k1").token()
        world.answers[forged] = .json(#"{"active":true,"sub":"a","scope":"read"}"#)
        #expect(try world.send(token: forged).refusal == .tokenRejected(.badSignature))
        let unsigned = "eyJhbGciOiJub25lIn0.e30.AA"
        world.answers[unsigned] = .json(#"{"active":true,"sub":"a","scope":"read"}"#)
        #expect(try world.send(token: unsigned).refusal == .tokenRejected(.algorithm))
        #expect(world.calls == 0)
        // Spelt anew it is refused, not handed to a server that may forgive the spelling and ask for no audience.
        let good = try self.issuer.token()
        var spare = Array(good.utf8)
        spare[spare.count - 1] += 1
        for respelt in [good + "=", good + "==", good + "~", String(decoding: spare, as: UTF8.self)] {
            world.answers[respelt] = .json(#"{"active":true,"sub":"a","scope":"read"}"#)
            #expect(try world.send(token: respelt).refusal == .tokenRejected(.malformedJWT))
        }
        #expect(world.calls == 0)
        // No `alg`, no JSON, no base64url, other numbers of segments: opaque.
        for opaque in ["e30.e30.AA", "ory_at_x.y", "a.b.c", "ory_at_x", "e30.e30.A=", "e30.e30.AA.AA"] {
            world.answers[opaque] = .json(#"{"active":true,"sub":"a","scope":"read"}"#)
            #expect(try world.status(token: opaque) == 200)
        }
        #expect(world.calls == 6)
    }
}
