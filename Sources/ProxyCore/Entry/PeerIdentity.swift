/// Who is at the other end of a client's connection: made once when it is accepted.
///
/// What its address looks like in forwarding fields is written once here, so that a request only copies it.
package struct PeerIdentity: Sendable, Hashable {
    /// The address as text, without brackets (`127.0.0.1`, `::1`); `unix` for Unix sockets.
    package let address: [UInt8]
    package let isIPv6: Bool
    /// Its `Forwarded`, `X-Forwarded-*` and `X-Request-Id` are believed.
    package let isTrusted: Bool
    /// The connection is protected by TLS.
    package let isTLS: Bool
    /// In `X-Forwarded-For`: the plain address, `unknown` for Unix sockets.
    let forwardedFor: [UInt8]
    /// `for=` and `proto=` of `Forwarded` (RFC 7239 §6): IPv6 in brackets and quotes.
    let forwardedElement: [UInt8]
    /// All lines that say how a request came, up to the value of `X-Forwarded-Host`, for HTTP/1.1 requests of which nothing
    /// that was said before is believed: nearly all.
    let linesToHost: [UInt8]
    /// From behind that value to the value of `host=` in `Forwarded`.
    let linesToForwardedHost: [UInt8]

    /// A peer on a network socket.
    package init(address: IPAddress, isTLS: Bool, trusted: TrustedPeers) {
        let text = address.text
        self.init(
            address: text, isIPv6: address.isIPv6, isTrusted: trusted.contains(address), isTLS: isTLS,
            forwardedFor: text,
            node: address.isIPv6 ? [0x22, 0x5B] + text + [0x5D, 0x22] : text)
    }

    /// A peer on a Unix socket; it has no address that would mean anything to others (RFC 7239 §6.2).
    package init(unixSocket isTLS: Bool = false, trusted: TrustedPeers) {
        let unknown = [UInt8]("unknown".utf8)
        self.init(
            address: [UInt8]("unix".utf8), isIPv6: false, isTrusted: trusted.includesUnixSockets, isTLS: isTLS,
            forwardedFor: unknown, node: unknown)
    }

    /// A peer by its address as text; nil when that is no IP address.
    package init?(addressText: String, isTLS: Bool, trusted: TrustedPeers) {
        guard let address = IPAddress(addressText) else { return nil }
        self.init(address: address, isTLS: isTLS, trusted: trusted)
    }

    private init(
        address: [UInt8], isIPv6: Bool, isTrusted: Bool, isTLS: Bool, forwardedFor: [UInt8], node: [UInt8]
    ) {
        let scheme = isTLS ? "https" : "http"
        self.address = address
        self.isIPv6 = isIPv6
        self.isTrusted = isTrusted
        self.isTLS = isTLS
        self.forwardedFor = forwardedFor
        self.forwardedElement = [UInt8]("for=".utf8) + node + [UInt8](";proto=\(scheme)".utf8)
        self.linesToHost =
            [UInt8]("Via: 1.1 bearergate\r\nX-Forwarded-For: ".utf8) + forwardedFor
            + [UInt8]("\r\nX-Forwarded-Proto: \(scheme)\r\nX-Forwarded-Host: ".utf8)
        self.linesToForwardedHost = [UInt8]("\r\nForwarded: ".utf8) + self.forwardedElement + [UInt8](";host=".utf8)
    }
}
