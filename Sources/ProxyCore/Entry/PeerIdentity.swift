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
    /// `for=` of `Forwarded` with its value (RFC 7239 §6): IPv6 in brackets and quotes.
    let forwardedElement: [UInt8]

    /// A peer on a network socket.
    package init(address: IPAddress, isTLS: Bool, trusted: TrustedPeers) {
        self.address = address.text
        self.isIPv6 = address.isIPv6
        self.isTrusted = trusted.contains(address)
        self.isTLS = isTLS
        self.forwardedFor = self.address
        self.forwardedElement =
            [UInt8]("for=".utf8) + (self.isIPv6 ? [0x22, 0x5B] + self.address + [0x5D, 0x22] : self.address)
    }

    /// A peer on a Unix socket; it has no address that would mean anything to others (RFC 7239 §6.2).
    package init(unixSocket isTLS: Bool = false, trusted: TrustedPeers) {
        self.address = [UInt8]("unix".utf8)
        self.isIPv6 = false
        self.isTrusted = trusted.includesUnixSockets
        self.isTLS = isTLS
        self.forwardedFor = [UInt8]("unknown".utf8)
        self.forwardedElement = [UInt8]("for=unknown".utf8)
    }

    /// A peer by its address as text; nil when that is no IP address.
    package init?(addressText: String, isTLS: Bool, trusted: TrustedPeers) {
        guard let address = IPAddress(addressText) else { return nil }
        self.init(address: address, isTLS: isTLS, trusted: trusted)
    }
}
