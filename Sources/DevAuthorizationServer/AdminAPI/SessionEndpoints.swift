import HTTPTypes
import Hummingbird
import OAuthModel

/// `/admin/oauth2/auth/sessions/…`: who is logged in, and what was granted.
struct SessionEndpoints: Sendable {
    let core: ServerCore

    /// listOAuth2ConsentSessions: newest first.
    func listConsents(_ call: Call) async throws -> Response {
        let query = try call.query
        let subject = try Self.subject(query)
        let page = Page(query)
        let found = try await self.core.browser.consentSessions.list(
            subject: subject, sessionID: query.nonEmpty("login_session_id"), now: self.core.now(), offset: page.offset,
            limit: page.size)
        let sessions = found.sessions.compactMap {
            $0.consent.session(client: $0.client, publicURL: self.core.publicURL)
        }
        return Reply.page(page, of: sessions, total: found.total, path: call.path, query: query)
    }

    /// revokeOAuth2ConsentSessions: the consents and all tokens that came from them.
    func revokeConsents(_ call: Call) async throws -> Response {
        let query = try call.query
        let subject = try Self.subject(query)
        let client = query.nonEmpty("client")
        // Ory's own Python client 2.1.1 writes `True`.
        guard client != nil || query["all"]?.lowercased() == "true" else {
            throw HydraError.invalidRequest("One of the query parameters 'client' and 'all=true' is needed.")
        }
        try await self.core.browser.consentSessions.revoke(subject: subject, clientID: client)
        return Reply.empty(.noContent)
    }

    /// revokeOAuth2LoginSessions: tokens stay; the clients of a session that is named are told.
    func revokeLogins(_ call: Call) async throws -> Response {
        let query = try call.query
        if let sessionID = query.nonEmpty("sid") {
            // Of a session that is not there, or that was never remembered, nothing ends that a client could be told.
            if try await self.core.browser.sessions.delete(id: sessionID) {
                let clients = try await self.core.browser.consentSessions.clients(ofSession: sessionID)
                await self.core.notifyBackchannel(clients, sessionEnded: sessionID)
            }
        } else {
            guard let subject = query.nonEmpty("subject") else {
                throw HydraError.invalidRequest("One of the query parameters 'subject' and 'sid' is needed.")
            }
            try await self.core.browser.sessions.delete(subject: subject)
        }
        return Reply.empty(.noContent)
    }

    private static func subject(_ query: FormFields) throws -> String {
        guard let subject = query.nonEmpty("subject") else {
            throw HydraError.invalidRequest("The query parameter 'subject' is missing.")
        }
        return subject
    }
}
