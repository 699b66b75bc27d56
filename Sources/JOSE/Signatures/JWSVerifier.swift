/// Proof that a trusted key signed these bytes.
///
/// Only `JWSVerifier`, in this file, can make one.
package struct VerifiedJWS: Sendable {
    package let header: JWSHeader
    package let payload: [UInt8]
    package let key: KeyThumbprint

    fileprivate init(header: JWSHeader, payload: [UInt8], key: KeyThumbprint) {
        self.header = header
        self.payload = payload
        self.key = key
    }
}

/// Checks the signature of a JWS (RFC 7515 §5.2) against the keys of a set, and nothing else.
package enum JWSVerifier {
    package static func verify(
        _ jws: borrowing CompactJWS, keys: JSONWebKeySet, algorithms: [SignatureAlgorithm]
    ) throws(JWTRejection) -> VerifiedJWS {
        let header = jws.header
        guard algorithms.contains(header.algorithm) else { throw .algorithmNotAllowed }
        let signature = jws.signature.span
        for candidate in try keys.candidates(for: header)
        where candidate.key.verifies(signature, over: jws.signingInput, algorithm: header.algorithm) {
            return VerifiedJWS(header: header, payload: jws.payload, key: candidate.thumbprint)
        }
        // A token that names no key may be signed with one we have not fetched yet.
        guard header.keyIdentifier != nil else { throw .unknownKey(nil) }
        throw .badSignature
    }
}
