import GRDB

/// A browser in which a user is logged in, remembered.
struct LoginSession: Sendable, Hashable {
    /// The ID token's `sid`; whoever knows it has nothing.
    let id: String
    let subject: String
    let authenticatedAt: Moment
    let expiresAt: Moment
}

/// The rows of `login_session`, found by the cookie's digest.
struct LoginSessionStore: Sendable {
    let storage: Storage

    /// The session of a browser, if it has not ended.
    func session(_ cookie: TokenDigest, now: Moment) async throws -> LoginSession? {
        try await self.storage.read { try Self.session($0, cookie: cookie, now: now) }
    }

    static func session(_ database: GRDB.Database, cookie: TokenDigest, now: Moment) throws -> LoginSession? {
        try Row.fetchOne(
            database, sql: "SELECT * FROM login_session WHERE cookie_digest = ? AND expires_at > ?",
            arguments: [cookie.data, now.milliseconds]
        ).map(Self.session)
    }

    /// The session that clients know by this name, even if no browser has it any more.
    func session(id: String, now: Moment) async throws -> LoginSession? {
        try await self.storage.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM login_session WHERE id = ? AND expires_at > ?",
                arguments: [id, now.milliseconds]
            ).map(Self.session)
        }
    }

    /// Whether a browser is still logged in by this session.
    static func isInUse(_ database: GRDB.Database, id: String, now: Moment) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM login_session
                WHERE id = ? AND expires_at > ? AND cookie_digest <> CAST(id AS BLOB))
                """, arguments: [id, now.milliseconds]) ?? false
    }

    /// revokeOAuth2LoginSessions; unknown subjects are no error.
    func delete(subject: String) async throws {
        try await self.storage.write {
            try $0.execute(sql: "DELETE FROM login_session WHERE subject = ?", arguments: [subject])
        }
    }

    /// Whether there was one.
    func delete(id: String) async throws -> Bool {
        try await self.storage.write { try Self.delete($0, id: id) }
    }

    @discardableResult
    static func delete(_ database: GRDB.Database, id: String) throws -> Bool {
        try database.execute(sql: "DELETE FROM login_session WHERE id = ?", arguments: [id])
        return database.changesCount > 0
    }

    /// What the browser had before another login, or a login that is not to be remembered.
    static func delete(_ database: GRDB.Database, cookie: TokenDigest) throws {
        try database.execute(sql: "DELETE FROM login_session WHERE cookie_digest = ?", arguments: [cookie.data])
    }

    /// Takes the browser's session away from its cookie, if it is this user's; any other ends.
    ///
    /// The user has logged in anew: clients still know the session by its name and may end it, but no browser is logged
    /// in by it any more.
    static func retire(_ database: GRDB.Database, cookie: TokenDigest, of subject: String) throws {
        // The name is longer than any digest, so no cookie has it.
        try database.execute(
            sql: "UPDATE login_session SET cookie_digest = CAST(id AS BLOB) WHERE cookie_digest = ? AND subject = ?",
            arguments: [cookie.data, subject])
        try Self.delete(database, cookie: cookie)
    }

    static func insert(
        _ database: GRDB.Database, _ session: LoginSession, cookie: TokenDigest, now: Moment
    ) throws {
        try ExpiredRows.loginSessions.sweep(database, now: now)
        try database.execute(
            sql: """
                INSERT INTO login_session (id, cookie_digest, subject, authenticated_at, expires_at)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                session.id, cookie.data, session.subject, session.authenticatedAt.milliseconds,
                session.expiresAt.milliseconds,
            ])
    }

    /// A login that is skipped may prolong its session, under another cookie.
    static func prolong(
        _ database: GRDB.Database, id: String, cookie: TokenDigest, until end: Moment
    ) throws {
        try database.execute(
            sql: "UPDATE login_session SET cookie_digest = ?, expires_at = ? WHERE id = ?",
            arguments: [cookie.data, end.milliseconds, id])
    }

    private static func session(_ row: Row) -> LoginSession {
        LoginSession(
            id: row["id"], subject: row["subject"], authenticatedAt: Moment(milliseconds: row["authenticated_at"]),
            expiresAt: Moment(milliseconds: row["expires_at"]))
    }
}
