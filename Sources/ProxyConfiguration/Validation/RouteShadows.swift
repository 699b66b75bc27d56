import ProxyCore

/// Finds routes that serve less than they say: no step of matching falls through to a weaker match (SPEC §3).
struct RouteShadows {
    private let routes: [CompiledRoute]

    /// Pairs that are looked at; with more the search would take longer than a start may.
    private static let pairsMax = 200_000

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
        let general = self.routes.filter { $0.route.hosts.isEmpty || $0.route.hosts.contains(where: \.isWildcard) }
        guard general.count * entries.count <= Self.pairsMax else { return }
        var patterns: [HostPattern: Set<[RoutePattern.Segment]>] = [:]
        for route in self.routes {
            for host in route.route.hosts { patterns[host, default: []].formUnion(route.route.paths.map(\.shape)) }
        }
        let sorted = entries.sorted { $0.description < $1.description }
        for route in general {
            var hidden: [String] = []
            for host in sorted where self.isHidden(route.route, at: host, patterns: patterns) {
                hidden.append("`\(host)`")
            }
            guard !hidden.isEmpty else { continue }
            let names =
                hidden.prefix(3).joined(separator: ", ") + (hidden.count > 3 ? " and \(hidden.count - 3) more" : "")
            problems.warning(
                "route `\(route.route.name)` is shadowed for \(names): "
                    + "a host with routes of its own is served by those only",
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
        var places: [Place: [CompiledRoute]] = [:]
        var order: [Place] = []
        for route in self.routes {
            let hosts: [HostPattern?] = route.route.hosts.isEmpty ? [nil] : route.route.hosts
            for host in hosts {
                for pattern in route.route.paths {
                    let place = Place(host: host, shape: pattern.shape)
                    if places[place] == nil { order.append(place) }
                    places[place, default: []].append(route)
                }
            }
        }
        // What a pattern covers begins like the pattern, if that begins with a literal segment.
        let byBeginning = Dictionary(grouping: order) { Beginning(host: $0.host, segment: $0.shape.first) }
        let byHost = Dictionary(grouping: order, by: \.host)
        var pairs = 0
        var reported: Set<String> = []
        for weak in order where !weak.isLiteral {
            let candidates: [Place]
            if case .literal? = weak.shape.first {
                candidates = byBeginning[Beginning(host: weak.host, segment: weak.shape.first)] ?? []
            } else {
                candidates = byHost[weak.host] ?? []
            }
            pairs += candidates.count
            guard pairs <= Self.pairsMax else { return }
            for strong in candidates where strong != weak && weak.covers(strong) {
                let winners = places[strong] ?? []
                let served = winners.dropFirst().reduce(winners[0].route.methods) { $0.union($1.route.methods) }
                guard !served.isAnyButConnectAndTrace else { continue }
                for loser in places[weak] ?? [] {
                    let lost = loser.route.methods.tokens.filter { !served.tokens.contains($0) }
                    guard !lost.isEmpty, reported.insert("\(loser.route.name) \(strong.text)").inserted else {
                        continue
                    }
                    problems.warning(
                        "route `\(loser.route.name)` is shadowed at \(shown(strong.text)) by "
                            + "`\(winners[0].route.name)` (line \(winners[0].position.line)): "
                            + "\(lost.joined(separator: ", ")) is answered 405 there",
                        at: loser.position, remedy: "serve these methods at that path too, if they are meant")
                }
            }
        }
    }

    private struct Beginning: Hashable {
        var host: HostPattern?
        var segment: RoutePattern.Segment?
    }

    /// A host entry and a pattern without the names of its parameters.
    private struct Place: Hashable {
        var host: HostPattern?
        var shape: [RoutePattern.Segment]

        var isLiteral: Bool {
            self.shape.allSatisfy { if case .literal = $0 { true } else { false } }
        }

        var text: String {
            self.shape.map { segment in
                switch segment {
                case .literal(let bytes): "/" + String(decoding: bytes, as: UTF8.self)
                case .parameter: "/{}"
                case .rest: "/**"
                }
            }.joined()
        }

        /// Whether every path of the other place also matches this one's pattern.
        func covers(_ other: Place) -> Bool {
            for (index, segment) in self.shape.enumerated() {
                if case .rest = segment { return true }
                guard index < other.shape.count else { return false }
                switch (segment, other.shape[index]) {
                case (.literal, .literal): if segment != other.shape[index] { return false }
                case (.parameter, .literal(let bytes)): if bytes.isEmpty { return false }
                case (.parameter, .parameter): continue
                default: return false
                }
            }
            return self.shape.count == other.shape.count
        }
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
}
