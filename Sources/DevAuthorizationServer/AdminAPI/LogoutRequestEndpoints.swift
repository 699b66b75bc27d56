import HTTPTypes
import Hummingbird
import OAuthModel

/// `/admin/oauth2/auth/requests/logout`: for logout pages.
struct LogoutRequestEndpoints: Sendable {
    let core: ServerCore

    /// getOAuth2LogoutRequest: 404 once rejected, 410 once the browser came back.
    func get(_ call: Call) async throws -> Response {
        guard let logout = try await self.core.browser.logouts.request(try Self.challenge(call)), !logout.isRejected
        else {
            throw HydraError.noSuchRequest
        }
        guard !logout.isUsed else { return Reply.gone(to: self.core.publicURL + logout.requestURL) }
        var client: RegisteredClient?
        if let id = logout.clientID { client = try await self.core.clients.client(id)?.client }
        return Reply.json(.object(logout.document(client: client)))
    }

    /// acceptOAuth2LogoutRequest.
    func accept(_ call: Call) async throws -> Response {
        Reply.redirectTo(try await self.core.acceptLogout(try Self.challenge(call)))
    }

    /// rejectOAuth2LogoutRequest: the session stays, and the browser goes nowhere.
    func reject(_ call: Call) async throws -> Response {
        try await self.core.browser.logouts.decide(try Self.challenge(call), .rejected, now: self.core.now())
        return Reply.empty(.noContent)
    }

    /// A missing challenge is one that is not known.
    private static func challenge(_ call: Call) throws -> String {
        let query = try call.query
        return query.nonEmpty("logout_challenge") ?? query.nonEmpty("challenge") ?? ""
    }
}

extension ServerCore {
    /// Where the browser has to go once the logout page has accepted.
    func acceptLogout(_ challenge: String) async throws -> String {
        try await self.browser.logouts.decide(challenge, .accepted, now: self.now())
        return (self.publicURL + LogoutEndpoint.path).addingQuery([
            .init(name: "logout_verifier", value: self.browser.secrets.verifier(of: challenge, .logout))
        ])
    }
}
