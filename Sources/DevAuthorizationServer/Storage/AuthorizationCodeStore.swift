import Foundation
import GRDB
import JOSE
import OAuthModel

/// A code on its way to the client, less the code itself.
struct IssuedAuthorizationCode: Sendable, Hashable {
    var grant: AuthorizationGrant
    /// As the authorization request gave it; nil when it left it out.
    var redirectURI: String?
    /// PKCE by S256 (RFC 7636 §4.2); nil when the request came without.
    var codeChallenge: String?
    var issuedAt: Moment
    var expiresAt: Moment
}

/// What a client brings with a code, authenticated already.
struct PresentedCode: Sendable {
    var digest: TokenDigest
    var clientID: String
    var redirectURI: String?
    var codeVerifier: String?
}

/// What became of a code that a client brought.
enum CodeRedemption: Sendable, Hashable {
    case redeemed(AuthorizationGrant)
    /// It was used before: all that came from this grant has to end (RFC 6749 §4.1.2).
    case replayed(grantID: String)
    case refused(Refusal)

    enum Refusal: Sendable, Hashable { case unknown, expired, otherClient, otherRedirectURI, wrongVerifier }
}

/// The rows of `authorization_code`, found by the code's digest.
struct AuthorizationCodeStore: Sendable {
    let storage: Storage

    /// `ttl.auth_code`.
    static let lifespan = GoDuration.seconds(600)

    /// Hands the code's grant to the one who may have it.
    ///
    /// Looking and marking are one transaction, so of many who bring one code exactly one wins.
    func redeem(_ presented: PresentedCode, now: Moment) async throws -> CodeRedemption {
        try await self.storage.write { try Self.redeem($0, presented, now: now) }
    }

    /// The same inside a transaction that goes on to keep the tokens, or to end the grant's: nobody comes in between.
    static func redeem(_ database: GRDB.Database, _ presented: PresentedCode, now: Moment) throws -> CodeRedemption {
        let sql = "SELECT * FROM authorization_code WHERE digest = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [presented.digest.data]) else {
            return .refused(.unknown)
        }
        // In Hydra's order: even another client that brings a used code shows that the code leaked.
        guard (row["used_at"] as Int64?) == nil else { return .replayed(grantID: row["grant_id"]) }
        guard now < Moment(milliseconds: row["expires_at"]) else { return .refused(.expired) }
        guard (row["client_id"] as String).hasSameOctets(as: presented.clientID) else {
            return .refused(.otherClient)
        }
        if let redirectURI = row["redirect_uri"] as String? {
            guard let given = presented.redirectURI, redirectURI.hasSameOctets(as: given) else {
                return .refused(.otherRedirectURI)
            }
        }
        // A code has one try at its verifier: whoever guesses wrong has used it up.
        try database.execute(
            sql: "UPDATE authorization_code SET used_at = ? WHERE digest = ?",
            arguments: [now.milliseconds, presented.digest.data])
        guard Self.proves(presented.codeVerifier, row["code_challenge"]) else { return .refused(.wrongVerifier) }
        return .redeemed(try AuthorizationGrant(storedText: row["authorization"]))
    }

    /// Keeps a code, inside the transaction that used up the consent it came from.
    static func insert(_ database: GRDB.Database, _ code: IssuedAuthorizationCode, digest: TokenDigest) throws {
        try ExpiredRows.authorizationCodes.sweep(database, now: code.issuedAt)
        try database.execute(
            sql: """
                INSERT INTO authorization_code
                (digest, grant_id, client_id, redirect_uri, code_challenge, authorization, issued_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                digest.data, code.grant.id, code.grant.clientID, code.redirectURI, code.codeChallenge,
                code.grant.storedText, code.issuedAt.milliseconds, code.expiresAt.milliseconds,
            ])
    }

    /// RFC 7636 §4.6; a verifier without a challenge is a sign of two flows mixed up and is refused too.
    private static func proves(_ verifier: String?, _ challenge: String?) -> Bool {
        guard let challenge else { return (verifier ?? "").isEmpty }
        guard let verifier, CodeVerifier.isWellFormed(verifier) else { return false }
        let digest = Base64URL.encode(SHA256Digest.digest(of: Array(verifier.utf8)).bytes)
        return ConstantTime.areEqual(Array(digest.utf8), Array(challenge.utf8))
    }
}
