import OAuthModel
import ProxyCore

extension Validation {
    /// What is written and used by nothing: upstreams, servers, and scopes of `defaults` that every route replaces.
    func warnOfUnused(routes: [CompiledRoute], upstreams: [CompiledUpstream], servers: [CompiledServer]) {
        // A route that did not compile may be the one that uses them.
        guard !self.problems.hasErrors else { return }
        let usedUpstreams = Set(routes.map(\.route.upstream.index))
        for upstream in upstreams where !usedUpstreams.contains(upstream.upstream.index) {
            self.problems.warning(
                "no route uses the upstream `\(upstream.upstream.name)`", at: upstream.position, remedy: "leave it out")
        }
        let usedServers = Set(routes.compactMap(\.route.authorizationServer?.index))
        for server in servers where !usedServers.contains(server.server.index) {
            self.problems.warning(
                "no route uses the authorization server `\(server.server.settings.name)`", at: server.position,
                remedy: "leave it out")
        }
        guard let defaults = self.file.defaults.value?.route.scopes.value else { return }
        let asked = Set(routes.flatMap { $0.route.policy.scopes.allOf + $0.route.policy.scopes.anyOf })
        for scope in defaults.allOf + defaults.anyOf where !asked.contains(scope.value) {
            self.problems.warning(
                "no route asks for the scope \(shown(scope.value.text))", at: scope.position,
                remedy: "leave it out: every route writes `scopes` of its own or is public")
        }
    }
}
