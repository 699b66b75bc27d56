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
