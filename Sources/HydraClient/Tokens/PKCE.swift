import JOSE
public import OAuthModel

extension HydraClient {
    /// Proof that whoever redeems a code is whoever asked for it (RFC 7636), with the method S256.
    ///
    /// One for each authorization. The challenge goes with the authorization request, the verifier with the code.
    public struct PKCE: Sendable {
        /// `code_verifier` (§4.1).
        public let verifier: SecretBytes
        /// `code_challenge` (§4.2).
        public let challenge: String

        /// A new one of 32 random bytes, as §7.1 recommends.
        public init() {
            let verifier = Base64URL.encode(RandomBytes.make(count: 32))
            self.init(accepted: verifier)
        }

        /// One whose verifier was kept elsewhere: 43 to 128 unreserved characters (§4.1), else nil.
        public init?(verifier: String) {
            guard CodeVerifier.isWellFormed(verifier) else { return nil }
            self.init(accepted: verifier)
        }

        private init(accepted verifier: String) {
            self.verifier = SecretBytes(verifier)
            self.challenge = Base64URL.encode(SHA256Digest.digest(of: Array(verifier.utf8)).bytes)
        }

        /// The only method: `plain` proves nothing to whoever saw the request.
        public static let method = "S256"
    }
}
