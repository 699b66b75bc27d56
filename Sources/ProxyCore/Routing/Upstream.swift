/// A service behind the proxy, as configured.
package final class Upstream: Sendable {
    /// Position in the generation's list; pools and instruments are kept under it.
    package let index: Int
    package let name: String
    package let endpoint: ServiceEndpoint
    package let connectTimeout: Nanoseconds
    /// From the last byte of the request to the response's head.
    package let responseTimeout: Nanoseconds
    /// Between bytes behind the head; tunnels and `text/event-stream` only when one side has left or does not read.
    package let streamIdleTimeout: Nanoseconds
    /// Kept a loop.
    package let idleConnectionsMax: Int
    package let idleTimeout: Nanoseconds
    /// Open at once a loop, idle ones included; beyond it requests are answered 503.
    package let connectionsMax: Int

    package init(
        index: Int,
        name: String,
        endpoint: ServiceEndpoint,
        connectTimeout: Nanoseconds = .seconds(2),
        responseTimeout: Nanoseconds = .seconds(60),
        streamIdleTimeout: Nanoseconds = .seconds(300),
        idleConnectionsMax: Int = 128,
        idleTimeout: Nanoseconds = .seconds(60),
        connectionsMax: Int = 16_384
    ) {
        self.index = index
        self.name = name
        self.endpoint = endpoint
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
        self.streamIdleTimeout = streamIdleTimeout
        self.idleConnectionsMax = idleConnectionsMax
        self.idleTimeout = idleTimeout
        self.connectionsMax = connectionsMax
    }
}

/// Where a service listens: a host and port, or a Unix socket.
package struct ServiceEndpoint: Sendable, Hashable {
    package enum Address: Sendable, Hashable {
        /// Name or IP literal (IPv6 without brackets) and port.
        case network(host: String, port: UInt16)
        case unix(path: String)
    }
    package var address: Address
    package var isTLS: Bool
    /// What a request to it says in `Host`: as written in the URL, brackets and a port that is not the scheme's default included.
    package var authority: [UInt8]
    /// Path (and query) of the URL, `/` at least; used by authorization server endpoints.
    package var path: [UInt8]

    package init(address: Address, isTLS: Bool, authority: [UInt8], path: [UInt8] = [0x2F]) {
        self.address = address
        self.isTLS = isTLS
        self.authority = authority
        self.path = path
    }
}
