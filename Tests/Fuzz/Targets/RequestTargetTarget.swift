import HTTPWire
import ProxyCore

/// A request target as it stands in the request line, and the paths that routes are looked up by.
///
/// What is accepted is in its one normal form; reading that again changes nothing; and the route found is the one that a look at
/// every pattern finds.
enum RequestTargetTarget {
    static func run(_ bytes: [UInt8]) {
        var choices = Choices(bytes)
        let method = choices.one(of: ["GET", "OPTIONS", "PURGE"])
        guard let target = self.target(of: bytes, method: method) else { return }
        guard let path = target.path else { return }
        self.insistOnNormalForm(path)
        insist(
            target.hasParameters == path.contains(UInt8(ascii: ";")), "a path with parameters is known to have them")
        insist(!target.query.contains(UInt8(ascii: "#")), "a query has no fragment behind it")
        let again = insist(self.target(of: path + target.query, method: method), "a normal form is accepted")
        insist(again.path == path && again.query == target.query && !again.isRewritten, "a normal form is its own")
        self.insistOnAbsoluteForm(path, target.query, method)
        self.insistOnRoute(path, method)
        self.insistOnPattern(path)
    }

    private struct Read {
        let path: [UInt8]?
        let query: [UInt8]
        let hasParameters: Bool
        let isRewritten: Bool
    }

