import ProxyCore

/// Finds routes that serve less than they say: no step of matching falls through to a weaker match (SPEC §3).
struct RouteShadows {
    private let routes: [CompiledRoute]

    /// Pairs that are looked at; with more the search would take longer than anybody waits for warnings.
    private static let pairsMax = 4_000_000

    init(routes: [CompiledRoute]) {
        self.routes = routes
    }

    func report(to problems: ProblemCollector) {
        self.reportHosts(to: problems)
        self.reportMethods(to: problems)
    }

    /// A path served for any host, or by a wildcard, is not served for a host that has routes of its own.
    private func reportHosts(to problems: ProblemCollector) {
        let entries = Set(self.routes.flatMap(\.route.hosts))
        guard !entries.isEmpty else { return }
        var patterns: [HostPattern: Set<[RoutePattern.Segment]>] = [:]
        for route in self.routes {
            for host in route.route.hosts { patterns[host, default: []].formUnion(route.route.paths.map(\.shape)) }
        }
        let sorted = entries.sorted { $0.description < $1.description }
        for route in self.routes {
            var hidden: [String] = []
            for host in sorted where self.isHidden(route.route, at: host, patterns: patterns) {
                hidden.append("`\(host)`")
            }
            guard !hidden.isEmpty else { continue }
            let names =
                hidden.prefix(3).joined(separator: ", ") + (hidden.count > 3 ? " and \(hidden.count - 3) more" : "")
            problems.warning(
                "route `\(route.route.name)` is shadowed for \(names): a host with routes of its own is served by those only",
                at: route.position, remedy: "name these hosts in the route's `hosts` too, if it is meant for them")
        }
    }

    /// Whether a host entry takes requests away that the route's weaker entry would match.
    private func isHidden(
        _ route: Route, at host: HostPattern, patterns: [HostPattern: Set<[RoutePattern.Segment]>]
    ) -> Bool {
        guard !route.hosts.contains(host) else { return false }
        let covers = route.hosts.isEmpty || route.hosts.contains { $0.isWildcard && host.isBelow($0) }
        guard covers else { return false }
        let own = patterns[host] ?? []
        return route.paths.contains { !own.contains($0.shape) }
    }

    /// A more specific path of another route that lacks the method: 405, never the less specific route.
    private func reportMethods(to problems: ProblemCollector) {
        var groups: [HostPattern?: [Entry]] = [:]
        for route in self.routes {
            let hosts: [HostPattern?] = route.route.hosts.isEmpty ? [nil] : route.route.hosts
            for host in hosts {
                for pattern in route.route.paths {
                    groups[host, default: []].append(Entry(route: route, pattern: pattern))
                }
            }
        }
        var pairs = 0
        var reported: Set<String> = []
        for entries in groups.values {
            let places = Dictionary(grouping: entries) { $0.pattern.shape }
            let general = entries.filter { !$0.pattern.isLiteral }
            for weak in general {
                for (shape, strong) in places where shape != weak.pattern.shape {
                    pairs += 1
                    guard pairs <= Self.pairsMax else { return }
                    guard weak.pattern.covers(shape) else { continue }
                    let served = strong.dropFirst().reduce(strong[0].route.route.methods) {
                        $0.union($1.route.route.methods)
                    }
                    let lost = weak.route.route.methods.tokens.filter { !served.tokens.contains($0) }
                    guard !served.isAnyButConnectAndTrace, !lost.isEmpty,
                        reported.insert("\(weak.route.route.name) \(strong[0].pattern)").inserted
                    else { continue }
                    problems.warning(
                        "route `\(weak.route.route.name)` is shadowed at \(shown(strong[0].pattern.description)) by "
                            + "`\(strong[0].route.route.name)` (line \(strong[0].route.position.line)): "
                            + "\(lost.joined(separator: ", ")) is answered 405 there",
                        at: weak.route.position, remedy: "serve these methods at that path too, if they are meant")
                }
            }
        }
    }

    private struct Entry {
        var route: CompiledRoute
        var pattern: RoutePattern
    }
}

extension HostPattern {
    /// Whether every host of this entry lies below a wildcard's name.
    fileprivate func isBelow(_ wildcard: HostPattern) -> Bool {
        let suffix = [UInt8(ascii: ".")] + wildcard.name
        return self.name.count > suffix.count && self.name.suffix(suffix.count).elementsEqual(suffix)
    }
}

extension RoutePattern {
    /// The pattern without the parameters' names: what makes two patterns the same place.
    fileprivate var shape: [Segment] {
        self.segments.map { if case .parameter = $0 { .parameter("") } else { $0 } }
    }

    fileprivate var isLiteral: Bool {
        self.segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// Whether every path of the other shape also matches this pattern.
    fileprivate func covers(_ other: [Segment]) -> Bool {
        for (index, segment) in self.segments.enumerated() {
            if case .rest = segment { return true }
            guard index < other.count else { return false }
            switch (segment, other[index]) {
            case (.literal, .literal): if segment != other[index] { return false }
            case (.parameter, .literal(let bytes)): if bytes.isEmpty { return false }
            case (.parameter, .parameter): continue
            default: return false
            }
        }
        return self.segments.count == other.count
    }
}
