import Foundation
import GRDB
import OAuthModel

/// An issuer whose assertions are taken for users (contract §6.8).
struct TrustedIssuer: Sendable, Hashable {
    var id: String
    var issuer: String
    /// Empty for any.
    var subject: String
    var allowsAnySubject: Bool
    var scope: [String]
    var keyID: String
    /// A public JWK.
    var key: JSONObject
    /// Seconds since 1970.
    var createdAt: Int64
    var expiresAt: Int64

    /// What answers show; the key itself is not among it.
    var document: JSONObject {
        [
            "id": .string(self.id), "issuer": .string(self.issuer), "subject": .string(self.subject),
            "allow_any_subject": .bool(self.allowsAnySubject), "scope": .strings(self.scope),
            "public_key": ["set": .string(self.issuer), "kid": .string(self.keyID)],
            "created_at": .string(RFC3339.text(self.createdAt)), "expires_at": .string(RFC3339.text(self.expiresAt)),
        ]
    }
}

/// The rows of `trusted_issuer` and `used_assertion`.
struct TrustedIssuerStore: Sendable {
    let storage: Storage

    /// Keeps an issuer.
    ///
    /// False when there is one with this subject and key name, or when the name stands for another key already. What
    /// has expired is absent, and stands in nobody's way.
    func insert(_ trusted: TrustedIssuer, now: Moment) async throws -> Bool {
        try await self.storage.write { database in
            try database.execute(
                sql: "DELETE FROM trusted_issuer WHERE issuer = ? AND key_id = ? AND expires_at <= ?",
                arguments: [trusted.issuer, trusted.keyID, now.seconds])
            let known = try String.fetchOne(
                database, sql: "SELECT key FROM trusted_issuer WHERE issuer = ? AND key_id = ?",
                arguments: [trusted.issuer, trusted.keyID])
            if let known {
                guard trusted.hasSameKey(as: try Self.key(known)) else { return false }
            }
            // One key is written in one way: as it was first (contract §6.8).
            let key = known ?? String(decoding: JSONWriter.write(trusted.key), as: UTF8.self)
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO trusted_issuer
                    (id, issuer, subject, allow_any_subject, scope, key_id, key, created_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    trusted.id, trusted.issuer, trusted.subject, trusted.allowsAnySubject,
                    StringListText.encode(trusted.scope), trusted.keyID, key, trusted.createdAt, trusted.expiresAt,
                ])
            return database.changesCount == 1
        }
    }

    func trusted(_ id: String) async throws -> TrustedIssuer? {
        try await self.storage.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM trusted_issuer WHERE id = ?", arguments: [id])
                .map(Self.trusted)
        }
    }

    /// A stretch of them in the order of their creation, and how many there are.
    func list(issuer: String?, offset: Int, limit: Int) async throws -> (trusted: [TrustedIssuer], total: Int) {
        try await self.storage.read { database in
            let condition = "FROM trusted_issuer WHERE (?1 IS NULL OR issuer = ?1)"
            let total = try Int.fetchOne(database, sql: "SELECT COUNT(*) \(condition)", arguments: [issuer]) ?? 0
            let rows = try Row.fetchAll(
                database, sql: "SELECT * \(condition) ORDER BY number LIMIT ?2 OFFSET ?3",
                arguments: [issuer, limit, offset])
            return (try rows.map(Self.trusted), total)
        }
    }

    /// Removes an issuer and its key, and so all that share the key.
    func delete(_ id: String) async throws -> Bool {
        try await self.storage.write { database in
            try database.execute(
                sql: """
                    DELETE FROM trusted_issuer WHERE (issuer, key_id) IN
                    (SELECT issuer, key_id FROM trusted_issuer WHERE id = ?)
                    """,
                arguments: [id])
            return database.changesCount > 0
        }
    }

    /// Those that may speak of this subject now, with the key that is named; at most a few are looked at.
    ///
    /// What was said of this very subject goes before what was said of any.
    func trusted(_ claimed: Assertion.Claimed, now: Moment) async throws -> [TrustedIssuer] {
        try await self.storage.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM trusted_issuer
                    WHERE issuer = ?1 AND (allow_any_subject = 1 OR subject = ?2) AND expires_at > ?3
                    AND (?4 IS NULL OR key_id = ?4)
                    ORDER BY allow_any_subject, number LIMIT \(Self.candidatesMax)
                    """,
                arguments: [claimed.issuer, claimed.subject, now.seconds, claimed.keyID]
            ).map(Self.trusted)
        }
    }

    private static let candidatesMax = 16

    /// Uses an assertion up.
    ///
    /// False when it was used before.
    func use(_ digest: TokenDigest, until end: Int64, now: Moment) async throws -> Bool {
        try await self.storage.write { database in
            try ExpiredRows.usedAssertions.sweep(database, now: now)
            try database.execute(
                sql: "INSERT OR IGNORE INTO used_assertion (digest, expires_at) VALUES (?, ?)",
                arguments: [digest.data, end])
            return database.changesCount == 1
        }
    }

    private static func key(_ text: String) throws -> JSONObject {
        guard let key = (try? JSONReader.read(Array(text.utf8), limits: JSONBody.storedLimits))?.objectValue else {
            throw DevAuthorizationServerError(.databaseUnusable, "a stored key of a trusted issuer is damaged")
        }
        return key
    }

    private static func trusted(_ row: Row) throws -> TrustedIssuer {
        TrustedIssuer(
            id: row["id"], issuer: row["issuer"], subject: row["subject"], allowsAnySubject: row["allow_any_subject"],
            scope: try StringListText.decode(row["scope"]), keyID: row["key_id"], key: try Self.key(row["key"]),
            createdAt: row["created_at"], expiresAt: row["expires_at"])
    }
}
