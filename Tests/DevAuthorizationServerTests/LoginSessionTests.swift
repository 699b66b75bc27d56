import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Login sessions")
struct LoginSessionTests {
    private static let remembered: JSONObject = ["remember": true, "remember_for": 3_600]

    @Test(
        "a login that is not remembered, or a request that wants another, is asked for again",
        arguments: [[("prompt", "login")], [("prompt", "login consent")], [("max_age", "0")]])
    func noSkip(changes: [(String, String)]) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let flow = Flow(Browser(server), client)
            _ = try await flow.run()
            #expect(!(try await server.skips(flow)))
            _ = try await flow.run(login: Self.remembered)
            #expect(try await server.skips(flow))
            #expect(!(try await server.skips(Flow(flow.browser, client, changes.map { ($0.0, $0.1) }))))
            #expect(!(try await server.skips(Flow(Browser(server), client))))
        }
    }

    @Test("max_age counts from when the user logged in, not from the last skip")
    func maxAge() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let client = try await server.makeWebClient()
            let flow = Flow(Browser(server), client)
            _ = try await flow.run(login: Self.remembered)
            clock.advance(by: 50)
            _ = try await flow.run()
            clock.advance(by: 49)
            #expect(try await server.skips(Flow(flow.browser, client, [("max_age", "100")])))
            clock.advance(by: 1)
            #expect(!(try await server.skips(Flow(flow.browser, client, [("max_age", "100")]))))
            let silent = Flow(flow.browser, client, [("max_age", "100"), ("prompt", "none")])
            #expect(try await silent.begin()["error"] == "login_required")
        }
    }

    @Test("a session ends with its time; extending it sets the cookie anew, and a plain skip does not")
    func lifespan() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let first = try await flow.acceptLogin(try await flow.loginChallenge(), Self.remembered)
            let cookie = try await flow.browser.visit(first).field("Set-Cookie")
            #expect(cookie.contains("ory_hydra_session_dev="))
            #expect(cookie.contains("Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"))
            clock.advance(by: 3_000)
            let plain = try await flow.acceptLogin(try await flow.loginChallenge(), Self.remembered)
            #expect(!(try await flow.browser.visit(plain).field("Set-Cookie").contains("ory_hydra_session")))
            let before = flow.browser.cookies
            let extending: JSONObject = ["remember_for": 7_200, "extend_session_lifespan": true]
            let extended = try await flow.acceptLogin(try await flow.loginChallenge(), extending)
            #expect(try await flow.browser.visit(extended).field("Set-Cookie").contains("Max-Age=7200"))
            clock.advance(by: 7_199)
            #expect(try await server.skips(flow))
            // The cookie before is worth nothing any more.
            let old = Browser(server)
            old.cookies = before
            #expect(!(try await server.skips(Flow(old, flow.client))))
            clock.advance(by: 1)
            #expect(!(try await server.skips(flow)))
        }
    }

    @Test("remembered without a time, the cookie goes with the browser")
    func browserSession() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let login = try await flow.acceptLogin(try await flow.loginChallenge(), ["remember": true])
            let cookies = try await flow.browser.visit(login).field("Set-Cookie").split(separator: ",")
            let session = try #require(cookies.first { $0.contains("ory_hydra_session") })
            #expect(!session.contains("Max-Age"))
            #expect(try await server.skips(flow))
        }
    }

    /// A browser with a session, and one that has a copy of its cookies.
    private static func loggedIn(
        _ server: ServerUnderTest
    ) async throws -> (client: Client, flow: Flow, stolen: Browser) {
        let client = try await server.makeWebClient()
        let flow = Flow(Browser(server), client)
        _ = try await flow.run(login: Self.remembered)
        let stolen = Browser(server)
        stolen.cookies = flow.browser.cookies
        return (client, flow, stolen)
    }

    @Test("another login takes the place of the one before, and one that is not remembered ends it")
    func replacedSessions() async throws {
        try await withServer { server in
            let (client, flow, stolen) = try await Self.loggedIn(server)
            let other = Flow(flow.browser, client, subject: "bob", [("prompt", "login")])
            _ = try await other.run(login: Self.remembered)
            #expect(!(try await server.skips(Flow(stolen, client))))
            let challenge = try await Flow(flow.browser, client).loginChallenge()
            #expect(
                try await server.get(.admin, "\(Flow.requests)/login?login_challenge=\(challenge)")["subject"] == "bob")
            _ = try await other.run(login: ["remember": false])
            #expect(!flow.browser.cookies.keys.contains("ory_hydra_session_dev"))
        }
    }

    @Test("who logs in anew has a new cookie, and nobody is logged in by the one before")
    func renewedSessions() async throws {
        try await withServer { server in
            let (client, flow, stolen) = try await Self.loggedIn(server)
            // A login that rests on the session before is still under way.
            let extending: JSONObject = ["extend_session_lifespan": true]
            let skipped = try await flow.acceptLogin(try await flow.loginChallenge(), extending)
            // Of another client: a client has one login at a time in a browser.
            let other = try await server.makeWebClient()
            _ = try await Flow(flow.browser, other, [("prompt", "login")]).run(login: Self.remembered)
            #expect(try await server.skips(Flow(flow.browser, other)))
            #expect(Place(try await flow.browser.walk(skipped))["error"] == "login_required")
            #expect(!(try await server.skips(Flow(stolen, client))))
        }
    }

    @Test("a login that the request refuses leaves no session behind, and whoever is meant can log in next")
    func refusedLogins() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let hint = try await Flow(Browser(server), client).tokens(login: Self.remembered).text("id_token")
            for (changes, error) in [
                ([("prompt", "login"), ("id_token_hint", hint)], "login_required"),
                ([("prompt", "login made-up")], "invalid_request"),
            ] as [([(String, String?)], String)] {
                let browser = Browser(server)
                _ = try await Flow(browser, client, subject: "carol").run(login: Self.remembered)
                let earlier = Browser(server)
                earlier.cookies = browser.cookies
                let wrong = Flow(browser, client, subject: "bob", changes)
                let login = try await wrong.acceptLogin(try await wrong.loginChallenge(), Self.remembered)
                #expect(Place(try await browser.walk(login))["error"] == error)
                #expect(!browser.cookies.keys.contains("ory_hydra_session_dev"))
                #expect(!(try await server.skips(Flow(earlier, client))))
                let meant = Flow(browser, client, [("id_token_hint", hint)])
                #expect(try await meant.run(login: Self.remembered)["code"] != nil)
            }
        }
    }

    @Test("a request that is refused after a skipped login leaves the session that was there before")
    func refusedSkips() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            _ = try await flow.run(login: Self.remembered)
            let odd = Flow(flow.browser, flow.client, [("prompt", "made-up")])
            let login = try await odd.acceptLogin(try await odd.loginChallenge())
            #expect(Place(try await odd.browser.walk(login))["error"] == "invalid_request")
            #expect(try await server.skips(flow))
        }
    }

    @Test("a skipped login is for whoever is logged in")
    func skippedSubject() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            _ = try await flow.run(login: Self.remembered)
            let challenge = try await flow.loginChallenge()
            let answer = try await server.put(
                "\(Flow.requests)/login/accept?login_challenge=\(challenge)", json: ["subject": "bob"])
            #expect(answer.status == 400)
            #expect(answer.text("error") == "invalid_request")
        }
    }

    @Test("a login that was skipped for a session that ends meanwhile is refused")
    func endedMeanwhile() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            _ = try await flow.run(login: Self.remembered)
            let login = try await flow.acceptLogin(try await flow.loginChallenge())
            _ = try await server.call(.admin, "DELETE", "/admin/oauth2/auth/sessions/login?subject=alice")
            #expect(Place(try await flow.browser.walk(login))["error"] == "login_required")
        }
    }

    @Test("an invented or foreign session cookie is nobody's", arguments: ["x", "", "alice"])
    func inventedCookies(value: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let challenge = try await flow.loginChallenge()
            let path = "\(Flow.requests)/login?login_challenge=\(challenge)"
            let sessionID = try await server.get(.admin, path).text("session_id")
            for name in [value, sessionID] {
                flow.browser.cookies["ory_hydra_session_dev"] = name
                #expect(!(try await server.skips(flow)))
            }
        }
    }

    @Test("revoking by subject or session ends it, again and for unknown ones is fine, and without either is 400")
    func revocation() async throws {
        try await withServer { server in
            let path = "/admin/oauth2/auth/sessions/login"
            #expect(try await server.call(.admin, "DELETE", path).status == 400)
            #expect(try await server.call(.admin, "DELETE", path + "?subject=nobody").status == 204)
            for name in ["subject", "sid"] {
                let flow = Flow(Browser(server), try await server.makeWebClient())
                _ = try await flow.run(login: Self.remembered)
                let other = Flow(Browser(server), flow.client, subject: "bob")
                _ = try await other.run(login: Self.remembered)
                let challenge = try await flow.loginChallenge()
                let request = try await server.get(.admin, "\(Flow.requests)/login?login_challenge=\(challenge)")
                let value = name == "subject" ? "alice" : request.text("session_id")
                for _ in 0..<2 {
                    let answer = try await server.call(.admin, "DELETE", "\(path)?\(name)=\(value)")
                    #expect(answer.status == 204)
                    #expect(answer.body.isEmpty)
                }
                #expect(!(try await server.skips(flow)))
                #expect(try await server.skips(other))
            }
        }
    }
}
