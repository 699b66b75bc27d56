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
        guard Self.isAuthority(authority) else { return nil }
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
    ///
    /// Dot segments, however they are written, may lead out of it again.
    func holds(_ address: String) -> Bool {
        guard address.hasPrefix(self.prefix + "/"), BaseURL(address) != nil else { return false }
        let path = address.dropFirst(self.prefix.count).prefix { $0 != "?" }
        return path.split(separator: "/").allSatisfy { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain != "." && plain != ".."
        }
    }

    /// A value as one step of a path: everything but unreserved characters is percent-encoded (RFC 3986 §3.3).
    ///
    /// `nil` for what cannot be one: nothing, and the dot segments, which travel no further than the next URL parser.
    static func segment(_ value: String) -> String? {
        value.isEmpty || value == "." || value == ".." ? nil : PercentEncoding.encode(value)
    }

    /// Whether an authority is a host, perhaps with a port, and nothing besides (RFC 3986 §3.2).
    private static func isAuthority(_ authority: Substring) -> Bool {
        let host: Substring
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { return false }
            host = authority[...bracket]
            guard host.utf8.allSatisfy({ $0.isHexDigit || "[]:.".utf8.contains($0) }) else { return false }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, host.utf8.allSatisfy({ $0.isLetterOrDigit || "-._".utf8.contains($0) }) else {
                return false
            }
        }
        let rest = authority[host.endIndex...]
        guard !rest.isEmpty else { return true }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return false }
        return UInt16(rest.dropFirst()).map { $0 > 0 } ?? false
    }

    /// What has no place in a URL, or begins a fragment.
    private static let excluded = Set("\"#<>\\^`{|}".utf8)
    /// Longer than any base, and than any address with a challenge of two kilobytes in it.
    private static let bytesMax = 16_384
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool { 0x30...0x39 ~= self || 0x61...0x7A ~= self | 0x20 }
    fileprivate var isHexDigit: Bool { 0x30...0x39 ~= self || 0x61...0x66 ~= self | 0x20 }
}

/// Addresses as they may be shown.
enum AddressText {
    /// Without what carries codes, verifiers and tokens.
    ///
    /// By bytes, as all here: a mark behind the `?` would make another character of it, and show what follows.
    static func withoutQuery(_ address: String) -> String {
        let visible = address.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        return visible.endIndex == address.utf8.endIndex ? address : String(Substring(visible)) + "?…"
    }

    /// What stands behind the first `?` and before the fragment (RFC 3986 §3.4); nil when there is no query.
    static func query(of address: some Collection<UInt8>) -> [UInt8]? {
        let whole = address.prefix { $0 != UInt8(ascii: "#") }
        return whole.firstIndex(of: UInt8(ascii: "?")).map { Array(whole[$0...].dropFirst()) }
    }
}
