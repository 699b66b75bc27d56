import ProxyCore

/// A host with or without a port, as URLs and listeners write it: `api.example.com:8080`, `[::1]:80`.
struct HostAndPort: Sendable, Hashable {
    /// Without brackets.
    var host: String
    var port: UInt16?
    var isIPv6: Bool
    var address: IPAddress?

    init?(_ text: Substring) {
        let name: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            name = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
            // A zone names an interface of one machine; it has no place in a configuration.
            guard !name.contains("%"), name.contains(":"), let address = IPAddress(String(name)) else { return nil }
            self.address = address
            self.isIPv6 = true
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            name = text[..<colon]
            rest = text[colon...]
            self.address = IPAddress(String(name))
            self.isIPv6 = false
            guard Self.isName(name) else { return nil }
            // A name of digits and dots that is no address would be read as one by some resolvers.
            guard self.address != nil || !name.allSatisfy({ $0.isNumber || $0 == "." }) else { return nil }
        }
        self.host = String(name)
        if rest.isEmpty {
            self.port = nil
        } else {
            guard rest.first == ":", let number = DecimalDigits.read(rest.dropFirst()),
                let port = UInt16(exactly: number)
            else { return nil }
            self.port = port
        }
    }

    /// Whether what is said to it stays on this machine.
    var isLoopback: Bool { self.address?.isLoopback ?? (self.host.lowercased() == "localhost") }

    /// Letters, digits, `-`, `_` and dots between labels that are not empty (RFC 1123 §2.1, and the `_` of practice).
    private static func isName(_ name: Substring) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 253 else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.utf8.allSatisfy { byte in
                    (byte | 0x20) &- 0x61 < 26 || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x5F
                }
        }
    }
}

extension IPAddress {
    /// 127.0.0.0/8 and ::1: what never leaves the machine.
    var isLoopback: Bool {
        switch self {
        case .v4(let number): number >> 24 == 127
        case .v6(high: let high, low: let low): high == 0 && low == 1
        }
    }
}
