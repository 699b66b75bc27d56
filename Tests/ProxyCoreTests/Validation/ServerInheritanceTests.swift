import JOSE
import OAuthModel
import ProxyCore
import Testing

/// What a reload that changes a server's settings keeps of its state.
@Suite("What an authorization server keeps across a reload (SPEC §4, §9)") struct ServerInheritanceTests {
    typealias Settings = AuthorizationServer.Settings

    static func settings() -> Settings {
        Settings(
            name: "main", issuer: IssuerIdentifier("https://as.example"), strategy: .verifyOrIntrospect,
            introspection: AuthorizationServer.Introspection(endpoint: Self.endpoint(4_445)),
            jwt: AuthorizationServer.JWT(
                source: .endpoint("https://as.example/keys"),
                profile: JWTProfile(issuer: "https://as.example", audiences: ["api"], algorithms: [.es256]),
                keyPolicy: KeyPolicy()))
    }

    static func endpoint(_ port: UInt16) -> ServiceEndpoint {
        ServiceEndpoint(
            address: .network(host: "127.0.0.1", port: port), isTLS: false, authority: Array("127.0.0.1:\(port)".utf8))
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kept: Set<String>
        let make: @Sendable (inout Settings) -> Void
        init(_ name: String, keeps kept: Set<String>, _ make: @escaping @Sendable (inout Settings) -> Void) {
            self.testDescription = name
            self.kept = kept
            self.make = make
        }
    }

    static let changes: [Change] = [
        Change("issuer", keeps: ["keys", "breaker"]) { $0.issuer = IssuerIdentifier("https://other.example") },
        Change("strategy", keeps: ["keys", "breaker"]) { $0.strategy = .verify },
        Change("where keys come from", keeps: ["breaker"]) { $0.jwt?.source = .file("/k.json") },
        Change("which keys count", keeps: ["breaker"]) { $0.jwt?.keyPolicy.minRSABits = 3_072 },
        Change("no JWTs any more", keeps: ["breaker"]) { $0.jwt = nil },
        Change("audiences", keeps: ["keys", "breaker"]) { $0.jwt?.profile.audiences = ["other"] },
        Change("leeway", keeps: ["keys", "breaker"]) { $0.jwt?.profile.leewaySeconds = 1 },
        Change("where tokens are asked about", keeps: ["keys"]) { $0.introspection?.endpoint = Self.endpoint(1) },
        Change("the endpoint is discovered", keeps: ["keys"]) {
            $0.introspection?.endpoint = nil
            $0.introspection?.discovers = true
        },
        Change("no introspection any more", keeps: ["keys"]) { $0.introspection = nil },
        Change("who asks", keeps: ["keys", "breaker"]) {
            $0.introspection?.clientAuthentication = .bearer(SecretBytes("s"))
        },
        Change("an issuer may be missing", keeps: ["keys", "breaker"]) { $0.introspection?.isIssuerOptional = true },
        Change("plaintext", keeps: ["keys", "breaker"]) { $0.allowsPlaintext = true },
        Change("cache.ttl", keeps: ["keys", "breaker"]) { $0.cache.lifetime = .seconds(1) },
        Change("cache.size", keeps: ["keys", "breaker"]) { $0.cache.bytesMax = 1 << 20 },
        Change("breaker", keeps: ["answers", "keys"]) { $0.introspection?.breakerFailures = 1 },
        Change("how servers are asked", keeps: ["answers", "keys", "breaker"]) {
            $0.introspection?.timeout = .seconds(9)
            $0.introspection?.retriesMax = 0
            $0.introspection?.concurrencyMax = 1
            $0.introspection?.waitingMax = 1
            $0.introspection?.waitMax = 1
        },
        Change("when keys are fetched", keeps: ["answers", "keys", "breaker"]) {
            $0.jwt?.lifetime = .seconds(9)
            $0.jwt?.cooldown = .seconds(9)
            $0.jwt?.timeout = .seconds(9)
            $0.jwt?.staleLimit = .seconds(9)
        },
        Change("nothing", keeps: ["answers", "keys", "breaker"]) { _ in },
    ]

    @Test("Answers, keys and breaker stay when nothing that made them has changed", arguments: Self.changes)
    func kept(change: Change) {
        var new = Self.settings()
        change.make(&new)
        let kept = AuthorizationServer.Inheritance(from: Self.settings(), to: new)
        #expect(kept.answers == change.kept.contains("answers"))
        #expect(kept.keys == change.kept.contains("keys"))
        #expect(kept.breaker == change.kept.contains("breaker"))
    }

    @Test("Discovered keys and endpoints are another server's under another issuer, or under another rule for http")
    func discovered() {
        var old = Self.settings()
        old.jwt?.source = .discovery
        old.introspection?.endpoint = nil
        old.introspection?.discovers = true
        var issuer = old
        issuer.issuer = IssuerIdentifier("https://other.example")
        var plaintext = old
        plaintext.allowsPlaintext = true
        for new in [issuer, plaintext] {
            let kept = AuthorizationServer.Inheritance(from: old, to: new)
            #expect(!kept.keys && !kept.breaker && !kept.answers)
        }
    }

    static let discoveries: [Change] = [
        Change("issuer", keeps: []) { $0.issuer = IssuerIdentifier("https://other.example") },
        Change("plaintext", keeps: []) { $0.allowsPlaintext = true },
        Change("the endpoint is written", keeps: []) {
            $0.introspection?.discovers = false
            $0.introspection?.endpoint = Self.endpoint(1)
        },
        Change("breaker", keeps: ["discovery"]) { $0.introspection?.breakerFailures = 1 },
        Change("how servers are asked", keeps: ["discovery"]) { $0.introspection?.timeout = .seconds(9) },
        Change("who asks", keeps: ["discovery"]) {
            $0.introspection?.clientAuthentication = .bearer(SecretBytes("s"))
        },
        Change("cache.ttl", keeps: ["discovery"]) { $0.cache.lifetime = .seconds(1) },
        Change("where keys come from", keeps: ["discovery"]) { $0.jwt?.source = .file("/k.json") },
    ]

    @Test("A discovered endpoint stays as long as what discovery goes by does", arguments: Self.discoveries)
    func discoveredEndpoint(change: Change) {
        var old = Self.settings()
        old.introspection?.endpoint = nil
        old.introspection?.discovers = true
        let former = self.server(old)
        former.state.discovered(Self.endpoint(4_445))
        var new = old
        change.make(&new)
        let isKept = change.kept.contains("discovery")
        #expect(AuthorizationServer.Inheritance(from: old, to: new).discovery == isKept)
        let found = self.server(new, succeeding: former).state.introspectionEndpoint(of: old)
        #expect(found == (isKept ? Self.endpoint(4_445) : nil))
    }

    private static let now: UInt64 = 5_000_000_000_000

    private func server(
        _ settings: Settings, succeeding former: AuthorizationServer? = nil
    ) -> AuthorizationServer {
        AuthorizationServer(
            index: 0, settings: settings,
            state: AuthorizationServerState(settings: settings, jitter: 0, succeeding: former))
    }

    @Test("SPEC §4: with the server away, a reload that changes `cache.ttl` keeps the key set and its age")
    func keysStay() throws {
        let former = self.server(Self.settings())
        #expect(former.state.nextKeyFetch(at: Self.now) == .start)
        _ = former.state.keysFetched(JSONWebKeySet(keys: []), at: Self.now)
        var settings = Self.settings()
        settings.cache.lifetime = .seconds(1)
        settings.jwt?.lifetime = .seconds(100)
        settings.jwt?.staleLimit = .seconds(200)
        let server = self.server(settings, succeeding: former)
        let old = try #require(former.state.keySnapshot(at: Self.now))
        let new = try #require(server.state.keySnapshot(at: Self.now + .seconds(199)))
        #expect(new.epoch > old.epoch + 1)
        #expect(server.state.keyFigures(at: Self.now + .seconds(3)).age == .seconds(3))
        // The new times hold from the fetch on.
        #expect(server.state.nextKeyFetch(at: Self.now) == .sleep(until: Self.now + .seconds(80)))
        #expect(server.state.keySnapshot(at: Self.now + .seconds(200)) == nil)
        #expect(server.state.cache !== former.state.cache)
    }

    @Test("A fetch that was under way is made again, and whoever waited for it is told where it waits")
    func fetchUnderWay() throws {
        let former = self.server(Self.settings())
        #expect(former.state.nextKeyFetch(at: Self.now) == .start)
        let waiter = WaiterID(loop: 0, slot: 1, generation: 1)
        #expect(former.state.noKeys(waiter: waiter, at: Self.now) == .wait(wakes: false))
        var settings = Self.settings()
        settings.cache.lifetime = .seconds(1)
        let server = self.server(settings, succeeding: former)
        #expect(server.state.nextKeyFetch(at: Self.now) == .start)
        #expect(server.state.keysFetched(JSONWebKeySet(keys: []), at: Self.now) == [])
        #expect(former.state.keysFetched(JSONWebKeySet(keys: []), at: Self.now) == [waiter])
    }

    @Test("An open breaker stays open for as long as it was; a probe under way leaves the next one free to go")
    func breakerStays() {
        let limits = AuthorizationServerGuard.Limits(
            concurrencyMax: 4, waitingMax: 4, waitMax: 1, breakerFailures: 1, breakerOpen: .seconds(1))
        let ticket = AuthorizationServerGuard.Ticket(flight: FlightID(number: 1), loop: 0)
        var former = AuthorizationServerGuard(limits: limits)
        guard case .go(let permit) = former.enter(ticket, at: 0) else {
            Issue.record("a closed breaker lets go")
            return
        }
        _ = former.leave(permit, outcome: .failed, at: 0)
        var open = AuthorizationServerGuard(limits: limits, resuming: former.breaker)
        #expect(open.enter(ticket, at: .seconds(1) - 1) == .refuse(retryAfter: 1))
        guard case .go(let probe) = former.enter(ticket, at: .seconds(1)) else {
            Issue.record("time for a probe")
            return
        }
        #expect(probe.isProbe)
        var halfOpen = AuthorizationServerGuard(limits: limits, resuming: former.breaker)
        guard case .go(let other) = halfOpen.enter(ticket, at: .seconds(1)) else {
            Issue.record("nobody would ever report the former guard's probe here")
            return
        }
        #expect(other.isProbe)
    }
}
