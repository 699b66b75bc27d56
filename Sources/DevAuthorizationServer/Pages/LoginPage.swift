import HTTPTypes
import Hummingbird
import OAuthModel

/// The built-in login page: pick a user, no password.
///
/// It answers only the browser that the request began in, which is the one with its cookie: nobody can be made to log in by
/// an address or a form of somebody else's.
struct LoginPage: Sendable {
    let core: ServerCore

    func show(_ call: Call) async throws -> Response {
        guard let (login, client) = try await self.waiting(try call.query.nonEmpty("login_challenge"), call) else {
            return Self.gone
        }
        if let skipped = login.skipped {
            // Nobody needs to be asked; the accepted login keeps what it was.
            let accepted = try AcceptedLogin(["subject": .string(skipped.subject), "remember": true])
            return Reply.redirect(
                .seeOther, to: try await self.core.answerLogin(login.challenge, .accepted(accepted)))
        }
        return self.form(login, client).response()
    }

    func decide(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard let (login, client) = try await self.waiting(form.nonEmpty("login_challenge"), call) else {
            return Self.gone
        }
        if form["action"] == "cancel" {
            let rejected = try RejectedRequest([
                "error": "access_denied", "error_description": "The user cancelled the login.", "status_code": 403,
            ])
            return Reply.redirect(
                .seeOther, to: try await self.core.answerLogin(login.challenge, .rejected(rejected)))
        }
        guard let name = form["user"], self.core.browser.users.contains(where: { $0.name.hasSameOctets(as: name) })
        else {
            var page = self.form(login, client)
            page.status = .unprocessableContent
            return page.response()
        }
        let accepted = try AcceptedLogin([
            "subject": .string(name), "remember": .bool(form["remember"] != nil), "remember_for": .integer(Self.kept),
            "amr": ["user"],
        ])
        return Reply.redirect(.seeOther, to: try await self.core.answerLogin(login.challenge, .accepted(accepted)))
    }

    /// A month, for whoever wants to stay logged in.
    private static let kept: Int64 = 30 * 86_400

    /// The request, if it waits for an answer and this browser is the one it began in.
    private func waiting(
        _ challenge: String?, _ call: Call
    ) async throws -> (login: LoginRequest, client: RegisteredClient)? {
        guard let challenge, let login = try await self.core.browser.logins.request(challenge), !login.isUsed,
            self.core.now() < login.expiresAt,
            try await self.core.browser.owns(
                .login, challenge: challenge,
                cookies: BrowserCookies(publicURL: self.core.publicURL)
                    .digests(.handshake(.login, clientID: login.clientID), in: call.request.headers)),
            let client = try await self.core.clients.client(login.clientID)?.client
        else { return nil }
        return (login, client)
    }

    private func form(_ login: LoginRequest, _ client: RegisteredClient) -> WebPage {
        let hinted = login.request["login_hint"]
        let users = self.core.browser.users
        let chosen = users.firstIndex { hinted.map($0.name.hasSameOctets(as:)) ?? false } ?? users.startIndex
        let choices = users.enumerated().map { index, user -> HTML in
            let mark: HTML = index == chosen ? " checked" : ""
            return
                "<label><input type=\"radio\" name=\"user\" value=\"\(user.name)\" required\(mark)>\(user.name)</label>\n"
        }
        return WebPage(
            title: "Log in",
            body: """
                <h1>Log in</h1>
                <p>to continue to <strong>\(client.displayName)</strong></p>
                <form method="post">
                <input type="hidden" name="login_challenge" value="\(login.challenge)">
                <fieldset>
                <legend>Who are you?</legend>
                \(choices)</fieldset>
                <label class="alone"><input type="checkbox" name="remember" value="yes">Stay logged in</label>
                <div class="actions">
                <button class="main" name="action" value="login">Log in</button>
                <button name="action" value="cancel" formnovalidate>Cancel</button>
                </div>
                </form>
                """,
            formTargets: RedirectTarget.formTargets(login.request, of: client))
    }

    /// The same for all that cannot be answered here: which it is, is nobody's business.
    static let gone = WebPage(
        title: "Nothing to do here",
        body: """
            <h1>Nothing to do here</h1>
            <p>This request is over, has expired, or began in another browser. Go back to the application and begin \
            again.</p>
            """,
        status: .forbidden
    ).response()
}

extension RegisteredClient {
    /// What a user is told; a client without a name has its id.
    var displayName: String { self.name.isEmpty ? self.id : self.name }
}
