import ProxyCore

/// One member of `upstreams`.
package struct UpstreamSection: ConfigurationSection {
    package static let title = "upstream"

    /// Where the service listens; paths are a matter of the routes.
    /// - `url` (URL, required): `http://127.0.0.1:9000` or `unix:/run/orders.sock`; `https` is not supported yet
    static let url = ConfigurationKey.required(
        "url", .serviceURL("http://127.0.0.1:9000"), "Where the service listens: http://host:port or unix:/path.")
    /// How long a connection may take to be made, all addresses of the name together.
    /// - `connect_timeout` (duration, optional, default: 2s, range: 10ms…1m): then 504.
    static let connectTimeout = ConfigurationKey.defaulted(
        "connect_timeout", .duration(.milliseconds(10) ... .seconds(60)), "2s", "How long a connect may take.")
    /// How long the response's head may take behind the request's last byte, or the `100` that the client waits for.
    /// - `response_timeout` (duration, optional, default: 60s, range: 10ms…24h): then 504.
    static let responseTimeout = ConfigurationKey.defaulted(
        "response_timeout", .duration(.milliseconds(10) ... .seconds(86_400)), "60s",
        "How long the response's head may take.")
    /// How long a response, or a request's body on its way, may pause; tunnels and `text/event-stream` only when one side
    /// has left or does not read.
    /// - `stream_idle` (duration, optional, default: 5m, range: 10ms…24h): then it is cut, or answered 408 or 504.
    static let streamIdle = ConfigurationKey.defaulted(
        "stream_idle", .duration(.milliseconds(10) ... .seconds(86_400)), "5m",
        "How long a response, or a request's body, may pause.")
    /// Connections kept for later, a loop.
    /// - `idle_connections` (integer, optional, default: 128, range: 0…65536)
    static let idleConnections = ConfigurationKey.defaulted(
        "idle_connections", .integer(0...65_536), "128", "Connections kept for later, a loop.")
    /// How long they are kept.
    /// - `idle_timeout` (duration, optional, default: 60s, range: 10ms…1h)
    static let idleTimeout = ConfigurationKey.defaulted(
        "idle_timeout", .duration(.milliseconds(10) ... .seconds(3_600)), "60s", "How long they are kept.")

    package static let keys: [any ConfigurationKeyDescription] = [
        url, connectTimeout, responseTimeout, streamIdle, idleConnections, idleTimeout,
    ]

    let url: Written<ServiceURL>
    let connectTimeout: Written<Nanoseconds>
    let responseTimeout: Written<Nanoseconds>
    let streamIdle: Written<Nanoseconds>
    let idleConnections: Written<Int>
    let idleTimeout: Written<Nanoseconds>

    package init(reading reader: SectionReader) {
        self.url = reader.value(Self.url)
        self.connectTimeout = reader.value(Self.connectTimeout)
        self.responseTimeout = reader.value(Self.responseTimeout)
        self.streamIdle = reader.value(Self.streamIdle)
        self.idleConnections = reader.value(Self.idleConnections)
        self.idleTimeout = reader.value(Self.idleTimeout)
    }
}
