/// The name of an authorization server (RFC 8414 §2): a URL without query and fragment, compared byte for byte.
///
/// `http` is read as well as `https`; whether it may be used is for the configuration to say.
public struct IssuerIdentifier: Sendable {
    public let text: String
    private let pathStart: Int

    public init?(_ text: String) {
        let bytes = text.utf8.span
        let schemeEnd: Int
        if bytes.hasOctetPrefix("https://".utf8.span) {
            schemeEnd = 8
        } else if bytes.hasOctetPrefix("http://".utf8.span) {
            schemeEnd = 7
        } else {
            return nil
        }
        var pathStart = bytes.count
        for index in schemeEnd..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "/"): pathStart = min(pathStart, index)
            case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"): return nil
            // User information has no place in an identifier.
            case UInt8(ascii: "@") where pathStart == bytes.count: return nil
            case 0x21...0x7E: continue
            default: return nil
            }
        }
        guard pathStart > schemeEnd, bytes[schemeEnd] != UInt8(ascii: ":") else { return nil }
        self.text = text
        self.pathStart = pathStart
    }

    /// Whether an `iss` value names this server: same bytes, the last slash included (RFC 8414 §3.3).
    public func matches(_ issuer: String) -> Bool { self.matches(issuer.utf8.span) }

    package func matches(_ issuer: Span<UInt8>) -> Bool { self.text.utf8.span.hasSameOctets(as: issuer) }

    /// Where the document of RFC 8414 §3.1 lies: the well-known part goes between host and path.
    public var authorizationServerMetadataURL: String {
        let origin = String(decoding: self.text.utf8.prefix(self.pathStart), as: UTF8.self)
        return origin + "/.well-known/oauth-authorization-server" + self.pathWithoutLastSlash
    }

    /// Where the document of OpenID Connect Discovery 1.0 §4 lies: the well-known part goes behind the path.
    public var openIDConfigurationURL: String {
        let origin = String(decoding: self.text.utf8.prefix(self.pathStart), as: UTF8.self)
        return origin + self.pathWithoutLastSlash + "/.well-known/openid-configuration"
    }

    private var pathWithoutLastSlash: String {
        var path = Array(self.text.utf8.dropFirst(self.pathStart))
        if path.last == UInt8(ascii: "/") { path.removeLast() }
        return String(decoding: path, as: UTF8.self)
    }
}

extension IssuerIdentifier: Hashable, CustomStringConvertible {
    public static func == (left: Self, right: Self) -> Bool { left.text.hasSameOctets(as: right.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
    public var description: String { self.text }
}
