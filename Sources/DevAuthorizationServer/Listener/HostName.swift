import NIOCore

/// The host that a request's `Host` names (RFC 9110 §7.2), in lower case and without its port.
struct HostName: Sendable, Hashable {
    /// An IPv6 address keeps its brackets; empty when the field is.
    let text: String

    /// Nil when the value is malformed (RFC 9112 §3.2).
    init?(_ value: String) {
        let bytes = Array(value.utf8)
        let end: Int
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")), bracket > 1,
                bytes[1..<bracket].allSatisfy({ Self.isNameByte($0) || $0 == UInt8(ascii: ":") })
            else { return nil }
            end = bracket + 1
        } else {
            end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            guard bytes[..<end].allSatisfy(Self.isNameByte) else { return nil }
        }
        let port = bytes[end...]
        guard port.isEmpty || port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        self.text = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
    }

    /// Whether it means this machine by an address, or by the one name that has no other meaning (RFC 6761 §6.3).
    var isLoopback: Bool {
        if self.text == "localhost" { return true }
        let literal = self.text.utf8.first == UInt8(ascii: "[") ? String(self.text.dropFirst().dropLast()) : self.text
        return (try? SocketAddress(ipAddress: literal, port: 0))?.isLoopback ?? false
    }

    /// The unreserved bytes, the sub-delimiters and the `%` of RFC 3986 §3.2.2.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~%!$&'()*+,;=".utf8.contains(byte)
        }
    }
}

extension SocketAddress {
    /// `127.0.0.0/8` or `::1` (RFC 6890 §2.2).
    var isLoopback: Bool {
        guard let text = self.ipAddress else { return false }
        return text == "::1" || text.utf8.starts(with: "127.".utf8) || text.utf8.starts(with: "::ffff:127.".utf8)
    }
}
