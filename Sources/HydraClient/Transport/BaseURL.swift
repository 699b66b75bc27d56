import OAuthModel

/// Under which the paths of one side are found: an absolute `http` or `https` URL, perhaps with a path and a query.
///
/// A query is kept and goes before what an operation adds (RFC 6749 §3.1, §3.2).
struct BaseURL: Sendable {
    /// Scheme, authority and path, without a slash at the end.
    let prefix: String
    /// As written; empty when there is none.
    private let query: String

    /// `nil` for what is no such URL, and for one with user information or a fragment: neither has a meaning here, and the
    /// former would end up in logs.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.bytesMax, bytes.allSatisfy({ 0x21...0x7E ~= $0 && !Self.excluded.contains($0) })
        else { return nil }
        let lowercased = text.prefix(8).lowercased()
        guard let scheme = ["https://", "http://"].first(where: lowercased.hasPrefix) else { return nil }
        let rest = text.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty, !authority.contains("@"), authority.first != ":" else { return nil }
        let path = rest.dropFirst(authority.count).prefix { $0 != "?" }
        let trimmed = path.reversed().drop { $0 == "/" }.reversed()
        self.prefix = scheme + authority + String(trimmed)
        self.query = String(rest.dropFirst(authority.count + path.count).dropFirst())
    }

    func url(_ path: String, query parameters: [FormURLEncoded.Parameter] = []) -> String {
        let added = String(decoding: FormURLEncoded(parameters).encoded(), as: UTF8.self)
        let query = [self.query, added].filter { !$0.isEmpty }.joined(separator: "&")
        return self.prefix + path + (query.isEmpty ? "" : "?" + query)
    }

    /// Whether an address lies below this one, so that what is meant for the server reaches no other.
    func holds(_ address: String) -> Bool {
        address.hasPrefix(self.prefix + "/") && BaseURL(address) != nil
    }

    /// A value as one step of a path: everything but unreserved characters is percent-encoded (RFC 3986 §3.3).
    ///
    /// `nil` for what cannot be one: nothing, and the dot segments, which travel no further than the next URL parser.
    static func segment(_ value: String) -> String? {
        guard !value.isEmpty, value != ".", value != ".." else { return nil }
        var text = ""
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// What has no place in a URL, or begins a fragment.
    private static let excluded = Set("\"#<>\\^`{|}".utf8)
    /// Longer than any base, and than any address with a challenge of two kilobytes in it.
    private static let bytesMax = 16_384
}

/// Addresses as they may be shown.
enum AddressText {
    /// Without what carries codes, verifiers and tokens.
    static func withoutQuery(_ address: String) -> String {
        let visible = address.prefix { $0 != "?" && $0 != "#" }
        return visible.count == address.count ? address : visible + "?…"
    }
}
