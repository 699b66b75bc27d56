import Foundation
import GRDB
import JOSE

/// What a signing key is for.
///
/// Both kinds are published in one key set.
enum SigningKeyPurpose: String, Sendable, CaseIterable {
    case accessToken = "access_token"
    case idToken = "id_token"
}

/// The rows of `signing_key` and `system_secret`: made at the first start, then kept for as long as the file.
struct KeyStore: Sendable {
    let storage: Storage

    /// The newest key for this purpose; when there is none, the one that is given, or a new one.
    ///
    /// Looking and making are one transaction: two processes that open a new file at once agree on the key.
    func signingKey(
        for purpose: SigningKeyPurpose, given pem: String?, now: Moment
    ) async throws -> SigningKey {
        try await self.storage.write { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT id, private_key FROM signing_key WHERE purpose = ? ORDER BY number DESC LIMIT 1",
                arguments: [purpose.rawValue])
            if let row { return try SigningKey(id: row["id"], pem: row["private_key"]) }
            let key = try pem.map { try SigningKey(id: Identifiers.uuid(), pem: $0) } ?? SigningKey.make()
            try database.execute(
                sql: "INSERT INTO signing_key (id, purpose, private_key, created_at) VALUES (?, ?, ?, ?)",
                arguments: [key.id, purpose.rawValue, try key.pem(), now.seconds])
            return key
        }
    }

    /// The secret that opaque tokens are signed with; makes one when there is none.
    func systemSecret(now: Moment) async throws -> [UInt8] {
        try await self.storage.write { database in
            let sql = "SELECT value FROM system_secret ORDER BY number DESC LIMIT 1"
            if let value = try Data.fetchOne(database, sql: sql) { return [UInt8](value) }
            let secret = RandomBytes.make(count: OpaqueTokens.secretByteCount)
            try database.execute(
                sql: "INSERT INTO system_secret (value, created_at) VALUES (?, ?)",
                arguments: [Data(secret), now.seconds])
            return secret
        }
    }
}
