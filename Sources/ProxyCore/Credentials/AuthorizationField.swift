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
        guard isBearer else {
            guard !self.isJoined(value, from: index) else { throw .malformed }
            return .otherScheme
        }
        while index < value.count, value[index] == 0x20 { index += 1 }
        guard BearerToken.isB64Token(value.extracting(index..<value.count)) else { throw .malformed }
        return .bearer(ByteRange(index, value.count))
    }

    /// Whether credentials of ours stand behind a comma in those of another scheme.
    ///
    /// Two fields that somebody on the way has joined (RFC 9110 §5.3) are still two ways at once, and never none. What
    /// is quoted may hold anything, unless the quote never ends: then nobody knows what is inside.
    private static func isJoined(_ value: Span<UInt8>, from start: Int) -> Bool {
        guard value.extracting(start..<value.count).contains(0x2C) else { return false }
        var isQuoted = false
        var isDoubtful = false
        var index = start
        while index < value.count {
            switch value[index] {
            case 0x22:
                isQuoted.toggle()
                isDoubtful = false
            case 0x5C where isQuoted && self.isQuotedPair(value, at: index):
                index &+= 1
            case 0x2C where self.namesOurs(value, behind: index):
                guard isQuoted else { return true }
                isDoubtful = true
            default: break
            }
            index &+= 1
        }
        return isDoubtful
    }

    /// A backslash and the quote or backslash behind it, neither of which ends a quoted string (RFC 9110 §5.6.4).
    private static func isQuotedPair(_ value: Span<UInt8>, at index: Int) -> Bool {
        index &+ 1 < value.count && (value[index &+ 1] == 0x22 || value[index &+ 1] == 0x5C)
    }

    /// Whether the list member behind a comma is `Bearer` or `DPoP`, in any case, and no parameter of that name.
    private static func namesOurs(_ value: Span<UInt8>, behind comma: Int) -> Bool {
        var lower = comma &+ 1
        while lower < value.count, value[lower].isWhitespace { lower &+= 1 }
        var upper = lower
        while upper < value.count, OctetSet.token.contains(value[upper]) { upper &+= 1 }
        guard upper == value.count || value[upper] != 0x3D else { return false }
        let scheme = value.extracting(lower..<upper)
        return scheme.equalsIgnoringCase("bearer") || scheme.equalsIgnoringCase("dpop")
    }
}
