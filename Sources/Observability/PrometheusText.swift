package import ProxyCore

/// The metrics of SPEC §7, as Prometheus reads them: the loops' counters summed, and the state of each server.
///
/// Labels are names from the configuration or words from fixed lists, never anything of a request.
package struct PrometheusText: Sendable {
    /// What one authorization server of the current generation shows.
    package struct Server: Sendable {
        package var name: String
        package var cache: CacheStatistics
        package var inFlight: Int
        package var waiting: Int
        package var breaker: AuthorizationServerGuard.Breaker
        /// Nil for a server whose tokens are not verified here.
        package var keys: Keys?

        package struct Keys: Sendable {
            package var age: Nanoseconds?
            package var isUsable: Bool
            /// Fetches by how they ended.
            package var refreshes: [(outcome: String, count: UInt64)]

            package init(age: Nanoseconds?, isUsable: Bool, refreshes: [(outcome: String, count: UInt64)]) {
                self.age = age
                self.isUsable = isUsable
                self.refreshes = refreshes
            }
        }

        package init(
            name: String, cache: CacheStatistics, inFlight: Int, waiting: Int,
            breaker: AuthorizationServerGuard.Breaker, keys: Keys?
        ) {
            self.name = name
            self.cache = cache
            self.inFlight = inFlight
            self.waiting = waiting
            self.breaker = breaker
            self.keys = keys
        }

        /// The server as it is now; `refreshes` are its key fetches by how they ended, `formerly` what its caches before
        /// this one have counted.
        package init(
            _ server: AuthorizationServer, refreshes: [(outcome: String, count: UInt64)],
            formerly: CacheStatistics = CacheStatistics(), at now: UInt64
        ) {
            var cache = server.state.cache.statistics
            cache += formerly
            let figures = server.state.guardFigures
            var keys: Keys?
            if server.settings.jwt != nil {
                let shown = server.state.keyFigures(at: now)
                keys = Keys(age: shown.age, isUsable: shown.isUsable, refreshes: refreshes)
            }
            self.init(
                name: server.settings.name, cache: cache, inFlight: figures.inFlight,
                waiting: figures.waiting, breaker: figures.breaker, keys: keys)
        }
    }

    package var registry: InstrumentRegistry
    package var servers: [Server]
    /// Lines of the access log that nobody took.
    package var droppedLogLines: UInt64
    package var process: ProcessFigures?
    /// Of this build.
    package var version: String

    package init(
        registry: InstrumentRegistry, servers: [Server], droppedLogLines: UInt64 = 0, process: ProcessFigures?,
        version: String
    ) {
        self.registry = registry
        self.servers = servers
        self.droppedLogLines = droppedLogLines
        self.process = process
        self.version = version
    }

    /// The exposition, in UTF-8; its media type is `text/plain; version=0.0.4; charset=utf-8`.
    package func render() -> [UInt8] {
        var writer = PrometheusTextWriter()
        self.writeRoutes(&writer)
        self.writeCaches(&writer)
        self.writeIntrospection(&writer)
        self.writeKeys(&writer)
        self.writeUpstreams(&writer)
        self.writeLoops(&writer)
        self.writeConfiguration(&writer)
        if let process { Self.writeProcess(process, &writer) }
        writer.begin("build_info", .gauge, help: "The build that runs; always 1.")
        writer.sample([("version", self.version)], 1)
        return writer.bytes
    }
}

