import OAuthModel
import ProxyCore

extension Validation {
    /// What is written and used by nothing: upstreams, servers, and rules of `defaults` that no route asks for.
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
        guard let defaults = self.file.defaults.value?.route else { return }
        self.warnOfUnaskedScopes(defaults, routes: routes)
        self.warnOfUnaskedRules(defaults)
    }

    private func warnOfUnaskedScopes(_ defaults: RouteSection, routes: [CompiledRoute]) {
        guard let scopes = defaults.scopes.value else { return }
        let asked = Set(routes.flatMap { $0.route.policy.scopes.allOf + $0.route.policy.scopes.anyOf })
        for scope in scopes.allOf + scopes.anyOf where !asked.contains(scope.value) {
            self.problems.warning(
                "no route asks for the scope \(shown(scope.value.text))", at: scope.position,
                remedy: "leave it out: every route writes `scopes` of its own or is public")
        }
    }

    /// Beside `access: public` they look like protection and are none.
    private func warnOfUnaskedRules(_ defaults: RouteSection) {
        let readers = (self.file.routes.value ?? []).map(\.value).filter { route in
            route.access.falling(backTo: defaults.access).value != .public
        }
        func warn<Value: Sendable>(of key: String, _ rule: KeyPath<RouteSection, Written<Value>>) {
            let written = defaults[keyPath: rule]
            guard written.isWritten, readers.allSatisfy({ $0[keyPath: rule].isWritten }) else { return }
            self.problems.warning(
                "no route asks for `defaults.\(key)`", at: written.position,
                remedy: "leave it out, or write `access: required` where it is meant: "
                    + "every route writes `\(key)` of its own or is public")
        }
        warn(of: "audiences", \.audiences)
        warn(of: "claims", \.claims)
        warn(of: "max_answer_age", \.maxAnswerAge)
        // `optional` asks for nothing.
        if defaults.subject.value == .required { warn(of: "subject", \.subject) }
    }
}
