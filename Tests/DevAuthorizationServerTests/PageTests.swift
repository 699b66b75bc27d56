import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Built-in pages")
struct PageTests {
    private func text(_ answer: Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test("a page answers only the browser that the request began in")
    func foreignBrowsers() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let stranger = Browser(server)
            _ = try await Flow(stranger, flow.client).consentChallenge()
            let login = try await flow.loginChallenge()
            let consent = try await flow.consentChallenge()
            for (kind, challenge) in [("login", login), ("consent", consent), ("login", "made-up"), ("consent", "")] {
                let path = "/oauth2/fallbacks/\(kind)"
                let form = [
                    ("\(kind)_challenge", challenge), ("user", "alice"), ("action", "allow"), ("scope", "openid"),
                ]
                let shown = try await stranger.visit("\(path)?\(kind)_challenge=\(challenge)")
                #expect(shown.status == 403)
                #expect(try await stranger.visit(path, form: form).status == 403)
                #expect(try await stranger.visit(path, form: []).status == 403)
            }
            let waiting = try await server.get(.admin, "\(Flow.requests)/login?login_challenge=\(login)")
            #expect(waiting.status == 410 || waiting["subject"] == "")
        }
    }

    @Test("a page of somebody else's is where the browser goes, and ours is closed")
    func otherPages() async throws {
        try await withServer({
            $0.loginURL = "https://idp.example/login?tenant=a"
            $0.consentURL = "https://idp.example/consent"
            $0.logoutURL = "https://idp.example/logout"
        }) { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let place = try await flow.begin()
            #expect(place.address.hasPrefix("https://idp.example/login?tenant=a&login_challenge="))
            let login = try await flow.acceptLogin(try #require(place["login_challenge"]), ["remember": true])
            #expect(try await flow.browser.walk(login).hasPrefix("https://idp.example/consent?consent_challenge="))
            let logout = try await flow.browser.walk("/oauth2/sessions/logout")
            #expect(logout.hasPrefix("https://idp.example/logout?logout_challenge="))
            for kind in ["login", "consent", "logout"] {
                for form in [nil, [("action", "login")]] {
                    #expect(try await flow.browser.visit("/oauth2/fallbacks/\(kind)", form: form).status == 404)
                }
            }
        }
    }

    @Test(
        "a page address that no browser can go to is refused at the start",
        arguments: ["", "login", "/login", "ftp://a.example/", "javascript:alert(1)", "https://"])
    func badAddresses(address: String) async throws {
        var options = DevAuthorizationServer.Options.forTests
        options.loginURL = address
        let error = await #expect(throws: DevAuthorizationServerError.self) {
            _ = try await DevAuthorizationServer(options).start()
        }
        #expect(error?.code == .invalidOption)
    }

    @Test("users have names of their own", arguments: [["a", "a"], [""], ["a\nb"]])
    func badUsers(names: [String]) async throws {
        var options = DevAuthorizationServer.Options.forTests
        options.users = names.map { DevAuthorizationServer.User($0) }
        let error = await #expect(throws: DevAuthorizationServerError.self) {
            _ = try await DevAuthorizationServer(options).start()
        }
        #expect(error?.code == .invalidOption)
    }

    @Test("a user logs in, consents to some of it, and the client has its code")
    func wholeWay() async throws {
        try await withServer({ $0.users = [.init("ann"), .init("ben")] }) { server in
            let client = try await server.makeWebClient(["client_name": "Photo <Album> & Co"])
            let flow = Flow(Browser(server), client, [("login_hint", "ben")])
            let login = try await flow.begin()
            let page = try await flow.browser.visit(login.address)
            #expect(page.status == 200)
            #expect(page.field("Content-Type") == "text/html; charset=utf-8")
            #expect(page.field("X-Frame-Options") == "DENY")
            #expect(page.field("Referrer-Policy") == "no-referrer")
            #expect(page.field("Cache-Control") == "no-store")
            let policy = page.field("Content-Security-Policy")
            #expect(policy.contains("default-src 'none'"))
            #expect(policy.hasSuffix("form-action 'self' http: https:"))
            #expect(!policy.contains("script-src"))
            #expect(self.text(page).contains("<strong>Photo &lt;Album&gt; &amp; Co</strong>"))
            #expect(self.text(page).contains("value=\"ben\" required checked>"))
            #expect(!self.text(page).contains("<script"))

            let challenge = try #require(login["login_challenge"])
            let unknown = try await flow.browser.visit(
                login.base, form: [("login_challenge", challenge), ("user", "root"), ("action", "login")])
            #expect(unknown.status == 422)
            let entered = try await flow.browser.visit(
                login.base,
                form: [("login_challenge", challenge), ("user", "ben"), ("remember", "yes"), ("action", "login")])
            #expect(entered.status == 303)
            let consent = Place(try await flow.browser.walk(entered.field("Location")))
            let asked = try await flow.browser.visit(consent.address)
            #expect(asked.status == 200)
            #expect(self.text(asked).contains("value=\"photos.read\" checked"))
            let allowed = try await flow.browser.visit(
                consent.base,
                form: [
                    ("consent_challenge", try #require(consent["consent_challenge"])), ("scope", "openid"),
                    ("scope", "admin"), ("remember", "yes"), ("action", "allow"),
                ])
            #expect(allowed.status == 303)
            let end = Place(try await flow.browser.walk(allowed.field("Location")))
            #expect(end.base == Flow.callback)
            #expect(end["scope"] == "openid")
            #expect(end["code"] != nil)

            // The second time both are remembered, and the pages pass the browser on.
            let again = Flow(flow.browser, client, [("scope", "openid")])
            var place = try await again.begin()
            for _ in 0..<2 {
                let passed = try await flow.browser.visit(place.address)
                #expect(passed.status == 303)
                place = Place(try await flow.browser.walk(passed.field("Location")))
            }
            #expect(place["code"] != nil)
        }
    }

    @Test("whoever cancels or denies goes back with access_denied", arguments: ["login", "consent"])
    func refusals(kind: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let challenge = kind == "login" ? try await flow.loginChallenge() : try await flow.consentChallenge()
            let action = kind == "login" ? "cancel" : "deny"
            let answer = try await flow.browser.visit(
                "/oauth2/fallbacks/\(kind)", form: [("\(kind)_challenge", challenge), ("action", action)])
            #expect(answer.status == 303)
            let place = Place(try await flow.browser.walk(answer.field("Location")))
            #expect(place.base == Flow.callback)
            #expect(place["error"] == "access_denied")
        }
    }

    @Test("a client that an administrator trusts is not asked about")
    func skippedConsent() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient(["skip_consent": true]))
            let challenge = try await flow.consentChallenge()
            let answer = try await flow.browser.visit("/oauth2/fallbacks/consent?consent_challenge=\(challenge)")
            #expect(answer.status == 303)
            #expect(Place(try await flow.browser.walk(answer.field("Location")))["code"] != nil)
        }
    }

    @Test(
        "a request that asks for consent gets it asked for, whatever an administrator said (OpenID Connect Core §3.1.2.1)"
    )
    func demandedConsent() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["skip_consent": true])
            let flow = Flow(Browser(server), client, [("prompt", "consent")])
            let challenge = try await flow.consentChallenge()
            let page = try await flow.browser.visit("/oauth2/fallbacks/consent?consent_challenge=\(challenge)")
            #expect(page.status == 200 && self.text(page).contains("Allow access?"))
        }
    }

    @Test("the form may lead to an application on the user's own machine (RFC 8252 §7.1)")
    func customScheme() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["redirect_uris": ["com.example.app:/callback"]])
            let flow = Flow(Browser(server), client, [("redirect_uri", "com.example.app:/callback")])
            let page = try await flow.browser.visit(try await flow.begin().address)
            let policy = page.field("Content-Security-Policy")
            #expect(policy.hasSuffix("form-action 'self' http: https: com.example.app:"), "\(policy)")
        }
    }

    @Test(
        "the form may lead to the client's address, and wherever it leads from there, also where the request leaves it out",
        arguments: [true, false])
    func formTargets(isNamed: Bool) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["redirect_uris": ["https://app.example/callback"]])
            let named = isNamed ? "https://app.example/callback" : nil
            let flow = Flow(Browser(server), client, [("redirect_uri", named)])
            let login = try await flow.browser.visit(try await flow.begin().address)
            let challenge = try await flow.consentChallenge()
            let consent = try await flow.browser.visit("/oauth2/fallbacks/consent?consent_challenge=\(challenge)")
            for page in [login, consent] {
                #expect(page.status == 200)
                #expect(page.field("Content-Security-Policy").hasSuffix("form-action 'self' http: https:"))
            }
        }
    }

    @Test("whatever a client or a request says is text on the page")
    func escaping() async throws {
        let evil = "\"><script>alert('x')</script>&\u{202E}"
        // No scope has quotation marks.
        let scope = "'><script>alert('x')</script>&"
        let escapedScope = "&#39;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"
        let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\u{FFFD}"
        try await withServer({ $0.users = [.init(evil)] }) { server in
            let client = try await server.makeWebClient([
                "client_name": .string(evil), "scope": .string(scope), "audience": ["https://a.example/<b>"],
            ])
            let flow = Flow(
                Browser(server), client, subject: evil, [("audience", "https://a.example/<b>"), ("login_hint", evil)])
            let login = self.text(try await flow.browser.visit(try await flow.begin().address))
            #expect(login.contains("<strong>\(escaped)</strong>"))
            #expect(login.contains("value=\"\(escaped)\""))
            let challenge = try await flow.consentChallenge()
            let consent = self.text(
                try await flow.browser.visit("/oauth2/fallbacks/consent?consent_challenge=\(challenge)"))
            #expect(consent.contains("<strong>\(escaped)</strong>"))
            #expect(consent.contains("value=\"\(escapedScope)\""))
            #expect(consent.contains("<code>https://a.example/&lt;b&gt;</code>"))
            for page in [login, consent] { #expect(!page.contains("<script")) }
        }
    }
}
