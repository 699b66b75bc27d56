/// An absolute address, or an absolute path, without a fragment: what Hydra takes for a redirect URI.
struct WebAddress: Sendable, Hashable {
    /// In lower case; empty for a path alone.
    let scheme: String
    /// What stands between `//` and the path; nil when there is none.
    let authority: String?
    /// Path and query, or what follows the scheme of an address without authority.
    let rest: String

    init?(_ text: String) {
        guard text.utf8.allSatisfy(Self.isAllowed), Self.escapesAreWhole(text) else { return nil }
        if text.hasPrefix("/") {
            self.init(scheme: "", authority: nil, rest: text)
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon]
        guard let first = scheme.first, first.isLetter, scheme.allSatisfy(Self.isSchemeCharacter) else { return nil }
        let behind = text[text.index(after: colon)...]
        guard behind.hasPrefix("//") else {
            guard !behind.isEmpty else { return nil }
            self.init(scheme: scheme.lowercased(), authority: nil, rest: String(behind))
            return
        }
        let hierarchical = behind.dropFirst(2)
        let authority = hierarchical.prefix { $0 != "/" && $0 != "?" }
        self.init(
            scheme: scheme.lowercased(), authority: String(authority), rest: String(hierarchical[authority.endIndex...])
        )
    }

    private init(scheme: String, authority: String?, rest: String) {
        self.scheme = scheme
        self.authority = authority
        self.rest = rest
    }

    /// Scheme, host and port; nil where there is no host.
    var origin: String? {
        guard let authority = self.authority else { return nil }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return host.isEmpty ? nil : "\(self.scheme)://\(host)"
    }

    /// Nothing but an origin, but for one slash behind it.
    var isBareOrigin: Bool {
        guard let authority = self.authority, !authority.isEmpty, !authority.contains("@") else { return false }
        return self.rest.isEmpty || self.rest == "/"
    }

    private static func isAllowed(_ byte: UInt8) -> Bool { byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "#") }

    private static func isSchemeCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+-.".contains(character))
    }

    /// Every `%` is followed by two hexadecimal digits (RFC 3986 §2.1).
    private static func escapesAreWhole(_ text: String) -> Bool {
        text.split(separator: "%", omittingEmptySubsequences: false).dropFirst()
            .allSatisfy { $0.prefix(2).count == 2 && $0.prefix(2).allSatisfy(\.isHexDigit) }
    }
}
