import OAuthModel
package import ProxyCore

/// The address of an endpoint as a discovery document writes it, and back again for the client.
package enum EndpointURL {
    /// Reads an absolute `http` or `https` URL without user information and fragment (RFC 8414 §2).
    package static func endpoint(_ text: String) -> ServiceEndpoint? {
        let bytes = [UInt8](text.utf8)
        guard bytes.count <= Self.bytesMax, bytes.allSatisfy({ 0x21...0x7E ~= $0 && !Self.excluded.contains($0) })
        else { return nil }
        let isTLS: Bool
        let rest: ArraySlice<UInt8>
        if let after = Self.drop("https://", from: bytes) {
            (isTLS, rest) = (true, after)
        } else if let after = Self.drop("http://", from: bytes) {
            (isTLS, rest) = (false, after)
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !authority.contains(UInt8(ascii: "@")), let (host, port) = Self.hostAndPort(authority) else { return nil }
        var path = [UInt8](rest[authority.endIndex...])
        if path.first != UInt8(ascii: "/") { path.insert(UInt8(ascii: "/"), at: 0) }
        return ServiceEndpoint(
            address: .network(host: host, port: port ?? (isTLS ? 443 : 80)), isTLS: isTLS,
            authority: [UInt8](authority), path: path)
    }

    /// The URL to give to the client.
    static func text(_ endpoint: ServiceEndpoint) -> String {
        let path = String(decoding: endpoint.path, as: UTF8.self)
        switch endpoint.address {
        case .network(let host, let port):
            let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            return "\(endpoint.isTLS ? "https" : "http")://\(name):\(port)\(path)"
        case .unix(let socket):
            return "\(endpoint.isTLS ? "https" : "http")+unix://\(PercentEncoding.encode(socket))\(path)"
        }
    }

    /// Whether nobody but this machine sees what is sent there.
    package static func isPrivate(_ endpoint: ServiceEndpoint) -> Bool {
        switch endpoint.address {
        case .unix: true
        case .network(let host, _): host.lowercased() == "localhost" || Self.isLoopback(host)
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        switch IPAddress(host) {
        case .v4(let number): number >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        case nil: false
        }
    }

    private static func hostAndPort(_ authority: ArraySlice<UInt8>) -> (String, UInt16?)? {
        var host = authority
        var port: UInt16?
        if let colon = authority.lastIndex(of: UInt8(ascii: ":")), !authority[colon...].contains(UInt8(ascii: "]")) {
            let digits = authority[(colon + 1)...]
            guard digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
            guard let number = UInt16(String(decoding: digits, as: UTF8.self)), number > 0 else { return nil }
            port = number
            host = authority[..<colon]
        }
        if host.first == UInt8(ascii: "[") {
            guard host.last == UInt8(ascii: "]"), host.count > 2 else { return nil }
            let literal = String(decoding: host.dropFirst().dropLast(), as: UTF8.self)
            guard IPAddress(literal)?.isIPv6 == true else { return nil }
            return (literal, port)
        }
        guard !host.isEmpty, host.allSatisfy(Self.isNameByte) else { return nil }
        return (String(decoding: host, as: UTF8.self), port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x2E || byte == 0x5F
    }

    private static func drop(_ scheme: String, from bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let count = scheme.utf8.count
        guard bytes.count > count,
            zip(bytes, scheme.utf8).allSatisfy({ $0 == $1 || ($0 | 0x20 == $1 && 0x41...0x5A ~= $0) })
        else { return nil }
        return bytes[count...]
    }

    /// What has no place in a URL, or begins a fragment: `"`, `#`, `<`, `>`, `\`, `^`, backtick, `{`, `|`, `}`.
    private static let excluded = Set([UInt8]("\"#<>\\^`{|}".utf8))
    /// Longer than any endpoint, shorter than any request line limit.
    private static let bytesMax = 2_048
}
