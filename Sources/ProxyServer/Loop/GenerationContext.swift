import HTTPWire
import Observability
import ProxyCore
import Reactor

/// What one loop needs while one generation is current: pools and counters by the generation's indices.
///
/// An exchange keeps the one it began with, so a reload never changes rules under a request.
final class GenerationContext {
    let generation: ProxyGeneration
    /// Bytes of a request body; nil: no limit.
    let bodyMax: UInt64?
    let instruments: GenerationInstruments
    let upstreamPools: [ServicePool]
    /// One a server that introspects over plain HTTP; nil where there is none.
    let introspectionPools: [ServicePool?]

    init(
        generation: ProxyGeneration, instruments: GenerationInstruments, context: LoopContext,
        previous: GenerationContext?
    ) {
        self.generation = generation
        self.bodyMax = generation.limits.body
        self.instruments = instruments
        let limits = generation.limits.head
        self.upstreamPools = generation.upstreams.map { upstream in
            let settings = ServicePool.Settings(
                connectTimeout: upstream.connectTimeout, idleConnectionsMax: upstream.idleConnectionsMax,
                idleTimeout: upstream.idleTimeout, connectionsMax: upstream.connectionsMax, responseLimits: limits)
            // A pool lives on while somebody names its address; it takes the settings that are current.
            if let known = previous?.upstreamPools.first(where: {
                $0.name == upstream.name && $0.endpoint == upstream.endpoint
            }) {
                known.settings = settings
                return known
            }
            return ServicePool(
                name: upstream.name, endpoint: upstream.endpoint, settings: settings,
                instruments: instruments.upstreams[upstream.index], context: context)
        }
        self.introspectionPools = generation.authorizationServers.map { server -> ServicePool? in
            guard let introspection = server.settings.introspection, let endpoint = introspection.endpoint,
                !endpoint.isTLS
            else { return nil }
            // The guard counts calls. A pool outlives generations: with a limit of its own, the calls of a generation
            // that had a higher one would look like the server's failure to those of this one.
            let settings = ServicePool.Settings(
                connectTimeout: introspection.timeout, idleConnectionsMax: introspection.concurrencyMax,
                idleTimeout: Self.introspectionIdleTimeout, connectionsMax: .max,
                responseLimits: Self.introspectionHeadLimits, asksBeforeReuse: true)
            let name = server.settings.name
            if let known = previous?.introspectionPools.compactMap({ $0 }).first(where: {
                $0.name == name && $0.endpoint == endpoint
            }) {
                known.settings = settings
                return known
            }
            return ServicePool(
                name: name, endpoint: endpoint, settings: settings, instruments: nil, context: context)
        }
        for pool in previous?.allPools ?? [] where !self.allPools.contains(where: { $0 === pool }) { pool.retire() }
        // Every loop has the same names, so one says it for all.
        if context.index == 0 { self.expectNames() }
    }

    /// A name that does not resolve now is said once, whoever shares it (SPEC §5).
    private func expectNames() {
        var names: Set<String> = []
        for pool in self.allPools where pool.addresses.addresses.isEmpty {
            guard let host = pool.addresses.host else { continue }
            pool.addresses.saysFailure = names.insert(host).inserted
        }
    }

    /// An authorization server closes idle connections when it likes; we let go before most do.
    private static let introspectionIdleTimeout: Nanoseconds = .seconds(30)
    /// Answers are small; a head beyond this is no introspection answer.
    private static let introspectionHeadLimits = {
        var limits = HeadLimits()
        limits.head = ReadBuffer.readChunk
        return limits
    }()

    var allPools: [ServicePool] { self.upstreamPools + self.introspectionPools.compactMap { $0 } }

    func count(_ decision: DecisionLabel, reason: Refusal?, status: UInt16, nanoseconds: UInt64, on route: Route?) {
        let instruments = if let route { self.instruments.routes[route.index] } else { self.instruments.noRoute }
        instruments.count(decision, reason: reason, status: status, nanoseconds: nanoseconds)
    }
}
