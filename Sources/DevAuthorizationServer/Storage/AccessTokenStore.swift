import Foundation
import GRDB

/// What was granted with an access token, as introspection tells it.
struct IssuedAccessToken: Sendable, Hashable {
    /// The authorization it came from: tokens of one grant end together.
    var grantID: String
    var clientID: String
    var subject: String
    var scope: [String]
    var audience: [String]
    var issuedAt: Moment
    var expiresAt: Moment
    /// What a user granted; nil for tokens without a user.
    var grant: AuthorizationGrant?
}

/// The rows of `access_token`, found by the token's digest.
struct AccessTokenStore: Sendable {
    let storage: Storage

    /// Keeps a token, or refuses when its client is gone meanwhile: then there is nothing to hand out.
    func insert(_ token: IssuedAccessToken, digest: TokenDigest) async throws {
        try await self.storage.write { try Self.insert($0, token, digest: digest) }
    }

    static func insert(_ database: GRDB.Database, _ token: IssuedAccessToken, digest: TokenDigest) throws {
        try ExpiredRows.accessTokens.sweep(database, now: token.issuedAt)
        try database.execute(
            sql: """
                INSERT INTO access_token
                (digest, grant_id, client_id, subject, scope, audience, issued_at, expires_at, authorization)
                SELECT ?, ?, id, ?, ?, ?, ?, ?, ? FROM client WHERE id = ?
                """,
            arguments: [
                digest.data, token.grantID, token.subject, token.scope.joined(separator: " "),
                StringListText.encode(token.audience), token.issuedAt.milliseconds, token.expiresAt.milliseconds,
                token.grant?.storedText, token.clientID,
            ])
        guard database.changesCount == 1 else {
            throw HydraError.invalidClient("The client was deleted meanwhile.")
        }
    }

    /// The token with this digest, expired or not: the caller knows the time.
    func token(_ digest: TokenDigest) async throws -> IssuedAccessToken? {
        try await self.storage.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM access_token WHERE digest = ?", arguments: [digest.data]
            ).map(Self.token)
        }
    }

    private static func token(_ row: Row) throws -> IssuedAccessToken {
        let scope: String = row["scope"]
        return IssuedAccessToken(
            grantID: row["grant_id"], clientID: row["client_id"], subject: row["subject"],
            scope: scope.spaceSeparatedWords, audience: try StringListText.decode(row["audience"]),
            issuedAt: Moment(milliseconds: row["issued_at"]), expiresAt: Moment(milliseconds: row["expires_at"]),
            grant: try (row["authorization"] as String?).map { try AuthorizationGrant(storedText: $0) })
    }
}
