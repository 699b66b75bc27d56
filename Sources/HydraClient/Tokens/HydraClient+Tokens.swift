public import OAuthModel

extension HydraClient {
    /// Gives a grant for tokens.
    ///
    /// Never tried again: a code and a refresh token work once, and a second use ends what the first one brought. Throws
    /// the codes of RFC 6749 §5.2: ``HydraClientError/Code/invalidGrant`` for what is spent, expired or another client's,
    /// ``HydraClientError/Code/invalidClient``, ``HydraClientError/Code/invalidScope`` and their like.
    ///
    /// `oauth2TokenExchange` · `POST /oauth2/token`
    public func exchangeToken(
        _ grant: TokenGrant, as client: ClientIdentity
    ) async throws(HydraClientError) -> OAuth2TokenResponse {
        var call = Call("oauth2TokenExchange", .public, .post, Self.tokenPath)
        var form = try grant.form(for: call.operation)
        call.secrets = grant.secrets
        try self.authenticate(&call, &form, as: client)
        call.send(form: form)
        return try await self.value(of: call)
    }

    /// Says whether a token is usable now, and what it is worth (RFC 7662).
    ///
    /// A question that got no answer is an error, never `IntrospectionResponse.inactive`. A refresh token is active as
    /// well: look at `ActiveToken.tokenUse` before you take one for an access token. With `scopes` a token that lacks one
    /// of them is inactive too.
    ///
    /// `introspectOAuth2Token` · `POST /admin/oauth2/introspect`
    public func introspectToken(
        _ token: SecretBytes, scopes: ScopeSet = ScopeSet(), hint: TokenTypeHint? = nil
    ) async throws(HydraClientError) -> IntrospectionResponse {
        var call = Call("introspectOAuth2Token", .admin, .post, "/admin/oauth2/introspect")
        var form = [FormURLEncoded.Parameter(name: "token", value: token.text)]
        form += try RequestedAccess.parameters(scopes: scopes, audience: [], for: call.operation)
        if let hint { form.append(FormURLEncoded.Parameter(name: "token_type_hint", value: hint.rawValue)) }
        call.send(form: form)
        call.secrets = [token]
        // A question: it changes nothing.
        call.isIdempotent = true
        let answer = try await self.perform(call)
        do throws(IntrospectionResponseError) {
            let limits = JSONLimits(depth: JSONLimits.depthMax, bytes: self.configuration.responseBytesMax)
            return try IntrospectionResponse.parse(answer.body, limits: limits)
        } catch {
            let isJSON = if case .notJSON = error { false } else { true }
            throw HydraClientError(
                .decoding, isJSON ? .unexpectedMember : .notJSON, operation: call.operation,
                message: "the answer is no introspection answer (\(error.label))", status: answer.status, cause: error)
        }
    }

    /// Ends a token, and all others of its grant (RFC 7009).
    ///
    /// Succeeds for tokens that are unknown, over, or of another client, which it leaves alone.
    ///
    /// `revokeOAuth2Token` · `POST /oauth2/revoke`
    public func revokeToken(
        _ token: SecretBytes, as client: ClientIdentity, hint: TokenTypeHint? = nil
    ) async throws(HydraClientError) {
        var call = Call("revokeOAuth2Token", .public, .post, "/oauth2/revoke")
        var form = [FormURLEncoded.Parameter(name: "token", value: token.text)]
        if let hint { form.append(FormURLEncoded.Parameter(name: "token_type_hint", value: hint.rawValue)) }
        call.secrets = [token]
        try self.authenticate(&call, &form, as: client)
        call.send(form: form)
        // What has ended ends no further. An assertion, though, works once.
        if case .assertion = client.proof { call.isIdempotent = false } else { call.isIdempotent = true }
        try await self.conclude(call)
    }

    /// Ends the access tokens of a client; its refresh tokens go on.
    ///
    /// `deleteOAuth2Token` · `DELETE /admin/oauth2/tokens`
    public func deleteTokens(ofClient id: String) async throws(HydraClientError) {
        var call = Call("deleteOAuth2Token", .admin, .delete, "/admin/oauth2/tokens")
        call.ask("client_id", id)
        try await self.conclude(call)
    }
}

extension ActiveToken {
    /// What the consent put into the token (Hydra's `ext`).
    public var ext: JSONObject? { self.claims["ext"]?.objectValue }

    /// The pairwise identifier in the ID token that came with this token.
    public var obfuscatedSubject: String? { self.claims["obfuscated_subject"]?.stringValue }
}
