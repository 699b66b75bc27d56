import Foundation
import GRDB

/// The tokens of a grant, which come and go together.
struct GrantStore: Sendable {
    let storage: Storage

    /// What became of a refresh token that a client brought.
    enum Refresh: Sendable {
        case issued(IssuedTokens)
        /// It was used before: the grant has ended.
        case reused
        case unknown
    }

    /// Redeems a code and keeps its tokens, or ends the grant of a code that was used before; nobody comes in between.
    func redeem(
        _ presented: PresentedCode, now: Moment, issue: @escaping @Sendable (AuthorizationGrant) throws -> IssuedTokens
    ) async throws -> IssuedTokens? {
        try await self.storage.write { database in
            switch try AuthorizationCodeStore.redeem(database, presented, now: now) {
            case .refused: return nil
            case .replayed(let grantID):
                try Self.end(database, grantID: grantID)
                return nil
            case .redeemed(let grant):
                let tokens = try issue(grant)
                try Self.keep(database, tokens, now: now)
                return tokens
            }
        }
    }

    /// Puts new tokens in the place of a refresh token and of the grant's access tokens.
    ///
    /// Of many who bring one token exactly one gets new ones, and the second one ends the grant. What `issue` throws leaves
    /// all as it was.
    func refresh(
        _ digest: TokenDigest, by clientID: String, now: Moment,
        issue: @escaping @Sendable (AuthorizationGrant) throws -> IssuedTokens
    ) async throws -> Refresh {
        try await self.storage.write { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM refresh_token WHERE digest = ? AND client_id = ?",
                arguments: [digest.data, clientID])
            guard let row else { return .unknown }
            let token = try Self.refreshToken(row)
            guard (row["used_at"] as Int64?) == nil else {
                try Self.end(database, grantID: token.grant.id)
                return .reused
            }
            if let end = token.expiresAt, end <= now { return .unknown }
            let tokens = try issue(token.grant)
            try database.execute(
                sql: "UPDATE refresh_token SET used_at = ? WHERE digest = ?",
                arguments: [now.milliseconds, digest.data])
            try database.execute(sql: "DELETE FROM access_token WHERE grant_id = ?", arguments: [token.grant.id])
            try Self.keep(database, tokens, now: now)
            return .issued(tokens)
        }
    }

    /// The refresh token with this digest while it has not been used, ended or not: the caller knows the time.
    func refreshToken(_ digest: TokenDigest) async throws -> IssuedRefreshToken? {
        try await self.storage.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM refresh_token WHERE digest = ? AND used_at IS NULL",
                arguments: [digest.data]
            ).map(Self.refreshToken)
        }
    }

    /// Ends every token of the grant that one of these belongs to, if it was issued to that client.
    ///
    /// A token that is over, by its time or by its use, is none any more: it ends nothing (RFC 7009 §2.2).
    func revoke(_ digests: [TokenDigest], issuedTo clientID: String, now: Moment) async throws {
        try await self.storage.write { database in
            for digest in digests {
                for (table, isAlive) in Self.aliveAt {
                    let grantID = try String.fetchOne(
                        database,
                        sql: "SELECT grant_id FROM \(table) WHERE digest = ? AND client_id = ? AND \(isAlive)",
                        arguments: [digest.data, clientID, now.milliseconds])
                    if let grantID { try Self.end(database, grantID: grantID) }
                }
            }
        }
    }

    /// Ends the access tokens of a client; its refresh tokens stay (deleteOAuth2Token).
    func deleteAccessTokens(of clientID: String) async throws {
        try await self.storage.write {
            try $0.execute(sql: "DELETE FROM access_token WHERE client_id = ?", arguments: [clientID])
        }
    }

    /// Where tokens are, each with its `grant_id`.
    static let tables = ["access_token", "refresh_token"]

    /// When a token of each still counts, at a time that is bound to the one `?`.
    private static let aliveAt = [
        ("access_token", "expires_at > ?"),
        ("refresh_token", "used_at IS NULL AND ifnull(expires_at > ?, 1)"),
    ]

    private static func end(_ database: GRDB.Database, grantID: String) throws {
        for table in Self.tables {
            try database.execute(sql: "DELETE FROM \(table) WHERE grant_id = ?", arguments: [grantID])
        }
    }

    private static func keep(_ database: GRDB.Database, _ tokens: IssuedTokens, now: Moment) throws {
        let access = tokens.accessToken
        try AccessTokenStore.insert(database, access.issued, digest: access.digest)
        guard let refresh = tokens.refreshToken else { return }
        try ExpiredRows.refreshTokens.sweep(database, now: now)
        try database.execute(
            sql: """
                INSERT INTO refresh_token (digest, grant_id, client_id, authorization, issued_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                refresh.digest.data, refresh.issued.grant.id, access.issued.clientID, refresh.issued.grant.storedText,
                refresh.issued.issuedAt.milliseconds, refresh.issued.expiresAt?.milliseconds,
            ])
    }

    private static func refreshToken(_ row: Row) throws -> IssuedRefreshToken {
        IssuedRefreshToken(
            grant: try AuthorizationGrant(storedText: row["authorization"]),
            issuedAt: Moment(milliseconds: row["issued_at"]),
            expiresAt: (row["expires_at"] as Int64?).map { Moment(milliseconds: $0) })
    }
}
