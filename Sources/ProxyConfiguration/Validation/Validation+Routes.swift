import OAuthModel
import ProxyCore

/// A route with the places that messages point at.
struct CompiledRoute {
    var route: Route
    var position: Position
    /// Of each of its paths, in order.
    var pathPositions: [Position]
    /// Nothing is wrong with it by itself.
    var isSound = true
}

extension Validation {
    func routes(upstreams: [CompiledUpstream], servers: [CompiledServer]) -> [CompiledRoute] {
        let defaults = self.file.defaults.value?.route
        // The names that were written, compiled or not: a server with a problem of its own is not unknown as well. What is no
        // name stays out of messages that list them.
        let knowledge = RouteKnowledge(
            upstreams: Dictionary(upstreams.map { ($0.upstream.name, $0.upstream) }) { first, _ in first },
            servers: Dictionary(servers.map { ($0.server.settings.name, $0.server) }) { first, _ in first },
            upstreamNames: (self.file.upstreams.value ?? []).map(\.name).filter(ValueFormat.isName),
            serverNames: (self.file.authorizationServers.value ?? []).map(\.name)
                .filter(ValueFormat.isName))
        var compiled: [CompiledRoute] = []
        var lines: [String: Int] = [:]
        for (index, placed) in (self.file.routes.value ?? []).enumerated() {
            let name = placed.value.name
            let problemsBefore = self.problems.count
            if let text = name.value {
                if let line = lines[text] {
                    self.context("routes[\(index)]").error(
                        "the name \(shown(text)) is taken by the route on line \(line)", at: name.position,
                        remedy: "give each route a name of its own")
                }
                lines[text] = lines[text] ?? name.position.line
            }
            let path = name.value.map { "routes.\($0)" } ?? "routes[\(index)]"
            self.checkPublicRoute(placed.value, placed.value.falling(backTo: defaults), self.context(path))
            var route = RouteCompilation(
                section: placed.value.falling(backTo: defaults), position: placed.position, context: self.context(path),
                knowledge: knowledge
            ).compiled(index: compiled.count)
            route?.isSound = self.problems.count == problemsBefore
            if let route { compiled.append(route) }
        }
        return compiled
    }

    /// Rules on a route that reads no token look like protection and are none.
    private func checkPublicRoute(_ written: RouteSection, _ effective: RouteSection, _ context: ReadingContext) {
        guard effective.access.value == .public else { return }
        let rules = [
            ("scopes", written.scopes.isWritten, written.scopes.position),
            ("audiences", written.audiences.isWritten, written.audiences.position),
            ("claims", written.claims.isWritten, written.claims.position),
            ("subject", written.subject.isWritten && written.subject.value == .required, written.subject.position),
            ("max_answer_age", written.maxAnswerAge.isWritten, written.maxAnswerAge.position),
        ]
        for (key, isWritten, position) in rules where isWritten {
            context.stepping(into: key).error(
                "a public route reads no token, so this is never asked", at: position,
                remedy: "leave it out, or write `access: required` or `access: optional`")
        }
    }

    /// Routes of equal rank, each pair with both lines.
    func report(_ conflicts: RouteConflicts, routes: [CompiledRoute]) {
        let places = Dictionary(routes.map { ($0.route.name, $0) }) { first, _ in first }
        for pair in conflicts.pairs {
            guard let first = places[pair.first], let second = places[pair.second] else { continue }
            let index = second.route.paths.firstIndex { $0.description == pair.path }
            let position = index.map { second.pathPositions[$0] } ?? second.position
            let message =
                pair.first == pair.second
                ? "route `\(pair.second)` serves \(shown(pair.path)) twice"
                : "routes `\(pair.first)` (line \(first.position.line)) and `\(pair.second)` "
                    + "(line \(second.position.line)) both serve \(shown(pair.path)) for the same host and method"
            self.problems.error(message, at: position, remedy: "change a path, a host or `methods` of one of them")
        }
    }
}

