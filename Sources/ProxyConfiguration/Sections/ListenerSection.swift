import ProxyCore

/// One element of `listeners`.
package struct ListenerSection: ConfigurationSection {
    package static let title = "listener"

    package enum Mode: Sendable { case proxy }

    /// What it binds to: an address literal or `localhost` with a port, or a Unix socket.
    /// - `address` (address, required): `0.0.0.0:8080`, `[::]:8080`, `unix:/run/bearergate.sock`
    static let address = ConfigurationKey.required(
        "address", .listenAddress, "What it binds to: 0.0.0.0:8080, [::]:8080 or unix:/run/bearergate.sock.")
    /// What clients get there.
    /// - `mode` (word, optional, default: proxy): `decision` is not supported yet.
    static let mode = ConfigurationKey.defaulted(
        "mode", .choice(["proxy": Mode.proxy], notSupportedYet: ["decision"]), "proxy", "What clients get there.")
    static let tls = UnsupportedKey("tls", remedy: "leave it out and let something in front of the proxy end TLS")
    /// Permission bits of a Unix socket; a key of `unix:` addresses only.
    /// - `socket_mode` (octal mode, optional, default: 0660, range: 0000…0777)
    static let socketMode = ConfigurationKey.defaulted(
        "socket_mode", .socketMode, "0660", "Permission bits of a Unix socket.")
    /// Whose `X-Forwarded-*`, `Forwarded`, `X-Real-IP` and `X-Request-Id` are believed.
    /// - `trusted_peers` (list of networks, optional, default: nobody): `10.0.0.0/8`, `::1`, `unix`
    static let trustedPeers = ConfigurationKey.defaulted(
        "trusted_peers", .list(of: .trustedPeer, countMax: 256, allowsEmpty: true), "[]",
        "Networks (or unix) whose forwarding fields are believed.")

    package static let keys: [any ConfigurationKeyDescription] = [address, mode, tls, socketMode, trustedPeers]

    let address: Written<ListenAddress>
    let mode: Written<Mode>
    let socketMode: Written<UInt16>
    let trustedPeers: Written<[Placed<String>]>

    package init(reading reader: SectionReader) {
        self.address = reader.value(Self.address)
        self.mode = reader.value(Self.mode)
        self.socketMode = reader.value(Self.socketMode)
        self.trustedPeers = reader.value(Self.trustedPeers)
    }
}

/// `admin`: the admin API's listener (SPEC §6).
package struct AdminSection: ConfigurationSection {
    package static let title = "admin"

    /// What the admin API binds to.
    /// - `admin.address` (address, optional, default: 127.0.0.1:9901)
    static let address = ConfigurationKey.defaulted(
        "address", .listenAddress, "127.0.0.1:9901", "What the admin API binds to.")
    /// What callers from other machines present as bearer token.
    /// - `admin.token` (secret, optional): without it, only health and metrics are served beyond this machine.
    static let token = ConfigurationKey.optional(
        "token", .secret, "Bearer token that callers from other machines present.")
    /// Names that `Host` may carry besides IP literals and `localhost`.
    /// - `admin.hosts` (list of hosts, optional, default: none)
    static let hosts = ConfigurationKey.defaulted(
        "hosts", .list(of: .hostName, countMax: 64, allowsEmpty: true), "[]",
        "Names that Host may carry besides IP literals and localhost.")

    package static let keys: [any ConfigurationKeyDescription] = [address, token, hosts]

    let address: Written<ListenAddress>
    let token: Written<SecretReference>
    let hosts: Written<[Placed<String>]>

    package init(reading reader: SectionReader) {
        self.address = reader.value(Self.address)
        self.token = reader.value(Self.token)
        self.hosts = reader.value(Self.hosts)
    }
}
