import ProxyCore

extension ValueFormat where Value == ListenAddress {
    /// `host:port` with an address literal or `localhost`, or `unix:PATH`.
    package static let listenAddress = ValueFormat("address", schema: .text) { node, context in
        let expected = "an address such as `0.0.0.0:8080`, `[::]:8080` or `unix:/run/bearergate.sock`"
        guard let text = context.text(node, expected: expected) else { return nil }
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count <= UnixSocketPath.bytesMax,
                path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                context.error(
                    "\(shown(text)) is no path of a socket", at: node.position,
                    remedy: "write an absolute path of at most \(UnixSocketPath.bytesMax) bytes, without control "
                        + "characters: `unix:/run/b.sock`")
                return nil
            }
            return .unix(path: path)
        }
        // Names would have to be resolved before anything listens, and might stand for several addresses.
        guard let place = HostAndPort(text[...]), let port = place.port,
            place.address != nil || place.host == "localhost"
        else {
            context.error("\(shown(text)) is no address to listen on", at: node.position, remedy: "write \(expected)")
            return nil
        }
        // No socket of ours takes both families, and one of IPv6 alone cannot have an IPv4 address.
        if place.isIPv6, let address = place.address, !address.isIPv6 {
            context.error(
                "\(shown(text)) is an IPv4 address in IPv6's spelling", at: node.position,
                remedy: "write `\(String(decoding: address.text, as: UTF8.self)):\(port)`")
            return nil
        }
        return .network(host: place.host == "localhost" ? "127.0.0.1" : place.host, port: port)
    }
}

extension ValueFormat where Value == UInt16 {
    /// Permission bits in octal: `0660`.
    package static let socketMode = ValueFormat(
        "octal mode", range: "0000…0777", schema: .any(of: [.integer(0...777), .text])
    ) {
        node, context in
        guard case .scalar(let text, isPlain: _) = node.content, (3...4).contains(text.utf8.count),
            text.utf8.count == 3 || text.hasPrefix("0"), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let mode = UInt16(text, radix: 8), mode <= 0o777
        else {
            context.error(
                "\(node.kind) is no file mode", at: node.position, remedy: "write an octal number such as `0660`")
            return nil
        }
        return mode
    }
}
