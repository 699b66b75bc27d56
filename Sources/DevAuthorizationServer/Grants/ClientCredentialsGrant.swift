import OAuthModel

/// RFC 6749 §4.4: a client asks in its own name.
struct ClientCredentialsGrant: Sendable {
    let defaultLifespan: GoDuration

    static let name = "client_credentials"

    /// What the client is granted.
    ///
    /// Checked in Hydra's order: scope, audience, then the grant type itself.
    func grant(_ form: FormFields, to client: RegisteredClient, now: Moment) throws -> IssuedAccessToken {
        let scope = form.requestedScope
        try RequestedScope.check(scope, against: client.scopes) {
            "The client is not allowed to request the scope '\($0)'."
        }
        let audience = form.requestedAudience
        try client.require(audience: audience)
        guard !client.isPublic else {
            throw HydraError.invalidGrant("The client is public and may not use the grant 'client_credentials'.")
        }
        try client.require(grantType: Self.name)
        return IssuedAccessToken(
            grantID: Identifiers.uuid(), clientID: client.id, subject: client.id, scope: scope, audience: audience,
            issuedAt: now,
            expiresAt: now.adding(client.lifespans[.clientCredentialsAccessToken] ?? self.defaultLifespan))
    }
}
