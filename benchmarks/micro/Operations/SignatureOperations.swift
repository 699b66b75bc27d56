import JOSE
import OAuthModel

/// JWTs by algorithm, from bytes to checked claims; beside each, OpenSSL's own call over the same bytes.
enum SignatureOperations {
    static func all() throws -> [Operation] {
        let rsa = try OpenSSLPrivateKey(generating: .rsa(bits: 2_048))
        let p256 = try OpenSSLPrivateKey(generating: .ellipticCurve(.p256))
        let ed25519 = try OpenSSLPrivateKey(generating: .ed25519)
        let signers: [(SignatureAlgorithm, OpenSSLPrivateKey)] = [
            (.rs256, rsa), (.ps256, rsa), (.es256, p256), (.edDSA, ed25519),
        ]
        return try signers.flatMap { algorithm, key in
            let token = try SignedToken(key: key, algorithm: algorithm)
            let bare = try BareVerification(key: key, algorithm: algorithm, token: token)
            let profile = World.profile(algorithm)
            return [
                Operation("JOSE.verify.\(algorithm.name)") { count in
                    var good = 0
                    for _ in 0..<count
                    where try JWTValidation.verify(token.bytes.span, keys: token.keys, profile: profile).subject != nil
                    { good += 1 }
                    return good
                },
                Operation("OpenSSL.verify.\(algorithm.name)") { count in
                    var good = 0
                    for _ in 0..<count where bare.succeeds() { good += 1 }
                    return good
                },
            ]
        }
    }
}

/// A JWT access token with usual claims, and the key set that it is checked against.
struct SignedToken {
    let text: String
    let bytes: [UInt8]
    let keys: JSONWebKeySet

    init(key: OpenSSLPrivateKey, algorithm: SignatureAlgorithm, subject: String = "user-00017") throws {
        let identifier = KeyIdentifier("key-\(algorithm.name)")
        let signer = JWSSigner(key: key, algorithm: algorithm, keyIdentifier: identifier)
        self.text = try signer.sign(
            claims: [
                "iss": .string(World.issuer), "sub": .string(subject), "aud": "api", "client_id": "app",
                "scope": "read write", "iat": 1_799_999_995, "nbf": 1_799_999_995, "exp": 1_800_604_800,
                "jti": "b1Yq0v8Wc2mT5xQe9LrKzA",
            ])
        self.bytes = [UInt8](self.text.utf8)
        self.keys = JSONWebKeySet(keys: [
            try JSONWebKey(key.material, keyIdentifier: identifier, algorithms: [algorithm])
        ])
    }
}
