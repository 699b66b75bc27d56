import OAuthModel

/// The SHA-256 thumbprint of a key (RFC 7638): the same key, the same value, whatever its `kid`.
package struct KeyThumbprint: Sendable, Hashable {
    package let digest: Digest256

    package init(of material: PublicKeyMaterial) {
        // RFC 7638 §3.2: the required members only, in lexicographic order, without white space. Base64url and curve
        // names need no escapes.
        let text =
            switch material {
            case .rsa(let modulus, let exponent):
                #"{"e":"\#(Base64URL.encode(exponent))","kty":"RSA","n":"\#(Base64URL.encode(modulus))"}"#
            case .ellipticCurve(let curve, let x, let y):
                #"{"crv":"\#(curve.name)","kty":"EC","x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
            case .ed25519(let x):
                #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(x))"}"#
            }
        self.digest = SHA256Digest.digest(of: Array(text.utf8))
    }
}

extension KeyThumbprint: CustomStringConvertible {
    /// Base64url, as RFC 7638 writes it.
    package var description: String { Base64URL.encode(self.digest.bytes) }
}
