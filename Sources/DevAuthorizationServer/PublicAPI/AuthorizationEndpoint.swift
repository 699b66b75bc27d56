import Hummingbird
import OAuthModel

/// `/oauth2/auth` (oAuth2Authorize, RFC 6749 §3.1): the three hops of the handshake with the login and consent pages.
///
/// Each hop brings the whole request again, and all of it is checked again.
struct AuthorizationEndpoint: Sendable {
    let core: ServerCore

    func authorize(_ call: Call) async throws -> Response {
        let fields: FormFields
        let request: AuthorizationRequest
        let client: RegisteredClient?
        let target: RedirectTarget
        do {
            fields = try await Self.fields(call)
            request = try Self.request(fields)
            // Where to answer has to be beyond doubt, whatever else is repeated.
            try fields.requireEachOnce(among: RedirectTarget.parameters)
            client = request.clientID.isEmpty ? nil : try await self.core.clients.client(request.clientID)?.client
            target = try CheckedAuthorizationRequest.target(request, of: client)
        } catch let error as HydraError {
            // There is no address yet that is known to be the client's.
            return Reply.redirect(.found, to: PageAddresses.errorURL(error, publicURL: self.core.publicURL))
        }
        guard let client else { throw HydraError.serverError }
        do {
            try fields.requireEachOnce()
            let checked = try CheckedAuthorizationRequest(
                request, of: client, at: target, keys: self.core.idTokenKeys, issuer: self.core.issuer)
            if let verifier = fields.nonEmpty(AuthorizationRequest.loginVerifier) {
                return try await self.returnFromLogin(checked, verifier, call)
            }
            if let verifier = fields.nonEmpty(AuthorizationRequest.consentVerifier) {
                return try await self.returnFromConsent(checked, verifier, call)
            }
            return try await self.sendToLogin(checked, call)
        } catch let error as HydraError {
            return target.refusal(error)
        }
    }

    /// Those of the address and of the form are one request.
    private static func fields(_ call: Call) async throws -> FormFields {
        guard call.request.method == .post else { return try call.query }
        return FormFields(parameters: try await call.form().parameters + (try call.query).parameters)
    }

    private static func request(_ fields: FormFields) throws -> AuthorizationRequest {
        let request = AuthorizationRequest(fields)
        guard request.text.utf8.count <= AuthorizationRequest.textBytesMax else {
            throw HydraError.invalidRequest("The request has more than \(AuthorizationRequest.textBytesMax) bytes.")
        }
        return request
    }

    var cookies: BrowserCookies { BrowserCookies(publicURL: self.core.publicURL) }
}

extension AuthorizationEndpoint {
    /// The first hop asks who it is.
    private func sendToLogin(_ checked: CheckedAuthorizationRequest, _ call: Call) async throws -> Response {
        let now = self.core.now()
        let session = try await self.usableSession(checked, call, now: now)
        if let session, let hint = checked.hint, !hint.subject.hasSameOctets(as: session.subject) {
            throw HydraError.loginRequired("Another user is logged in than the one that 'id_token_hint' means.")
        }
        guard session != nil || !checked.prompts.contains("none") else {
            throw HydraError.loginRequired("The prompt is 'none', and nobody is logged in.")
        }
        let login = LoginRequest(
            challenge: HandshakeSecrets.challenge(), clientID: checked.client.id, request: checked.request,
            sessionID: session?.id ?? Identifiers.uuid(),
            skipped: session.map { .init(subject: $0.subject, authenticatedAt: $0.authenticatedAt) }, requestedAt: now,
            expiresAt: now.adding(BrowserFlows.timeLimit))
        let cookie = HandshakeSecrets.cookie()
        let verifier = self.core.browser.secrets.verifier(of: login.challenge, .login)
        guard
            try await self.core.browser.logins.insert(
                login, verifier: TokenDigest(browserSecret: verifier), cookie: TokenDigest(browserSecret: cookie))
        else { throw HydraError.accessDenied("The client was deleted meanwhile.") }
        return Reply.redirect(
            .found, to: self.core.browser.pages.loginURL(login.challenge, publicURL: self.core.publicURL),
            cookies: [self.setting(.login, checked.client, to: cookie)])
    }

    /// The browser's session, if this request may rest on it (contract §7.2).
    private func usableSession(
        _ checked: CheckedAuthorizationRequest, _ call: Call, now: Moment
    ) async throws -> LoginSession? {
        guard !checked.prompts.contains("login"),
            let cookie = self.cookies.digests(.session, in: call.request.headers).first,
            let session = try await self.core.browser.sessions.session(cookie, now: now)
        else { return nil }
        if let maxAge = checked.maxAge, session.authenticatedAt.adding(.seconds(maxAge)) <= now { return nil }
        return session
    }

