import OAuthModel

extension HydraClient {
    /// What a challenge leads to.
    public enum Handshake<Request: Sendable>: Sendable {
        /// Somebody has to decide.
        case pending(Request)
        /// It was decided and the browser has been back (410): send it there again.
        ///
        /// Hydra up to 2.1 says this; later ones answer as if it were pending.
        case done(OAuth2RedirectTo)

        /// The request, if it is still pending.
        public var request: Request? {
            if case .pending(let request) = self { request } else { nil }
        }
    }

    /// What the login page is asked.
    ///
    /// Throws ``HydraClientError/Code/notFound`` for a challenge that is unknown, as all that name one do.
    ///
    /// `getOAuth2LoginRequest` · `GET /admin/oauth2/auth/requests/login`
    public func loginRequest(challenge: String) async throws(HydraClientError) -> Handshake<OAuth2LoginRequest> {
        try await self.handshake("getOAuth2LoginRequest", .login, challenge)
    }

    /// Says who has logged in.
    ///
    /// Until the browser is back another answer may take its place; then Hydra up to 2.1 says
    /// ``HydraClientError/Code/conflict``.
    ///
    /// `acceptOAuth2LoginRequest` · `PUT /admin/oauth2/auth/requests/login/accept`
    public func acceptLoginRequest(
        challenge: String, _ acceptance: AcceptOAuth2LoginRequest
    ) async throws(HydraClientError) -> OAuth2RedirectTo {
        try await self.decide("acceptOAuth2LoginRequest", .login, challenge, "/accept", .object(acceptance.json))
    }

    /// Says why nobody has logged in.
    ///
    /// `rejectOAuth2LoginRequest` · `PUT /admin/oauth2/auth/requests/login/reject`
    public func rejectLoginRequest(
        challenge: String, _ rejection: RejectOAuth2Request
    ) async throws(HydraClientError) -> OAuth2RedirectTo {
        try await self.decide("rejectOAuth2LoginRequest", .login, challenge, "/reject", .object(rejection.json))
    }

    /// What the consent page is asked.
    ///
    /// `getOAuth2ConsentRequest` · `GET /admin/oauth2/auth/requests/consent`
    public func consentRequest(challenge: String) async throws(HydraClientError) -> Handshake<OAuth2ConsentRequest> {
        try await self.handshake("getOAuth2ConsentRequest", .consent, challenge)
    }

    /// Says what the user agreed to; the server grants exactly this.
    ///
    /// `acceptOAuth2ConsentRequest` · `PUT /admin/oauth2/auth/requests/consent/accept`
    public func acceptConsentRequest(
        challenge: String, _ acceptance: AcceptOAuth2ConsentRequest
    ) async throws(HydraClientError) -> OAuth2RedirectTo {
        try await self.decide("acceptOAuth2ConsentRequest", .consent, challenge, "/accept", .object(acceptance.json))
    }

    /// Says that the user did not agree.
    ///
    /// `rejectOAuth2ConsentRequest` · `PUT /admin/oauth2/auth/requests/consent/reject`
    public func rejectConsentRequest(
        challenge: String, _ rejection: RejectOAuth2Request
    ) async throws(HydraClientError) -> OAuth2RedirectTo {
        try await self.decide("rejectOAuth2ConsentRequest", .consent, challenge, "/reject", .object(rejection.json))
    }

    /// What the logout page is asked.
    ///
    /// `getOAuth2LogoutRequest` · `GET /admin/oauth2/auth/requests/logout`
    public func logoutRequest(challenge: String) async throws(HydraClientError) -> Handshake<OAuth2LogoutRequest> {
        try await self.handshake("getOAuth2LogoutRequest", .logout, challenge)
    }

    /// Says that the user wants to log out.
    ///
    /// `acceptOAuth2LogoutRequest` · `PUT /admin/oauth2/auth/requests/logout/accept`
    public func acceptLogoutRequest(challenge: String) async throws(HydraClientError) -> OAuth2RedirectTo {
        try await self.decide("acceptOAuth2LogoutRequest", .logout, challenge, "/accept", nil)
    }

    /// Says that the user stays; nothing is redirected.
    ///
    /// `rejectOAuth2LogoutRequest` · `PUT /admin/oauth2/auth/requests/logout/reject`
    public func rejectLogoutRequest(challenge: String) async throws(HydraClientError) {
        var call = Self.call("rejectOAuth2LogoutRequest", .put, .logout, challenge, "/reject")
        // A rejected request is gone (404): after a lost answer a second try would say that there never was one.
        call.isIdempotent = false
        try await self.conclude(call)
    }

    private enum Step: String { case login, consent, logout }

    private func handshake<Request: JSONMapped>(
        _ operation: String, _ step: Step, _ challenge: String
    ) async throws(HydraClientError) -> Handshake<Request> {
        var call = Self.call(operation, .get, step, challenge)
        call.accepts = { 200...299 ~= $0 || $0 == 410 }
        let answer = try await self.perform(call)
        guard answer.status == 410 else { return .pending(try self.read(answer, of: call, requiring: "challenge")) }
        return .done(try self.read(answer, of: call))
    }

    private func decide(
        _ operation: String, _ step: Step, _ challenge: String, _ verdict: String, _ body: JSONValue?
    ) async throws(HydraClientError) -> OAuth2RedirectTo {
        var call = Self.call(operation, .put, step, challenge, verdict)
        if let body { call.send(body) }
        return try await self.value(of: call)
    }

    private static func call(
        _ operation: String, _ method: Call.Method, _ step: Step, _ challenge: String, _ verdict: String = ""
    ) -> Call {
        var call = Call(operation, .admin, method, "/admin/oauth2/auth/requests/\(step.rawValue)\(verdict)")
        call.ask("\(step.rawValue)_challenge", challenge)
        call.secrets = [SecretBytes(challenge)]
        return call
    }
}
