import GRDB
import OAuthModel

/// Granted consents, as the administrator sees and ends them.
struct ConsentSessionStore: Sendable {
    let storage: Storage

    /// A stretch of what a user granted, newest first, and how much there is in all.
    ///
    /// Consents that stood in for the user are no grants of their own; what has run out is over.
    func list(
        subject: String, sessionID: String?, now: Moment, offset: Int, limit: Int
    ) async throws -> (sessions: [(consent: ConsentRequest, client: RegisteredClient)], total: Int) {
        try await self.storage.read { database in
            let condition = """
                FROM consent_request WHERE subject = ?1 AND (?2 IS NULL OR session_id = ?2)
                AND is_granted = 1 AND skip = 0 AND (ends_at IS NULL OR ends_at > ?3)
                """
            let arguments: StatementArguments = [subject, sessionID, now.milliseconds]
            let total = try Int.fetchOne(database, sql: "SELECT COUNT(*) \(condition)", arguments: arguments) ?? 0
            let rows = try Row.fetchAll(
                database, sql: "SELECT * \(condition) ORDER BY number DESC LIMIT ?4 OFFSET ?5",
                arguments: arguments + [limit, offset])
            var sessions: [(consent: ConsentRequest, client: RegisteredClient)] = []
            for row in rows {
                let consent = try ConsentRequest(row)
                // Its client is there: the consent would have gone with it.
                guard let stored = try ClientStore.client(database, consent.clientID) else { continue }
                sessions.append((consent, stored.client))
            }
            return (sessions, total)
        }
    }

    /// Ends what a user granted to one client, or to all: the consents, and every token that came from them.
    ///
    /// Requests still under way end too, or one of them could bring back what was just taken.
    func revoke(subject: String, clientID: String?) async throws {
        try await self.storage.write { database in
            let condition = "subject = ?1 AND (?2 IS NULL OR client_id = ?2)"
            let arguments: StatementArguments = [subject, clientID]
            for table in GrantStore.tables {
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE grant_id IN (SELECT id FROM consent_request WHERE \(condition))",
                    arguments: arguments)
            }
            // The codes go with their consents.
            try database.execute(sql: "DELETE FROM consent_request WHERE \(condition)", arguments: arguments)
        }
    }

    /// The clients that a session has granted something to.
    func clients(ofSession id: String) async throws -> [RegisteredClient] {
        try await self.storage.read { database in
            let ids = try String.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT client_id FROM consent_request
                    WHERE session_id = ? AND is_granted = 1 AND used_at IS NOT NULL
                    """, arguments: [id])
            return try ids.compactMap { try ClientStore.client(database, $0)?.client }
        }
    }
}
