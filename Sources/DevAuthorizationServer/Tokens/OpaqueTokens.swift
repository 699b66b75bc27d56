import JOSE
import OAuthModel

/// Opaque tokens in Hydra's form: `ory_at_` or its like, 32 random bytes, a dot, and their signature under the system secret.
///
/// The signature lets us turn invented tokens away without asking the database. Hydra signs with HMAC-SHA-512/256, we with
/// HMAC-SHA-256: nobody but the server can tell.
struct OpaqueTokens: Sendable {
    enum Kind: String, Sendable {
        case access = "ory_at_"
        case refresh = "ory_rt_"
        case authorizationCode = "ory_ac_"
    }

    private let signer: KeyedDigest

    init(secret: [UInt8]) { self.signer = KeyedDigest(key: secret) }

    static let secretByteCount = 32

    func make(_ kind: Kind) -> String {
        let key = RandomBytes.make(count: Self.keyByteCount)
        let signature = self.signer.authenticationCode(for: key.span).bytes
        return "\(kind.rawValue)\(Base64URL.encode(key)).\(Base64URL.encode(signature))"
    }

    /// Whether we could have made it.
    ///
    /// Hydra takes a token without its prefix too, so it may be missing.
    func isOurs(_ token: String, _ kind: Kind) -> Bool {
        let parts = TokenDigest.withoutPrefix(token, kind).utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, let key = Base64URL.decode(String(Substring(parts[0]))),
            key.count == Self.keyByteCount, let signature = Base64URL.decode(String(Substring(parts[1])))
        else { return false }
        return ConstantTime.areEqual(self.signer.authenticationCode(for: key.span).bytes, signature)
    }

    private static let keyByteCount = 32
}
