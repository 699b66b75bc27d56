import JOSE
import OAuthModel
import Testing

/// Keys made once for all tests: an RSA key takes a while.
enum SigningKeys {
    static let rsa = Result { try OpenSSLPrivateKey(generating: .rsa(bits: 2_048)) }
    static let otherRSA = Result { try OpenSSLPrivateKey(generating: .rsa(bits: 2_048)) }
    static let p256 = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)) }
    static let p384 = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p384)) }
    static let p521 = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p521)) }
    static let ed25519 = Result { try OpenSSLPrivateKey(generating: .ed25519) }

    static func key(for algorithm: SignatureAlgorithm) throws -> OpenSSLPrivateKey {
        switch algorithm.keyKind {
        case .rsa: try self.rsa.get()
        case .ellipticCurve(.p256): try self.p256.get()
        case .ellipticCurve(.p384): try self.p384.get()
        case .ellipticCurve(.p521): try self.p521.get()
        case .ed25519: try self.ed25519.get()
        }
    }
}

/// An issuer of tokens as a test wants them, and what a proxy knows of it.
struct TokenIssuer {
    var now = NumericDate(seconds: 1_800_000_000)
    var profile = JWTProfile(
        issuer: "https://as.example", audiences: ["https://api.example"], algorithms: SignatureAlgorithm.allCases)
    var signer: JWSSigner
    var keys: JSONWebKeySet

    init(_ algorithm: SignatureAlgorithm = .es256) throws {
        let key = try SigningKeys.key(for: algorithm)
        self.signer = JWSSigner(key: key, algorithm: algorithm, keyIdentifier: KeyIdentifier("k1"))
        self.keys = try JSONWebKeySet(keys: [
            JSONWebKey(key.material, keyIdentifier: KeyIdentifier("k1"), algorithms: [algorithm])
        ])
    }

    var claims: JSONObject {
        [
            "iss": "https://as.example", "sub": "alice", "aud": "https://api.example", "scope": "read write",
            "client_id": "app", "jti": "t1", "iat": .integer(self.now.seconds - 10),
            "exp": .integer(self.now.seconds + 600),
        ]
    }

    /// A token with claims set, or taken out where the value is nil.
    func token(_ changes: KeyValuePairs<String, JSONValue?> = [:], type: String? = "at+jwt") throws -> String {
        var claims = self.claims
        for (name, value) in changes { claims[name] = value }
        return try self.signer.sign(claims: claims, type: type)
    }

    func token(header: String) throws -> String {
        try self.signer.sign(header: Array(header.utf8), payload: JSONWriter.write(self.claims))
    }

    func token(payload: String) throws -> String {
        try self.signer.sign(
            header: Array(#"{"alg":"\#(self.signer.algorithm.name)","typ":"at+jwt","kid":"k1"}"#.utf8),
            payload: Array(payload.utf8))
    }

    func validate(_ token: String) throws(JWTRejection) -> VerifiedJWT {
        try JWTValidation.validate(token.utf8.span, keys: self.keys, profile: self.profile, now: self.now)
    }

    /// What `validate` throws, or nil.
    func rejection(of token: String) -> JWTRejection? {
        do throws(JWTRejection) {
            _ = try self.validate(token)
            return nil
        } catch {
            return error
        }
    }
}

extension VerifiedJWT {
    /// Its scopes in the order given.
    var scopeTexts: [String] {
        (0..<self.scopes.count).map { self.scopes.word($0, in: self.claims.document).validatedText() ?? "" }
    }
}
