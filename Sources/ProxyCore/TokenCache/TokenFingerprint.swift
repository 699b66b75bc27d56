package import JOSE

/// What stands for a token in the cache and in the log: raw tokens are not kept (ARCHITECTURE §6).
///
/// HMAC-SHA-256 under a random key of this process over the authorization server, our identity towards it and the
/// whole token, each with its length in front: nobody outside can compute one, and equal tokens of two servers differ.
package struct TokenFingerprint: Sendable, Hashable {
    package let digest: Digest256

    package init(digest: Digest256) { self.digest = digest }

    /// Keyed and uniformly spread, so any part of it serves as a hash.
    @inline(__always)
    var spread: UInt64 { self.digest.words.0 }

    /// Eight bytes for the access log: enough to follow a token, useless to find it.
    package var truncated: UInt64 { self.digest.words.3 }

    @inline(__always)
    package static func == (left: Self, right: Self) -> Bool { left.digest == right.digest }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.spread) }
}

/// The random key of this process that fingerprints are made with.
package struct FingerprintKey: Sendable {
    private let digest: KeyedDigest

    /// A key from OpenSSL's generator, made once at start.
    package static func random() -> FingerprintKey { FingerprintKey(bytes: RandomBytes.make(count: 32)) }

    package init(bytes: [UInt8]) { self.digest = KeyedDigest(key: bytes) }

    /// The fingerprint of `token` as `identity`'s server knows it.
    package func fingerprint(of token: Span<UInt8>, identity: AuthorizationServerIdentity) -> TokenFingerprint {
        TokenFingerprint(digest: self.digest.digest(prefix: identity.bytes, token: token))
    }
}

/// An authorization server and who we are to it, as the part of a fingerprint that does not change.
package struct AuthorizationServerIdentity: Sendable, Hashable {
    /// Each part behind its length: no two pairs make the same bytes.
    let bytes: [UInt8]

    package init(server: [UInt8], client: [UInt8]) {
        var bytes: [UInt8] = []
        for part in [server, client] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(part.count) >> UInt64(shift)))
            }
            bytes.append(contentsOf: part)
        }
        self.bytes = bytes
    }
}
