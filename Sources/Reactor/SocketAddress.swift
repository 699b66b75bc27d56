/// Where a stream socket listens, connects to, or comes from.
package enum SocketAddress: Sendable, Hashable {
    case inet4(IPv4Address, port: UInt16)
    case inet6(IPv6Address, port: UInt16, scope: UInt32)
    /// A Unix socket; the path of a client that has not bound its own is empty.
    case unix(path: String)

    /// Reads `127.0.0.1:80`, `[::1]:80` or `unix:/run/app.sock`.
    ///
    /// A name is never an address: see ``Resolver``.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard Self.isUsable(path: path) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        let host = text[..<colon]
        // Without brackets `::1:80` could be either an address or an address with a port.
        guard !host.contains(":") || host.hasPrefix("[") else { return nil }
        self.init(literalHost: String(host), port: port)
    }

    /// An IP address as a URL's host has it: `127.0.0.1`, `[::1]`; also `::1`.
    ///
    /// `nil` for a name.
    package init?(literalHost host: String, port: UInt16) {
        if let address = IPv4Address(host) {
            self = .inet4(address, port: port)
            return
        }
        let isBracketed = host.hasPrefix("[")
        guard isBracketed == host.hasSuffix("]") else { return nil }
        guard let address = IPv6Address(isBracketed ? String(host.dropFirst().dropLast()) : host) else { return nil }
        self = .inet6(address, port: port, scope: 0)
    }

    package var port: UInt16? {
        switch self {
        case .inet4(_, let port), .inet6(_, let port, _): port
        case .unix: nil
        }
    }

    package var isUnix: Bool { if case .unix = self { true } else { false } }

    /// The same host with another port; a Unix socket has none to change.
    package func withPort(_ port: UInt16) -> SocketAddress {
        switch self {
        case .inet4(let address, _): .inet4(address, port: port)
        case .inet6(let address, _, let scope): .inet6(address, port: port, scope: scope)
        case .unix: self
        }
    }

    /// The address without port or brackets, as `X-Forwarded-For` has it; `unix:` for a Unix socket.
    package var hostText: String {
        switch self {
        case .inet4(let address, _): address.description
        case .inet6(let address, _, _): address.description
        case .unix: "unix:"
        }
    }

    /// The kernel's limit (`sun_path`), with room for the final NUL.
    ///
    /// A path with a NUL would name another file.
    static func isUsable(path: String) -> Bool {
        (1...107).contains(path.utf8.count) && !path.utf8.contains(0)
    }
}

extension SocketAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inet4(let address, let port): "\(address):\(port)"
        case .inet6(let address, let port, let scope):
            scope == 0 ? "[\(address)]:\(port)" : "[\(address)%\(scope)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension SocketAddress {
    /// The address families as Linux numbers them.
    package enum Family: UInt16, Sendable { case unix = 1, inet4 = 2, inet6 = 10 }

    package var family: Family {
        switch self {
        case .inet4: .inet4
        case .inet6: .inet6
        case .unix: .unix
        }
    }

    /// The largest form, `sockaddr_un`, rounded up.
    static let encodedMax = 128

    /// The bytes of `sockaddr_in`, `sockaddr_in6` or `sockaddr_un`, laid out by hand so that no C struct is punned.
    ///
    /// "Native" fields are little-endian: every machine that Swift runs Linux on is.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        func native(_ value: some FixedWidthInteger) {
            for index in 0..<(value.bitWidth / 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
            }
        }
        func network(_ value: some FixedWidthInteger) {
            for index in (0..<(value.bitWidth / 8)).reversed() {
                bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
            }
        }
        native(self.family.rawValue)
        switch self {
        case .inet4(let address, let port):
            network(port)
            network(address.bits)
            bytes.append(contentsOf: repeatElement(0, count: 8))
        case .inet6(let address, let port, let scope):
            network(port)
            native(UInt32(0))
            network(address.high)
            network(address.low)
            native(scope)
        case .unix(let path):
            bytes.append(contentsOf: path.utf8)
            bytes.append(0)
        }
        return bytes
    }

    /// Reads what the kernel wrote: `bytes` is as long as the kernel said.
    init?(decoding bytes: Span<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        func network<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
            (offset..<offset + Value.bitWidth / 8).reduce(0) { $0 << 8 | Value(truncatingIfNeeded: bytes[$1]) }
        }
        func native<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
            network(offset, as: type).byteSwapped
        }
        switch Family(rawValue: native(0, as: UInt16.self)) {
        case .inet4 where bytes.count >= 8:
            self = .inet4(IPv4Address(bits: network(4, as: UInt32.self)), port: network(2, as: UInt16.self))
        case .inet6 where bytes.count >= 28:
            self = .inet6(
                IPv6Address(high: network(8, as: UInt64.self), low: network(16, as: UInt64.self)),
                port: network(2, as: UInt16.self), scope: native(24, as: UInt32.self))
        case .unix:
            var path: [UInt8] = []
            var index = 2
            while index < bytes.count, bytes[index] != 0 {
                path.append(bytes[index])
                index += 1
            }
            self = .unix(path: String(decoding: path, as: UTF8.self))
        default: return nil
        }
    }
}
