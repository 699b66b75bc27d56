package import OAuthModel
package import ProxyCore

/// What a listener binds to.
package enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IP literal without brackets; port 0 lets the system choose.
    case network(host: String, port: UInt16)
    case unix(path: String)

    package var description: String {
        switch self {
        case .network(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Only this machine reaches it.
    package var isLocal: Bool {
        switch self {
        case .network(let host, port: _): IPAddress(host)?.isLoopback ?? false
        case .unix: true
        }
    }

    /// Nil for a Unix socket.
    var port: UInt16? {
        if case .network(host: _, let port) = self { port } else { nil }
    }

    /// The same address, however it is written.
    func isSame(as other: ListenAddress) -> Bool {
        switch (self, other) {
        case (.unix(let path), .unix(let otherPath)): path == otherPath
        case (.network(let host, let port), .network(let otherHost, let otherPort)):
            port == otherPort && IPAddress(host) == IPAddress(otherHost)
        default: false
        }
    }

    /// Whether the system would refuse to listen on both: a wildcard takes its port on every address of its family.
    ///
    /// `[::]` of a proxy listener leaves IPv4 alone; `takesBothFamilies` says that ours does not. Port 0 is another one
    /// each time.
    func overlaps(_ other: ListenAddress, takesBothFamilies: Bool) -> Bool {
        guard case .network(let host, let port) = self, case .network(let otherHost, let otherPort) = other else {
            return self.isSame(as: other)
        }
        guard port == otherPort, port != 0, let address = IPAddress(host), let otherAddress = IPAddress(otherHost)
        else { return false }
        let isWildcard = address == Self.anyIPv4 || address == Self.anyIPv6
        if address.isIPv6 == otherAddress.isIPv6 {
            return address == otherAddress || isWildcard || otherAddress == Self.anyIPv4
                || otherAddress == Self.anyIPv6
        }
        return takesBothFamilies && address == Self.anyIPv6
    }

    private static let anyIPv4 = IPAddress.v4(0)
    private static let anyIPv6 = IPAddress.v6(high: 0, low: 0)
}

/// One listener for clients, validated.
package struct ListenerSettings: Sendable {
    package var address: ListenAddress
    /// Permission bits of a Unix socket.
    package var socketMode: UInt16
    /// Whose `X-Forwarded-*` and `Forwarded` are believed.
    package var trustedPeers: TrustedPeers

    package init(address: ListenAddress, socketMode: UInt16, trustedPeers: TrustedPeers) {
        self.address = address
        self.socketMode = socketMode
        self.trustedPeers = trustedPeers
    }
}

/// The admin API's listener, validated (SPEC §6).
package struct AdminSettings: Sendable, Equatable {
    package var address: ListenAddress
    /// What callers present as bearer token; without one, calls that need it are not served beyond this machine.
    package var token: SecretBytes?
    /// Names that `Host` may carry besides IP literals and `localhost`.
    package var hosts: [String]

    package init(address: ListenAddress, token: SecretBytes?, hosts: [String]) {
        self.address = address
        self.token = token
        self.hosts = hosts
    }
}

/// The proxy's own log and the access log (SPEC §8).
package struct LogSettings: Sendable, Hashable {
    package enum Format: String, Sendable, Hashable, CaseIterable { case json, text }
    package enum Level: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }
    package enum Access: Sendable, Hashable {
        case standardOutput
        /// Opened for appending, again on SIGHUP.
        case file(path: String)
        case off
    }

    package var format: Format
    package var level: Level
    package var access: Access
    /// Which part of the allowed requests is written: 0…1; refusals always are.
    package var sampleAllowed: Double

    package init(
        format: Format = .json, level: Level = .info, access: Access = .standardOutput, sampleAllowed: Double = 1
    ) {
        self.format = format
        self.level = level
        self.access = access
        self.sampleAllowed = sampleAllowed
    }
}
