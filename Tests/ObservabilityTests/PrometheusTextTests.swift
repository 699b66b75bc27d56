import JOSE
import OAuthModel
import ProxyCore
import Testing

@testable import Observability

@Suite("Prometheus exposition (SPEC §7)") struct PrometheusTextTests {
    private func text(
        _ registry: InstrumentRegistry = InstrumentRegistry(loopCount: 2), servers: [PrometheusText.Server] = [],
        process: ProcessFigures? = nil
    ) throws -> Exposition {
        try Exposition(
            PrometheusText(registry: registry, servers: servers, process: process, version: "1.2.3").render())
    }

    private func generation(
        routes names: [String] = ["orders.read"], server name: String = "hydra", upstream: String = "orders"
    ) throws -> ProxyGeneration {
        let settings = AuthorizationServer.Settings(
            name: name, strategy: .verify,
            jwt: AuthorizationServer.JWT(
                source: .file("keys.json"),
                profile: JWTProfile(issuer: "https://as.example", audiences: nil, algorithms: [.es256]),
                keyPolicy: KeyPolicy()))
        let server = AuthorizationServer(
            index: 0, settings: settings, state: AuthorizationServerState(settings: settings, jitter: 0))
        let upstream = Upstream(
            index: 0, name: upstream,
            endpoint: ServiceEndpoint(address: .unix(path: "/run/orders.sock"), isTLS: false, authority: []))
        let routes = try names.enumerated().map { index, name in
            Route(
                index: index, name: name, paths: [try RoutePattern("/r\(index)")], authorizationServer: server,
                upstream: upstream)
        }
        return ProxyGeneration(
            number: 1, table: try RouteTable(routes: routes), routes: routes, upstreams: [upstream],
            authorizationServers: [server])
    }

    private func servers(of generation: ProxyGeneration, at now: UInt64 = 0) -> [PrometheusText.Server] {
        generation.authorizationServers.map {
            PrometheusText.Server($0, refreshes: [("success", 3), ("timeout", 1)], at: now)
        }
    }

    @Test("Every metric of SPEC §7 that exists is there under its name, with its labels")
    func names() throws {
        let registry = InstrumentRegistry(loopCount: 2)
        let generation = try self.generation()
        let state = generation.authorizationServers[0].state
        _ = state.nextKeyFetch(at: 0)
        _ = state.keysFetched(JSONWebKeySet(keys: []), at: .seconds(10))
        for loop in 0..<2 {
            let instruments = registry.instruments(for: generation, loop: loop)
            instruments.routes[0].count(.allowed, reason: nil, status: 200, nanoseconds: 1_000_000)
        }
        let text = try self.text(
            registry, servers: self.servers(of: generation, at: .seconds(12)), process: ProcessFigures.now())
        let expected: [(String, String, Set<String>)] = [
            ("bearergate_requests_total", "counter", ["route", "decision", "status_class"]),
            ("bearergate_request_duration_seconds", "histogram", ["route", "le"]),
            ("bearergate_decisions_total", "counter", ["route", "reason"]),
            ("bearergate_token_cache_lookups_total", "counter", ["server", "result"]),
            ("bearergate_token_cache_bytes", "gauge", ["server", "kind"]),
            ("bearergate_token_cache_entries", "gauge", ["server", "kind"]),
            ("bearergate_token_cache_evictions_total", "counter", ["server"]),
            ("bearergate_introspection_duration_seconds", "histogram", ["server", "le"]),
            ("bearergate_introspection_total", "counter", ["server", "outcome"]),
            ("bearergate_introspection_inflight", "gauge", ["server"]),
            ("bearergate_breaker_state", "gauge", ["server"]),
            ("bearergate_jwks_age_seconds", "gauge", ["server"]),
            ("bearergate_jwks_refresh_total", "counter", ["server", "outcome"]),
            ("bearergate_upstream_connections", "gauge", ["upstream", "state"]),
            ("bearergate_upstream_errors_total", "counter", ["upstream", "kind"]),
            ("bearergate_open_streams", "gauge", []),
            ("bearergate_config_generation", "gauge", []),
            ("bearergate_config_last_reload_success", "gauge", []),
            ("process_cpu_seconds_total", "counter", []),
            ("process_resident_memory_bytes", "gauge", []),
            ("process_open_fds", "gauge", []),
            ("process_max_fds", "gauge", []),
            ("process_start_time_seconds", "gauge", []),
            ("build_info", "gauge", ["version"]),
        ]
        for (name, type, labels) in expected {
            let family = try #require(text.families[name], "\(name) is missing")
            #expect(family.type == type)
            let sample = try #require(family.samples.first, "\(name) has no sample")
            #expect(Set(sample.labels.map(\.name)) == labels, "\(name)")
        }
        #expect(text.families["bearergate_jwks_age_seconds"]?.samples.first?.value == 2)
    }

    @Test("Counts of all loops are one sample, by decision, reason and status class")
    func sums() throws {
        let registry = InstrumentRegistry(loopCount: 2)
        let generation = try self.generation()
        for loop in 0..<2 {
            let route = registry.instruments(for: generation, loop: loop).routes[0]
            route.count(.allowed, reason: nil, status: 204, nanoseconds: 200_000)
            route.count(.refused, reason: .tokenRejected(.expired), status: 401, nanoseconds: 300_000)
        }
        registry.instruments(for: generation, loop: 0).noRoute
            .count(.refused, reason: .noRoute, status: 404, nanoseconds: 20_000_000_000)
        let text = try self.text(registry)
        let requests = try #require(text.families["bearergate_requests_total"]).samples
        #expect(requests.count == 3)
        let allowed = requests.filter { $0.label("decision") == "allowed" && $0.label("status_class") == "2xx" }
        #expect(allowed.map(\.value) == [2])
        let decisions = try #require(text.families["bearergate_decisions_total"]).samples
        #expect(decisions.filter { $0.label("reason") == "expired" }.map(\.value) == [2])
        #expect(decisions.filter { $0.label("reason") == "allowed" }.map(\.value) == [2])
        let durations = try #require(text.families["bearergate_request_duration_seconds"]).samples
        func value(_ suffix: String, _ route: String, le: String? = nil) -> Double? {
            durations.first { sample in
                sample.name.hasSuffix(suffix) && sample.label("route") == route && sample.label("le") == le
            }?.value
        }
        #expect(value("_bucket", "orders.read", le: "0.00025") == 2)
        #expect(value("_bucket", "orders.read", le: "0.0005") == 4)
        #expect(value("_count", "orders.read") == 4)
        #expect(value("_sum", "orders.read") == 0.001)
        #expect(value("_bucket", "-", le: "10") == 0)
        #expect(value("_bucket", "-", le: "+Inf") == 1)
        #expect(value("_sum", "-") == 20)
    }

    @Test(
        "Names with quotes, backslashes and line ends are escaped and come back as they were",
        arguments: [
            "plain", "a\"b", "a\\b", "a\nb", "\\n", "\"", "größe", "{x=\"1\"} 5",
        ])
    func escaping(name: String) throws {
        let registry = InstrumentRegistry(loopCount: 1)
        let generation = try self.generation(routes: [name], server: name, upstream: name)
        registry.instruments(for: generation, loop: 0).routes[0]
            .count(.allowed, reason: nil, status: 200, nanoseconds: 1)
        let text = try self.text(registry, servers: self.servers(of: generation))
        #expect(text.families["bearergate_requests_total"]?.samples.first?.label("route") == name)
        #expect(text.families["bearergate_breaker_state"]?.samples.first?.label("server") == name)
        #expect(text.families["bearergate_upstream_connections"]?.samples.first?.label("upstream") == name)
    }

    @Test(
        "The states of a breaker are 0, 1 and 2",
        arguments: [
            (AuthorizationServerGuard.Breaker.closed(failures: 3), 0.0), (.halfOpen(span: 1, since: 1), 1),
            (.open(until: 1, span: 1), 2),
        ])
    func breaker(state: AuthorizationServerGuard.Breaker, value: Double) throws {
        let server = PrometheusText.Server(
            name: "hydra", cache: CacheStatistics(), inFlight: 4, waiting: 5, breaker: state, keys: nil)
        let text = try self.text(servers: [server])
        #expect(text.families["bearergate_breaker_state"]?.samples.map(\.value) == [value])
        #expect(text.families["bearergate_introspection_inflight"]?.samples.map(\.value) == [4])
        #expect(text.families["bearergate_introspection_waiting"]?.samples.map(\.value) == [5])
        #expect(text.families["bearergate_jwks_usable"]?.samples.isEmpty == true)
    }

    @Test("The cache's figures are shown as they are")
    func cache() throws {
        var cache = CacheStatistics()
        (cache.hits, cache.negativeHits, cache.misses, cache.joined) = (1, 2, 3, 4)
        (cache.evictions, cache.acceptedEntries, cache.rejectedEntries) = (5, 6, 7)
        (cache.acceptedBytes, cache.rejectedBytes) = (8, 9)
        let server = PrometheusText.Server(
            name: "hydra", cache: cache, inFlight: 0, waiting: 0, breaker: .closed(failures: 0), keys: nil)
        let text = try self.text(servers: [server])
        func values(_ name: String) -> [Double] { text.families[name]?.samples.map(\.value) ?? [] }
        #expect(values("bearergate_token_cache_lookups_total") == [1, 2, 3, 4])
        #expect(values("bearergate_token_cache_bytes") == [8, 9])
        #expect(values("bearergate_token_cache_entries") == [6, 7])
        #expect(values("bearergate_token_cache_evictions_total") == [5])
    }

    @Test("Connections of pools that a reload has replaced are busy ones, beside those of their successors")
    func retiredConnections() throws {
        let registry = InstrumentRegistry(loopCount: 2)
        let generation = try self.generation()
        let upstreams = (0..<2).map { registry.instruments(for: generation, loop: $0).upstreams[0] }
        upstreams[0].addRetired(3)
        upstreams[0].set(idle: 1, busy: 2)
        upstreams[1].set(idle: 4, busy: 0)
        upstreams[0].addRetired(-1)
        let text = try self.text(registry)
        let samples = try #require(text.families["bearergate_upstream_connections"]).samples
        #expect(samples.first { $0.label("state") == "idle" }?.value == 5)
        #expect(samples.first { $0.label("state") == "busy" }?.value == 4)
    }

    @Test("A refused reload shows, and the generation stays")
    func reload() throws {
        let registry = InstrumentRegistry(loopCount: 1)
        registry.noteReload(succeeded: true, generation: 4)
        registry.noteReload(succeeded: false, generation: 5)
        let text = try self.text(registry)
        #expect(text.families["bearergate_config_generation"]?.samples.map(\.value) == [4])
        #expect(text.families["bearergate_config_last_reload_success"]?.samples.map(\.value) == [0])
    }

    @Test(
        "Sums of durations keep their nanoseconds",
        arguments: [
            (0 as UInt64, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (1_000_000_000, "1"),
            (31_536_000_000_000_001, "31536000.000000001"),
        ])
    func seconds(nanoseconds: UInt64, text: String) {
        #expect(PrometheusTextWriter.seconds(nanoseconds) == text)
    }

    @Test("The process's own figures are read from the kernel")
    func process() throws {
        let figures = try #require(ProcessFigures.now())
        #expect(figures.residentBytes > 1 << 20)
        #expect(figures.virtualBytes >= figures.residentBytes)
        #expect(figures.openDescriptors >= 3)
        #expect(figures.descriptorsMax >= figures.openDescriptors)
        // After 2020 and not in the future by more than a clock's step.
        #expect(figures.startedAt > 1_577_836_800_000_000_000)
    }

    @Test("A counter never goes back: a reload that replaces a cache keeps what it counted, not what it held")
    func cacheCountsOutliveTheCache() throws {
        let registry = InstrumentRegistry(loopCount: 1)
        let first = try self.generation()
        let now = ProxyCore.Instant(monotonic: 1, wall: NumericDate(seconds: 1_000))
        func lookUp(_ generation: ProxyGeneration, times: Int) throws {
            for number in 0..<times {
                let digest = try #require(Digest256(Array(repeating: UInt8(number), count: 32)))
                _ = generation.authorizationServers[0].state.cache.lookupOrJoin(
                    TokenFingerprint(digest: digest), waiter: WaiterID(loop: 0, slot: 0, generation: 0), at: now,
                    notOlderThan: 0, joinableSince: 0)
            }
        }
        func misses(_ generation: ProxyGeneration) throws -> Double? {
            let servers = generation.authorizationServers.map {
                PrometheusText.Server(
                    $0, refreshes: [], formerly: registry.formerCacheCounts(of: $0.settings.name), at: 0)
            }
            #expect(servers[0].cache.flights == generation.authorizationServers[0].state.cache.statistics.flights)
            return try self.text(registry, servers: servers)
                .families["bearergate_token_cache_lookups_total"]?.samples.first { $0.label("result") == "miss" }?.value
        }
        try lookUp(first, times: 3)
        #expect(try misses(first) == 3)
        // The same cache under other routes, then another cache, then another again.
        registry.noteSuccession(of: first.authorizationServers, by: first.authorizationServers)
        #expect(try misses(first) == 3)
        let second = try self.generation()
        registry.noteSuccession(of: first.authorizationServers, by: second.authorizationServers)
        #expect(try misses(second) == 3)
        try lookUp(second, times: 2)
        let third = try self.generation()
        registry.noteSuccession(of: second.authorizationServers, by: third.authorizationServers)
        #expect(try misses(third) == 5)
    }
}
