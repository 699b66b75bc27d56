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
        guard let value = try? JSONReader.read(json.span),
            case .object(let members) = value
        else { throw .malformedHeader }
        // RFC 7515 §4.1.11: no extension is understood here, so there is none that may be critical.
        guard members["crit"] == nil else { throw .criticalExtension }
        // RFC 7797 §3: anything but `true` changes what was signed.
        guard members["b64"] == nil || members["b64"] == .bool(true) else { throw .criticalExtension }
        // Compression is JWE's (RFC 7516 §4.1.3); in a JWS the member is a trap for somebody (RFC 8725 §3.6).
        guard members["zip"] == nil else { throw .malformedHeader }
        guard case .string(let name)? = members["alg"] else { throw .malformedHeader }
        guard let algorithm = SignatureAlgorithm(name: name) else { throw .algorithmNotAllowed }
        self.algorithm = algorithm
        self.keyIdentifier = try Self.string("kid", of: members).map(KeyIdentifier.init)
        self.type = try Self.string("typ", of: members).map(JOSEMediaType.init)
        // RFC 7519 §5.2: a nested token has no claims of its own.
        let content = try Self.string("cty", of: members).map(JOSEMediaType.init)
        guard content != .jwt else { throw .nestedToken }
    }

    private static func string(_ name: String, of members: JSONObject) throws(JWTRejection) -> String? {
        switch members[name] {
        case nil: return nil
        case .string(let text): return text
        case .null, .bool, .number, .array, .object: throw .malformedHeader
        }
    }
}
