import Foundation
import GRDB
import OAuthModel

/// Half of the handshake between authorization endpoint and pages: each is a table with the same columns for it.
enum HandshakeStep: String, Sendable {
    case login = "login_request"
    case consent = "consent_request"
}

/// The browser that came back with a verifier, and what else it brought.
struct ReturningBrowser: Sendable {
    let verifier: TokenDigest
    /// The values of the cookie that was set when the request left; one browser may have several of that name.
    let cookies: [TokenDigest]
    /// The authorization request, which has to be the one that left.
    let request: AuthorizationRequest
}

extension HandshakeStep {
    /// Uses the verifier up, and returns the row with the answer.
    ///
    /// A browser that may not use it does not use it up.
    func use(_ database: GRDB.Database, _ browser: ReturningBrowser, now: Moment) throws -> Row {
        let sql = "SELECT * FROM \(self.rawValue) WHERE verifier_digest = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [browser.verifier.data]),
            (row["answer"] as String?) != nil
        else { throw HydraError.accessDenied("The verifier is not known.") }
        let cookie: Data = row["cookie_digest"]
        guard browser.cookies.contains(where: { $0.data == cookie }) else {
            throw HydraError.requestForbidden(
                "This browser has not the cookie of the request: it began in another one, or cookies are blocked.")
        }
        guard (row["request"] as String).hasSameOctets(as: browser.request.text) else {
            throw HydraError.accessDenied("The verifier belongs to another request.")
        }
        guard (row["used_at"] as Int64?) == nil else {
            throw HydraError.invalidRequest("The verifier has been used already.")
        }
        guard now < Moment(milliseconds: row["expires_at"]) else {
            throw HydraError.requestUnauthorized("The request has expired; begin again.")
        }
        try database.execute(
            sql: "UPDATE \(self.rawValue) SET used_at = ? WHERE verifier_digest = ?",
            arguments: [now.milliseconds, browser.verifier.data])
        return row
    }

    /// The row that an answer is for, while it may still change.
    func open(_ database: GRDB.Database, challenge: String) throws -> Row {
        let sql = "SELECT * FROM \(self.rawValue) WHERE challenge = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [challenge]) else {
            throw HydraError.noSuchRequest
        }
        guard (row["used_at"] as Int64?) == nil else { throw HydraError.requestIsOver }
        return row
    }
}

extension BrowserFlows {
    /// Whether a browser with these cookies is the one that the request began in.
    func owns(_ step: HandshakeStep, challenge: String, cookies: [TokenDigest]) async throws -> Bool {
        let cookie = try await self.logins.storage.read { database in
            try Data.fetchOne(
                database, sql: "SELECT cookie_digest FROM \(step.rawValue) WHERE challenge = ?",
                arguments: [challenge])
        }
        return cookies.contains { $0.data == cookie }
    }
}
