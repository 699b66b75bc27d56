import OAuthModel

/// Makes access tokens and keeps what introspection has to know of them.
struct AccessTokenMint: Sendable {
    let tokens: OpaqueTokens
    let key: SigningKey
    let store: AccessTokenStore
    let defaultStrategy: DevAuthorizationServer.Options.TokenStrategy

    /// A token for this client, kept.
    func issue(
        _ granted: IssuedAccessToken, to client: RegisteredClient, issuer: String
    ) async throws -> MintedToken<IssuedAccessToken> {
        let token = try self.make(granted, to: client, issuer: issuer)
        try await self.store.insert(token.issued, digest: token.digest)
        return token
    }

    /// A token for this client, opaque or a JWT as the client, else the server, wants it; not kept yet.
    func make(
        _ granted: IssuedAccessToken, to client: RegisteredClient, issuer: String
    ) throws -> MintedToken<IssuedAccessToken> {
        switch DevAuthorizationServer.Options.TokenStrategy(rawValue: client.accessTokenStrategy)
            ?? self.defaultStrategy
        {
        case .opaque:
            let token = self.tokens.make(.access)
            return MintedToken(text: token, digest: TokenDigest(opaque: token, .access), issued: granted)
        case .jwt:
            let token = try self.key.sign(Self.claims(of: granted, issuer: issuer))
            return MintedToken(text: token, digest: TokenDigest(jwt: token), issued: granted)
        }
    }

    /// The digest to look a token up by; nil for text that was never one of our tokens.
    func digest(of token: String) -> TokenDigest? {
        if self.tokens.isOurs(token, .access) { return TokenDigest(opaque: token, .access) }
        // A JWT is known by its digest; comparing all of it checks the signature as well as verifying would.
        return token.utf8.count { $0 == UInt8(ascii: ".") } == 2 ? TokenDigest(jwt: token) : nil
    }

    /// The claims as Hydra writes them (contract §4).
    private static func claims(of granted: IssuedAccessToken, issuer: String) -> JSONObject {
        [
            "aud": .strings(granted.audience), "client_id": .string(granted.clientID),
            "exp": .integer(granted.expiresAt.seconds), "ext": .object(granted.grant?.accessTokenSession ?? [:]),
            "iat": .integer(granted.issuedAt.seconds),
            "iss": .string(issuer), "jti": .string(Identifiers.uuid()), "nbf": .integer(granted.issuedAt.seconds),
            "scp": .strings(granted.scope), "sub": .string(granted.subject),
        ]
    }
}

extension ServerCore {
    /// The digests under which a token may be kept, whichever kind it is; none for what was never ours.
    func digests(of token: String) -> [TokenDigest] {
        var digests = self.mint.digest(of: token).map { [$0] } ?? []
        if self.mint.tokens.isOurs(token, .refresh) { digests.append(TokenDigest(opaque: token, .refresh)) }
        return digests
    }
}
