import OAuthModel

/// Reads the registered claims of a JWT (RFC 7519 §4.1).
///
/// One that is there has its kind, and `null` is no kind.
struct ClaimReader {
    private let claims: ClaimSet

    init(_ claims: ClaimSet) {
        self.claims = claims
    }

    private var document: JSONDocument { self.claims.document }

    /// ID tokens carry `nonce`, `at_hash` or `c_hash`, event and logout tokens `events` (RFC 8725 §3.11): where `typ`
    /// does not tell them from access tokens, these do.
    var nameAnotherKindOfToken: Bool {
        for name in ["nonce", "at_hash", "c_hash", "events"] where self.claims.place(of: name) != nil { return true }
        return false
    }

    func checkIssuer(_ profile: JWTProfile) throws(JWTRejection) {
        guard let issuer = try self.string(.issuer) else { throw .missingClaim(.issuer) }
        let document = self.document
        guard document.octets(of: issuer).hasSameOctets(as: profile.issuer.utf8.span) else { throw .wrongIssuer }
    }

    /// Where the audience stands.
    func audience(_ profile: JWTProfile) throws(JWTRejection) -> JSONDocument.Place {
        guard let audience = self.place(.audience) else { throw .missingClaim(.audience) }
        guard self.document.isString(audience) || self.document.isListOfStrings(audience) else {
            throw .malformedClaim(.audience)
        }
        guard let wanted = profile.audiences else { return audience }
        for name in wanted where self.document.names(name.utf8.span, at: audience) { return audience }
        throw .wrongAudience
    }

    /// Where the subject stands; nil where the profile admits a token without one.
    func subject(_ profile: JWTProfile) throws(JWTRejection) -> JSONDocument.Place? {
        guard let place = try self.string(.subject), !self.document.range(of: place).isEmpty else {
            guard !profile.requiresSubject else { throw .missingClaim(.subject) }
            return nil
        }
        // No service should ever see these in an identity, however it is encoded on the way (RFC 9110 §5.5).
        guard !self.document.octets(of: place).holdsControl else { throw .malformedClaim(.subject) }
        return place
    }

    func string(_ claim: RegisteredClaim) throws(JWTRejection) -> JSONDocument.Place? {
        guard let place = self.place(claim) else { return nil }
        guard self.document.isString(place) else { throw .malformedClaim(claim) }
        return place
    }

    func date(_ claim: RegisteredClaim, rounding: NumericDate.Rounding) throws(JWTRejection) -> NumericDate? {
        guard let place = self.place(claim) else { return nil }
        guard let date = self.document.date(at: place, rounding: rounding) else { throw .malformedClaim(claim) }
        return date
    }

    func checkTokenUse() throws(JWTRejection) {
        guard let use = try self.string(.tokenUse) else { return }
        let document = self.document
        guard document.octets(of: use).hasSameOctets(as: "access_token".utf8.span) else { throw .notAnAccessToken }
    }

    func checkTokenType() throws(JWTRejection) {
        guard let place = try self.string(.tokenType) else { return }
        let lower = self.document.text(of: place).utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard lower.elementsEqual("bearer".utf8) || lower.elementsEqual("access_token".utf8) else {
            throw .notAnAccessToken
        }
    }

    func hasConfirmation() throws(JWTRejection) -> Bool {
        guard let place = self.place(.confirmation) else { return false }
        guard self.document.isObject(place) else { throw .malformedClaim(.confirmation) }
        return true
    }

    /// Those of the profile's first scope claim that is there.
    func scopes(_ profile: JWTProfile) -> ScopeWords {
        for name in profile.scopeClaims {
            if let place = self.claims.place(of: name) { return ScopeWords(of: place, in: self.document) }
        }
        return ScopeWords(of: nil, in: self.document)
    }

    private func place(_ claim: RegisteredClaim) -> JSONDocument.Place? { self.claims.place(of: claim.rawValue) }
}