/// What routes may refer to.
struct RouteKnowledge {
    var upstreams: [String: Upstream]
    var servers: [String: AuthorizationServer]
    var upstreamNames: [String]
    var serverNames: [String]
}

/// Compiles one route, reporting all that is wrong with it.
struct RouteCompilation {
    let section: RouteSection
    let position: Position
    let context: ReadingContext
    let knowledge: RouteKnowledge

    func compiled(index: Int) -> CompiledRoute? {
        let paths = self.paths()
        let methods = self.methods()
        let upstream = self.upstream()
        let server = self.server()
        let subjectFields = self.subjectFields()
        let claims = self.claims(paths: paths.map(\.value))
        let rewrite = self.pathRewrite(paths: paths)
        let tokenSources = self.tokenSources(besides: subjectFields)
        self.warnOfMethodsLeftOut(methods)
        let isPublic = self.section.access.value == .public
        if !isPublic { self.checkPlaceholders() }
        guard let name = self.section.name.value, let upstream, isPublic || server != nil else { return nil }
        let scopes = self.section.scopes.value
        let policy = AccessPolicy(
            scopes: ScopeRequirement(
                allOf: scopes?.allOf.map(\.value) ?? [], anyOf: scopes?.anyOf.map(\.value) ?? [],
                strategy: self.section.scopeStrategy.value ?? .exact),
            audiences: (self.section.audiences.value ?? []).map(\.value), claims: claims,
            requiresSubject: self.section.subject.value != .optional)
        let route = Route(
            index: index, name: name, hosts: self.hosts(), paths: paths.map(\.value), methods: methods,
            access: self.section.access.value ?? .required, realm: self.section.realm.value ?? "bearergate",
            tokenSources: tokenSources,
            authorizationServer: isPublic ? nil : server, policy: isPublic ? AccessPolicy() : policy,
            upstream: upstream,
            host: self.section.host.value ?? .keep, pathRewrite: rewrite,
            allowsPathParameters: self.section.pathParameters.value == .allow,
            maxAnswerAge: self.section.maxAnswerAge.value,
            allowsWebSocket: !(self.section.upgrade.value ?? []).isEmpty,
            endsStreamsAtExpiry: self.section.streams.value != .ignore,
            passesCORSPreflight: self.section.corsPreflight.value == .pass, subjectFields: subjectFields,
            keptFields: (self.section.keepHeaders.value ?? []).map(\.value),
            forwardsToken: self.section.forwardToken.value ?? false,
            isReportOnly: self.section.reportOnly.value ?? false)
        return CompiledRoute(route: route, position: self.position, pathPositions: paths.map(\.position))
    }

    private func hosts() -> [HostPattern] {
        var hosts: [HostPattern] = []
        for placed in self.section.hosts.value ?? [] where !hosts.contains(placed.value) { hosts.append(placed.value) }
        return hosts
    }

    private func paths() -> [Placed<RoutePattern>] {
        if self.section.paths.isMissing {
            self.context.error(
                "the route has no `paths`", at: self.position, remedy: "write such as `paths: [\"/orders/{id}\"]`")
        }
        var patterns: [Placed<RoutePattern>] = []
        for (index, placed) in (self.section.paths.value ?? []).enumerated() {
            do {
                let pattern = try RoutePattern(
                    placed.value, allowsPathParameters: self.section.pathParameters.value == .allow)
                patterns.append(Placed(value: pattern, position: placed.position))
            } catch {
                self.context.stepping(into: "paths").stepping(into: index)
                    .error(describedBy: error.description, of: placed.value, at: placed.position)
            }
        }
        return patterns
    }

    private func methods() -> MethodSet {
        guard let written = self.section.methods.value, !written.isEmpty else { return .anyButConnectAndTrace }
        for (index, placed) in written.enumerated() {
            do {
                _ = try MethodSet([placed.value])
            } catch {
                self.context.stepping(into: "methods").stepping(into: index)
                    .error(describedBy: error.description, of: placed.value, at: placed.position)
            }
        }
        return (try? MethodSet(written.map(\.value))) ?? .anyButConnectAndTrace
    }

