import JOSE
import OAuthModel
import ProxyCore

/// Makes JWTs as a test wants them, with keys made once for all tests.
struct JWTIssuer {
    static let key = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)) }
    static let otherKey = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)) }

    let signer: JWSSigner
    let publicKey: JSONWebKey

    init(_ key: Result<OpenSSLPrivateKey, any Error> = JWTIssuer.key, kid: String = "k1") throws {
        let key = try key.get()
        self.signer = JWSSigner(key: key, algorithm: .es256, keyIdentifier: KeyIdentifier(kid))
        self.publicKey = try JSONWebKey(key.material, keyIdentifier: KeyIdentifier(kid), algorithms: [.es256])
    }

    /// How a proxy checks them.
    var jwt: AuthorizationServer.JWT {
        AuthorizationServer.JWT(
            source: .endpoint("https://as.test/jwks"),
            profile: JWTProfile(issuer: "https://as.test", audiences: ["api"], algorithms: [.es256]),
            keyPolicy: KeyPolicy())
    }

    /// A token good from second 0 to 60 of a test, with claims set, or taken out where the value is nil.
    func token(_ changes: KeyValuePairs<String, JSONValue?> = [:], type: String? = "at+jwt") throws -> String {
        var claims: JSONObject = [
            "iss": "https://as.test", "sub": "alice", "aud": "api", "scope": "read", "client_id": "app",
            "iat": 1_800_000_000, "exp": 1_800_000_060,
        ]
        for (name, value) in changes { claims[name] = value }
        return try self.signer.sign(claims: claims, type: type)
    }
}
