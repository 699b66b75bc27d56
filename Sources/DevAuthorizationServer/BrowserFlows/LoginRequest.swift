import GRDB
import OAuthModel

/// A login that an authorization request waits for (contract §6.4).
struct LoginRequest: Sendable {
    let challenge: String
    let clientID: String
    let request: AuthorizationRequest
    /// The session that is there, or that this login will begin.
    let sessionID: String
    /// Who is logged in already, so that nobody needs to be asked.
    let skipped: Skipped?
    let requestedAt: Moment
    let expiresAt: Moment
    var answer: HandshakeAnswer<AcceptedLogin>?
    var answeredAt: Moment?
    var isUsed = false

    struct Skipped: Sendable, Hashable {
        let subject: String
        let authenticatedAt: Moment
    }

    /// getOAuth2LoginRequest.
    func document(client: RegisteredClient, publicURL: String) -> JSONObject {
        [
            "challenge": .string(self.challenge), "client": .object(client.document),
            "oidc_context": .object(self.request.openIDContext()),
            "request_url": .string(self.request.url(under: publicURL)),
            "requested_access_token_audience": .strings(self.request.audience),
            "requested_scope": .strings(self.request.scope), "session_id": .string(self.sessionID),
            "skip": .bool(self.skipped != nil), "subject": .string(self.skipped?.subject ?? ""),
        ]
    }
}

extension LoginRequest {
    /// Reads back a row of `login_request`.
    init(_ row: Row) throws {
        self.challenge = row["challenge"]
        self.clientID = row["client_id"]
        self.request = try AuthorizationRequest(text: row["request"])
        self.sessionID = row["session_id"]
        if let subject = row["skipped_subject"] as String?, let time = row["skipped_authenticated_at"] as Int64? {
            self.skipped = Skipped(subject: subject, authenticatedAt: Moment(milliseconds: time))
        } else {
            self.skipped = nil
        }
        self.requestedAt = Moment(milliseconds: row["requested_at"])
        self.expiresAt = Moment(milliseconds: row["expires_at"])
        self.answer = try (row["answer"] as String?).map { try HandshakeAnswer(storedText: $0) }
        self.answeredAt = (row["answered_at"] as Int64?).map { Moment(milliseconds: $0) }
        self.isUsed = (row["used_at"] as Int64?) != nil
    }
}
