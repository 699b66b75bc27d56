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

    /// Whether the token claims to be a signed JWT: three segments, the first a JSON header that holds `alg`.
    ///
    /// Such a token is verified and only verified where both ways are open; every other is opaque. What only a generous
    /// reader would take for a JWT is one here: else whoever spells a token anew, with padding or a spare bit, has it
    /// judged by somebody who may be that reader, and who knows nothing of our audiences, types and algorithms.
    package static func isClaimed(by token: Span<UInt8>, byteCountMax: Int) -> Bool {
        guard token.count <= byteCountMax else { return false }
        switch GenerousHeader(of: token) {
        case .opaque: return false
        case .withAlgorithm: return CompactJWSSegments(of: token) != nil
        // The name may be written with escapes.
        case .object: return self.isClaimedStrictly(by: token)
        }
    }

    private static func isClaimedStrictly(by token: Span<UInt8>) -> Bool {
        guard let dots = CompactJWSSegments(of: token),
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

/// What a reader that forgives everything would find in the first segment of a token: octets outside both alphabets and
/// padding are passed over, spare bits are dropped, and JSON is whatever begins with a brace.
///
/// Of an opaque token hardly more than two characters are looked at, and nothing is allocated.
private enum GenerousHeader {
    /// No JSON object; an object; one in which `"alg"` stands, twice perhaps.
    case opaque, object, withAlgorithm

    init(of token: Span<UInt8>) {
        self = .opaque
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        var recent: UInt64 = 0
        for index in token.indices {
            guard token[index] != UInt8(ascii: ".") else { return }
            guard let value = Base64URL.value(ofEither: token[index]) else { continue }
            buffer = (buffer << 6 | value) & 0xFFFF
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            let octet = UInt8(truncatingIfNeeded: buffer >> bits)
            guard self == .object else {
                if octet == UInt8(ascii: "{") {
                    self = .object
                } else if !Self.mayStandBefore(octet) {
                    return
                }
                continue
            }
            recent = recent << 8 | UInt64(octet)
            if recent & 0xFF_FFFF_FFFF == Self.algorithmName {
                self = .withAlgorithm
                return
            }
        }
    }

    /// White space (RFC 8259 §2), and the octets of a byte order mark (§8.1), in whatever order.
    private static func mayStandBefore(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: true
        default: false
        }
    }

    /// `"alg"` with its quotation marks.
    private static let algorithmName: UInt64 = 0x22_616C_6722
}
