package import HTTPWire
import OAuthModel

/// All routes, compiled: host, then path, then method, and no step falls through to a weaker match of an earlier one
/// (SPEC §3 "Matching").
package struct RouteTable: Sendable {
    private let tries: [RouteTrie]
    /// The same paths with their literals as most services read them: `tries` itself where that makes no difference.
    private let triesAsRead: [RouteTrie]
    /// Some literal holds a reserved character, so that a request has two spellings for it.
    private let hasReservedLiterals: Bool
    /// Some literal is read as another one.
    private let hasLiteralsReadOtherwise: Bool
    private let exactHosts: HostIndex
    private let wildcardHosts: HostIndex
    /// Routes without `hosts`, or −1.
    private let anyHost: Int

    /// Compiles routes; two of equal rank for one request are an error, all pairs of them reported.
    package init(routes: [Route]) throws(RouteConflicts) {
        var entries: [HostPattern: Int] = [:]
        var anyHost = -1
        var count = 0
        var places: [[Int]] = []
        for route in routes {
            var own: [Int] = []
            if route.hosts.isEmpty {
                if anyHost < 0 {
                    anyHost = count
                    count += 1
                }
                own = [anyHost]
            }
            for host in route.hosts {
                if let place = entries[host] {
                    if !own.contains(place) { own.append(place) }
                } else {
                    entries[host] = count
                    own.append(count)
                    count += 1
                }
            }
            places.append(own)
        }
        let patterns = routes.flatMap(\.paths)
        self.hasReservedLiterals = patterns.contains(where: \.hasReservedLiteral)
        self.hasLiteralsReadOtherwise = patterns.contains(where: \.isReadOtherwise)
        var conflicts: [RouteConflicts.Pair] = []
        self.tries = Self.tries(of: routes, at: places, count: count, asServicesRead: false, &conflicts)
        self.triesAsRead =
            self.hasLiteralsReadOtherwise
            ? Self.tries(of: routes, at: places, count: count, asServicesRead: true, &conflicts) : self.tries
        guard conflicts.isEmpty else { throw RouteConflicts(pairs: conflicts) }
        self.exactHosts = HostIndex(entries.filter { !$0.key.isWildcard }.map { ($0.key.name, $0.value) })
        self.wildcardHosts = HostIndex(entries.filter { $0.key.isWildcard }.map { ($0.key.name, $0.value) })
        self.anyHost = anyHost
    }

    /// The tries of all places; routes of equal rank are added to the conflicts.
    private static func tries(
        of routes: [Route], at places: [[Int]], count: Int, asServicesRead: Bool,
        _ conflicts: inout [RouteConflicts.Pair]
    ) -> [RouteTrie] {
        var builders = Array(repeating: RouteTrieBuilder(asServicesRead: asServicesRead), count: count)
        for (route, places) in zip(routes, places) {
            for pattern in route.paths.indices {
                for place in places {
                    guard let rival = builders[place].add(route, pattern: pattern) else { continue }
                    // One route may serve both spellings of a path, which is how it says that they are the same.
                    guard !(asServicesRead && rival.route === route) else { continue }
                    let pair = RouteConflicts.Pair(
                        first: rival.route.name, second: route.name, path: route.paths[pattern].description)
                    if !conflicts.contains(pair) { conflicts.append(pair) }
                }
            }
        }
        return builders.map { $0.build() }
    }

    /// The route of a request.
    package func match(_ target: RequestTarget, _ head: borrowing RequestHead) throws(RouteMiss) -> RouteHit {
        var visited = 0
        guard target.hasPath else { throw .noRoute }
        return try self.match(
            host: target.host(in: head.bytes), path: target.path(in: head.bytes),
            hasParameters: target.hasPathParameters, method: head.index.method,
            token: head.bytes.slice(head.index.methodRange), visited: &visited)
    }

    /// The route of a host (without port and last dot, in any case), a path in normal form and a method.
    ///
    /// - Parameters:
    ///   - hasParameters: whether a `;` is in the path.
    ///   - visited: counts the nodes looked at: a number that must not grow with the number of routes.
    package func match(
        host: Span<UInt8>, path: Span<UInt8>, hasParameters: Bool, method: Method, token: Span<UInt8>,
        visited: inout Int
    ) throws(RouteMiss) -> RouteHit {
        let place = self.place(of: host)
        guard place >= 0 else { throw .noRoute }
        guard !self.hasReservedLiterals && !hasParameters else {
            return try self.matchBothReadings(of: path, at: place, method, token, visited: &visited)
        }
        return try self.tries[place].match(path, method, token, visited: &visited)
    }

    /// Looks a path up as it is and as most services read it: reserved characters decoded, path parameters cut.
    ///
    /// Where one reading leads to another route than the other, or to none, a request would be judged by one rule and
    /// served as what another one guards.
    @inline(never)
    private func matchBothReadings(
        of path: Span<UInt8>, at place: Int, _ method: Method, _ token: Span<UInt8>, visited: inout Int
    ) throws(RouteMiss) -> RouteHit {
        let readOtherwise = PathNormalForm.asServicesRead(path)
        guard readOtherwise != nil || self.hasLiteralsReadOtherwise else {
            return try self.tries[place].match(path, method, token, visited: &visited)
        }
        let reading = readOtherwise ?? path.copied()
        let other = try? self.triesAsRead[place].match(reading.span, method, token, visited: &visited)
        let found: RouteHit
        do throws(RouteMiss) {
            found = try self.tries[place].match(path, method, token, visited: &visited)
        } catch {
            guard other == nil else { throw .ambiguousRoute }
            throw error
        }
        guard found.route === other?.route else { throw .ambiguousRoute }
        return found
    }

    /// The entry of a host: exact, else the longest wildcard, else routes without `hosts`; −1 when there is none.
    private func place(of host: Span<UInt8>) -> Int {
        guard !self.exactHosts.isEmpty || !self.wildcardHosts.isEmpty, host.count > 0 else { return self.anyHost }
        var hash = ByteHash()
        var wildcard = -1
        var index = host.count
        // From the right, so that the hash of every suffix is met on the way to that of the whole.
        while index > 0 {
            index &-= 1
            let byte = host[index].loweredASCII
            if byte == 0x2E && index > 0 && index &+ 1 < host.count {
                let found = self.wildcardHosts.find(hash.value, host.extracting((index &+ 1)..<host.count))
                if found >= 0 { wildcard = found }
            }
            hash.combine(byte)
        }
        let exact = self.exactHosts.find(hash.value, host)
        if exact >= 0 { return exact }
        // An address lies below no name.
        if host[0] == 0x5B { return self.place(ofAddress: host) }
        return wildcard >= 0 ? wildcard : self.anyHost
    }

    /// The entry of an address that stands there in another spelling, if at all.
    @inline(never)
    private func place(ofAddress host: Span<UInt8>) -> Int {
        guard let name = HostName.address(host) else { return self.anyHost }
        let exact = self.exactHosts.find(HostIndex.hash(of: name), name.span)
        return exact >= 0 ? exact : self.anyHost
    }
}