    /// What another key lets in comes by one method only; where that is not served, the key does nothing.
    private func warnOfMethodsLeftOut(_ methods: MethodSet) {
        let passesPreflight = self.section.corsPreflight.value == .pass
        let upgrades = !(self.section.upgrade.value ?? []).isEmpty
        for (key, isUsed, position, method) in [
            ("cors_preflight", passesPreflight, self.section.corsPreflight.position, "OPTIONS"),
            ("upgrade", upgrades, self.section.upgrade.position, "GET"),
        ] where isUsed && !methods.tokens.contains(method) {
            self.context.stepping(into: key).warning(
                "such requests come with \(method), which `methods` leaves out", at: position,
                remedy: "add \(method) to `methods`, or leave the key out")
        }
    }

    private func upstream() -> Upstream? {
        if self.section.upstream.isMissing {
            self.context.error(
                "the route has no `upstream`", at: self.position, remedy: "write the name of one of `upstreams`")
        }
        guard let name = self.section.upstream.value else { return nil }
        if !self.knowledge.upstreamNames.contains(name) {
            self.context.stepping(into: "upstream").error(
                "no upstream is called \(shown(name))", at: self.section.upstream.position,
                remedy: NearestWord.remedy(for: name, among: self.knowledge.upstreamNames))
        }
        return self.knowledge.upstreams[name]
    }

    private func server() -> AuthorizationServer? {
        let names = self.knowledge.serverNames
        if let name = self.section.authorizationServer.value {
            if !names.contains(name) {
                self.context.stepping(into: "authorization_server").error(
                    "no authorization server is called \(shown(name))", at: self.section.authorizationServer.position,
                    remedy: NearestWord.remedy(for: name, among: names))
            }
            return self.knowledge.servers[name]
        }
        guard self.section.access.value != .public else { return nil }
        switch names.count {
        case 1: return self.knowledge.servers[names[0]]
        case 0:
            self.context.error(
                "the route reads tokens, but there is no authorization server", at: self.position,
                remedy: "write `authorization_servers: …`, or `access: public` on the route")
        default:
            guard !self.section.authorizationServer.isWritten else { return nil }
            self.context.error(
                "the route does not say which authorization server answers for its tokens", at: self.position,
                remedy: "write `authorization_server:` with one of " + names.map { "`\($0)`" }.joined(separator: ", "))
        }
        return nil
    }

    private func tokenSources(besides subjectFields: SubjectFieldSet) -> TokenSources {
        let context = self.context.stepping(into: "token_sources")
        var readsAuthorization = false
        var fields: [FoldedFieldName] = []
        for (index, placed) in (self.section.tokenSources.value ?? []).enumerated() {
            let isTwice: Bool
            switch placed.value {
            case .authorization:
                isTwice = readsAuthorization
                readsAuthorization = true
            case .field(let name):
                isTwice = fields.contains(name)
                fields.append(name)
                if subjectFields.names.contains(name) {
                    context.stepping(into: index).error(
                        "`subject_headers` has a field of this name", at: placed.position,
                        remedy: "take another name for one of them")
                }
            }
            if isTwice {
                context.stepping(into: index).error(
                    "this source is written twice", at: placed.position, remedy: "write each once")
            }
        }
        guard readsAuthorization || !fields.isEmpty else { return .authorization }
        return TokenSources(readsAuthorization: readsAuthorization, fields: fields)
    }

    private func subjectFields() -> SubjectFieldSet {
        guard let templates = self.section.subjectHeaders.value else { return .standard }
        let context = self.context.stepping(into: "subject_headers")
        var isSound = true
        for template in templates {
            do {
                _ = try SubjectFieldSet([(name: template.name, template: template.value)])
            } catch {
                context.error(
                    describedBy: error.description, of: template.name, template.value, at: template.position)
                isSound = false
            }
        }
        guard isSound else { return .standard }
        do {
            return try SubjectFieldSet(templates.map { (name: $0.name, template: $0.value) })
        } catch {
            context.error(describedBy: error.description, at: self.section.subjectHeaders.position)
            return .standard
        }
    }

