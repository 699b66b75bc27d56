import JOSE
import OAuthModel

/// RFC 7523 §2.1: a client brings the word of an issuer that is trusted to speak of a user.
struct JWTBearerGrant: Sendable {
    let core: ServerCore

    static let name = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    func grant(_ form: FormFields, to client: RegisteredClient, now: Moment) async throws -> IssuedAccessToken {
        try client.require(grantType: Self.name)
        guard let token = form.nonEmpty("assertion") else {
            throw HydraError.invalidRequest("The parameter 'assertion' is missing.")
        }
        let (assertion, trusted) = try await self.verified(token, now: now)
        let scope = form.requestedScope
        try RequestedScope.check(scope, against: trusted.scope) { "The issuer is not trusted with the scope '\($0)'." }
        let requested = form.requestedAudience
        try client.require(audience: requested)
        guard try await self.core.trustedIssuers.use(assertion.useDigest, until: assertion.expiresAt, now: now) else {
            throw HydraError.jtiKnown
        }
        return IssuedAccessToken(
            grantID: Identifiers.uuid(), clientID: client.id, subject: assertion.subject, scope: scope,
            audience: (assertion.audience + requested).eachOnce, issuedAt: now,
            expiresAt: now.adding(client.lifespans[.jwtBearerAccessToken] ?? self.core.lifespans.accessToken))
    }

    /// Every reason that lies in the assertion is told the same way.
    private func verified(_ token: String, now: Moment) async throws -> (Assertion, TrustedIssuer) {
        if let claimed = Assertion.claimed(token), claimed.subject.utf8.count <= Identifiers.bytesMax {
            let candidates = try await self.core.trustedIssuers.trusted(claimed, now: now)
            // One at a time, since the scope is that of the entry whose key signed.
            for trusted in candidates {
                guard let key = try? JSONWebKey(.object(trusted.key), policy: KeyPolicy()),
                    let assertion = Assertion(
                        token, keys: [key], algorithms: SignatureAlgorithm.allCases, audience: self.core.tokenURL,
                        now: now.seconds),
                    let issuedAt = assertion.issuedAt, issuedAt > 0,
                    assertion.expiresAt - issuedAt <= Self.lifespanMax
                else { continue }
                return (assertion, trusted)
            }
        }
        throw HydraError.invalidGrant(
            "The assertion is malformed, expired, not for this server, or not signed by a trusted issuer's key.")
    }

    /// `oauth2.grant.jwt.max_ttl`: 720 hours.
    private static let lifespanMax: Int64 = 720 * 3_600
}
