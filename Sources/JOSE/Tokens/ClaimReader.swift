import OAuthModel

/// Reads the registered claims of a JWT (RFC 7519 §4.1).
///
/// One that is there has its kind, and `null` is no kind.
struct ClaimReader {
    private let members: JSONObject

    init(_ members: JSONObject) {
        self.members = members
    }

    /// ID tokens carry `nonce`, `at_hash` or `c_hash`, event and logout tokens `events` (RFC 8725 §3.11): where `typ`
    /// does not tell them from access tokens, these do.
    var nameAnotherKindOfToken: Bool {
        ["nonce", "at_hash", "c_hash", "events"].contains { self.members[$0] != nil }
    }

    func issuer(_ profile: JWTProfile) throws(JWTRejection) -> String {
        guard let issuer = try self.string(.issuer) else { throw .missingClaim(.issuer) }
        guard issuer.hasSameOctets(as: profile.issuer) else { throw .wrongIssuer }
        return issuer
    }

    func audience(_ profile: JWTProfile) throws(JWTRejection) -> Audience {
        guard let value = self.members[RegisteredClaim.audience.rawValue] else { throw .missingClaim(.audience) }
        guard let audience = Audience(json: value) else { throw .malformedClaim(.audience) }
        if let wanted = profile.audiences {
            guard audience.containsAny(of: wanted) else { throw .wrongAudience }
        }
        return audience
    }

    func subject(_ profile: JWTProfile) throws(JWTRejection) -> String? {
        guard let subject = try self.string(.subject), !subject.isEmpty else {
            guard !profile.requiresSubject else { throw .missingClaim(.subject) }
            return nil
        }
        // No service should ever see these in an identity, however it is encoded on the way (RFC 9110 §5.5).
        guard !subject.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
            throw .malformedClaim(.subject)
        }
        return subject
    }

    func string(_ claim: RegisteredClaim) throws(JWTRejection) -> String? {
        switch self.members[claim.rawValue] {
        case nil: return nil
        case .string(let text): return text
        case .null, .bool, .number, .array, .object: throw .malformedClaim(claim)
        }
    }

    func date(_ claim: RegisteredClaim, rounding: NumericDate.Rounding) throws(JWTRejection) -> NumericDate? {
        guard let value = self.members[claim.rawValue] else { return nil }
        guard let date = NumericDate(json: value, rounding: rounding) else { throw .malformedClaim(claim) }
        return date
    }

    func tokenUse() throws(JWTRejection) -> String? {
        guard let use = try self.string(.tokenUse) else { return nil }
        guard use.hasSameOctets(as: "access_token") else { throw .notAnAccessToken }
        return use
    }

    func tokenType() throws(JWTRejection) -> String? {
        guard let type = try self.string(.tokenType) else { return nil }
        let lower = type.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard lower.elementsEqual("bearer".utf8) || lower.elementsEqual("access_token".utf8) else {
            throw .notAnAccessToken
        }
        return type
    }

    func hasConfirmation() throws(JWTRejection) -> Bool {
        switch self.members[RegisteredClaim.confirmation.rawValue] {
        case nil: return false
        case .object: return true
        case .null, .bool, .number, .string, .array: throw .malformedClaim(.confirmation)
        }
    }

    /// A string is split at spaces (RFC 8693 §4.2), a list has one scope an element; anything else grants nothing.
    func scopes(_ profile: JWTProfile) -> ScopeSet {
        for name in profile.scopeClaims {
            guard let value = self.members[name] else { continue }
            if case .string(let text) = value { return ScopeSet(spaceSeparated: text) }
            return value.stringListValue.map { ScopeSet(elements: $0) } ?? ScopeSet()
        }
        return ScopeSet()
    }
}
