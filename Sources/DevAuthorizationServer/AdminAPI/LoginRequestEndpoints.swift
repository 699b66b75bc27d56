import HTTPTypes
import Hummingbird
import OAuthModel

/// `/admin/oauth2/auth/requests/login`: for login pages.
struct LoginRequestEndpoints: Sendable {
    let core: ServerCore

    /// getOAuth2LoginRequest: 410 once the browser came back with an answer.
    func get(_ call: Call) async throws -> Response {
        let challenge = try call.challenge("login_challenge")
        guard let login = try await self.core.browser.logins.request(challenge),
            let client = try await self.core.clients.client(login.clientID)?.client
        else { throw HydraError.noSuchRequest }
        guard !login.isUsed else { return Reply.gone(to: login.request.url(under: self.core.publicURL)) }
        return Reply.json(.object(login.document(client: client, publicURL: self.core.publicURL)))
    }

    /// acceptOAuth2LoginRequest.
    func accept(_ call: Call) async throws -> Response {
        let challenge = try call.challenge("login_challenge")
        let accepted = try AcceptedLogin(try await call.jsonObject())
        return Reply.redirectTo(try await self.core.answerLogin(challenge, .accepted(accepted)))
    }

    /// rejectOAuth2LoginRequest.
    func reject(_ call: Call) async throws -> Response {
        let challenge = try call.challenge("login_challenge")
        let rejected = try RejectedRequest(try await call.jsonObject())
        return Reply.redirectTo(try await self.core.answerLogin(challenge, .rejected(rejected)))
    }
}

/// `/admin/oauth2/auth/requests/consent`: for consent pages.
struct ConsentRequestEndpoints: Sendable {
    let core: ServerCore

    /// getOAuth2ConsentRequest: 410 once the browser came back with an answer.
    func get(_ call: Call) async throws -> Response {
        let challenge = try call.challenge("consent_challenge")
        guard let consent = try await self.core.browser.consents.request(challenge),
            let client = try await self.core.clients.client(consent.clientID)?.client
        else { throw HydraError.noSuchRequest }
        guard !consent.isUsed else { return Reply.gone(to: consent.request.url(under: self.core.publicURL)) }
        return Reply.json(.object(consent.document(client: client, publicURL: self.core.publicURL)))
    }

    /// acceptOAuth2ConsentRequest.
    func accept(_ call: Call) async throws -> Response {
        let challenge = try call.challenge("consent_challenge")
        let accepted = try AcceptedConsent(try await call.jsonObject()).checked()
        return Reply.redirectTo(try await self.core.answerConsent(challenge, .accepted(accepted)))
    }

    /// rejectOAuth2ConsentRequest.
    func reject(_ call: Call) async throws -> Response {
        let challenge = try call.challenge("consent_challenge")
        let rejected = try RejectedRequest(try await call.jsonObject())
        return Reply.redirectTo(try await self.core.answerConsent(challenge, .rejected(rejected)))
    }
}

extension Call {
    /// The challenge that a login or consent page asks about; Hydra still takes its old name.
    fileprivate func challenge(_ name: String) throws -> String {
        let query = try self.query
        guard let challenge = query.nonEmpty(name) ?? query.nonEmpty("challenge") else {
            throw HydraError.invalidRequest("The query parameter '\(name)' is missing.")
        }
        return challenge
    }
}

extension Reply {
    /// Where the browser has to go next.
    static func redirectTo(_ address: String) -> Response { Self.json(["redirect_to": .string(address)]) }

    /// The request is over: whoever still stands before it begins again there.
    static func gone(to address: String) -> Response {
        Self.json(["redirect_to": .string(address)], status: .gone)
    }
}
