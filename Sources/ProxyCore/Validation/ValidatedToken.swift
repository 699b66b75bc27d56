import HTTPWire
package import JOSE
package import OAuthModel

/// What is known of a token that its authorization server stands behind: an active answer or a verified JWT.
///
/// It holds what was said, never our verdict: routes are held against it on every request (`PolicyEvaluation`). What
/// follows from the token and its server's settings alone is worked out here once. Immutable, shared by all loops.
package final class ValidatedToken: Sendable {
    /// Who vouches for it; decides how strictly `exp` is read and whether key changes evict it.
    package enum Provenance: Sendable, Hashable { case introspection, jwt }

    // What every request looks at stands first, so that it lies together in memory.

    /// The first second at which the token is no longer good: `exp`, and behind it the leeway for a JWT.
    package let endsAt: NumericDate?
    /// The first second at which it is good: the later of `nbf` and `iat`, less the leeway.
    package let startsAt: NumericDate?
    /// What is wrong with it on every route of its server.
    package let standingRejection: TokenRejection?
    /// `sub`; nil when absent or empty.
    private let subjectPlace: JSONDocument.Place?
    private let rendering = SubjectRendering()
    /// The granted scopes without the words outside RFC 6749 §3.3.
    let scopes: ScopeWords
    package let claims: ClaimSet
    /// `aud`: a string, or a list of strings.
    let audience: JSONDocument.Place?
    private let clientIDPlace: JSONDocument.Place?
    package let provenance: Provenance
    /// `exp` as the token or answer says it.
    package let expiresAt: NumericDate?
    /// Which key verified it (RFC 7638); the token goes when the key goes, or gets another `kid` or other algorithms.
    package let keyThumbprint: KeyThumbprint?

    /// An active answer of `server` (RFC 7662 §2.2).
    init(_ answer: ActiveToken, from server: AuthorizationServer.Settings) {
        let leeway = server.jwt?.profile.leewaySeconds ?? Self.introspectionLeewaySeconds
        self.provenance = .introspection
        let claims = answer.claims
        self.claims = claims
        self.scopes = ScopeWords(of: answer.place(of: .scope), in: claims.document)
        self.audience = answer.place(of: .audience)
        self.subjectPlace = Self.nonEmpty(answer.place(of: .subject), in: claims)
        self.clientIDPlace = Self.nonEmpty(answer.place(of: .clientID), in: claims)
        self.expiresAt = answer.expiresAt
        // The server looked at its own clock a moment ago: a leeway would only lengthen what it has limited.
        self.endsAt = answer.expiresAt
        self.startsAt = Self.start(answer.notBefore, answer.issuedAt, leeway: leeway)
        self.standingRejection = Self.rejection(of: answer, from: server)
        self.keyThumbprint = nil
    }

    /// A JWT with a good signature and good claims; `VerifiedJWT` has checked issuer, audience and kinds.
    init(_ jwt: VerifiedJWT) {
        self.provenance = .jwt
        self.claims = jwt.claims
        self.scopes = jwt.scopes
        self.audience = jwt.audiencePlace
        self.subjectPlace = jwt.subjectPlace
        self.clientIDPlace = Self.nonEmpty(jwt.clientIDPlace, in: jwt.claims)
        self.expiresAt = jwt.expiresAt
        self.endsAt = jwt.endsAt
        self.startsAt = Self.start(jwt.notBefore, jwt.issuedAt, leeway: jwt.leewaySeconds)
        self.standingRejection = jwt.hasConfirmation ? .confirmation : nil
        self.keyThumbprint = jwt.keyThumbprint
    }

    /// Bytes it takes: what its claims and scopes occupy, this object, and what its subject fields may come to.
    package var weight: Int {
        self.claims.document.footprint + self.scopes.footprint + Self.objectWeight + SubjectRendering.weight
    }

    package var hasSubject: Bool { self.subjectPlace != nil }
    /// UTF-8 of `sub`; nil when absent or empty.
    package var subject: [UInt8]? { self.octets(of: self.subjectPlace) }
    package var clientID: [UInt8]? { self.octets(of: self.clientIDPlace) }

    private func octets(of place: JSONDocument.Place?) -> [UInt8]? {
        guard let place else { return nil }
        let document = self.claims.document
        return document.octets(of: place).copied()
    }

    /// Whether the token is meant for this audience, byte for byte.
    func isFor(_ audience: Span<UInt8>) -> Bool {
        guard let place = self.audience else { return false }
        return self.claims.document.names(audience, at: place)
    }

    /// Whether the token is good at `now`: looked at on every request, whatever the cache says.
    @inline(__always)
    package func rejection(at now: NumericDate) -> TokenRejection? {
        if let standingRejection { return standingRejection }
        if let endsAt, now >= endsAt { return .expired }
        if let startsAt, now < startsAt { return .notYetValid }
        return nil
    }

    /// The field lines that tell an upstream who this is; none for a token without a subject.
    @inline(__always)
    package func subjectLines(_ fields: SubjectFieldSet) throws(SubjectValueProblem) -> [UInt8] {
        guard self.subjectPlace != nil else { return [] }
        return try self.rendering.lines(fields, of: self)
    }

    private static func rejection(
        of answer: ActiveToken, from server: AuthorizationServer.Settings
    ) -> TokenRejection? {
        if answer.hasConfirmation { return .confirmation }
        let document = answer.claims.document
        if let use = answer.place(of: .tokenUse), !document.octets(of: use).hasSameOctets(as: "access_token".utf8.span)
        {
            return .notAnAccessToken
        }
        if let type = answer.place(of: .tokenType), !self.isAccessTokenType(document.octets(of: type)) {
            return .notAnAccessToken
        }
        if let issuer = server.issuer {
            guard let said = answer.place(of: .issuer) else {
                return server.introspection?.isIssuerOptional == true ? nil : .issuer
            }
            guard issuer.matches(document.octets(of: said)) else { return .issuer }
        }
        return nil
    }

    /// `Bearer` (RFC 6750) or `access_token` (RFC 8693 §3), in any case.
    private static func isAccessTokenType(_ type: Span<UInt8>) -> Bool {
        type.equalsIgnoringCase("bearer") || type.equalsIgnoringCase("access_token")
    }

    private static func nonEmpty(_ place: JSONDocument.Place?, in claims: ClaimSet) -> JSONDocument.Place? {
        guard let place, !claims.document.range(of: place).isEmpty else { return nil }
        return place
    }

    private static func start(_ one: NumericDate?, _ other: NumericDate?, leeway: Int64) -> NumericDate? {
        guard let one, let other else { return (one ?? other)?.advanced(bySeconds: -leeway) }
        return max(one, other).advanced(bySeconds: -leeway)
    }

    /// For a server without a `jwt` section, which is where a leeway would be written.
    private static let introspectionLeewaySeconds: Int64 = 10

    /// This object with the allocator's share.
    private static let objectWeight = 256
}
