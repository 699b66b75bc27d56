import GRDB
import OAuthModel

/// The rows of `consent_request`: what is being asked, and what was granted.
struct ConsentRequestStore: Sendable {
    let storage: Storage

    /// Keeps a request until its answer comes.
    ///
    /// False when its client is gone meanwhile.
    func insert(_ consent: ConsentRequest, verifier: TokenDigest, cookie: TokenDigest, now: Moment) async throws -> Bool
    {
        try await self.storage.write { database in
            try ExpiredRows.consentRequests.sweep(database, now: now)
            try ExpiredRows.grants.sweep(database, now: now)
            try database.execute(
                sql: """
                    INSERT INTO consent_request
                    (id, challenge, verifier_digest, cookie_digest, client_id, request, login_challenge, session_id,
                    subject, authenticated_at, login_answer, skip, requested_at, expires_at)
                    SELECT ?, ?, ?, ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM client WHERE id = ?
                    """,
                arguments: [
                    consent.id, consent.challenge, verifier.data, cookie.data, consent.request.text,
                    consent.loginChallenge, consent.sessionID, consent.subject, consent.authenticatedAt.milliseconds,
                    HandshakeAnswer.accepted(consent.login).storedText, consent.skip, consent.requestedAt.milliseconds,
                    consent.expiresAt.milliseconds, consent.clientID,
                ])
            return database.changesCount == 1
        }
    }

    func request(_ challenge: String) async throws -> ConsentRequest? {
        try await self.storage.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM consent_request WHERE challenge = ?", arguments: [challenge])
                .map { try ConsentRequest($0) }
        }
    }

    /// Keeps what the consent page decided, as often as it decides before the browser comes back.
    func answer(
        _ challenge: String, _ answer: HandshakeAnswer<AcceptedConsent>, now: Moment
    ) async throws -> ConsentRequest {
        try await self.storage.write { database in
            let consent = try ConsentRequest(try HandshakeStep.consent.open(database, challenge: challenge))
            var isGranted = false
            var isRemembered = false
            var endsAt: Moment?
            if case .accepted(let accepted) = answer {
                isGranted = true
                isRemembered = accepted.remember && !consent.skip
                if accepted.rememberFor > 0 { endsAt = now.adding(.seconds(accepted.rememberFor)) }
            }
            try database.execute(
                sql: """
                    UPDATE consent_request
                    SET answer = ?, answered_at = ?, is_granted = ?, is_remembered = ?, ends_at = ? WHERE challenge = ?
                    """,
                arguments: [
                    answer.storedText, now.milliseconds, isGranted, isRemembered, endsAt?.milliseconds, challenge,
                ])
            return consent
        }
    }

    /// What the user granted the client last, and asked to be remembered, unless that has ended.
    func remembered(subject: String, clientID: String, now: Moment) async throws -> AcceptedConsent? {
        try await self.storage.read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT * FROM consent_request WHERE subject = ? AND client_id = ? AND is_remembered = 1
                    ORDER BY number DESC LIMIT 1
                    """,
                arguments: [subject, clientID])
            guard let row else { return nil }
            if let end = row["ends_at"] as Int64?, Moment(milliseconds: end) <= now { return nil }
            guard case .accepted(let accepted)? = try ConsentRequest(row).answer else { return nil }
            return accepted
        }
    }

    /// What is told to the browser that comes back with a consent.
    enum Outcome: Sendable {
        case code(AcceptedConsent)
        case rejected(RejectedRequest)
    }

    /// Uses the verifier up and keeps the code, both or neither.
    func use(
        _ browser: ReturningBrowser, code digest: TokenDigest, redirectURI: String?, codeChallenge: String?, now: Moment
    ) async throws -> Outcome {
        try await self.storage.write { database in
            let consent = try ConsentRequest(try HandshakeStep.consent.use(database, browser, now: now))
            switch consent.answer {
            case nil: throw HydraError.accessDenied("The consent was not given.")
            case .rejected(let rejected): return .rejected(rejected)
            case .accepted(let accepted):
                let code = IssuedAuthorizationCode(
                    grant: consent.grant(accepted), redirectURI: redirectURI, codeChallenge: codeChallenge,
                    issuedAt: now, expiresAt: now.adding(AuthorizationCodeStore.lifespan))
                try AuthorizationCodeStore.insert(database, code, digest: digest)
                return .code(accepted)
            }
        }
    }
}
