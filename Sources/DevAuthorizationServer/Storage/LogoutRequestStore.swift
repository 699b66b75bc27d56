import GRDB
import OAuthModel

/// The rows of `logout_request`.
struct LogoutRequestStore: Sendable {
    let storage: Storage

    /// Keeps a request until it is confirmed.
    func insert(_ logout: LogoutRequest, verifier: TokenDigest) async throws {
        try await self.storage.write { database in
            try ExpiredRows.logoutRequests.sweep(database, now: logout.requestedAt)
            try database.execute(
                sql: """
                    INSERT INTO logout_request
                    (challenge, verifier_digest, client_id, session_id, subject, request_url, target, requested_at,
                    expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    logout.challenge, verifier.data, logout.clientID, logout.sessionID, logout.subject,
                    logout.requestURL, logout.target, logout.requestedAt.milliseconds, logout.expiresAt.milliseconds,
                ])
        }
    }

    func request(_ challenge: String) async throws -> LogoutRequest? {
        try await self.storage.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM logout_request WHERE challenge = ?", arguments: [challenge])
                .map { LogoutRequest($0) }
        }
    }

    enum Decision: String, Sendable { case accepted = "accepted_at", rejected = "rejected_at" }

    /// Keeps what the logout page decided; what was rejected is gone, and what the browser came back with is over.
    func decide(_ challenge: String, _ decision: Decision, now: Moment) async throws {
        try await self.storage.write { database in
            let sql = "SELECT * FROM logout_request WHERE challenge = ? AND rejected_at IS NULL"
            guard let row = try Row.fetchOne(database, sql: sql, arguments: [challenge]) else {
                throw HydraError.noSuchRequest
            }
            guard !LogoutRequest(row).isUsed else { throw HydraError.requestIsOver }
            try database.execute(
                sql: "UPDATE logout_request SET \(decision.rawValue) = ? WHERE challenge = ?",
                arguments: [now.milliseconds, challenge])
        }
    }

    /// A logout that is done, and the sessions that ended with it.
    struct Completed: Sendable {
        let request: LogoutRequest
        let sessionIDs: [String]
    }

    /// Uses the verifier up and ends the session, both or neither.
    ///
    /// A client knows its user by the session of its ID token, and the user may have logged in anew in this browser.
    /// Then what the browser has now ends as well.
    ///
    /// Nil unless the logout was accepted, and this is the first time that the browser comes back with it.
    func use(_ verifier: TokenDigest, session: TokenDigest?, now: Moment) async throws -> Completed? {
        try await self.storage.write { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT * FROM logout_request WHERE verifier_digest = ? AND accepted_at IS NOT NULL
                    AND rejected_at IS NULL AND used_at IS NULL AND expires_at > ?
                    """,
                arguments: [verifier.data, now.milliseconds])
            guard let row else { return nil }
            let logout = LogoutRequest(row)
            try database.execute(
                sql: "UPDATE logout_request SET used_at = ? WHERE challenge = ?",
                arguments: [now.milliseconds, logout.challenge])
            try LoginSessionStore.delete(database, id: logout.sessionID)
            guard logout.clientID != nil, let session,
                let current = try LoginSessionStore.session(database, cookie: session, now: now),
                current.subject.hasSameOctets(as: logout.subject)
            else { return Completed(request: logout, sessionIDs: [logout.sessionID]) }
            try LoginSessionStore.delete(database, id: current.id)
            return Completed(request: logout, sessionIDs: [logout.sessionID, current.id])
        }
    }
}
