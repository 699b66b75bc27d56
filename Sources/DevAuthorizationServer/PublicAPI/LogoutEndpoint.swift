import Hummingbird
import OAuthModel

/// `/oauth2/sessions/logout`: a browser, or a client by way of it, ends the login session (contract §7.4, OpenID Connect
/// RP-Initiated Logout 1.0 §2).
///
/// Tokens stay what they are.
struct LogoutEndpoint: Sendable {
    let core: ServerCore

    static let path = "/oauth2/sessions/logout"

    func logout(_ call: Call) async throws -> Response {
        do {
            let fields =
                call.request.method == .post
                ? FormFields(parameters: try await call.form().parameters + (try call.query).parameters)
                : try call.query
            if let verifier = fields.nonEmpty("logout_verifier") { return try await self.complete(verifier, call) }
            guard let hint = fields.nonEmpty("id_token_hint") else {
                return try await self.askedByBrowser(fields, call)
            }
            return try await self.askedByClient(hint, fields, call)
        } catch let error as HydraError {
            return Reply.redirect(.found, to: PageAddresses.errorURL(error, publicURL: self.core.publicURL))
        }
    }

    private func askedByBrowser(_ fields: FormFields, _ call: Call) async throws -> Response {
        for name in ["state", "post_logout_redirect_uri"] where fields.nonEmpty(name) != nil {
            throw HydraError.invalidRequest("The parameter '\(name)' needs an 'id_token_hint', which is missing.")
        }
        let target = self.core.publicURL + PageAddresses.loggedOut
        guard let cookie = self.cookies.digests(.session, in: call.request.headers).first,
            let session = try await self.core.browser.sessions.session(cookie, now: self.core.now())
        else { return Reply.redirect(.found, to: target) }
        return try await self.ask(session, client: nil, target: target, call)
    }

    private func askedByClient(_ token: String, _ fields: FormFields, _ call: Call) async throws -> Response {
        guard let hint = IDTokenHint(token, keys: self.core.idTokenKeys, issuer: self.core.issuer),
            let client = try await self.client(among: hint.audience)
        else { throw HydraError.invalidRequest("The parameter 'id_token_hint' is no ID token of this server.") }
        let target = try self.target(fields, of: client)
        guard let session = try await self.core.browser.sessions.session(id: hint.sessionID, now: self.core.now()),
            session.subject.hasSameOctets(as: hint.subject)
        else { return Reply.redirect(.found, to: target) }
        return try await self.ask(session, client: client, target: target, call)
    }

    private func client(among audience: [String]) async throws -> RegisteredClient? {
        // Our ID tokens are for one client, but every list that comes from outside has an end.
        for id in audience.prefix(Self.audiencesMax) {
            if let stored = try await self.core.clients.client(id) { return stored.client }
        }
        return nil
    }

    private static let audiencesMax = 8

    private func target(_ fields: FormFields, of client: RegisteredClient) throws -> String {
        guard let uri = fields.nonEmpty("post_logout_redirect_uri") else {
            return self.core.publicURL + PageAddresses.loggedOut
        }
        guard client.postLogoutRedirectURIs.contains(where: { $0.hasSameOctets(as: uri) }) else {
            throw HydraError.invalidRequest(
                "The parameter 'post_logout_redirect_uri' is none of the client's post-logout redirect URIs.")
        }
        guard let state = fields.nonEmpty("state") else { return uri }
        return uri.addingQuery([.init(name: "state", value: state)])
    }

    private func ask(
        _ session: LoginSession, client: RegisteredClient?, target: String, _ call: Call
    ) async throws -> Response {
        let requestURL = call.path + (call.request.uri.query.map { "?" + $0 } ?? "")
        guard requestURL.utf8.count + target.utf8.count <= AuthorizationRequest.textBytesMax else {
            throw HydraError.invalidRequest("The request has more than \(AuthorizationRequest.textBytesMax) bytes.")
        }
        let now = self.core.now()
        let logout = LogoutRequest(
            challenge: Identifiers.uuid(), clientID: client?.id, sessionID: session.id, subject: session.subject,
            requestURL: requestURL, target: target, requestedAt: now, expiresAt: now.adding(BrowserFlows.timeLimit))
        let verifier = self.core.browser.secrets.verifier(of: logout.challenge, .logout)
        try await self.core.browser.logouts.insert(logout, verifier: TokenDigest(browserSecret: verifier))
        return Reply.redirect(
            .found, to: self.core.browser.pages.logoutURL(logout.challenge, publicURL: self.core.publicURL))
    }

    /// The logout was confirmed: the session ends, and those who took part in it are told.
    private func complete(_ verifier: String, _ call: Call) async throws -> Response {
        let now = self.core.now()
        let digest = TokenDigest(browserSecret: verifier)
        let presented = self.cookies.digests(.session, in: call.request.headers).first
        guard let logout = try await self.core.browser.logouts.use(digest, session: presented, now: now) else {
            throw HydraError.noSuchRequest
        }
        var frames: [String] = []
        for sessionID in logout.sessionIDs {
            let clients = try await self.core.browser.consentSessions.clients(ofSession: sessionID)
            await self.core.notifyBackchannel(clients, sessionEnded: sessionID)
            frames += self.core.frontchannelFrames(clients, sessionEnded: sessionID)
        }
        // A browser that is logged in otherwise stays so.
        var cookies: [String] = []
        if let presented, try await self.core.browser.sessions.session(presented, now: now) == nil {
            cookies.append(self.cookies.removing(.session))
        }
        let target = logout.request.target
        guard !frames.isEmpty else { return Reply.redirect(.found, to: target, cookies: cookies) }
        return LogoutPage.telling(frames, then: target).response(cookies: cookies)
    }

    private var cookies: BrowserCookies { BrowserCookies(publicURL: self.core.publicURL) }
}
