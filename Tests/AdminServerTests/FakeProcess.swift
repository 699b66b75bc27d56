import AdminServer
import OAuthModel
import ProxyCore
import Synchronization

/// A process as the admin API sees it.
final class FakeProcess: AdminState {
    struct State {
        var facts = ReadinessFacts(
            isConfigurationLoaded: true, areListenersBound: true, isDraining: false, keySets: [], age: 0)
        var livenessProblem: String?
        var generation: ProxyGeneration?
        var outcome = ReloadOutcome.adopted(generation: 2, warnings: [])
        var reloads = 0
    }
    let state = Mutex(State())

    var readinessFacts: ReadinessFacts { self.state.withLock { $0.facts } }
    var livenessProblem: String? { self.state.withLock { $0.livenessProblem } }
    var generation: ProxyGeneration? { self.state.withLock { $0.generation } }
    func metricsText() -> [UInt8] { Array("# TYPE up gauge\nup 1\n".utf8) }
    func reload() async -> ReloadOutcome {
        self.state.withLock { state in
            state.reloads += 1
            return state.outcome
        }
    }
}

/// A generation with one rich and one public route.
func sampleGeneration() throws -> ProxyGeneration {
    let settings = AuthorizationServer.Settings(
        name: "hydra", strategy: .introspect,
        introspection: AuthorizationServer.Introspection(
            endpoint: nil, clientAuthentication: .bearer(SecretBytes("do-not-show"))))
    let server = AuthorizationServer(
        index: 0, settings: settings, state: AuthorizationServerState(settings: settings, jitter: 0))
    let upstream = Upstream(
        index: 0, name: "orders",
        endpoint: ServiceEndpoint(
            address: .network(host: "127.0.0.1", port: 9_000), isTLS: false, authority: Array("127.0.0.1:9000".utf8)))
    let policy = AccessPolicy(
        scopes: ScopeRequirement(allOf: [Scope("orders:read")].compactMap(\.self)), audiences: ["https://api"],
        claims: [ClaimPath("ext.tenant"), ClaimPath("acr")].compactMap(\.self).enumerated().map { index, claim in
            ClaimRequirement(
                claim: claim, condition: index == 0 ? .equals(.hostLabel(0)) : .oneOf(["silver", "gold"]))
        })
    let routes = [
        Route(
            index: 0, name: "orders.read", hosts: [try HostPattern("*.example.com")],
            paths: [try RoutePattern("/orders/{id}"), try RoutePattern("/reports/**")],
            methods: try MethodSet(["GET", "HEAD"]), authorizationServer: server, policy: policy, upstream: upstream,
            maxAnswerAge: .milliseconds(1_500)),
        Route(
            index: 1, name: "open", paths: [try RoutePattern("/health")], access: .public, authorizationServer: nil,
            upstream: upstream),
    ]
    return ProxyGeneration(
        number: 7, table: try RouteTable(routes: routes), routes: routes, upstreams: [upstream],
        authorizationServers: [server])
}
