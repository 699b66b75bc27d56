import OAuthModel

/// What login, consent and logout work with.
struct BrowserFlows: Sendable {
    let sessions: LoginSessionStore
    let logins: LoginRequestStore
    let consents: ConsentRequestStore
    let consentSessions: ConsentSessionStore
    let logouts: LogoutRequestStore
    let secrets: HandshakeSecrets
    let pages: PageAddresses
    /// Who may log in at the built-in page.
    let users: [DevAuthorizationServer.User]

    init(_ options: DevAuthorizationServer.Options, storage: Storage, systemSecret: [UInt8]) {
        self.sessions = LoginSessionStore(storage: storage)
        self.logins = LoginRequestStore(storage: storage)
        self.consents = ConsentRequestStore(storage: storage)
        self.consentSessions = ConsentSessionStore(storage: storage)
        self.logouts = LogoutRequestStore(storage: storage)
        self.secrets = HandshakeSecrets(systemSecret: systemSecret)
        self.pages = PageAddresses(
            login: options.loginURL, consent: options.consentURL, logout: options.logoutURL)
        self.users = options.users
    }

    /// Login and consent have to be done with by then (`ttl.login_consent_request`).
    static let timeLimit = GoDuration.seconds(1_800)

    /// How long a session lasts that is to last until the browser is closed: nobody tells us of that, and no browser
    /// keeps a cookie longer (RFC 6265bis §4.1.2.2).
    static let openEndedSession = GoDuration.seconds(400 * 86_400)
}

// What login and consent pages do, ours as well as those that come by the admin API.
extension ServerCore {
    /// Where the browser has to go once the login page has decided.
    func answerLogin(_ challenge: String, _ answer: HandshakeAnswer<AcceptedLogin>) async throws -> String {
        let login = try await self.browser.logins.answer(challenge, answer, now: self.now())
        return login.request.url(under: self.publicURL).addingQuery([
            .init(
                name: AuthorizationRequest.loginVerifier, value: self.browser.secrets.verifier(of: challenge, .login))
        ])
    }

    /// Where the browser has to go once the consent page has decided.
    func answerConsent(_ challenge: String, _ answer: HandshakeAnswer<AcceptedConsent>) async throws -> String {
        let consent = try await self.browser.consents.answer(challenge, answer, now: self.now())
        return consent.request.url(under: self.publicURL).addingQuery([
            .init(
                name: AuthorizationRequest.consentVerifier,
                value: self.browser.secrets.verifier(of: challenge, .consent))
        ])
    }
}
