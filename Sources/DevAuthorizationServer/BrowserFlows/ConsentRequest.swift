import GRDB
import OAuthModel

/// A consent that an authorization request waits for, or was given (contract §6.5).
struct ConsentRequest: Sendable {
    /// The grant's id, once it is granted.
    let id: String
    let challenge: String
    let clientID: String
    let request: AuthorizationRequest
    let loginChallenge: String
    let sessionID: String
    let subject: String
    let authenticatedAt: Moment
    let login: AcceptedLogin
    /// Whether a remembered consent covers what is asked for.
    let skip: Bool
    let requestedAt: Moment
    let expiresAt: Moment
    var answer: HandshakeAnswer<AcceptedConsent>?
    var answeredAt: Moment?
    var isUsed = false

    /// getOAuth2ConsentRequest.
    func document(client: RegisteredClient, publicURL: String) -> JSONObject {
        [
            "acr": .string(self.login.acr), "amr": .strings(self.login.amr), "challenge": .string(self.challenge),
            "client": .object(client.document), "consent_request_id": .string(self.id), "context": self.login.context,
            "login_challenge": .string(self.loginChallenge), "login_session_id": .string(self.sessionID),
            "oidc_context": .object(self.request.openIDContext()),
            "request_url": .string(self.request.url(under: publicURL)),
            "requested_access_token_audience": .strings(self.request.audience),
            "requested_scope": .strings(self.request.scope), "skip": .bool(self.skip),
            "subject": .string(self.subject),
        ]
    }

    /// An entry of listOAuth2ConsentSessions; nil when it was not granted.
    func session(client: RegisteredClient, publicURL: String) -> JSONObject? {
        guard case .accepted(let accepted)? = self.answer, let answeredAt = self.answeredAt else { return nil }
        return [
            "consent_request": .object(self.document(client: client, publicURL: publicURL)),
            "consent_request_id": .string(self.id), "context": accepted.context,
            "grant_access_token_audience": .strings(accepted.audience), "grant_scope": .strings(accepted.scope),
            "handled_at": .string(RFC3339.text(answeredAt)), "remember": .bool(accepted.remember),
            "remember_for": .integer(accepted.rememberFor), "session": .object(accepted.session),
        ]
    }

    /// All that the tokens will say.
    func grant(_ accepted: AcceptedConsent) -> AuthorizationGrant {
        AuthorizationGrant(
            id: self.id, clientID: self.clientID, subject: self.subject, scope: accepted.scope,
            audience: accepted.audience, accessTokenSession: accepted.accessTokenSession,
            idTokenSession: accepted.idTokenSession, nonce: self.request["nonce"], requestedAt: self.requestedAt,
            authenticatedAt: self.authenticatedAt, acr: self.login.acr, amr: self.login.amr,
            acrValuesRequested: self.request["acr_values"] != nil, sessionID: self.sessionID)
    }
}

extension ConsentRequest {
    /// Reads back a row of `consent_request`.
    init(_ row: Row) throws {
        self.id = row["id"]
        self.challenge = row["challenge"]
        self.clientID = row["client_id"]
        self.request = try AuthorizationRequest(text: row["request"])
        self.loginChallenge = row["login_challenge"]
        self.sessionID = row["session_id"]
        self.subject = row["subject"]
        self.authenticatedAt = Moment(milliseconds: row["authenticated_at"])
        guard case .accepted(let login) = try HandshakeAnswer<AcceptedLogin>(storedText: row["login_answer"]) else {
            throw DevAuthorizationServerError(.databaseUnusable, "a stored consent came from a login that was refused")
        }
        self.login = login
        self.skip = row["skip"]
        self.requestedAt = Moment(milliseconds: row["requested_at"])
        self.expiresAt = Moment(milliseconds: row["expires_at"])
        self.answer = try (row["answer"] as String?).map { try HandshakeAnswer(storedText: $0) }
        self.answeredAt = (row["answered_at"] as Int64?).map { Moment(milliseconds: $0) }
        self.isUsed = (row["used_at"] as Int64?) != nil
    }
}
