extension HydraClient {
    /// One page of the consents that a subject gave, newest first.
    ///
    /// `listOAuth2ConsentSessions` · `GET /admin/oauth2/auth/sessions/consent`
    public func listConsentSessions(
        subject: String, loginSessionID: String? = nil, pageSize: Int? = nil, pageToken: String? = nil
    ) async throws(HydraClientError) -> Page<OAuth2ConsentSession> {
        var call = Call("listOAuth2ConsentSessions", .admin, .get, Self.consentPath)
        call.ask("subject", subject)
        call.ask("login_session_id", loginSessionID)
        return try await self.page(of: call, size: pageSize, token: pageToken)
    }

    /// All consents that a subject gave, page after page.
    ///
    /// `listOAuth2ConsentSessions` · `GET /admin/oauth2/auth/sessions/consent`
    public func consentSessions(
        subject: String, loginSessionID: String? = nil, pageSize: Int? = nil
    ) -> PagedSequence<OAuth2ConsentSession> {
        PagedSequence("listOAuth2ConsentSessions") { token throws(HydraClientError) in
            try await self.listConsentSessions(
                subject: subject, loginSessionID: loginSessionID, pageSize: pageSize, pageToken: token)
        }
    }

    /// Which consents of a subject end.
    public enum ConsentsToRevoke: Sendable, Hashable {
        /// Those that the subject gave to the client of this id.
        case ofClient(String)
        /// Those that the subject gave to anybody.
        case all
    }

    /// Ends consents of a subject, and the access and refresh tokens that came of them.
    ///
    /// `revokeOAuth2ConsentSessions` · `DELETE /admin/oauth2/auth/sessions/consent`
    public func revokeConsentSessions(
        subject: String, _ consents: ConsentsToRevoke
    ) async throws(HydraClientError) {
        var call = Call("revokeOAuth2ConsentSessions", .admin, .delete, Self.consentPath)
        call.ask("subject", subject)
        switch consents {
        case .ofClient(let id): call.ask("client", id)
        case .all: call.ask("all", "true")
        }
        try await self.conclude(call)
    }

    /// Which login sessions end.
    public enum LoginsToRevoke: Sendable, Hashable {
        /// All of a subject.
        case ofSubject(String)
        /// The one of this id; its clients are told.
        case session(String)
    }

    /// Ends login sessions: the next authorization asks again.
    ///
    /// Tokens stay valid.
    ///
    /// `revokeOAuth2LoginSessions` · `DELETE /admin/oauth2/auth/sessions/login`
    public func revokeLoginSessions(_ logins: LoginsToRevoke) async throws(HydraClientError) {
        var call = Call("revokeOAuth2LoginSessions", .admin, .delete, "/admin/oauth2/auth/sessions/login")
        switch logins {
        case .ofSubject(let subject): call.ask("subject", subject)
        case .session(let id): call.ask("sid", id)
        }
        try await self.conclude(call)
    }

    private static let consentPath = "/admin/oauth2/auth/sessions/consent"
}