    /// Every path of the route must be able to begin with what is cut, or the key would do nothing.
    private func pathRewrite(paths: [Placed<RoutePattern>]) -> Route.PathRewrite {
        guard let section = self.section.path.value else { return Route.PathRewrite() }
        if let prefix = section.stripPrefix.value, let cut = try? RoutePattern(String(decoding: prefix, as: UTF8.self))
        {
            for path in paths where !path.value.canBegin(with: cut) {
                self.context.stepping(into: "path").stepping(into: "strip_prefix").error(
                    "no request for \(shown(path.value.description)) begins with \(shown(cut.description))",
                    at: section.stripPrefix.position, remedy: "match the paths as they come in, with the prefix")
            }
        }
        return Route.PathRewrite(
            stripPrefix: section.stripPrefix.value ?? [], addPrefix: section.addPrefix.value ?? [])
    }
}

// MARK: Claims

extension RouteCompilation {
    private func claims(paths: [RoutePattern]) -> [ClaimRequirement] {
        var requirements: [ClaimRequirement] = []
        for (index, placed) in (self.section.claims.value ?? []).enumerated() {
            let context = self.context.stepping(into: "claims").stepping(into: index)
            let section = placed.value
            let written = [
                section.equals.isWritten, section.oneOf.isWritten, section.contains.isWritten,
                section.containsAny.isWritten, section.present.isWritten,
            ].count { $0 }
            guard written == 1 else {
                context.error(
                    written == 0 ? "the claim has no condition" : "the claim has more than one condition",
                    at: placed.position,
                    remedy: "write exactly one of `equals`, `one_of`, `contains`, `contains_any` and `present: true`")
                continue
            }
            guard let claim = section.claim.value, let condition = self.condition(section, paths: paths, context) else {
                continue
            }
            self.insistOnNoPlaceholder(in: claim.text, at: section.claim.position, context.stepping(into: "claim"))
            requirements.append(ClaimRequirement(claim: claim, condition: condition))
        }
        return requirements
    }

    private func condition(
        _ section: ClaimSection, paths: [RoutePattern], _ context: ReadingContext
    ) -> ClaimRequirement.Condition? {
        if let value = section.equals.value {
            return self.operand(value, at: section.equals.position, paths: paths, context.stepping(into: "equals"))
                .map { .equals($0) }
        }
        if let values = section.oneOf.value {
            self.insistOnNoPlaceholder(in: values, context.stepping(into: "one_of"))
            return .oneOf(values.map(\.value))
        }
        if let value = section.contains.value {
            self.insistOnNoPlaceholder(in: value, at: section.contains.position, context.stepping(into: "contains"))
            return .contains(value)
        }
        if let values = section.containsAny.value {
            self.insistOnNoPlaceholder(in: values, context.stepping(into: "contains_any"))
            return .containsAny(values.map(\.value))
        }
        guard let present = section.present.value else { return nil }
        if !present {
            context.stepping(into: "present").error(
                "a claim's absence cannot be asked for", at: section.present.position, remedy: "write `present: true`")
        }
        return .present
    }

