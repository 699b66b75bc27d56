import OAuthModel

/// The protected header of a JWS (RFC 7515 §4), read strictly: what it does not understand and must not ignore, it
/// refuses.
///
/// `jku`, `jwk`, `x5u` and `x5c` are not even read: a token does not bring the key it is checked with (RFC 8725 §3.10).
package struct JWSHeader: Sendable, Hashable {
    package let algorithm: SignatureAlgorithm
    package let keyIdentifier: KeyIdentifier?
    package let type: JOSEMediaType?

    package init(_ json: [UInt8]) throws(JWTRejection) {
        guard let document = try? JSONDocument(reading: json), let members = ClaimSet(document) else {
            throw .malformedHeader
        }
        // RFC 7515 §4.1.11: no extension is understood here, so there is none that may be critical.
        guard members.place(of: "crit") == nil else { throw .criticalExtension }
        // RFC 7797 §3: anything but `true` changes what was signed.
        if let place = members.place(of: "b64") {
            guard document.bool(at: place) == true else { throw .criticalExtension }
        }
        // Compression is JWE's (RFC 7516 §4.1.3); in a JWS the member is a trap for somebody (RFC 8725 §3.6).
        guard members.place(of: "zip") == nil else { throw .malformedHeader }
        guard let name = try Self.string("alg", of: members) else { throw .malformedHeader }
        guard let algorithm = SignatureAlgorithm(name: name) else { throw .algorithmNotAllowed }
        self.algorithm = algorithm
        self.keyIdentifier = try Self.string("kid", of: members).map(KeyIdentifier.init)
        self.type = try Self.string("typ", of: members).map(JOSEMediaType.init)
        // RFC 7519 §5.2: a nested token has no claims of its own.
        let content = try Self.string("cty", of: members).map(JOSEMediaType.init)
        guard content != .jwt else { throw .nestedToken }
    }

    private static func string(_ name: String, of members: ClaimSet) throws(JWTRejection) -> String? {
        guard let place = members.place(of: name) else { return nil }
        guard members.document.isString(place) else { throw .malformedHeader }
        return members.document.text(of: place)
    }
}
