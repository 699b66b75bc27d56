/// An absolute address, or an absolute path, without a fragment: what Hydra takes for a redirect URI.
struct WebAddress: Sendable, Hashable {
    /// In lower case; empty for a path alone.
    let scheme: String
    /// What stands between `//` and the path; nil when there is none.
    let authority: String?
    /// Path and query, or what follows the scheme of an address without authority.
    let rest: String

    /// Read by bytes, as browsers do: a `/` with a combining mark behind it still ends the host.
    init?(_ text: String) {
        guard text.utf8.allSatisfy(Self.isAllowed), Self.escapesAreWhole(text) else { return nil }
        let bytes = text.utf8
        if bytes.first == Self.slash {
            self.init(scheme: "", authority: nil, rest: text)
            return
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = bytes[..<colon]
        guard scheme.first.map(Self.isLetter) == true, scheme.allSatisfy(Self.isSchemeByte) else { return nil }
        let name = String(Substring(scheme)).lowercased()
        let behind = bytes[bytes.index(after: colon)...]
        guard behind.starts(with: [Self.slash, Self.slash]) else {
            guard !behind.isEmpty else { return nil }
            self.init(scheme: name, authority: nil, rest: String(Substring(behind)))
            return
        }
        let hierarchical = behind.dropFirst(2)
        let authority = hierarchical.prefix { $0 != Self.slash && $0 != UInt8(ascii: "?") }
        guard Self.hasReadablePort(authority) else { return nil }
        self.init(
            scheme: name, authority: String(decoding: authority, as: UTF8.self),
            rest: String(decoding: hierarchical[authority.endIndex...], as: UTF8.self))
    }

    private init(scheme: String, authority: String?, rest: String) {
        self.scheme = scheme
        self.authority = authority
        self.rest = rest
    }

    /// Scheme, host and port; nil where there is no host.
    var origin: String? {
        guard let authority = self.authority else { return nil }
        let host = Self.server(of: authority[...].utf8)
        // A port alone is no host (RFC 3986 §3.2).
        return host.isEmpty || host.first == UInt8(ascii: ":") ? nil : "\(self.scheme)://\(Substring(host))"
    }

    /// What addresses of one application have in common: the origin, or the scheme where a native app's address has no
    /// host (RFC 8252 §7.1).
    ///
    /// Nil where a browser would look for a host all the same (WHATWG URL §4.2, special schemes), and for a path alone.
    var application: String? {
        if let origin = self.origin { return origin }
        let isNative = !["", "http", "https", "ws", "wss", "ftp", "file"].contains(self.scheme)
        return isNative ? self.scheme + ":" : nil
    }

    /// Whether nobody on the way can read or change what passes: `https`, or `http` on this machine.
    var isSecure: Bool {
        guard let origin = self.origin else { return false }
        guard self.scheme == "http" else { return self.scheme == "https" }
        let host = origin.utf8.dropFirst("http://".utf8.count)
        if host.suffix(".localhost".utf8.count).elementsEqual(".localhost".utf8) { return true }
        return ["localhost", "127.0.0.1", "[::1]"].contains { name in
            host.elementsEqual(name.utf8) || host.starts(with: "\(name):".utf8)
        }
    }

    /// Whether a user, and perhaps a password, stands before the host.
    var namesUser: Bool { self.authority?.utf8.contains(UInt8(ascii: "@")) ?? false }

    /// Nothing but an origin, but for one slash behind it.
    var isBareOrigin: Bool {
        guard let authority = self.authority, !authority.isEmpty, !self.namesUser else { return false }
        return self.rest.isEmpty || self.rest == "/"
    }

    /// Neither white space, nor a fragment, nor the `\` that browsers take for a `/` (WHATWG URL §4.4) and others do not.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "#") && byte != UInt8(ascii: "\\")
    }

    /// Whether behind the host stand a colon and digits, or nothing (RFC 3986 §3.2.2, §3.2.3).
    private static func hasReadablePort(_ authority: Substring.UTF8View) -> Bool {
        let colon = UInt8(ascii: ":")
        let server = Self.server(of: authority)
        var behindHost = server.drop { $0 != colon }
        if server.first == UInt8(ascii: "[") {
            guard let bracket = server.firstIndex(of: UInt8(ascii: "]")) else { return false }
            behindHost = server[server.index(after: bracket)...]
        }
        return behindHost.isEmpty
            || behindHost.first == colon
                && behindHost.dropFirst().allSatisfy(Self.isDigit)
    }

    /// Host and port: what stands behind the user, if one is named.
    private static func server(of authority: Substring.UTF8View) -> Substring.UTF8View {
        authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last ?? authority
    }

    private static let slash = UInt8(ascii: "/")

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        self.isLetter(byte) || self.isDigit(byte) || "+-.".utf8.contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Every `%` is followed by two hexadecimal digits (RFC 3986 §2.1).
    private static func escapesAreWhole(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst()
            .allSatisfy {
                $0.prefix(2).count == 2 && $0.prefix(2).allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
            }
    }
}
