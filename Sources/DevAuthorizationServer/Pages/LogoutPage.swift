import HTTPTypes
import Hummingbird
import OAuthModel

/// The built-in logout page.
///
/// Its challenge is all that it asks for: who knows it may end that session, which is all that it can do.
struct LogoutPage: Sendable {
    let core: ServerCore

    func show(_ call: Call) async throws -> Response {
        guard let logout = try await self.waiting(try call.query.nonEmpty("logout_challenge")) else {
            return LoginPage.gone
        }
        return WebPage(
            title: "Log out",
            body: """
                <h1>Log out?</h1>
                <p>You are logged in as <strong>\(logout.subject)</strong>.</p>
                <form method="post">
                <input type="hidden" name="logout_challenge" value="\(logout.challenge)">
                <div class="actions">
                <button class="main" name="action" value="logout">Log out</button>
                <button name="action" value="stay">Stay</button>
                </div>
                </form>
                """,
            formTargets: RedirectTarget.formTargets(leadingTo: logout.target)
        ).response()
    }

    func decide(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard let logout = try await self.waiting(form.nonEmpty("logout_challenge")) else { return LoginPage.gone }
        guard form["action"] == "logout" else {
            try await self.core.browser.logouts.decide(logout.challenge, .rejected, now: self.core.now())
            return WebPage(
                title: "Still logged in",
                body: "<h1>Still logged in</h1>\n<p>You are logged in as <strong>\(logout.subject)</strong>.</p>"
            ).response()
        }
        return Reply.redirect(.seeOther, to: try await self.core.acceptLogout(logout.challenge))
    }

    private func waiting(_ challenge: String?) async throws -> LogoutRequest? {
        guard let challenge, let logout = try await self.core.browser.logouts.request(challenge), !logout.isRejected,
            !logout.isUsed, self.core.now() < logout.expiresAt
        else { return nil }
        return logout
    }

    /// Shows each client's own logout address, out of sight, and goes on.
    static func telling(_ frames: [String], then target: String) -> WebPage {
        let shown = frames.map { address -> HTML in "<iframe src=\"\(address)\"></iframe>\n" }
        return WebPage(
            title: "Logging out",
            body: """
                <h1>Logging out</h1>
                <p>The applications that you used are being told.</p>
                \(shown)\
                <p><a href="\(target)">Continue</a></p>
                """,
            frames: Array(Set(frames.map { RedirectTarget.contentSource(of: $0) })).sorted(), next: target)
    }
}
