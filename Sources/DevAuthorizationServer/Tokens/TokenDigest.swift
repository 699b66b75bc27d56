import Foundation
import JOSE

/// The SHA-256 of a token, which is all that the database ever sees of it.
struct TokenDigest: Sendable, Hashable {
    let bytes: [UInt8]

    /// An opaque token is known by what stands behind its prefix, so that it is one token with and without it.
    init(opaque token: String, _ kind: OpaqueTokens.Kind) {
        self.init(of: Self.withoutPrefix(token, kind))
    }

    /// A JWT is known by all of it.
    init(jwt token: String) { self.init(of: token[...]) }

    /// So are a cookie and the verifier of a handshake.
    init(browserSecret text: String) { self.init(of: text[...]) }

    private init(of text: Substring) {
        self.bytes = SHA256Digest.digest(of: Array(text.utf8)).bytes
    }

    var data: Data { Data(self.bytes) }

    static func withoutPrefix(_ token: String, _ kind: OpaqueTokens.Kind) -> Substring {
        // By bytes: a combining mark behind the prefix belongs to what follows it.
        let prefix = kind.rawValue.utf8
        return token.utf8.starts(with: prefix) ? Substring(token.utf8.dropFirst(prefix.count)) : token[...]
    }
}
