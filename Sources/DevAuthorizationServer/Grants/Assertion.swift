import JOSE
import OAuthModel

/// A JWT by which somebody is told of (RFC 7521 §5.2, RFC 7523 §3), signed by a key that its reader trusts.
struct Assertion: Sendable {
    let issuer: String
    let subject: String
    let audience: [String]
    let jwtID: String
    /// Seconds since 1970.
    let expiresAt: Int64
    let issuedAt: Int64?

    /// Who claims to speak and of whom, before anything is verified: that is how the key is found.
    struct Claimed: Sendable {
        let issuer: String
        let subject: String
        /// The key's name, if the header says it (RFC 7515 §4.1.4).
        let keyID: String?
    }

    static func claimed(_ token: String) -> Claimed? {
        guard let jws = try? CompactJWS(parsing: token.utf8.span, byteCountMax: Self.bytesMax),
            let claims = (try? JSONReader.read(jws.payload))?.objectValue, let issuer = claims["iss"]?.stringValue,
            let subject = claims["sub"]?.stringValue, !issuer.isEmpty, !subject.isEmpty, !issuer.holdsNUL,
            !subject.holdsNUL
        else { return nil }
        let keyID = jws.header.keyIdentifier?.text
        guard keyID?.holdsNUL != true else { return nil }
        return Claimed(issuer: issuer, subject: subject, keyID: keyID)
    }

    /// The key that it says it is signed with (RFC 7515 §4.1.4), before anything is verified.
    static func claimedKey(_ token: String) -> KeyIdentifier? {
        (try? CompactJWS(parsing: token.utf8.span, byteCountMax: Self.bytesMax))?.header.keyIdentifier
    }

    /// Nil unless one of the keys signed it, it is meant for this server, and it is good now.
    init?(_ token: String, keys: [JSONWebKey], algorithms: [SignatureAlgorithm], audience: String, now: Int64) {
        guard let jws = try? CompactJWS(parsing: token.utf8.span, byteCountMax: Self.bytesMax),
            let verified = try? JWSVerifier.verify(jws, keys: JSONWebKeySet(keys: keys), algorithms: algorithms),
            let claims = (try? JSONReader.read(verified.payload))?.objectValue,
            let issuer = claims["iss"]?.stringValue, let subject = claims["sub"]?.stringValue,
            let jwtID = claims["jti"]?.stringValue, !issuer.isEmpty, !subject.isEmpty, !jwtID.isEmpty,
            !issuer.holdsNUL, !subject.holdsNUL,
            let audiences = claims["aud"]?.stringListValue ?? claims["aud"]?.stringValue.map({ [$0] }),
            audiences.contains(where: { $0.hasSameOctets(as: audience) }),
            // A NumericDate may have a fraction (RFC 7519 §2), which never makes an assertion good for longer.
            let expiresAt = claims["exp"].flatMap({ NumericDate(json: $0, rounding: .down) })?.seconds, now < expiresAt
        else { return nil }
        if let notBefore = claims["nbf"] {
            guard let seconds = NumericDate(json: notBefore, rounding: .up)?.seconds, seconds <= now else { return nil }
        }
        var issuedAt: Int64?
        if let claim = claims["iat"] {
            guard let seconds = NumericDate(json: claim, rounding: .up)?.seconds, seconds <= now + Self.skew else {
                return nil
            }
            issuedAt = seconds
        }
        self.issuer = issuer
        self.subject = subject
        self.audience = audiences
        self.jwtID = jwtID
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
    }

    private static let bytesMax = 16_384
    /// By so many seconds clocks differ.
    private static let skew: Int64 = 60

    /// Under which the assertion counts as used.
    var useDigest: TokenDigest {
        let pair = JSONWriter.write(.strings([self.issuer, self.jwtID]))
        return TokenDigest(browserSecret: String(decoding: pair, as: UTF8.self))
    }
}