    private static func target(of bytes: [UInt8], method: String, host: String = "api.test") -> Read? {
        let message = Array("\(method) ".utf8) + bytes + Array(" HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: .generous)
        guard (try? parser.parse(message.span)) == .complete, parser.index.byteCount == message.count else {
            return nil
        }
        let head = RequestHead(bytes: message.span, index: parser.index)
        let peer = ForwardedRequest.doors[0].peer
        guard let target = try? RequestTarget.parse(head, from: peer) else { return nil }
        if case .rewritten = target.path {
            return Read(
                path: [UInt8](copying: target.path(in: message.span)), query: message[target.query],
                hasParameters: target.hasPathParameters, isRewritten: true)
        }
        return Read(
            path: target.hasPath ? [UInt8](copying: target.path(in: message.span)) : nil, query: message[target.query],
            hasParameters: target.hasPathParameters, isRewritten: false)
    }

    /// Absolute-form names the same path and takes the same queries (RFC 9112 §3.2.2).
    private static func insistOnAbsoluteForm(_ path: [UInt8], _ query: [UInt8], _ method: String) {
        let target = Array("http://API.test:80".utf8) + path + query
        let absolute = insist(
            self.target(of: target, method: method, host: "api.test"), "absolute-form is accepted")
        insist(absolute.path == path && absolute.query == query, "absolute-form names the same path")
    }

    /// SPEC §5 "Paths", held against the path byte by byte.
    private static func insistOnNormalForm(_ path: [UInt8]) {
        insist(path.first == UInt8(ascii: "/"), "a path begins with its slash")
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let name = segment.prefix { $0 != UInt8(ascii: ";") }
            insist(!(name.isEmpty && (index < segments.count - 1 || name.count < segment.count)), "no segment is empty")
            let decoded = self.decoded(name)
            insist(decoded != Array(".".utf8) && decoded != Array("..".utf8), "no segment is `.` or `..`")
            insist(String(validating: self.decoded(segment), as: UTF8.self) != nil, "escapes stand for UTF-8")
        }
        var rest = path[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                insist(
                    octet > 0x20 && octet < 0x7F && !Array("?#[]\\^`{|}\"<>".utf8).contains(octet), "a path is pchar")
                continue
            }
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            let isUpper = digits.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }
            insist(digits.count == 2 && isUpper, "escapes are whole, in upper case")
            let octet = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
            let isUnreserved = PlainHead.isTokenOctet(octet) && !Array("!#$%&'*+^`|".utf8).contains(octet)
            insist(!isUnreserved, "RFC 3986 §6.2.2.2: an unreserved character is not escaped")
            insist(octet >= 0x20 && octet != 0x7F, "no control is escaped")
            insist(!Array("/\\?#;".utf8).contains(octet), "nothing that splits a path is escaped")
        }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = text
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%") {
                decoded.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(octet)
            }
        }
        return decoded
    }

    // MARK: Routes

    private static func insistOnRoute(_ path: [UInt8], _ method: String) {
        let token = Array(method.utf8)
        var visited = 0
        let host = Array("api.test".utf8)
        // From the left, a literal goes before a parameter and both before the rest.
        let best = self.best(path) { $0 }
        let asRead = self.best(path, in: self.asServicesRead)
        do throws(RouteMiss) {
            let hit = try self.table.match(
                host: host.span, path: path.span, hasParameters: path.contains(UInt8(ascii: ";")),
                method: Method(token.span), token: token.span, visited: &visited)
            insist(hit.route.paths[hit.pattern] == best, "the most specific pattern that fits has the route")
            insist(best == asRead, "a path has one route, however much of it is decoded or left out")
        } catch {
            switch error {
            case .noRoute: insist(best == nil && asRead == nil, "a pattern that fits has the route")
            case .ambiguousRoute: insist(best != asRead, "a path that has one route is not refused")
            case .methodNotAllowed: insist(false, "routes without methods take any")
            }
        }
        insist(visited <= 8 * (path.count + 2), "two look-ups cost what the path is long")
    }

    /// The most specific pattern that fits when literals and path are read in this way.
    private static func best(_ path: [UInt8], in reading: ([UInt8]) -> [UInt8]) -> RoutePattern? {
        let path = reading(path)
        let fitting = self.patterns.filter { self.fits($0.segments, path, in: reading) }
        return fitting.max { self.rank($0.segments).lexicographicallyPrecedes(self.rank($1.segments)) }
    }

    /// With escapes decoded of what may stand in a path bare as well (RFC 3986 §3.3), and without path parameters.
    private static func asServicesRead(_ text: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = text[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: ";") {
                rest = rest.drop { $0 != UInt8(ascii: "/") }
            } else if octet == UInt8(ascii: "%"),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                Array("!$&'()*+,=:@".utf8).contains(value)
            {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(octet)
            }
        }
        return decoded
    }

    private static func fits(
        _ segments: [RoutePattern.Segment], _ path: [UInt8], in reading: ([UInt8]) -> [UInt8] = { $0 }
    ) -> Bool {
        let parts = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .rest: return true
            case .literal(let bytes):
                guard index < parts.count, Array(parts[index]) == reading(bytes) else { return false }
            case .parameter: guard index < parts.count, !parts[index].isEmpty else { return false }
            }
        }
        return parts.count == segments.count
    }

    private static func rank(_ segments: [RoutePattern.Segment]) -> [Int] {
        segments.map { segment in
            switch segment {
            case .literal: 3
            case .parameter: 2
            case .rest: 0
            }
        } + [1]
    }

    /// A path may be written as a pattern, where it then is the literal that finds it.
    private static func insistOnPattern(_ path: [UInt8]) {
        guard !path.contains(UInt8(ascii: "*")) else { return }
        let text = String(decoding: path, as: UTF8.self)
        guard let pattern = try? RoutePattern(text, allowsPathParameters: true) else {
            end("finding: a path in normal form is a pattern")
        }
        insist(Self.fits(pattern.segments, path), "a pattern without parameters fits itself")
        insist(pattern.description == text, "a pattern is written as it was")
    }

    private static let patterns: [RoutePattern] = {
        do {
            return try [
                "/", "/public/**", "/public/x", "/api/{id}", "/api/{id}/items", "/api/v1/**", "/api/{id}/{item}",
                "/a/{b}/c/**", "/a/b/**", "/a/b/{c}", "/%2C/{x}", "/x/",
            ].map { try RoutePattern($0) }
        } catch {
            end("the patterns of the fuzz targets are wrong: \(error)")
        }
    }()

    private static let table: RouteTable = {
        let door = ForwardedRequest.doors[0]
        do {
            return try RouteTable(
                routes: Self.patterns.enumerated().map { index, pattern in
                    Route(
                        index: index, name: "\(index)", paths: [pattern], access: .public, authorizationServer: nil,
                        upstream: door.generation.upstreams[0])
                })
        } catch {
            end("the routes of the fuzz targets are wrong: \(error)")
        }
    }()
}
