import HTTPTypes
import Hummingbird
import OAuthModel

/// The built-in consent page asks what the client may do.
///
/// Like the login page it answers only the browser that has the request's cookie.
struct ConsentPage: Sendable {
    let core: ServerCore

    func show(_ call: Call) async throws -> Response {
        guard let (consent, client) = try await self.waiting(try call.query.nonEmpty("consent_challenge"), call) else {
            return LoginPage.gone
        }
        // A remembered consent stands in for the user; and an administrator may have said that this client needs none, but
        // not to a request that asks for one (OpenID Connect Core §3.1.2.1).
        if consent.skip || client.skipConsent && !consent.request.prompts.contains("consent") {
            return try await self.accept(consent, scope: consent.request.scope, remember: false)
        }
        return self.form(consent, client).response()
    }

    func decide(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard let (consent, _) = try await self.waiting(form.nonEmpty("consent_challenge"), call) else {
            return LoginPage.gone
        }
        guard form["action"] == "allow" else {
            let rejected = try RejectedRequest([
                "error": "access_denied", "error_description": "The user did not consent.", "status_code": 403,
            ])
            return Reply.redirect(
                .seeOther, to: try await self.core.answerConsent(consent.challenge, .rejected(rejected)))
        }
        let chosen = form.values(of: "scope")
        // Nothing but what was asked for, whatever the form says.
        let scope = consent.request.scope.filter { word in chosen.contains { $0.hasSameOctets(as: word) } }
        return try await self.accept(consent, scope: scope, remember: form["remember"] != nil)
    }

    private func accept(_ consent: ConsentRequest, scope: [String], remember: Bool) async throws -> Response {
        let accepted = try AcceptedConsent([
            "grant_scope": .strings(scope), "grant_access_token_audience": .strings(consent.request.audience),
            "remember": .bool(remember), "remember_for": 0,
            "session": ["id_token": .object(self.claims(of: consent.subject, scope: scope))],
        ])
        return Reply.redirect(
            .seeOther, to: try await self.core.answerConsent(consent.challenge, .accepted(accepted)))
    }

    /// What the client may know of the user (OpenID Connect Core §5.4).
    private func claims(of subject: String, scope: [String]) -> JSONObject {
        let user = self.core.browser.users.first { $0.name.hasSameOctets(as: subject) }
        var claims = JSONObject()
        for member in user?.claims.members ?? [] {
            let needed = member.name.hasPrefix("email") ? "email" : "profile"
            if scope.contains(needed) { claims[member.name] = member.value }
        }
        return claims
    }

    /// The request, if it waits for an answer and this browser is the one it began in.
    private func waiting(
        _ challenge: String?, _ call: Call
    ) async throws -> (consent: ConsentRequest, client: RegisteredClient)? {
        guard let challenge, let consent = try await self.core.browser.consents.request(challenge), !consent.isUsed,
            self.core.now() < consent.expiresAt,
            try await self.core.browser.owns(
                .consent, challenge: challenge,
                cookies: BrowserCookies(publicURL: self.core.publicURL)
                    .digests(.handshake(.consent, clientID: consent.clientID), in: call.request.headers)),
            let client = try await self.core.clients.client(consent.clientID)?.client
        else { return nil }
        return (consent, client)
    }

    private func form(_ consent: ConsentRequest, _ client: RegisteredClient) -> WebPage {
        let choices = consent.request.scope.map { word -> HTML in
            """
            <label><input type="checkbox" name="scope" value="\(word)" checked><span><code>\(word)</code>\
            \(Self.meaning(of: word))</span></label>

            """
        }
        let scopes: HTML =
            choices.isEmpty ? "" : "<fieldset>\n<legend>It may</legend>\n\(choices)</fieldset>\n"
        let audiences = consent.request.audience.map { name -> HTML in "<br><code>\(name)</code>" }
        let audience: HTML = audiences.isEmpty ? "" : "<p>Where it will be used:\(audiences)</p>\n"
        return WebPage(
            title: "Allow access",
            body: """
                <h1>Allow access?</h1>
                <p><strong>\(client.displayName)</strong> wants to act for <strong>\(consent.subject)</strong>.</p>
                <form method="post">
                <input type="hidden" name="consent_challenge" value="\(consent.challenge)">
                \(scopes)\(audience)\
                <label class="alone"><input type="checkbox" name="remember" value="yes">Do not ask me again</label>
                <div class="actions">
                <button class="main" name="action" value="allow">Allow</button>
                <button name="action" value="deny">Deny</button>
                </div>
                </form>
                """,
            formTargets: RedirectTarget.formTargets(consent.request, of: client))
    }

    /// What the scopes of OpenID Connect mean (Core §5.4, §11); the others are the application's own.
    private static func meaning(of scope: String) -> HTML {
        switch scope {
        case "openid": "<small>know who you are</small>"
        case "profile": "<small>see your profile</small>"
        case "email": "<small>see your e-mail address</small>"
        case "offline", "offline_access": "<small>act while you are away</small>"
        default: ""
        }
    }
}
