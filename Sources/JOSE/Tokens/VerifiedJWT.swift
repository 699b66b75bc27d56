package import OAuthModel

/// A JWT access token whose signature and claims have been checked against a profile (RFC 7519 §7.2, RFC 9068 §4).
///
/// It is made from a `VerifiedJWS` only, so one that exists was signed by a trusted key. Whether its times fit is asked
/// again on every request with `checkTimes(at:)`.
package struct VerifiedJWT: Sendable {
    package let keyIdentifier: KeyIdentifier?
    /// The key that signed it: the token goes when the key does.
    package let keyThumbprint: KeyThumbprint
    package let algorithm: SignatureAlgorithm
    package let type: JOSEMediaType?
    package let claims: ClaimSet
    /// Where `sub` stands; never empty, and nil where the profile admits a token without one.
    package let subjectPlace: JSONDocument.Place?
    package let audiencePlace: JSONDocument.Place
    package let clientIDPlace: JSONDocument.Place?
    /// Of the profile's first scope claim that is there; empty when that is of the wrong kind.
    package let scopes: ScopeWords
    package let expiresAt: NumericDate
    package let notBefore: NumericDate?
    package let issuedAt: NumericDate?
    /// Whether the token is bound to a key of its holder (RFC 7800 §3.1): no bearer token.
    package let hasConfirmation: Bool
    package let leewaySeconds: Int64

    /// Holds the claims of a token with a good signature against the profile; times are not looked at.
    package init(_ jws: VerifiedJWS, profile: JWTProfile) throws(JWTRejection) {
        guard let document = try? JSONDocument(reading: jws.payload), let claims = ClaimSet(document) else {
            throw .malformedClaims
        }
        let reader = ClaimReader(claims)
        let header = jws.header
        if header.type == nil || header.type == .jwt {
            guard !reader.nameAnotherKindOfToken else { throw .notAnAccessTokenByItsClaims }
        }
        self.keyIdentifier = header.keyIdentifier
        self.keyThumbprint = jws.key
        self.algorithm = header.algorithm
        self.type = header.type
        self.claims = claims
        try reader.checkIssuer(profile)
        self.audiencePlace = try reader.audience(profile)
        self.subjectPlace = try reader.subject(profile)
        self.clientIDPlace = try reader.string(.clientID)
        _ = try reader.string(.jwtID)
        _ = try reader.string(.username)
        // RFC 7519 §2: a fraction counts towards the shorter life.
        guard let expiresAt = try reader.date(.expirationTime, rounding: .down) else {
            throw .missingClaim(.expirationTime)
        }
        self.expiresAt = expiresAt
        self.notBefore = try reader.date(.notBefore, rounding: .up)
        self.issuedAt = try reader.date(.issuedAt, rounding: .up)
        try reader.checkTokenUse()
        try reader.checkTokenType()
        self.hasConfirmation = try reader.hasConfirmation()
        self.scopes = reader.scopes(profile)
        self.leewaySeconds = profile.leewaySeconds
    }

    package var subject: String? { self.subjectPlace.map { self.claims.document.text(of: $0) } }

    /// The first second at which the token is no longer good.
    package var endsAt: NumericDate { self.expiresAt.advanced(bySeconds: self.leewaySeconds) }

    /// Whether the token is good at `now` (RFC 7519 §4.1.4–4.1.6).
    package func checkTimes(at now: NumericDate) throws(JWTRejection) {
        guard now < self.endsAt else { throw .expired }
        let latest = now.advanced(bySeconds: self.leewaySeconds)
        if let notBefore { guard notBefore <= latest else { throw .notYetValid } }
        if let issuedAt { guard issuedAt <= latest else { throw .issuedInFuture } }
    }
}
