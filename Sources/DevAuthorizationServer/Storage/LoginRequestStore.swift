import GRDB
import OAuthModel

/// The rows of `login_request`.
struct LoginRequestStore: Sendable {
    let storage: Storage

    /// Keeps a request until its answer comes.
    ///
    /// False when its client is gone meanwhile.
    func insert(_ login: LoginRequest, verifier: TokenDigest, cookie: TokenDigest) async throws -> Bool {
        try await self.storage.write { database in
            try ExpiredRows.loginRequests.sweep(database, now: login.requestedAt)
            try database.execute(
                sql: """
                    INSERT INTO login_request
                    (challenge, verifier_digest, cookie_digest, client_id, request, session_id, skipped_subject,
                    skipped_authenticated_at, requested_at, expires_at)
                    SELECT ?, ?, ?, id, ?, ?, ?, ?, ?, ? FROM client WHERE id = ?
                    """,
                arguments: [
                    login.challenge, verifier.data, cookie.data, login.request.text, login.sessionID,
                    login.skipped?.subject, login.skipped?.authenticatedAt.milliseconds,
                    login.requestedAt.milliseconds, login.expiresAt.milliseconds, login.clientID,
                ])
            return database.changesCount == 1
        }
    }

    func request(_ challenge: String) async throws -> LoginRequest? {
        try await self.storage.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM login_request WHERE challenge = ?", arguments: [challenge])
                .map { try LoginRequest($0) }
        }
    }

    /// Keeps what the login page decided, as often as it decides before the browser comes back.
    func answer(
        _ challenge: String, _ answer: HandshakeAnswer<AcceptedLogin>, now: Moment
    ) async throws -> LoginRequest {
        try await self.storage.write { database in
            let login = try LoginRequest(try HandshakeStep.login.open(database, challenge: challenge))
            if case .accepted(let accepted) = answer, let skipped = login.skipped,
                !accepted.subject.hasSameOctets(as: skipped.subject)
            {
                throw HydraError.invalidRequest("The member 'subject' is not the one who is logged in.")
            }
            try database.execute(
                sql: "UPDATE login_request SET answer = ?, answered_at = ? WHERE challenge = ?",
                arguments: [answer.storedText, now.milliseconds, challenge])
            return login
        }
    }

    /// What is told to the browser that comes back with a login.
    enum Outcome: Sendable {
        case loggedIn(LoggedIn)
        case rejected(RejectedRequest)
        /// The login was done and is not what the request is about; whether the browser's session ended with it.
        case refused(HydraError, isLoggedOut: Bool)
    }

    struct LoggedIn: Sendable {
        let request: LoginRequest
        let accepted: AcceptedLogin
        let authenticatedAt: Moment
        let cookie: CookieChange
    }

    /// What becomes of the browser's session cookie.
    enum CookieChange: Sendable, Hashable {
        case keep
        case remove
        /// For so many seconds, or until the browser is closed.
        case set(maxAge: Int64?)
    }

    /// Uses the verifier up, and begins, prolongs or ends the browser's session as the login page decided.
    ///
    /// A login that is not skipped gets a session and a cookie of its own: what the browser had before says nothing of who
    /// has logged in now.
    ///
    /// - Parameter refusal: what keeps the request from going on with this login. Then it leaves no session behind: the
    ///   next try would rest on it and be refused again.
    func use(
        _ browser: ReturningBrowser, session: TokenDigest?, newSession: TokenDigest, now: Moment,
        refusal: @escaping @Sendable (AcceptedLogin) -> HydraError?
    ) async throws -> Outcome {
        try await self.storage.write { database in
            let login = try LoginRequest(try HandshakeStep.login.use(database, browser, now: now))
            switch login.answer {
            case nil: throw HydraError.accessDenied("The login was not done.")
            case .rejected(let rejected): return .rejected(rejected)
            case .accepted(let accepted):
                if let error = refusal(accepted) {
                    // The session of a skipped login was there before, and this request says nothing against it.
                    guard login.skipped == nil, let session else { return .refused(error, isLoggedOut: false) }
                    try LoginSessionStore.delete(database, cookie: session)
                    return .refused(error, isLoggedOut: true)
                }
                let kept = now.adding(
                    accepted.rememberFor > 0 ? .seconds(accepted.rememberFor) : BrowserFlows.openEndedSession)
                let maxAge = accepted.rememberFor > 0 ? accepted.rememberFor : nil
                if let skipped = login.skipped {
                    guard try LoginSessionStore.isInUse(database, id: login.sessionID, now: now) else {
                        throw HydraError.loginRequired("The session that the login was skipped for has ended.")
                    }
                    var change = CookieChange.keep
                    if accepted.extendsSession {
                        try LoginSessionStore.prolong(database, id: login.sessionID, cookie: newSession, until: kept)
                        change = .set(maxAge: maxAge)
                    }
                    return .loggedIn(
                        LoggedIn(
                            request: login, accepted: accepted, authenticatedAt: skipped.authenticatedAt,
                            cookie: change))
                }
                if let session {
                    if accepted.remember {
                        try LoginSessionStore.retire(database, cookie: session, of: accepted.subject)
                    } else {
                        try LoginSessionStore.delete(database, cookie: session)
                    }
                }
                let authenticatedAt = login.answeredAt ?? now
                var change = session == nil ? CookieChange.keep : .remove
                if accepted.remember {
                    try LoginSessionStore.insert(
                        database,
                        LoginSession(
                            id: login.sessionID, subject: accepted.subject, authenticatedAt: authenticatedAt,
                            expiresAt: kept),
                        cookie: newSession, now: now)
                    change = .set(maxAge: maxAge)
                }
                return .loggedIn(
                    LoggedIn(request: login, accepted: accepted, authenticatedAt: authenticatedAt, cookie: change))
            }
        }
    }
}
