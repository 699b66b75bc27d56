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
        let scope = form.words(of: "scope")
        for word in scope where !ScopeStrategy.wildcard.matches(granted: trusted.scope, wanted: word) {
            throw HydraError.invalidScope("The issuer is not trusted with the scope '\(word)'.")
        }
        let requested = form.requestedAudience
        guard AudienceStrategy.hydra.allows(requested, allowed: client.audience) else {
            throw HydraError.invalidRequest("A requested audience is not one of the client's.")
        }
        guard try await self.core.trustedIssuers.use(assertion.useDigest, until: assertion.expiresAt, now: now) else {
            throw HydraError.jtiKnown
        }
        var audience = assertion.audience
        for name in requested where !audience.contains(where: { $0.hasSameOctets(as: name) }) { audience.append(name) }
        return IssuedAccessToken(
            grantID: Identifiers.uuid(), clientID: client.id, subject: assertion.subject, scope: scope,
            audience: audience, issuedAt: now,
            expiresAt: now.adding(client.lifespans[.jwtBearerAccessToken] ?? self.core.lifespans.accessToken))
    }

    /// Every reason that lies in the assertion is told the same way.
    private func verified(_ token: String, now: Moment) async throws -> (Assertion, TrustedIssuer) {
        if let (issuer, subject) = Assertion.claimed(token), subject.utf8.count <= Self.subjectBytesMax {
            let candidates = try await self.core.trustedIssuers.trusted(issuer: issuer, subject: subject, now: now)
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
    private static let subjectBytesMax = 255
}

extension FormFields {
    /// Given several times, each value is one audience; given once, it is split at spaces.
    var requestedAudience: [String] {
        let values = self.values(of: "audience")
        return values.count > 1 ? values.filter { !$0.isEmpty } : self.words(of: "audience")
    }
}
