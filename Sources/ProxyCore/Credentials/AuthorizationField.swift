package import HTTPWire
import OAuthModel

/// The grammar of one `Authorization` field (RFC 9110 §11.6.2, RFC 6750 §2.1).
package enum AuthorizationField: Sendable, Hashable {
    /// `Bearer`, in any case, and one well-formed token at this range of the value.
    case bearer(ByteRange)
    /// Credentials of another scheme: none for us.
    case otherScheme

    /// Reads a value without its surrounding white space; ranges are offsets into it.
    package static func read(_ value: Span<UInt8>) throws(CredentialProblem) -> AuthorizationField {
        // `Bearer` in any case is known at a glance: bit 0x20 makes capitals small and turns nothing else into a letter.
        let beginsWithBearer =
            value.count >= 8
            && value.word(at: 0) & 0xFFFF_FFFF_FFFF | 0x2020_2020_2020 == 0x7265_7261_6562
        var index = beginsWithBearer ? 6 : 0
        while index < value.count, OctetSet.token.contains(value[index]) { index += 1 }
        // A scheme is a token, and only spaces follow it: not a tab, not a comma, not nothing at all.
        guard index > 0, index == value.count || value[index] == 0x20 else { throw .malformed }
        let isBearer = beginsWithBearer ? index == 6 : value.extracting(0..<index).equalsIgnoringCase("bearer")
        guard isBearer else { return .otherScheme }
        while index < value.count, value[index] == 0x20 { index += 1 }
        guard BearerToken.isB64Token(value.extracting(index..<value.count)) else { throw .malformed }
        return .bearer(ByteRange(index, value.count))
    }
}
