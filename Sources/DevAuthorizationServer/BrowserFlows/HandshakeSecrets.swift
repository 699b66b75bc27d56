import JOSE
import OAuthModel

/// The names and proofs of a handshake.
struct HandshakeSecrets: Sendable {
    private let seal: KeyedDigest

    init(systemSecret: [UInt8]) { self.seal = KeyedDigest(key: systemSecret) }

    enum Step: String, Sendable { case login, consent, logout }

    /// A name for a request, which only the login, consent or logout page is told: 32 hexadecimal digits.
    static func challenge() -> String {
        RandomBytes.make(count: 16).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    /// The value of a cookie that binds something to one browser.
    static func cookie() -> String { Base64URL.encode(RandomBytes.make(count: 32)) }

    /// What the browser comes back with.
    ///
    /// It follows from the challenge, so that accepting twice leads to the same place, and nothing of it has to be kept
    /// but its digest. The length of each part is part of what is sealed: no token's signature is a verifier.
    func verifier(of challenge: String, _ step: Step) -> String {
        Base64URL.encode(self.seal.digest("\(step.rawValue)_verifier".utf8.span, challenge.utf8.span).bytes)
    }
}