extension PrometheusText {
    private func writeRoutes(_ writer: inout PrometheusTextWriter) {
        // Rows that are zero are left out: routes times reasons would be most of the text.
        let routes = self.registry.routes.sorted { $0.key < $1.key }.map { name, loops in
            (name: name, blocks: loops.map(\.block))
        }
        writer.begin("bearergate_requests_total", .counter, help: "Requests answered, by what became of them.")
        for route in routes {
            for decision in DecisionLabel.allCases {
                for statusClass in 0..<RouteInstruments.statusClasses {
                    let position = decision.rawValue * RouteInstruments.statusClasses + statusClass
                    let count = Self.sum(route.blocks, position)
                    guard count > 0 else { continue }
                    writer.sample(
                        [
                            ("route", route.name), ("decision", "\(decision.text)"),
                            ("status_class", "\(statusClass + 1)xx"),
                        ], count)
                }
            }
        }
        writer.begin(
            "bearergate_decisions_total", .counter,
            help:
                "Decisions, by why; allowed ones have that as reason, reported ones what they were let pass in spite of."
        )
        for route in routes {
            for reason in 0..<RouteInstruments.reasonCount {
                let count = Self.sum(route.blocks, RouteInstruments.reasonBase + reason)
                guard count > 0 else { continue }
                let label = reason == 0 ? "allowed" : Refusal.labels[reason - 1]
                writer.sample([("route", route.name), ("reason", label)], count)
            }
        }
        writer.begin(
            "bearergate_request_duration_seconds", .histogram,
            help: "From the head of a request to the end of its answer.")
        for route in routes {
            let buckets = Self.buckets(route.blocks, at: RouteInstruments.durationBase)
            guard buckets.contains(where: { $0 > 0 }) else { continue }
            writer.histogram(
                [("route", route.name)], buckets: buckets,
                nanoseconds: Self.durationSum(route.blocks, at: RouteInstruments.durationBase))
        }
    }

    private func writeCaches(_ writer: inout PrometheusTextWriter) {
        writer.begin("bearergate_token_cache_lookups_total", .counter, help: "Lookups of tokens, by what was found.")
        for server in self.servers {
            for (result, count) in [
                ("hit", server.cache.hits), ("negative_hit", server.cache.negativeHits), ("miss", server.cache.misses),
                ("joined", server.cache.joined),
            ] {
                writer.sample([("server", server.name), ("result", result)], count)
            }
        }
        writer.begin("bearergate_token_cache_bytes", .gauge, help: "What cached answers weigh.")
        for server in self.servers {
            writer.sample([("server", server.name), ("kind", "accepted")], server.cache.acceptedBytes)
            writer.sample([("server", server.name), ("kind", "rejected")], server.cache.rejectedBytes)
        }
        writer.begin("bearergate_token_cache_entries", .gauge, help: "How many answers are cached.")
        for server in self.servers {
            writer.sample([("server", server.name), ("kind", "accepted")], server.cache.acceptedEntries)
            writer.sample([("server", server.name), ("kind", "rejected")], server.cache.rejectedEntries)
        }
        writer.begin(
            "bearergate_token_cache_evictions_total", .counter,
            help: "Answers that went before their time to keep the cap.")
        for server in self.servers { writer.sample([("server", server.name)], server.cache.evictions) }
    }

    private func writeIntrospection(_ writer: inout PrometheusTextWriter) {
        let asked = self.registry.servers.sorted { $0.key < $1.key }.map { name, loops in
            (name: name, blocks: loops.map(\.block))
        }
        writer.begin("bearergate_introspection_total", .counter, help: "Introspection calls, by how they ended.")
        for server in asked {
            for outcome in ServerInstruments.Outcome.allCases {
                writer.sample(
                    [("server", server.name), ("outcome", outcome.text)], Self.sum(server.blocks, outcome.rawValue))
            }
        }
        writer.begin(
            "bearergate_introspection_duration_seconds", .histogram,
            help: "From the wish to ask to the answer, waits and retries included; what was not asked is left out.")
        for server in asked {
            writer.histogram(
                [("server", server.name)], buckets: Self.buckets(server.blocks, at: ServerInstruments.durationBase),
                nanoseconds: Self.durationSum(server.blocks, at: ServerInstruments.durationBase))
        }
        writer.begin("bearergate_introspection_inflight", .gauge, help: "Introspection calls under way.")
        for server in self.servers { writer.sample([("server", server.name)], UInt64(server.inFlight)) }
        writer.begin("bearergate_introspection_waiting", .gauge, help: "Introspection calls that wait for their turn.")
        for server in self.servers { writer.sample([("server", server.name)], UInt64(server.waiting)) }
        writer.begin("bearergate_breaker_state", .gauge, help: "0 closed, 1 half-open, 2 open.")
        for server in self.servers {
            let state: UInt64 =
                switch server.breaker {
                case .closed: 0
                case .halfOpen: 1
                case .open: 2
                }
            writer.sample([("server", server.name)], state)
        }
    }

