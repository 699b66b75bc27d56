import OAuthModel
import ProxyCore

extension Validation {
    func listeners() -> [ListenerSettings] {
        var settings: [ListenerSettings] = []
        var taken = TakenAddresses()
        for (index, placed) in (self.file.listeners.value ?? []).enumerated() {
            let section = placed.value
            guard let address = section.address.value else { continue }
            let context = self.context("listeners[\(index)]")
            if let first = taken.take(address, at: section.address.position) {
                context.error(
                    first.address.isSame(as: address)
                        ? "\(shown(address.description)) is listened on already, see line \(first.position.line)"
                        : "\(shown(address.description)) overlaps \(shown(first.address.description)), see line "
                            + "\(first.position.line)",
                    at: section.address.position, remedy: "leave one of them out, or write another port")
            }
            if case .network = address, section.socketMode.isWritten {
                context.error(
                    "`socket_mode` belongs to a `unix:` address", at: section.socketMode.position,
                    remedy: "leave it out")
            }
            let peers = (try? TrustedPeers((section.trustedPeers.value ?? []).map(\.value))) ?? .nobody
            settings.append(
                ListenerSettings(address: address, socketMode: section.socketMode.value ?? 0o660, trustedPeers: peers))
        }
        return settings
    }

    func admin(listeners: [ListenerSettings]) -> AdminSettings? {
        guard let section = self.file.admin.value, let address = section.address.value else { return nil }
        if let other = listeners.first(where: { address.overlaps($0.address, takesBothFamilies: true) })?.address {
            self.context("admin").error(
                other.isSame(as: address)
                    ? "\(shown(address.description)) is listened on for clients already"
                    : "\(shown(address.description)) overlaps \(shown(other.description)), which is listened on for clients",
                at: section.address.position, remedy: "give the admin API an address of its own")
        }
        let token = self.secrets.secret(section.token, path: "admin.token")
        // Whoever reads a field cuts what is blank at its ends (RFC 9110 §5.5): nobody could ever present it.
        if let bytes = token?.bytes, bytes.first == 0x20 || bytes.last == 0x20 {
            self.context("admin.token").error(
                "the secret begins or ends with a space", at: section.token.position,
                remedy: "put the token there alone, without a space around it")
        }
        if !section.token.isWritten && !address.isLocal {
            self.problems.warning(
                "`admin`: without a token only health and metrics are served on \(shown(address.description))",
                at: section.address.position, remedy: "write `token: {file: PATH}`, or listen on loopback")
        }
        return AdminSettings(address: address, token: token, hosts: (section.hosts.value ?? []).map(\.value))
    }
}

/// What earlier listeners bind to, by port.
private struct TakenAddresses {
    typealias Place = (address: ListenAddress, position: Position)
    private var places: [UInt16?: [Place]] = [:]

    /// The earlier listener that leaves no room for this one.
    mutating func take(_ address: ListenAddress, at position: Position) -> Place? {
        let earlier = self.places[address.port]?.first { address.overlaps($0.address, takesBothFamilies: false) }
        self.places[address.port, default: []].append((address, position))
        return earlier
    }
}
