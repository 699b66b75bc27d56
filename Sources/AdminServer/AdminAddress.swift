import Hummingbird
import ProxyCore

/// Where the admin API listens.
package enum AdminAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IP literal without brackets, or a name; port 0 lets the system choose.
    case network(host: String, port: UInt16)
    case unix(path: String)

    package var description: String {
        switch self {
        case .network(let host, let port): host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Only this machine reaches it.
    package var isLocal: Bool {
        switch self {
        case .unix: true
        case .network(let host, _):
            switch IPAddress(host) {
            case .v4(let number): number >> 24 == 127
            case .v6(let high, let low): high == 0 && low == 1
            case nil: host.lowercased() == "localhost"
            }
        }
    }

    var bindAddress: BindAddress {
        switch self {
        case .network(let host, let port): .hostname(host, port: Int(port))
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    func bound(to port: Int?) -> AdminAddress {
        switch self {
        case .network(let host, let asked): .network(host: host, port: port.flatMap { UInt16(exactly: $0) } ?? asked)
        case .unix: self
        }
    }
}
