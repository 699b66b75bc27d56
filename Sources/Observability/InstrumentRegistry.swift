package import ProxyCore
import Synchronization

/// The counters of every loop, by name, kept across reloads so that a counter never goes back.
package final class InstrumentRegistry: Sendable {
    private struct State {
        var routes: [String: [RouteInstruments]] = [:]
        var upstreams: [String: [UpstreamInstruments]] = [:]
        var servers: [String: [ServerInstruments]] = [:]
        /// What caches that are gone have counted, by server.
        var formerCaches: [String: CacheStatistics] = [:]
        var generationNumber: UInt64 = 0
        var lastReloadSucceeded = true
    }

    package let loops: [LoopInstruments]
    private let state = Mutex(State())

    /// Requests that matched no route are counted under this name; no route can have it.
    package static let noRouteName = "-"

    package init(loopCount: Int) {
        self.loops = (0..<loopCount).map { _ in LoopInstruments() }
    }

    /// The counters that a loop uses while `generation` is current; made at start and at each reload.
    package func instruments(for generation: ProxyGeneration, loop: Int) -> GenerationInstruments {
        self.state.withLock { state in
            let count = self.loops.count
            func row<Value>(_ name: String, _ table: inout [String: [Value]], _ make: (String) -> Value) -> Value {
                if let known = table[name] { return known[loop] }
                let made = (0..<count).map { _ in make(name) }
                table[name] = made
                return made[loop]
            }
            return GenerationInstruments(
                loop: self.loops[loop],
                routes: generation.routes.map { row($0.name, &state.routes, RouteInstruments.init(routeName:)) },
                noRoute: row(Self.noRouteName, &state.routes, RouteInstruments.init(routeName:)),
                upstreams: generation.upstreams.map {
                    row($0.name, &state.upstreams, UpstreamInstruments.init(upstreamName:))
                },
                servers: generation.authorizationServers.map {
                    row($0.settings.name, &state.servers, ServerInstruments.init(serverName:))
                })
        }
    }

    /// A reload has put `servers` in place of `former`: what the caches that go with those have counted stays counted.
    ///
    /// Called in one step with the change of generation that `formerCacheCounts` is read by. What requests under way still
    /// look up in a cache that has gone is not counted.
    package func noteSuccession(of former: [AuthorizationServer], by servers: [AuthorizationServer]) {
        for server in former where !servers.contains(where: { $0.state.cache === server.state.cache }) {
            let counts = server.state.cache.statistics.countsAlone
            self.state.withLock { $0.formerCaches[server.settings.name, default: CacheStatistics()] += counts }
        }
    }

    /// What earlier caches of a server have counted; nothing of what they held.
    package func formerCacheCounts(of server: String) -> CacheStatistics {
        self.state.withLock { $0.formerCaches[server] ?? CacheStatistics() }
    }

    package func noteReload(succeeded: Bool, generation number: UInt64) {
        self.state.withLock {
            $0.lastReloadSucceeded = succeeded
            if succeeded { $0.generationNumber = number }
        }
    }

    var reload: (generation: UInt64, succeeded: Bool) {
        self.state.withLock { ($0.generationNumber, $0.lastReloadSucceeded) }
    }
    var routes: [String: [RouteInstruments]] { self.state.withLock { $0.routes } }
    var upstreams: [String: [UpstreamInstruments]] { self.state.withLock { $0.upstreams } }
    var servers: [String: [ServerInstruments]] { self.state.withLock { $0.servers } }
}

/// The counters one loop reaches by index while one generation is current.
package struct GenerationInstruments: Sendable {
    package let loop: LoopInstruments
    package let routes: [RouteInstruments]
    package let noRoute: RouteInstruments
    package let upstreams: [UpstreamInstruments]
    package let servers: [ServerInstruments]
}
