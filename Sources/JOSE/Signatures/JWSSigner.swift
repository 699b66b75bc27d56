package import OAuthModel

/// Makes compact JWS (RFC 7515 §5.1), for the development server, internal subject tokens and tests.
package struct JWSSigner: Sendable {
    package let key: OpenSSLPrivateKey
    package let algorithm: SignatureAlgorithm
    package let keyIdentifier: KeyIdentifier?

    package init(key: OpenSSLPrivateKey, algorithm: SignatureAlgorithm, keyIdentifier: KeyIdentifier?) {
        self.key = key
        self.algorithm = algorithm
        self.keyIdentifier = keyIdentifier
    }

    /// A JWT with these claims; `type` is the `typ` as written, and left out if nil.
    package func sign(
        claims: JSONObject, type: String? = "at+jwt"
    ) throws(OpenSSLPrivateKey.Problem) -> String {
        var header: JSONObject = ["alg": .string(self.algorithm.name)]
        if let type { header["typ"] = .string(type) }
        if let keyIdentifier { header["kid"] = .string(keyIdentifier.text) }
        return try self.sign(
            header: JSONWriter.write(header), payload: JSONWriter.write(claims))
    }

    /// Signs any header and payload, so that tests can make what an honest signer would not.
    package func sign(header: [UInt8], payload: [UInt8]) throws(OpenSSLPrivateKey.Problem) -> String {
        let input = Base64URL.encode(header) + "." + Base64URL.encode(payload)
        let signature = try self.key.sign(Array(input.utf8), algorithm: self.algorithm)
        return input + "." + Base64URL.encode(signature)
    }

    /// The public key as a member of a key set (RFC 7517 §4), to be served.
    package var publicJWK: JSONObject {
        var members: JSONObject
        switch self.key.material {
        case .rsa(let modulus, let exponent):
            members = [
                "kty": "RSA", "n": .string(Base64URL.encode(modulus)), "e": .string(Base64URL.encode(exponent)),
            ]
        case .ellipticCurve(let curve, let x, let y):
            members = [
                "kty": "EC", "crv": .string(curve.name), "x": .string(Base64URL.encode(x)),
                "y": .string(Base64URL.encode(y)),
            ]
        case .ed25519(let x):
            members = ["kty": "OKP", "crv": "Ed25519", "x": .string(Base64URL.encode(x))]
        }
        if let keyIdentifier { members["kid"] = .string(keyIdentifier.text) }
        members["alg"] = .string(self.algorithm.name)
        members["use"] = "sig"
        return members
    }
}
