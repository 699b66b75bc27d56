import GRDB
import OAuthModel

/// A logout that waits to be confirmed (contract §6.6, §7.4).
struct LogoutRequest: Sendable {
    let challenge: String
    /// The client that asked for it, if it was one.
    let clientID: String?
    let sessionID: String
    let subject: String
    /// Path and query, as they came.
    let requestURL: String
    /// Where the browser goes in the end.
    let target: String
    let requestedAt: Moment
    let expiresAt: Moment
    var isRejected = false
    var isUsed = false

    /// getOAuth2LogoutRequest; without a client there is no such member, since Ory's Python client cannot read `null`.
    func document(client: RegisteredClient?) -> JSONObject {
        var document: JSONObject = [
            "challenge": .string(self.challenge), "expires_at": .string(RFC3339.text(self.expiresAt)),
            "request_url": .string(self.requestURL), "requested_at": .string(RFC3339.text(self.requestedAt)),
            "rp_initiated": .bool(self.clientID != nil), "sid": .string(self.sessionID),
            "subject": .string(self.subject),
        ]
        if let client { document["client"] = .object(client.document) }
        return document
    }
}

extension LogoutRequest {
    /// Reads back a row of `logout_request`.
    init(_ row: Row) {
        self.challenge = row["challenge"]
        self.clientID = row["client_id"]
        self.sessionID = row["session_id"]
        self.subject = row["subject"]
        self.requestURL = row["request_url"]
        self.target = row["target"]
        self.requestedAt = Moment(milliseconds: row["requested_at"])
        self.expiresAt = Moment(milliseconds: row["expires_at"])
        self.isRejected = (row["rejected_at"] as Int64?) != nil
        self.isUsed = (row["used_at"] as Int64?) != nil
    }
}
