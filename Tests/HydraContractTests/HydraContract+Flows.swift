import HydraClient
import OAuthModel
import Testing

extension HydraContract {
    /// An authorization request of a client.
    func request(
        _ client: OAuth2Client, scope: String = "openid offline photos.read"
    ) throws -> HydraClient.AuthorizationRequest {
        HydraClient.AuthorizationRequest(
            clientID: try #require(client.clientID), redirectURI: Self.redirectURI,
            scopes: ScopeSet(spaceSeparated: scope), pkce: HydraClient.PKCE())
    }

    /// Starts and gives the login challenge.
    func loginChallenge(
        _ request: HydraClient.AuthorizationRequest, _ browser: inout Browser
    ) async throws -> String {
        let redirect = try await browser.start(request)
        return try #require(redirect.parameter("login_challenge"), "\(redirect)").text
    }

    /// Logs in and gives the consent challenge.
    func consentChallenge(
        _ request: HydraClient.AuthorizationRequest, remember: Bool = false, _ browser: inout Browser
    ) async throws -> String {
        let challenge = try await self.loginChallenge(request, &browser)
        let redirect = try await self.hydra.acceptLoginRequest(
            challenge: challenge, AcceptOAuth2LoginRequest(subject: self.subject, remember: remember))
        let next = try await browser.follow(redirect)
        return try #require(next.parameter("consent_challenge"), "\(next)").text
    }

    /// Goes the whole way and gives the code.
    func code(
        _ request: HydraClient.AuthorizationRequest, remember: Bool = false, _ browser: inout Browser
    ) async throws -> SecretBytes {
        let challenge = try await self.consentChallenge(request, remember: remember, &browser)
        let redirect = try await self.hydra.acceptConsentRequest(
            challenge: challenge,
            AcceptOAuth2ConsentRequest(
                grantScope: request.scopes.scopes.map(\.text),
                session: OAuth2ConsentSessionData(accessToken: ["tenant": 7]), remember: remember))
        let last = try await browser.follow(redirect)
        #expect(last.location.hasPrefix(Self.redirectURI))
        return try HydraClient.AuthorizationResponse(redirectedTo: last.location, expectingState: request.state).code
    }

