import OAuthModel
import ProxyCore

/// Who may call what of the admin API (SPEC §6), decided from a request's fields alone.
struct AdminAccess: Sendable {
    /// The listener is on loopback or a Unix socket.
    let isLocal: Bool
    let token: SecretBytes?
    let hosts: [String]

    /// What is looked at of a request.
    struct Caller: Sendable {
        var hasOrigin: Bool
        var host: String?
        /// `Host` came more than once.
        var hasRepeatedHost = false
        /// Values of `Authorization`, in order.
        var authorization: [String]
    }

    enum Denial: Error, Hashable {
        /// Only HTTP/1.0 may leave it out (RFC 9112 §3.2), and `AdminConnection` has given it one.
        case missingHost
        /// Two readers might take two of them (RFC 9112 §3.2).
        case repeatedHost
        /// A page in somebody's browser.
        case crossOrigin
        /// A name that is not ours: DNS rebinding looks like this.
        case foreignHost
        /// Nothing to prove oneself with is configured, so there is nothing here.
        case hidden
        case noToken
        case wrongToken
    }

    /// `isOpen`: health and metrics, which need no token.
    func check(_ caller: Caller, isOpen: Bool) throws(Denial) {
        guard let host = caller.host else { throw .missingHost }
        guard !caller.hasRepeatedHost else { throw .repeatedHost }
        guard !caller.hasOrigin else { throw .crossOrigin }
        guard self.isOurs(host) else { throw .foreignHost }
        guard !isOpen, !self.isLocal else { return }
        guard let token, !token.isEmpty else { throw .hidden }
        guard !caller.authorization.isEmpty else { throw .noToken }
        guard caller.authorization.count == 1, let presented = Self.bearer(caller.authorization[0]) else {
            throw .wrongToken
        }
        // In constant time: only the length of a guess shows.
        guard presented == token else { throw .wrongToken }
    }

    /// The authority of a target in absolute-form (RFC 9112 §3.2.2), empty when it has none; nil for origin-form and `*`.
    static func authority(ofTarget target: String) -> String? {
        let bytes = Array(target.utf8)
        guard let first = bytes.first, first != UInt8(ascii: "/"), bytes != [UInt8(ascii: "*")] else { return nil }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[(colon + 1)...].starts(with: [UInt8(ascii: "/"), UInt8(ascii: "/")])
        else { return "" }
        let authority = bytes[(colon + 3)...].prefix {
            $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
        }
        return String(decoding: authority, as: UTF8.self)
    }

    /// Whether a `Host` or an authority names this machine by address, or by a name that we know.
    func isOurs(_ field: String) -> Bool {
        guard let name = Self.name(of: field) else { return false }
        if IPAddress(name) != nil { return true }
        let lower = name.lowercased()
        return lower == "localhost" || self.hosts.contains { $0.lowercased() == lower }
    }

    /// The host without its port and brackets; nil when it is malformed.
    private static func name(of field: String) -> String? {
        let bytes = Array(field.utf8)
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), Self.isPort(bytes[(end + 1)...]) else {
                return nil
            }
            let literal = String(decoding: bytes[1..<end], as: UTF8.self)
            return IPAddress(literal)?.isIPv6 == true ? literal : nil
        }
        let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        guard end > 0, Self.isPort(bytes[end...]) else { return nil }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return true }
        return first == UInt8(ascii: ":") && bytes.dropFirst().allSatisfy { 0x30...0x39 ~= $0 }
    }

    /// The credential of `Bearer`, the scheme in any case (RFC 6750 §2.1).
    private static func bearer(_ value: String) -> SecretBytes? {
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard parts.count == 2, String(parts[0])?.lowercased() == "bearer" else { return nil }
        return SecretBytes(Array(parts[1].drop { $0 == UInt8(ascii: " ") }))
    }
}
