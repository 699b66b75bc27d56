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

    package let provenance: Provenance
    package let claims: ClaimSet
    /// The granted scopes, words outside RFC 6749 §3.3 set apart, in the order given.
    package let scopes: ScopeSet
    /// UTF-8 of `sub`; nil when absent or empty.
    package let subject: [UInt8]?
    package let clientID: [UInt8]?
    package let issuer: [UInt8]?
    package let username: [UInt8]?
    package let audiences: [[UInt8]]
    /// `exp` as the token or answer says it.
    package let expiresAt: NumericDate?
    /// The first second at which the token is no longer good: `exp`, and behind it the leeway for a JWT.
    package let endsAt: NumericDate?
    /// The first second at which it is good: the later of `nbf` and `iat`, less the leeway.
    package let startsAt: NumericDate?
    /// What is wrong with it on every route of its server.
    package let standingRejection: TokenRejection?
    /// Which key verified it (RFC 7638); the token goes when the key goes.
    package let keyThumbprint: KeyThumbprint?
    /// Bytes it takes, estimated from what it holds.
    package let weight: Int
    /// The scopes' bytes, as exact requirements compare them.
    let scopeWords: [[UInt8]]
    private let rendering = SubjectRendering()

    /// An active answer of `server` (RFC 7662 §2.2).
    init(_ answer: ActiveToken, from server: AuthorizationServer.Settings) {
        let leeway = server.jwt?.profile.leewaySeconds ?? Self.introspectionLeewaySeconds
        self.provenance = .introspection
        self.claims = answer.claims
        self.scopes = answer.scopes
        self.subject = Self.nonEmpty(answer.subject)
        self.clientID = Self.nonEmpty(answer.clientID)
        self.issuer = Self.nonEmpty(answer.issuer)
        self.username = Self.nonEmpty(answer.username)
        self.audiences = (answer.audience?.values ?? []).map { [UInt8]($0.utf8) }
        self.expiresAt = answer.expiresAt
        // The server looked at its own clock a moment ago: a leeway would only lengthen what it has limited.
        self.endsAt = answer.expiresAt
        self.startsAt = Self.start(answer.notBefore, answer.issuedAt, leeway: leeway)
        self.standingRejection = Self.rejection(of: answer, from: server)
        self.keyThumbprint = nil
        self.scopeWords = answer.scopes.scopes.map { [UInt8]($0.text.utf8) }
        self.weight =
            Self.weight(claims: answer.claims, words: self.scopeWords, self.audiences) + SubjectRendering.weight
    }

    /// A JWT with a good signature and good claims; `VerifiedJWT` has checked issuer, audience and kinds.
    init(_ jwt: VerifiedJWT) {
        self.provenance = .jwt
        self.claims = jwt.claims
        self.scopes = jwt.scopes
        self.subject = Self.nonEmpty(jwt.subject)
        self.clientID = Self.nonEmpty(jwt.clientID)
        self.issuer = [UInt8](jwt.issuer.utf8)
        self.username = Self.nonEmpty(jwt.claims[.username]?.stringValue)
        self.audiences = jwt.audience.values.map { [UInt8]($0.utf8) }
        self.expiresAt = jwt.expiresAt
        self.endsAt = jwt.endsAt
        self.startsAt = Self.start(jwt.notBefore, jwt.issuedAt, leeway: jwt.leewaySeconds)
        self.standingRejection = jwt.hasConfirmation ? .confirmation : nil
        self.keyThumbprint = jwt.keyThumbprint
        self.scopeWords = jwt.scopes.scopes.map { [UInt8]($0.text.utf8) }
        self.weight =
            Self.weight(claims: jwt.claims, words: self.scopeWords, self.audiences) + SubjectRendering.weight
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
        guard self.subject != nil else { return [] }
        return try self.rendering.lines(fields, of: self)
    }

    private static func rejection(
        of answer: ActiveToken, from server: AuthorizationServer.Settings
    ) -> TokenRejection? {
        if answer.hasConfirmation { return .confirmation }
        if let use = answer.tokenUse, !use.hasSameOctets(as: "access_token") { return .notAnAccessToken }
        if let type = answer.tokenType, !self.isAccessTokenType(type) { return .notAnAccessToken }
        if let issuer = server.issuer {
            guard let said = answer.issuer else {
                return server.introspection?.isIssuerOptional == true ? nil : .issuer
            }
            guard issuer.matches(said) else { return .issuer }
        }
        return nil
    }

    /// `Bearer` (RFC 6750) or `access_token` (RFC 8693 §3), in any case.
    private static func isAccessTokenType(_ type: String) -> Bool {
        let octets = type.utf8.span
        return octets.equalsIgnoringCase("bearer") || octets.equalsIgnoringCase("access_token")
    }

    private static func nonEmpty(_ text: String?) -> [UInt8]? {
        guard let text, !text.isEmpty else { return nil }
        return [UInt8](text.utf8)
    }

    private static func start(_ one: NumericDate?, _ other: NumericDate?, leeway: Int64) -> NumericDate? {
        guard let one, let other else { return (one ?? other)?.advanced(bySeconds: -leeway) }
        return max(one, other).advanced(bySeconds: -leeway)
    }

    private static func weight(claims: ClaimSet, words: [[UInt8]], _ audiences: [[UInt8]]) -> Int {
        // Claims are held once; scopes, audiences and the four names again as bytes, 64 bytes each besides.
        var copies = 0
        for word in words { copies += 64 + 2 * word.count }
        for audience in audiences { copies += 64 + 2 * audience.count }
        return claims.members.footprint + copies + 4 * 64 + 256
    }

    /// For a server without a `jwt` section, which is where a leeway would be written.
    private static let introspectionLeewaySeconds: Int64 = 10
}
