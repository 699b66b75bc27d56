public import OAuthModel

extension HydraClient {
    /// The address to send the browser to.
    ///
    /// `oAuth2Authorize` · `GET /oauth2/auth`
    public func authorizationURL(for request: AuthorizationRequest) throws(HydraClientError) -> String {
        let parameters = try request.parameters(for: Self.authorize)
        return try self.base(.public, for: Self.authorize).url("/oauth2/auth", query: parameters)
    }

    /// Goes the first step of an authorization in the browser's place, without following where it leads.
    ///
    /// `oAuth2Authorize` · `GET /oauth2/auth`
    public func authorize(
        _ request: AuthorizationRequest, cookie: SecretBytes? = nil
    ) async throws(HydraClientError) -> AuthorizationRedirect {
        try await self.step(to: try self.authorizationURL(for: request), cookie: cookie)
    }

    /// Goes the next step in the browser's place: where a login, consent or logout that was decided leads.
    ///
    /// `cookie` is the `Cookie` field with what the steps before it set. An address that is not below
    /// ``Configuration/publicURL`` is refused: cookie and verifier are for nobody else.
    ///
    /// A page in place of a redirect is ``HydraClientError/Code/unexpectedStatus`` with the status 200. The step is
    /// gone then, and only a browser can show where it leads: the form of `response_mode=form_post`, or the frames by
    /// which clients are told of a logout.
    public func authorize(
        resuming redirect: OAuth2RedirectTo, cookie: SecretBytes? = nil
    ) async throws(HydraClientError) -> AuthorizationRedirect {
        guard try self.base(.public, for: Self.authorize).holds(redirect.redirectTo) else {
            throw HydraClientError(
                .request, .invalidArgument, operation: Self.authorize,
                message: "the address is not below the public URL")
        }
        return try await self.step(to: redirect.redirectTo, cookie: cookie)
    }

    /// The address that ends the browser's session (OpenID Connect RP-Initiated Logout 1.0 §2).
    ///
    /// `revokeOidcSession` · `GET /oauth2/sessions/logout`
    public func logoutURL(
        idTokenHint: SecretBytes? = nil, postLogoutRedirectURI: String? = nil, state: String? = nil
    ) throws(HydraClientError) -> String {
        let named = [
            ("id_token_hint", idTokenHint?.text), ("post_logout_redirect_uri", postLogoutRedirectURI), ("state", state),
        ]
        let parameters = named.compactMap { name, value in
            value.map { FormURLEncoded.Parameter(name: name, value: $0) }
        }
        return try self.base(.public, for: "revokeOidcSession").url("/oauth2/sessions/logout", query: parameters)
    }

    private func step(to url: String, cookie: SecretBytes?) async throws(HydraClientError) -> AuthorizationRedirect {
        var call = Call(Self.authorize, .public, .get, "/oauth2/auth")
        call.fields = [("Accept", "text/html")]
        if let cookie { call.fields.append(("Cookie", cookie.text)) }
        call.secrets = cookie.map { [$0] } ?? []
        // Each step leaves something behind, and a verifier works once.
        call.isIdempotent = false
        call.accepts = { $0 == 302 || $0 == 303 || $0 == 200 }
        let answer = try await self.perform(call, at: url)
        guard answer.status != 200 else { throw Self.page(answer, of: call) }
        let locations = answer.fields("Location")
        guard let location = locations.first, locations.count == 1 else {
            throw HydraClientError(
                .decoding, .unexpectedMember, operation: Self.authorize,
                message: "the server redirects without saying where, or says it twice", status: answer.status)
        }
        return AuthorizationRedirect(
            status: answer.status, location: location,
            setCookies: answer.fields("Set-Cookie").map { SecretBytes($0) })
    }

    /// What is not a redirect: a page for a browser, unless it says itself what is wrong.
    private static func page(_ answer: Answer, of call: Call) -> HydraClientError {
        var problem = HydraClientError(refusing: answer, to: call)
        if problem.error == nil {
            problem.message = "the server answered with a page that a browser has to show, and not with a redirect"
        }
        return problem
    }

    private static let authorize = "oAuth2Authorize"
}