    /// The second hop: the login page has decided, and now it is about what the client may have.
    private func returnFromLogin(
        _ checked: CheckedAuthorizationRequest, _ verifier: String, _ call: Call
    ) async throws -> Response {
        let now = self.core.now()
        let sessionCookie = HandshakeSecrets.cookie()
        let outcome = try await self.core.browser.logins.use(
            self.browser(.login, checked, verifier, call),
            session: self.cookies.digests(.session, in: call.request.headers).first,
            newSession: TokenDigest(browserSecret: sessionCookie), now: now,
            refusal: { checked.refusal(ofLoginBy: $0.subject) })
        let login: LoginRequestStore.LoggedIn
        switch outcome {
        case .rejected(let rejected): return checked.target.refusal(rejected.refusal)
        case .refused(let error, let isLoggedOut):
            return checked.target.refusal(error, cookies: isLoggedOut ? [self.cookies.removing(.session)] : [])
        case .loggedIn(let loggedIn): login = loggedIn
        }
        // From here on the browser is logged in, or out, whatever becomes of the request.
        var cookies: [String] =
            switch login.cookie {
            case .keep: []
            case .remove: [self.cookies.removing(.session)]
            case .set(let maxAge): [self.cookies.setting(.session, to: sessionCookie, maxAge: maxAge)]
            }
        do {
            let (consent, cookie) = try await self.ask(checked, login, now: now)
            cookies.append(self.setting(.consent, checked.client, to: cookie))
            return Reply.redirect(
                .found, to: self.core.browser.pages.consentURL(consent.challenge, publicURL: self.core.publicURL),
                cookies: cookies)
        } catch let error as HydraError {
            return checked.target.refusal(error, cookies: cookies)
        }
    }

    /// Keeps the question for the consent page; the cookie is for the browser.
    private func ask(
        _ checked: CheckedAuthorizationRequest, _ login: LoginRequestStore.LoggedIn, now: Moment
    ) async throws -> (consent: ConsentRequest, cookie: String) {
        let skip = try await self.isCovered(checked, by: login.accepted.subject, now: now)
        guard skip || !checked.prompts.contains("none") else {
            throw HydraError.consentRequired("The prompt is 'none', and no remembered consent covers the request.")
        }
        let consent = ConsentRequest(
            id: Identifiers.uuid(), challenge: HandshakeSecrets.challenge(), clientID: checked.client.id,
            request: checked.request, loginChallenge: login.request.challenge, sessionID: login.request.sessionID,
            subject: login.accepted.subject, authenticatedAt: login.authenticatedAt, login: login.accepted, skip: skip,
            requestedAt: login.request.requestedAt, expiresAt: login.request.expiresAt)
        let cookie = HandshakeSecrets.cookie()
        let verifier = self.core.browser.secrets.verifier(of: consent.challenge, .consent)
        guard
            try await self.core.browser.consents.insert(
                consent, verifier: TokenDigest(browserSecret: verifier), cookie: TokenDigest(browserSecret: cookie),
                now: now)
        else { throw HydraError.accessDenied("The client was deleted meanwhile.") }
        return (consent, cookie)
    }

    /// Whether a remembered consent covers every requested scope (contract §7.2); audiences are not compared.
    private func isCovered(
        _ checked: CheckedAuthorizationRequest, by subject: String, now: Moment
    ) async throws -> Bool {
        // A public client proves nothing of itself, so its address has to.
        guard !checked.prompts.contains("consent"), !checked.client.isPublic || checked.target.isSecure,
            let remembered = try await self.core.browser.consents.remembered(
                subject: subject, clientID: checked.client.id, now: now)
        else { return false }
        return checked.request.scope.allSatisfy {
            ScopeStrategy.wildcard.matches(granted: remembered.scope, wanted: $0)
        }
    }

    /// The third hop: the consent page has decided; here is the code.
    private func returnFromConsent(
        _ checked: CheckedAuthorizationRequest, _ verifier: String, _ call: Call
    ) async throws -> Response {
        let code = self.core.mint.tokens.make(.authorizationCode)
        let outcome = try await self.core.browser.consents.use(
            self.browser(.consent, checked, verifier, call), code: TokenDigest(opaque: code, .authorizationCode),
            redirectURI: checked.target.requestedURI, codeChallenge: checked.codeChallenge, now: self.core.now())
        switch outcome {
        case .rejected(let rejected): return checked.target.refusal(rejected.refusal)
        case .code(let accepted):
            return checked.target.answer([
                .init(name: "code", value: code),
                .init(name: "scope", value: accepted.scope.joined(separator: " ")),
            ])
        }
    }

    private func browser(
        _ step: HandshakeStep, _ checked: CheckedAuthorizationRequest, _ verifier: String, _ call: Call
    ) -> ReturningBrowser {
        ReturningBrowser(
            verifier: TokenDigest(browserSecret: verifier),
            cookies: self.cookies.digests(
                .handshake(step, clientID: checked.client.id), in: call.request.headers),
            request: checked.request)
    }

    private func setting(_ step: HandshakeStep, _ client: RegisteredClient, to value: String) -> String {
        self.cookies.setting(
            .handshake(step, clientID: client.id), to: value, maxAge: BrowserFlows.timeLimit.nanoseconds / 1_000_000_000
        )
    }
}