/// Why no route serves a request.
package enum RouteMiss: Error, Sendable, Hashable {
    case noRoute
    case methodNotAllowed(allow: String)
    /// The path leads to one route as it is and elsewhere as most services read it.
    case ambiguousRoute
}

/// A route, and by which of its paths it was found.
package struct RouteHit: Sendable {
    package let route: Route
    package let pattern: Int

    package init(route: Route, pattern: Int) {
        self.route = route
        self.pattern = pattern
    }
}

/// Routes of equal rank: which one serves a request would be chance.
package struct RouteConflicts: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Pair: Sendable, Hashable {
        package let first: String
        package let second: String
        package let path: String
    }
    package let pairs: [Pair]

    package var description: String {
        self.pairs.map {
            "routes `\($0.first)` and `\($0.second)` both serve `\($0.path)` with the same host and method"
                + " (change a path, a host or `methods`)"
        }.joined(separator: "\n")
    }
}

/// Host names by the hash of their bytes read from the right.
private struct HostIndex: Sendable {
    private let hashes: [UInt64]
    private let names: [[UInt8]]
    private let places: [Int]

    init(_ hosts: [(name: [UInt8], place: Int)]) {
        let sorted = hosts.map { (hash: Self.hash(of: $0.name), name: $0.name, place: $0.place) }
            .sorted { $0.hash < $1.hash }
        self.hashes = sorted.map(\.hash)
        self.names = sorted.map(\.name)
        self.places = sorted.map(\.place)
    }

    var isEmpty: Bool { self.hashes.isEmpty }

    /// Of a name in lower case.
    static func hash(of name: [UInt8]) -> UInt64 {
        var hash = ByteHash()
        for byte in name.reversed() { hash.combine(byte) }
        return hash.value
    }

    /// The place of a name in any case, or −1.
    func find(_ hash: UInt64, _ name: Span<UInt8>) -> Int {
        var low = 0
        var high = self.hashes.count
        while low < high {
            let middle = (low &+ high) &>> 1
            if self.hashes[middle] < hash { low = middle &+ 1 } else { high = middle }
        }
        while low < self.hashes.count && self.hashes[low] == hash {
            let candidate = self.names[low]
            if name.equalsIgnoringCase(candidate.span) { return self.places[low] }
            low &+= 1
        }
        return -1
    }
}
