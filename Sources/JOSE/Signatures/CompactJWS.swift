import OAuthModel

/// A JWS in compact serialization (RFC 7515 §7.1), taken apart but not yet checked: a view of the token's bytes.
package struct CompactJWS: ~Escapable {
    package let header: JWSHeader
    package let payload: [UInt8]
    package let signature: [UInt8]
    /// What was signed: the first two segments as they stand.
    package let signingInput: Span<UInt8>

    /// Takes `token` apart; bytes beyond `byteCountMax` are refused before any is decoded.
    @_lifetime(copy token)
    package init(parsing token: Span<UInt8>, byteCountMax: Int) throws(JWTRejection) {
        guard token.count <= byteCountMax else { throw .tooLarge }
        guard let dots = CompactJWSSegments(of: token) else { throw .notCompactJWS }
        guard let header = Base64URL.decode(token.extracting(0..<dots.first)), !header.isEmpty,
            let payload = Base64URL.decode(token.extracting((dots.first + 1)..<dots.second)),
            let signature = Base64URL.decode(token.extracting((dots.second + 1)..<token.count))
        else { throw .notCompactJWS }
        self.header = try JWSHeader(header)
        self.payload = payload
        self.signature = signature
        self.signingInput = token.extracting(0..<dots.second)
    }

    /// Whether the token claims to be a signed JWT: three segments of base64url and a JSON header that holds `alg`.
    ///
    /// Such a token is verified and only verified where both ways are open; every other is opaque.
    package static func isClaimed(by token: Span<UInt8>, byteCountMax: Int) -> Bool {
        guard token.count <= byteCountMax, let dots = CompactJWSSegments(of: token),
            let header = Base64URL.decode(token.extracting(0..<dots.first)), !header.isEmpty,
            Base64URL.decode(token.extracting((dots.first + 1)..<dots.second)) != nil,
            Base64URL.decode(token.extracting((dots.second + 1)..<token.count)) != nil,
            let document = try? JSONDocument(reading: header)
        else { return false }
        return document.member(named: "alg", of: document.root) != nil
    }
}

/// Where the two dots of a compact JWS are.
///
/// Looks for no more than three: a token of dots costs nothing.
private struct CompactJWSSegments {
    let first: Int
    let second: Int

    init?(of token: Span<UInt8>) {
        var found: (Int, Int) = (-1, -1)
        for index in 0..<token.count where token[index] == 0x2E {
            if found.0 < 0 {
                found.0 = index
            } else if found.1 < 0 {
                found.1 = index
            } else {
                return nil
            }
        }
        guard found.1 >= 0 else { return nil }
        (self.first, self.second) = found
    }
}
