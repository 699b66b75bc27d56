import Foundation
import GRDB
import OAuthModel

/// A client as it is kept: its document, and apart from it what no answer ever shows.
struct StoredClient: Sendable {
    var client: RegisteredClient
    /// What `PasswordHash` made of the secret; nil for a public client.
    var secretHash: String?
    /// A secret on its way to its client; never kept.
    var newSecret: String?
}

/// The rows of `client`.
struct ClientStore: Sendable {
    let storage: Storage

    /// Keeps a new client.
    ///
    /// False when its id is taken: nothing was stored then.
    func insert(_ stored: StoredClient, registrationTokenDigest: [UInt8]) async throws -> Bool {
        let client = stored.client
        let document = client.storedText
        return try await self.storage.write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO client
                    (id, name, owner, document, secret_hash, registration_token_digest, created_at, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    client.id, client.name, client.owner, document, stored.secretHash,
                    Data(registrationTokenDigest), client.createdAt, client.updatedAt,
                ])
            return database.changesCount == 1
        }
    }

    /// The client with this id, to the byte.
    func client(_ id: String) async throws -> StoredClient? {
        try await self.storage.read { try Self.client($0, id) }
    }

    static func client(_ database: GRDB.Database, _ id: String) throws -> StoredClient? {
        try Row.fetchOne(database, sql: "SELECT * FROM client WHERE id = ?", arguments: [id]).map(Self.stored)
    }

    /// A stretch of the clients in the order of their creation, and how many match in all.
    func list(_ filter: ClientFilter, offset: Int, limit: Int) async throws -> (clients: [RegisteredClient], total: Int)
    {
        try await self.storage.read { database in
            let condition = "WHERE (?1 IS NULL OR name = ?1) AND (?2 IS NULL OR owner = ?2)"
            let filterArguments: StatementArguments = [filter.name, filter.owner]
            let total =
                try Int.fetchOne(
                    database, sql: "SELECT COUNT(*) FROM client \(condition)", arguments: filterArguments) ?? 0
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM client \(condition) ORDER BY number LIMIT ?3 OFFSET ?4",
                arguments: [filter.name, filter.owner, limit, offset])
            return (try rows.map { try Self.stored($0).client }, total)
        }
    }

    /// Changes a client; whatever `change` throws leaves it as it was.
    ///
    /// Nil when there is none.
    func update(
        _ id: String, _ change: @escaping @Sendable (StoredClient) throws -> StoredClient
    ) async throws -> StoredClient? {
        try await self.storage.write { database in
            guard let stored = try Self.client(database, id) else { return nil }
            let changed = try change(stored)
            let client = changed.client
            try database.execute(
                sql:
                    "UPDATE client SET name = ?, owner = ?, document = ?, secret_hash = ?, updated_at = ? WHERE id = ?",
                arguments: [
                    client.name, client.owner, client.storedText, changed.secretHash, client.updatedAt, id,
                ])
            return changed
        }
    }

    /// Removes the client and, by foreign keys, all that was issued to it.
    ///
    /// False when there was none.
    func delete(_ id: String) async throws -> Bool {
        try await self.storage.write { database in
            try database.execute(sql: "DELETE FROM client WHERE id = ?", arguments: [id])
            return database.changesCount == 1
        }
    }

    private static func stored(_ row: Row) throws -> StoredClient {
        let client = try RegisteredClient(
            storedText: row["document"], id: row["id"], createdAt: row["created_at"], updatedAt: row["updated_at"])
        return StoredClient(client: client, secretHash: row["secret_hash"])
    }
}

/// Which clients a list is asked for: both conditions are exact matches.
struct ClientFilter: Sendable {
    var name: String?
    var owner: String?
}
