import HTTPTypes
import Hummingbird
import OAuthModel

/// The cookies of the browser flows, by Hydra's names (contract §7.1, §7.2).
struct BrowserCookies: Sendable {
    /// Over plain HTTP a browser would not send a `Secure` cookie back, so there the names say that it is development.
    private let isSecure: Bool

    init(publicURL: String) { self.isSecure = publicURL.lowercased().hasPrefix("https:") }

    enum Kind: Sendable {
        case session
        /// One a client, so that two clients' flows in one browser do not meet.
        case handshake(HandshakeStep, clientID: String)
    }

    func name(_ kind: Kind) -> String {
        let mark = self.isSecure ? "" : "_dev"
        switch kind {
        case .session: return "ory_hydra_session\(mark)"
        case .handshake(.login, let clientID): return "ory_hydra_login_csrf\(mark)_\(Murmur3.hash(clientID))"
        case .handshake(.consent, let clientID): return "ory_hydra_consent_csrf\(mark)_\(Murmur3.hash(clientID))"
        }
    }

    /// The field that sets it; without an age it goes when the browser is closed.
    func setting(_ kind: Kind, to value: String, maxAge: Int64?) -> String {
        let age = maxAge.map { "; Max-Age=\($0)" } ?? ""
        return "\(self.name(kind))=\(value); Path=/\(age); HttpOnly; SameSite=Lax\(self.isSecure ? "; Secure" : "")"
    }

    func removing(_ kind: Kind) -> String { self.setting(kind, to: "", maxAge: 0) }

    /// What the browser has under this name, at most a few; their digests are all that is compared.
    func digests(_ kind: Kind, in fields: HTTPFields) -> [TokenDigest] {
        let name = self.name(kind)
        var digests: [TokenDigest] = []
        for pair in fields[values: .cookie].joined(separator: ";").utf8.split(separator: UInt8(ascii: ";")) {
            let pair = Substring(pair).trimmingOptionalWhitespace.utf8
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8),
                digests.count < Self.alikeMax
            else { continue }
            digests.append(
                TokenDigest(browserSecret: String(decoding: pair[pair.index(after: equals)...], as: UTF8.self)))
        }
        return digests
    }

    /// A page of another port or path of the host may have set one of the same name; more are an attempt at something.
    private static let alikeMax = 4
}
