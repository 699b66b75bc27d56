import OAuthModel

/// RFC 6749 §4.1.3: a client brings the code that a browser brought to it.
struct AuthorizationCodeGrant: Sendable {
    let core: ServerCore

    static let name = "authorization_code"

    func tokens(_ form: FormFields, to client: RegisteredClient, now: Moment) async throws -> IssuedTokens {
        try client.require(grantType: Self.name)
        guard let code = form.nonEmpty("code"), self.core.mint.tokens.isOurs(code, .authorizationCode) else {
            throw HydraError.invalidGrant("The code is not known.")
        }
        let issuer = self.core.tokenIssuer
        let tokens = try await self.core.grants.redeem(
            PresentedCode(
                digest: TokenDigest(opaque: code, .authorizationCode), clientID: client.id,
                redirectURI: form["redirect_uri"], codeVerifier: form["code_verifier"]),
            now: now
        ) { try issuer.issue($0, to: client, on: .code, now: now) }
        // Which of the reasons it was is for the client's author to find out, and for nobody else.
        guard let tokens else {
            throw HydraError.invalidGrant(
                "The code is unknown, expired, used, or does not fit the client, the redirect URI or the verifier.")
        }
        return tokens
    }
}

/// RFC 6749 §6: a client comes again without the user; its refresh token is exchanged for another each time.
struct RefreshTokenGrant: Sendable {
    let core: ServerCore

    static let name = "refresh_token"

    /// The original grant is issued again; a `scope` parameter is not looked at, as in Hydra.
    func tokens(_ form: FormFields, to client: RegisteredClient, now: Moment) async throws -> IssuedTokens {
        try client.require(grantType: Self.name)
        guard let token = form.nonEmpty("refresh_token"), self.core.mint.tokens.isOurs(token, .refresh) else {
            throw HydraError.invalidGrant("The refresh token is not known.")
        }
        let issuer = self.core.tokenIssuer
        let refresh = try await self.core.grants.refresh(
            TokenDigest(opaque: token, .refresh), by: client.id, now: now
        ) { grant in
            try Self.checkIsStillAllowed(grant, to: client)
            return try issuer.issue(grant, to: client, on: .refresh, now: now)
        }
        switch refresh {
        case .issued(let tokens): return tokens
        case .unknown: throw HydraError.invalidGrant("The refresh token is unknown, expired or another client's.")
        case .reused: throw HydraError.tokenInactive
        }
    }

    /// What the user granted may have been taken from the client since.
    private static func checkIsStillAllowed(_ grant: AuthorizationGrant, to client: RegisteredClient) throws {
        guard grant.isOffline else { throw HydraError.scopeNotGranted }
        for word in grant.scope where !ScopeStrategy.wildcard.matches(granted: client.scopes, wanted: word) {
            throw HydraError.invalidScope("The client is not allowed the scope '\(word)' any more.")
        }
        guard AudienceStrategy.hydra.allows(grant.audience, allowed: client.audience) else {
            throw HydraError.invalidRequest("An audience of the grant is not one of the client's any more.")
        }
    }
}
