public import FoundationEssentials
import JOSE
public import OAuthModel

extension HydraClient {
    /// Signs assertions (RFC 7523): to authenticate a client (`private_key_jwt`, §2.2), or as a grant of their own (§2.1).
    public struct AssertionSigner: Sendable {
        /// How to sign (RFC 7518 §3.1, RFC 8037 §3.1).
        public enum Algorithm: String, Sendable, Hashable, CaseIterable {
            case rs256 = "RS256"
            case rs384 = "RS384"
            case rs512 = "RS512"
            case ps256 = "PS256"
            case ps384 = "PS384"
            case ps512 = "PS512"
            case es256 = "ES256"
            case es384 = "ES384"
            case es512 = "ES512"
            case edDSA = "EdDSA"
        }

        private let signer: JWSSigner

        /// Reads an unencrypted private key in PEM, PKCS#8 or of the traditional forms.
        ///
        /// Throws ``HydraClientError/Code/invalidArgument`` when it is none, or of another kind than the algorithm needs.
        public init(pem: SecretBytes, algorithm: Algorithm, keyID: String?) throws(HydraClientError) {
            let key: OpenSSLPrivateKey
            do {
                key = try OpenSSLPrivateKey(pem: pem.bytes)
            } catch {
                throw Self.unusable("the key is no private key in PEM that can be used")
            }
            try self.init(key: key, algorithm: algorithm, keyID: keyID)
        }

        /// Makes a key for the algorithm, which ends with the process unless its public half is registered anew each time.
        public init(generatingFor algorithm: Algorithm, keyID: String?) throws(HydraClientError) {
            let parameters: OpenSSLPrivateKey.Parameters =
                switch algorithm {
                case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa(bits: 2_048)
                case .es256: .ellipticCurve(.p256)
                case .es384: .ellipticCurve(.p384)
                case .es512: .ellipticCurve(.p521)
                case .edDSA: .ed25519
                }
            let key: OpenSSLPrivateKey
            do {
                key = try OpenSSLPrivateKey(generating: parameters)
            } catch {
                throw Self.unusable("no key could be made")
            }
            try self.init(key: key, algorithm: algorithm, keyID: keyID)
        }

        private init(key: OpenSSLPrivateKey, algorithm: Algorithm, keyID: String?) throws(HydraClientError) {
            guard let known = SignatureAlgorithm(name: algorithm.rawValue), known.keyKind == key.kind else {
                throw Self.unusable("the key is of another kind than \(algorithm.rawValue) needs")
            }
            self.signer = JWSSigner(
                key: key, algorithm: known, keyIdentifier: keyID.map { KeyIdentifier($0) })
        }

        /// The public half, to be registered with the server.
        public var publicKey: JSONWebKey {
            var key = JSONWebKey()
            let members = self.signer.publicJWK
            do {
                key = try JSONWebKey(reading: .object(members))
            } catch {
                preconditionFailure("our own key is one: \(error)")
            }
            return key
        }

        /// The public half as a key set (RFC 7517 §5), such as ``OAuth2Client/jsonWebKeys``.
        public var publicKeySet: JSONValue { ["keys": .array([.object(self.signer.publicJWK)])] }

        /// An assertion with the claims of RFC 7523 §3, and a `jti` that no other has.
        ///
        /// Hydra takes no lifespan over 30 days, and `audience` must be the URL of its token endpoint.
        public func assertion(
            issuer: String, subject: String, audience: String, lifespan: Duration = .seconds(60), at now: Date
        ) throws(HydraClientError) -> SecretBytes {
            guard let seconds = Int64(exactly: now.timeIntervalSince1970.rounded(.down)) else {
                throw Self.unusable("the time is none")
            }
            let issuedAt = NumericDate(seconds: seconds)
            let expiresAt = issuedAt.advanced(bySeconds: lifespan.wholeSeconds)
            let claims: JSONObject = [
                "iss": .string(issuer), "sub": .string(subject), "aud": .string(audience),
                "iat": .integer(issuedAt.seconds), "exp": .integer(expiresAt.seconds),
                "jti": .string(Base64URL.encode(RandomBytes.make(count: 16))),
            ]
            do {
                return SecretBytes(try self.signer.sign(claims: claims, type: "JWT"))
            } catch {
                throw Self.unusable("the key does not sign")
            }
        }

        private static func unusable(_ message: String) -> HydraClientError {
            HydraClientError(.request, .invalidArgument, operation: "AssertionSigner", message: message)
        }
    }
}

extension HydraClient.AssertionSigner: CustomStringConvertible, CustomReflectable {
    public var description: String { "AssertionSigner(\(self.signer.algorithm))" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
