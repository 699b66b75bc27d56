import JOSE
import OAuthModel

/// An RS256 key of the server, with the name under which it is published.
struct SigningKey: Sendable {
    let id: String
    let signer: JWSSigner

    /// Makes a key.
    ///
    /// It has 2,048 bits: what verifiers ask for at least, and quick to make at a first start.
    static func make() throws -> SigningKey {
        try SigningKey(id: Identifiers.uuid(), key: OpenSSLPrivateKey(generating: .rsa(bits: 2_048)))
    }

    /// Reads a key that was kept.
    init(id: String, pem: String) throws {
        try self.init(id: id, key: OpenSSLPrivateKey(pem: Array(pem.utf8)))
    }

    private init(id: String, key: OpenSSLPrivateKey) throws {
        self.id = id
        self.signer = JWSSigner(key: key, algorithm: .rs256, keyIdentifier: KeyIdentifier(id))
    }

    /// The private key, for the database.
    func pem() throws -> String { String(decoding: try self.signer.key.pem(), as: UTF8.self) }

    /// The public halves.
    static func verifiers(of keys: [SigningKey]) throws -> JSONWebKeySet {
        let document: JSONObject = ["keys": .array(keys.map { .object($0.signer.publicJWK) })]
        return try JSONWebKeySet.read(JSONWriter.write(document))
    }

    func sign(_ claims: JSONObject) throws -> String {
        // Hydra says `JWT`, not `at+jwt` (RFC 9068): whoever verifies our tokens has to be told, as with Hydra.
        try self.signer.sign(claims: claims, type: "JWT")
    }
}
