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
    static func claimed(_ token: String) -> (issuer: String, subject: String)? {
        guard let claims = IDTokenHint.unverifiedClaims(of: token), let issuer = claims["iss"]?.stringValue,
            let subject = claims["sub"]?.stringValue, !issuer.isEmpty, !subject.isEmpty
        else { return nil }
        return (issuer, subject)
    }

    /// Nil unless one of the keys signed it, it is meant for this server, and it is good now.
    init?(_ token: String, keys: [JSONWebKey], algorithms: [SignatureAlgorithm], audience: String, now: Int64) {
        guard let jws = try? CompactJWS(parsing: token.utf8.span, byteCountMax: Self.bytesMax),
            let verified = try? JWSVerifier.verify(jws, keys: JSONWebKeySet(keys: keys), algorithms: algorithms),
            let claims = (try? JSONReader.read(verified.payload))?.objectValue,
            let issuer = claims["iss"]?.stringValue, let subject = claims["sub"]?.stringValue,
            let jwtID = claims["jti"]?.stringValue, !issuer.isEmpty, !subject.isEmpty, !jwtID.isEmpty,
            let audiences = claims["aud"]?.stringListValue ?? claims["aud"]?.stringValue.map({ [$0] }),
            audiences.contains(where: { $0.hasSameOctets(as: audience) }),
            let expiresAt = claims["exp"]?.numberValue?.int64, now < expiresAt
        else { return nil }
        if let notBefore = claims["nbf"] {
            guard let seconds = notBefore.numberValue?.int64, seconds <= now else { return nil }
        }
        var issuedAt: Int64?
        if let claim = claims["iat"] {
            guard let seconds = claim.numberValue?.int64, seconds <= now + Self.skew else { return nil }
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
