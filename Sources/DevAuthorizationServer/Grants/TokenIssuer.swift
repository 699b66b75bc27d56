import JOSE
import OAuthModel

/// Everything that one answer of the token endpoint hands out, made and not yet kept.
struct IssuedTokens: Sendable {
    let accessToken: MintedToken<IssuedAccessToken>
    let refreshToken: MintedToken<IssuedRefreshToken>?
    let idToken: String?

    /// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
    func answer(now: Moment) -> JSONObject {
        let issued = self.accessToken.issued
        var answer: JSONObject = [
            "access_token": .string(self.accessToken.text),
            "expires_in": .integer((issued.expiresAt.milliseconds - now.milliseconds) / 1_000),
            "scope": .string(issued.scope.joined(separator: " ")), "token_type": "bearer",
        ]
        if let refreshToken { answer["refresh_token"] = .string(refreshToken.text) }
        if let idToken { answer["id_token"] = .string(idToken) }
        return answer
    }
}

/// A token's text, for its client only, and what is kept of it.
struct MintedToken<Issued: Sendable>: Sendable {
    let text: String
    let digest: TokenDigest
    let issued: Issued
}

/// What is kept of a refresh token.
struct IssuedRefreshToken: Sendable, Hashable {
    var grant: AuthorizationGrant
    var issuedAt: Moment
    /// Nil: never.
    var expiresAt: Moment?
}

/// Makes the tokens that a user's grant is worth.
struct TokenIssuer: Sendable {
    let mint: AccessTokenMint
    let idTokenKey: SigningKey
    let issuer: String
    let defaults: TokenLifespans

    /// The grant that the tokens come from decides how long they live, if the client has a say of its own.
    enum Occasion: Sendable { case code, refresh }

    func issue(
        _ grant: AuthorizationGrant, to client: RegisteredClient, on occasion: Occasion, now: Moment
    ) throws -> IssuedTokens {
        let accessLifespan =
            client.lifespans[occasion == .code ? .authorizationCodeAccessToken : .refreshTokenAccessToken]
            ?? self.defaults.accessToken
        let access = try self.mint.make(
            IssuedAccessToken(
                grantID: grant.id, clientID: client.id, subject: grant.subject, scope: grant.scope,
                audience: grant.audience, issuedAt: now, expiresAt: now.adding(accessLifespan), grant: grant),
            to: client, issuer: self.issuer)
        return IssuedTokens(
            accessToken: access, refreshToken: self.refreshToken(grant, to: client, on: occasion, now: now),
            idToken: try self.idToken(grant, to: client, on: occasion, accessToken: access.text, now: now))
    }

    private func refreshToken(
        _ grant: AuthorizationGrant, to client: RegisteredClient, on occasion: Occasion, now: Moment
    ) -> MintedToken<IssuedRefreshToken>? {
        guard grant.isOffline, client.allows(grantType: "refresh_token") else { return nil }
        let own = client.lifespans[occasion == .code ? .authorizationCodeRefreshToken : .refreshTokenRefreshToken]
        let lifespan = own ?? self.defaults.refreshToken
        let text = self.mint.tokens.make(.refresh)
        return MintedToken(
            text: text, digest: TokenDigest(opaque: text, .refresh),
            issued: IssuedRefreshToken(grant: grant, issuedAt: now, expiresAt: lifespan.map { now.adding($0) }))
    }

    /// OpenID Connect Core §2; claims of the consent come first, so that they replace none of the server's.
    private func idToken(
        _ grant: AuthorizationGrant, to client: RegisteredClient, on occasion: Occasion, accessToken: String,
        now: Moment
    ) throws -> String? {
        guard grant.scope.contains("openid") else { return nil }
        if let nonce = grant.nonce, nonce.utf8.count < Self.nonceBytesMin {
            throw HydraError.insufficientEntropy("The nonce has fewer than \(Self.nonceBytesMin) characters.")
        }
        let own = client.lifespans[occasion == .code ? .authorizationCodeIDToken : .refreshTokenIDToken]
        var claims = grant.userClaims(issuer: self.issuer, issuedAt: now)
        claims["exp"] = .integer(now.adding(own ?? self.defaults.idToken).seconds)
        claims["jti"] = .string(Identifiers.uuid())
        claims["sid"] = .string(grant.sessionID)
        let half = SHA256Digest.digest(of: Array(accessToken.utf8)).bytes.prefix(16)
        claims["at_hash"] = .string(Base64URL.encode(Array(half)))
        if let nonce = grant.nonce { claims["nonce"] = .string(nonce) }
        return try self.idTokenKey.sign(claims)
    }

    private static let nonceBytesMin = 8
}

/// How long tokens live, unless the client says otherwise.
struct TokenLifespans: Sendable {
    var accessToken: GoDuration
    var idToken = GoDuration.seconds(3_600)
    /// Nil: for ever.
    var refreshToken: GoDuration? = Self.refreshTokenDefault

    static let refreshTokenDefault = GoDuration.seconds(720 * 3_600)
}

extension AuthorizationGrant {
    /// Whether the client may come again without the user.
    var isOffline: Bool { self.scope.contains("offline") || self.scope.contains("offline_access") }

    /// What ID token and userinfo both say of the user.
    func userClaims(issuer: String, issuedAt: Moment) -> JSONObject {
        var claims = self.idTokenSession
        for name in Self.reservedClaims { claims[name] = nil }
        claims["iss"] = .string(issuer)
        claims["sub"] = .string(self.subject)
        claims["aud"] = .strings([self.clientID])
        claims["iat"] = .integer(issuedAt.seconds)
        claims["auth_time"] = .integer(self.authenticatedAt.seconds)
        claims["rat"] = .integer(self.requestedAt.seconds)
        if !self.acr.isEmpty {
            claims["acr"] = .string(self.acr)
        } else if self.acrValuesRequested {
            claims["acr"] = "0"
        }
        if !self.amr.isEmpty { claims["amr"] = .strings(self.amr) }
        return claims
    }

    /// The server's own to say.
    private static let reservedClaims = [
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "auth_time", "rat", "nonce", "at_hash", "c_hash", "acr",
        "amr", "azp",
    ]
}