    /// `{path.NAME}` and `{host.N}` must be there on every path and host of the route.
    private func operand(
        _ value: JSONValue, at position: Position, paths: [RoutePattern], _ context: ReadingContext
    ) -> ClaimRequirement.Operand? {
        guard let text = value.textWithBraces else { return .value(value) }
        let name = text.dropFirst().dropLast()
        if text.hasPrefix("{path."), text.hasSuffix("}") {
            let parameter = String(name.dropFirst(5))
            guard let lacking = paths.first(where: { !$0.parameterNames.contains(parameter) }) else {
                return .pathParameter(parameter)
            }
            context.error(
                "the path \(shown(lacking.description)) has no `{\(parameter)}`", at: position,
                remedy: NearestWord.remedy(for: parameter, among: lacking.parameterNames))
            return nil
        }
        if text.hasPrefix("{host."), text.hasSuffix("}"), let label = DecimalDigits.read(name.dropFirst(5)) {
            let hosts = self.hosts()
            guard !hosts.isEmpty else {
                context.error(
                    "the route has no `hosts`, so nothing says that there is a label \(label)", at: position,
                    remedy: "write such as `hosts: [\"*.example.com\"]`")
                return nil
            }
            guard let short = hosts.first(where: { $0.labelsMin <= label }) else { return .hostLabel(label) }
            context.error(
                "the host \(shown(short.description)) has no label \(label)", at: position,
                remedy: "labels are counted from 0, from the left")
            return nil
        }
        context.error(
            "\(shown(text)) has braces and is neither part of a request", at: position,
            remedy: "write `\"{path.NAME}\"`, `\"{host.N}\"` or a text without braces")
        return nil
    }
}

// MARK: Placeholders where none is read

extension RouteCompilation {
    /// Only `equals` takes a part of the request; elsewhere its placeholder would be compared letter by letter, and
    /// nobody let in.
    private func insistOnNoPlaceholder(in value: JSONValue, at position: Position, _ context: ReadingContext) {
        guard case .string(let text) = value else { return }
        self.insistOnNoPlaceholder(in: text, at: position, context)
    }

    private func insistOnNoPlaceholder(in values: [Placed<JSONValue>], _ context: ReadingContext) {
        for (index, placed) in values.enumerated() {
            self.insistOnNoPlaceholder(in: placed.value, at: placed.position, context.stepping(into: index))
        }
    }

    private func checkPlaceholders() {
        let scopes = self.section.scopes.value
        for scope in (scopes?.allOf ?? []) + (scopes?.anyOf ?? []) {
            self.insistOnNoPlaceholder(
                in: scope.value.text, at: scope.position, self.context.stepping(into: "scopes"))
        }
        for (index, audience) in (self.section.audiences.value ?? []).enumerated() {
            self.insistOnNoPlaceholder(
                in: audience.value, at: audience.position,
                self.context.stepping(into: "audiences").stepping(into: index))
        }
    }

    /// Other braces may stand in a value, or in the name of a scope, an audience or a claim (RFC 6749 §3.3).
    private func insistOnNoPlaceholder(in text: String, at position: Position, _ context: ReadingContext) {
        guard text.contains("{path.") || text.contains("{host.") else { return }
        context.error(
            "\(shown(text)) names a part of the request, which only `equals` of `claims` takes", at: position,
            remedy: "write the text itself, or such as `claims: [{claim: tenant, equals: \"{path.NAME}\"}]`")
    }
}

extension JSONValue {
    /// The text, when it has braces: it may be meant for a part of the request.
    fileprivate var textWithBraces: String? {
        guard case .string(let text) = self, text.contains("{") || text.contains("}") else { return nil }
        return text
    }
}

extension HostPattern {
    /// How many labels a host of this pattern has at least.
    fileprivate var labelsMin: Int {
        // An address has no labels.
        if self.name.first == UInt8(ascii: "[") { return 0 }
        return self.name.count { $0 == UInt8(ascii: ".") } + 1 + (self.isWildcard ? 1 : 0)
    }
}

extension RoutePattern {
    /// Whether some path of this pattern begins with these literal segments.
    fileprivate func canBegin(with prefix: RoutePattern) -> Bool {
        for (index, wanted) in prefix.segments.enumerated() {
            guard index < self.segments.count else { return false }
            switch self.segments[index] {
            case .rest: return true
            case .parameter: continue
            case .literal: if self.segments[index] != wanted { return false }
            }
        }
        return true
    }
}
