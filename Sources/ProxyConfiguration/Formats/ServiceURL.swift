package import ProxyCore

/// Where a service is, as an URL or a Unix socket: `http://127.0.0.1:9000`, `unix:/run/orders.sock`.
package struct ServiceURL: Sendable, Hashable {
    /// As written.
    package var text: String
    package var endpoint: ServiceEndpoint
    /// A loopback address, `localhost` or a Unix socket: what is said to it stays on the machine.
    package var isLocal: Bool
    /// Whether the URL has a path of its own.
    package var hasPath: Bool

    package var isPlaintextBeyondThisMachine: Bool { !self.endpoint.isTLS && !self.isLocal }
}

extension ValueFormat where Value == ServiceURL {
    /// An `http` or `https` URL, or `unix:PATH` with `:/path` behind it where a path is asked for.
    package static func serviceURL(_ example: String) -> ValueFormat<ServiceURL> {
        ValueFormat("URL", schema: .pattern("^(https?://|unix:/)")) { node, context in
            let expected = "a URL such as `\(example)`"
            guard let text = context.text(node, expected: expected) else { return nil }
            guard let url = ServiceURL(text) else {
                let rest = text.contains("@") ? ", without user and password" : ""
                context.error(
                    "\(shown(text)) is no URL to a service", at: node.position, remedy: "write \(expected)\(rest)")
                return nil
            }
            return url
        }
    }
}

extension ServiceURL {
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        if text.hasPrefix("unix:") {
            self.init(unix: text.dropFirst(5), text: text)
        } else if text.hasPrefix("https://") {
            self.init(network: text.dropFirst(8), isTLS: true, text: text)
        } else if text.hasPrefix("http://") {
            self.init(network: text.dropFirst(7), isTLS: false, text: text)
        } else {
            return nil
        }
    }

    private init?(unix rest: Substring, text: String) {
        let end = rest.firstRange(of: ":/")
        let socket = end.map { rest[..<$0.lowerBound] } ?? rest
        guard socket.hasPrefix("/"), socket.utf8.count <= UnixSocketPath.bytesMax else { return nil }
        let path = end.map { rest[rest.index(after: $0.lowerBound)...] } ?? "/"
        self.text = text
        // A Unix socket has no host; `localhost` is what HTTP clients say to one.
        self.endpoint = ServiceEndpoint(
            address: .unix(path: String(socket)), isTLS: false, authority: Array("localhost".utf8),
            path: Array(path.utf8))
        self.isLocal = true
        self.hasPath = path != "/"
    }

    private init?(network rest: Substring, isTLS: Bool, text: String) {
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let place = HostAndPort(rest[..<end]), place.port != 0 else { return nil }
        let tail = rest[end...]
        let path = tail.hasPrefix("/") ? String(tail) : "/" + tail
        let standard: UInt16 = isTLS ? 443 : 80
        var authority = place.isIPv6 ? "[\(place.host)]" : place.host
        if let port = place.port, port != standard { authority += ":\(port)" }
        self.text = text
        self.endpoint = ServiceEndpoint(
            address: .network(host: place.host, port: place.port ?? standard), isTLS: isTLS,
            authority: Array(authority.utf8), path: Array(path.utf8))
        self.isLocal = place.isLoopback
        self.hasPath = path != "/"
    }
}

/// The longest path that Linux binds or connects a Unix socket to (`sun_path` less its end).
enum UnixSocketPath {
    static let bytesMax = 107
}