    /// Expects the browser to come back to the client with an error.
    func expectRefusal(
        _ code: HydraClientError.Code, of request: HydraClient.AuthorizationRequest,
        at redirect: HydraClient.AuthorizationRedirect
    ) {
        #expect(redirect.location.hasPrefix(Self.redirectURI))
        #expect {
            _ = try HydraClient.AuthorizationResponse(redirectedTo: redirect.location, expectingState: request.state)
        } throws: {
            ($0 as? HydraClientError)?.code == code
        }
    }

    /// Contract §6.3.
    func authorizations() async throws {
        let client = try await self.makeBrowserClient()
        var browser = Browser(self.hydra)
        // Nowhere to send the browser: the error stays with the server.
        var lost = try self.request(client)
        lost.clientID = "nobody"
        #expect(try await browser.start(lost).parameter("error")?.text == "invalid_client")
        lost = try self.request(client)
        lost.redirectURI = "https://evil.example/"
        let stayed = try await browser.start(lost)
        #expect(stayed.location.hasPrefix("https://evil.example") == false)

        let greedy = try self.request(client, scope: "videos.read")
        self.expectRefusal(.invalidScope, of: greedy, at: try await browser.start(greedy))
        var shy = try self.request(client)
        shy.prompt = ["none"]
        self.expectRefusal(.loginRequired, of: shy, at: try await browser.start(shy))

        let request = try self.request(client)
        let code = try await self.code(request, &browser)
        #expect(code.isEmpty == false)
        try await self.hydra.deleteClient(id: try #require(client.clientID))
    }

    /// Contract §6.4.
    func logins() async throws {
        let client = try await self.makeBrowserClient()
        let request = try self.request(client)
        var browser = Browser(self.hydra)
        let challenge = try await self.loginChallenge(request, &browser)
        let login = try #require(try await self.hydra.loginRequest(challenge: challenge).request)
        #expect(login.challenge == challenge)
        #expect(login.skip == false)
        #expect(login.requestedScope == ["openid", "offline", "photos.read"])
        #expect(login.client?.clientID == client.clientID)
        #expect(login.client?.clientSecret == nil)
        await self.expect(.notFound) { _ = try await self.hydra.loginRequest(challenge: "unknown") }
        await self.expect(.invalidRequest, .badRequest) {
            _ = try await self.hydra.acceptLoginRequest(challenge: challenge, AcceptOAuth2LoginRequest(subject: ""))
        }
        await self.expect(.notFound) {
            _ = try await self.hydra.acceptLoginRequest(challenge: "unknown", AcceptOAuth2LoginRequest(subject: "a"))
        }
        await self.expect(.notFound) {
            _ = try await self.hydra.rejectLoginRequest(challenge: "unknown", RejectOAuth2Request())
        }
        let rejected = try await self.hydra.rejectLoginRequest(
            challenge: challenge, RejectOAuth2Request(error: .accessDenied, errorDescription: "Not today."))
        self.expectRefusal(.accessDenied, of: request, at: try await browser.follow(rejected))

        // A verifier is bound to the browser that started.
        let second = try self.request(client)
        let again = try await self.loginChallenge(second, &browser)
        let accepted = try await self.hydra.acceptLoginRequest(
            challenge: again, AcceptOAuth2LoginRequest(subject: self.subject))
        var stranger = Browser(self.hydra)
        self.expectRefusal(.requestForbidden, of: second, at: try await stranger.follow(accepted))
        try await self.hydra.deleteClient(id: try #require(client.clientID))
    }

    /// Contract §6.5 and §6.7.
    func consents() async throws {
        let client = try await self.makeBrowserClient()
        let id = try #require(client.clientID)
        let request = try self.request(client)
        var browser = Browser(self.hydra)
        let challenge = try await self.consentChallenge(request, &browser)
        let consent = try #require(try await self.hydra.consentRequest(challenge: challenge).request)
        #expect(consent.subject == self.subject)
        #expect(consent.requestedScope == ["openid", "offline", "photos.read"])
        await self.expect(.notFound) { _ = try await self.hydra.consentRequest(challenge: "unknown") }
        await self.expect(.notFound) {
            _ = try await self.hydra.acceptConsentRequest(challenge: "unknown", AcceptOAuth2ConsentRequest())
        }
        await self.expect(.notFound) {
            _ = try await self.hydra.rejectConsentRequest(challenge: "unknown", RejectOAuth2Request())
        }
        let rejected = try await self.hydra.rejectConsentRequest(
            challenge: challenge, RejectOAuth2Request(error: .accessDenied))
        self.expectRefusal(.accessDenied, of: request, at: try await browser.follow(rejected))

        _ = try await self.code(try self.request(client), remember: true, &browser)
        try await self.sessions(id, try self.request(client), &browser)
        try await self.hydra.deleteClient(id: id)
    }

    private func sessions(
        _ clientID: String, _ request: HydraClient.AuthorizationRequest, _ browser: inout Browser
    ) async throws {
        var listed: [OAuth2ConsentSession] = []
        for try await session in self.hydra.consentSessions(subject: self.subject, pageSize: 1) {
            listed.append(session)
        }
        let session = try #require(listed.first { $0.consentRequest?.client?.clientID == clientID })
        #expect(session.grantScope == ["openid", "offline", "photos.read"])
        #expect(session.session?.accessToken == ["tenant": 7])
        #expect(session.handledAt != nil)
        await self.expect(.invalidRequest, .badRequest) { _ = try await self.hydra.listConsentSessions(subject: "") }
        await self.expect(.invalidRequest, .badRequest) {
            try await self.hydra.revokeConsentSessions(subject: "", .all)
        }
        await self.expect(.invalidRequest, .badRequest) { try await self.hydra.revokeLoginSessions(.ofSubject("")) }

        // The browser is known now; afterwards it is not.
        let known = try await self.hydra.loginRequest(
            challenge: try await self.loginChallenge(request, &browser))
        #expect(known.request?.skip == true)
        #expect(known.request?.subject == self.subject)
        try await self.hydra.revokeLoginSessions(.ofSubject(self.subject))
        let unknown = try await self.hydra.loginRequest(
            challenge: try await self.loginChallenge(request, &browser))
        #expect(unknown.request?.skip == false)

        try await self.hydra.revokeConsentSessions(subject: self.subject, .ofClient(clientID))
        let left = try await self.hydra.listConsentSessions(subject: self.subject)
        #expect(left.elements.contains { $0.consentRequest?.client?.clientID == clientID } == false)
        try await self.hydra.revokeConsentSessions(subject: self.subject, .all)
        #expect(try await self.hydra.listConsentSessions(subject: self.subject).elements.isEmpty)
    }

    /// Contract §6.6 and §7.4.
    func logouts() async throws {
        let client = try await self.makeBrowserClient()
        var browser = Browser(self.hydra)
        _ = try await self.code(try self.request(client), remember: true, &browser)
        let url = OAuth2RedirectTo(try self.hydra.logoutURL())
        let first = try #require(try await browser.follow(url).parameter("logout_challenge")).text
        let logout = try #require(try await self.hydra.logoutRequest(challenge: first).request)
        #expect(logout.subject == self.subject)
        #expect(logout.rpInitiated == false)
        await self.expect(.notFound) { _ = try await self.hydra.logoutRequest(challenge: "unknown") }
        await self.expect(.notFound) { _ = try await self.hydra.acceptLogoutRequest(challenge: "unknown") }
        await self.expect(.notFound) { try await self.hydra.rejectLogoutRequest(challenge: "unknown") }
        try await self.hydra.rejectLogoutRequest(challenge: first)

        let second = try #require(try await browser.follow(url).parameter("logout_challenge")).text
        _ = try await browser.follow(try await self.hydra.acceptLogoutRequest(challenge: second))
        // Without a session there is nothing to ask.
        #expect(try await browser.follow(url).parameter("logout_challenge") == nil)
        try await self.hydra.deleteClient(id: try #require(client.clientID))
    }
}