    private func writeKeys(_ writer: inout PrometheusTextWriter) {
        let servers = self.servers.compactMap { server in server.keys.map { (name: server.name, keys: $0) } }
        writer.begin("bearergate_jwks_age_seconds", .gauge, help: "Since the key set was fetched.")
        for server in servers {
            if let age = server.keys.age { writer.sample([("server", server.name)], nanoseconds: age) }
        }
        writer.begin("bearergate_jwks_usable", .gauge, help: "1 while there is a key set young enough to verify with.")
        for server in servers { writer.sample([("server", server.name)], server.keys.isUsable ? 1 : 0) }
        writer.begin("bearergate_jwks_refresh_total", .counter, help: "Fetches of the key set, by how they ended.")
        for server in servers {
            for (outcome, count) in server.keys.refreshes {
                writer.sample([("server", server.name), ("outcome", outcome)], count)
            }
        }
    }

    private func writeUpstreams(_ writer: inout PrometheusTextWriter) {
        let upstreams = self.registry.upstreams.sorted { $0.key < $1.key }.map { name, loops in
            (name: name, blocks: loops.map(\.block))
        }
        writer.begin("bearergate_upstream_connections", .gauge, help: "Open connections to upstreams.")
        for upstream in upstreams {
            for (state, positions) in [
                ("idle", [UpstreamInstruments.idlePosition]),
                ("busy", [UpstreamInstruments.busyPosition, UpstreamInstruments.retiredPosition]),
            ] {
                writer.sample(
                    [("upstream", upstream.name), ("state", state)],
                    positions.reduce(0) { $0 &+ Self.sum(upstream.blocks, $1) })
            }
        }
        writer.begin("bearergate_upstream_errors_total", .counter, help: "What went wrong with upstreams.")
        for upstream in upstreams {
            for kind in UpstreamInstruments.ErrorKind.allCases {
                writer.sample(
                    [("upstream", upstream.name), ("kind", kind.text)], Self.sum(upstream.blocks, kind.rawValue))
            }
        }
    }

    private func writeLoops(_ writer: inout PrometheusTextWriter) {
        func sum(_ position: LoopInstruments.Position) -> UInt64 {
            self.registry.loops.reduce(0) { $0 &+ $1.value(position) }
        }
        writer.begin("bearergate_open_streams", .gauge, help: "Open tunnels.")
        writer.sample(sum(.openStreams))
        writer.begin("bearergate_connections", .gauge, help: "Open client connections.")
        writer.sample(sum(.openConnections))
        writer.begin("bearergate_connections_max", .gauge, help: "How many client connections may be open.")
        writer.sample(sum(.connectionsMax))
        writer.begin("bearergate_connections_accepted_total", .counter, help: "Client connections taken in.")
        writer.sample(sum(.acceptedConnections))
        writer.begin("bearergate_connections_refused_total", .counter, help: "Client connections beyond the limit.")
        writer.sample(sum(.refusedConnections))
        writer.begin("bearergate_accept_pauses_total", .counter, help: "Rests of a listener for want of descriptors.")
        writer.sample(sum(.acceptPauses))
        writer.begin("bearergate_access_log_dropped_total", .counter, help: "Access log lines that nobody took.")
        writer.sample(sum(.droppedLogLines) &+ self.droppedLogLines)
        writer.begin(
            "bearergate_process_log_dropped_total", .counter, help: "Lines that nobody took from standard error.")
        writer.sample(ImpatientWriter.standardError.dropped)
    }

    private func writeConfiguration(_ writer: inout PrometheusTextWriter) {
        let reload = self.registry.reload
        writer.begin("bearergate_config_generation", .gauge, help: "The number of the configuration in force.")
        writer.sample(reload.generation)
        writer.begin("bearergate_config_last_reload_success", .gauge, help: "1 unless the last reload was refused.")
        writer.sample(reload.succeeded ? 1 : 0)
    }

    private static func sum(_ blocks: [CounterBlock], _ position: Int) -> UInt64 {
        blocks.reduce(0) { $0 &+ $1.value(at: position) }
    }

    private static func buckets(_ blocks: [CounterBlock], at base: Int) -> [UInt64] {
        (0...DurationHistogram.bounds.count).map { Self.sum(blocks, base + $0) }
    }

    private static func durationSum(_ blocks: [CounterBlock], at base: Int) -> UInt64 {
        Self.sum(blocks, base + DurationHistogram.bounds.count + 1)
    }
}
