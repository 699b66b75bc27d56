import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Logout")
struct LogoutTests {
    private static let endpoint = "/oauth2/sessions/logout"
    private static let remembered: JSONObject = ["remember": true]

    /// A browser with a session, and the challenge of a logout that it asked for.
    private func asked(_ server: ServerUnderTest) async throws -> (flow: Flow, challenge: String) {
        let flow = Flow(Browser(server), try await server.makeWebClient())
        _ = try await flow.run(login: Self.remembered)
        let place = Place(try await flow.browser.walk(Self.endpoint))
        return (flow, try #require(place["logout_challenge"]))
    }

    private func decide(_ server: ServerUnderTest, _ challenge: String, _ decision: String) async throws -> Answer {
        try await server.put("\(Flow.requests)/logout/\(decision)?logout_challenge=\(challenge)", json: nil)
    }

    @Test(
        "what cannot be answered to a client goes to our own pages",
        arguments: [
            "?post_logout_redirect_uri=https://evil.example/", "?state=abcdefgh", "?logout_verifier=made-up",
            "?id_token_hint=a.b.c", "?id_token_hint=a.b.c&post_logout_redirect_uri=https://evil.example/",
        ])
    func refusals(query: String) async throws {
        try await withServer { server in
            let (flow, _) = try await self.asked(server)
            for browser in [flow.browser, Browser(server)] {
                let place = Place(try await browser.walk(Self.endpoint + query))
                #expect(place.base == server.running.publicURL + "/oauth2/fallbacks/error")
                #expect(place["error"]?.isEmpty == false)
            }
            #expect(try await server.skips(flow))
        }
    }

    @Test("without a session there is nothing to ask")
    func noSession() async throws {
        try await withServer { server in
            let place = Place(try await Browser(server).walk(Self.endpoint))
            #expect(place.address == server.running.publicURL + "/oauth2/fallbacks/logout/callback")
            #expect(try await server.get(.public, "/oauth2/fallbacks/logout/callback").status == 200)
        }
    }

    @Test("an unknown or missing challenge is 404")
    func unknownChallenges() async throws {
        try await withServer { server in
            for query in ["", "?logout_challenge=", "?logout_challenge=no-such-challenge"] {
                #expect(try await server.get(.admin, "\(Flow.requests)/logout\(query)").status == 404)
                for decision in ["accept", "reject"] {
                    let answer = try await server.put("\(Flow.requests)/logout/\(decision)\(query)", json: nil)
                    #expect(answer.status == 404)
                    #expect(answer.text("error") == "Not Found")
                }
            }
        }
    }

    @Test("a rejected logout changes nothing and is gone")
    func rejected() async throws {
        try await withServer { server in
            let (flow, challenge) = try await self.asked(server)
            let accepted = try await self.decide(server, challenge, "accept").text("redirect_to")
            let answer = try await self.decide(server, challenge, "reject")
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty)
            #expect(try await server.get(.admin, "\(Flow.requests)/logout?logout_challenge=\(challenge)").status == 404)
            #expect(try await self.decide(server, challenge, "accept").status == 404)
            #expect(Place(try await flow.browser.walk(accepted))["error"] == "Not Found")
            #expect(try await server.skips(flow))
        }
    }

    @Test("an accepted logout ends the session once, and its cookie put back is worth nothing")
    func accepted() async throws {
        try await withServer { server in
            let (flow, challenge) = try await self.asked(server)
            let request = try await server.get(.admin, "\(Flow.requests)/logout?logout_challenge=\(challenge)")
            #expect(request["challenge"] == .string(challenge))
            #expect(request["subject"] == "alice")
            #expect(request["rp_initiated"] == false)
            #expect(request["client"] == nil)
            #expect(request["request_url"] == .string(Self.endpoint))
            #expect(!request.text("sid").isEmpty)
            let address = try await self.decide(server, challenge, "accept").text("redirect_to")
            #expect(address.hasPrefix(server.running.publicURL + Self.endpoint + "?logout_verifier="))
            let before = flow.browser.cookies
            let end = Place(try await flow.browser.walk(address))
            #expect(end.address == server.running.publicURL + "/oauth2/fallbacks/logout/callback")
            #expect(!flow.browser.cookies.keys.contains("ory_hydra_session_dev"))
            flow.browser.cookies = before
            #expect(!(try await server.skips(flow)))
            #expect(Place(try await flow.browser.walk(address))["error"] == "Not Found")
            #expect(try await server.get(.admin, "\(Flow.requests)/logout?logout_challenge=\(challenge)").status == 410)
            #expect(try await self.decide(server, challenge, "accept").status == 409)
            #expect(try await self.decide(server, challenge, "reject").status == 409)
        }
    }

    @Test("a logout that another browser brings ends the session it is for, and not that browser's")
    func otherBrowser() async throws {
        try await withServer { server in
            let (flow, challenge) = try await self.asked(server)
            let other = Flow(Browser(server), flow.client, subject: "bob")
            _ = try await other.run(login: Self.remembered)
            let address = try await self.decide(server, challenge, "accept").text("redirect_to")
            _ = try await other.browser.walk(address)
            #expect(try await server.skips(other))
            #expect(!(try await server.skips(flow)))
        }
    }

    @Test("a logout has half an hour")
    func timeLimit() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let (flow, challenge) = try await self.asked(server)
            let address = try await self.decide(server, challenge, "accept").text("redirect_to")
            clock.advance(by: 1_800)
            #expect(Place(try await flow.browser.walk(address))["error"] == "Not Found")
            #expect(try await server.skips(flow))
        }
    }

    @Test("the built-in page asks, and does what it is told", arguments: [true, false])
    func page(leaves: Bool) async throws {
        try await withServer { server in
            let (flow, challenge) = try await self.asked(server)
            let path = "/oauth2/fallbacks/logout"
            let shown = try await flow.browser.visit("\(path)?logout_challenge=\(challenge)")
            #expect(shown.status == 200)
            #expect(String(decoding: shown.body, as: UTF8.self).contains("<strong>alice</strong>"))
            #expect(shown.field("Content-Security-Policy").hasSuffix("form-action 'self' http: https:"))
            #expect(try await flow.browser.visit(path, form: [("logout_challenge", "x")]).status == 403)
            let answer = try await flow.browser.visit(
                path, form: [("logout_challenge", challenge), ("action", leaves ? "logout" : "stay")])
            #expect(answer.status == (leaves ? 303 : 200))
            if leaves { _ = try await flow.browser.walk(answer.field("Location")) }
            #expect(try await server.skips(flow) == !leaves)
            #expect(try await flow.browser.visit("\(path)?logout_challenge=\(challenge)").status == 403)
        }
    }

    @Test(
        "clients with a front-channel address are told by frames, and then the browser goes on",
        arguments: [
            ("http://127.0.0.1:5555", "http://127.0.0.1:5555"), ("http://[::1]:5555", "http:"),
            ("https://my_app.example", "https:"),
        ])
    func frontchannel(origin: String, frameSource: String) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient([
                "frontchannel_logout_uri": .string(origin + "/out?a=b"),
                "frontchannel_logout_session_required": true,
            ])
            let flow = Flow(Browser(server), client)
            _ = try await flow.run(login: Self.remembered)
            let place = Place(try await flow.browser.walk(Self.endpoint))
            let challenge = try #require(place["logout_challenge"])
            let session = try await server.get(.admin, "\(Flow.requests)/logout?logout_challenge=\(challenge)")
            let answer = try await flow.browser.visit(
                try await self.decide(server, challenge, "accept").text("redirect_to"))
            #expect(answer.status == 200)
            let page = String(decoding: answer.body, as: UTF8.self)
            let query = FormURLEncoded([
                .init(name: "iss", value: server.running.issuer), .init(name: "sid", value: session.text("sid")),
            ])
            let source =
                origin + "/out?a=b&amp;"
                + String(decoding: query.encoded(), as: UTF8.self).replacing("&", with: "&amp;")
            #expect(page.contains("<iframe src=\"\(source)\"></iframe>"))
            #expect(page.contains("url=\(server.running.publicURL)/oauth2/fallbacks/logout/callback\""))
            // CSP Level 3 §2.3.1 has no source for `[::1]`, and none for a name with `_`.
            #expect(answer.field("Content-Security-Policy").hasSuffix("; frame-src \(frameSource)"))
        }
    }
}

extension LogoutTests {
    @Test("a client logs its user out with an ID token, and the browser goes where the client registered")
    func byClient() async throws {
        try await withServer { server in
            let after = "http://127.0.0.1:5555/bye?x=1"
            let client = try await server.makeWebClient([
                "post_logout_redirect_uris": [.string(after)], "backchannel_logout_uri": "http://127.0.0.1:1/gone",
            ])
            let flow = Flow(Browser(server), client)
            let tokens = try await flow.tokens(login: ["remember": true])
            func address(_ parameters: [(String, String)]) -> String {
                let form = FormURLEncoded(parameters.map { FormURLEncoded.Parameter(name: $0.0, value: $0.1) })
                return "/oauth2/sessions/logout?" + String(decoding: form.encoded(), as: UTF8.self)
            }
            let hint = ("id_token_hint", tokens.text("id_token"))
            for (name, value) in [
                ("post_logout_redirect_uri", after + "/"), ("post_logout_redirect_uri", "https://evil.example/"),
            ] {
                let place = Place(try await flow.browser.walk(address([hint, (name, value)])))
                #expect(place["error"] == "invalid_request")
            }
            let parameters = [hint, ("post_logout_redirect_uri", after), ("state", "state-4711")]
            let place = Place(try await flow.browser.walk(address(parameters)))
            let challenge = try #require(place["logout_challenge"])
            let request = try await server.get(.admin, "\(Flow.requests)/logout?logout_challenge=\(challenge)")
            #expect(request["rp_initiated"] == true)
            #expect(request["client"]?.objectValue?["client_id"] == .string(client.id))
            #expect(request["client"]?.objectValue?["client_secret"] == nil)
            let accepted = try await server.put(
                "\(Flow.requests)/logout/accept?logout_challenge=\(challenge)", json: nil)
            // Its back-channel address answers nobody, which holds nothing up.
            let end = try await flow.browser.walk(accepted.text("redirect_to"))
            #expect(end == after + "&state=state-4711")
            #expect(!(try await server.skips(flow)))
            #expect(try await server.isActive(tokens.text("access_token")))
            // Now that the session is over there is nothing to ask.
            #expect(try await flow.browser.walk(address(parameters)) == after + "&state=state-4711")
        }
    }

    @Test("a client logs out its user who has logged in anew since, with what the browser has now")
    func byClientAfterAnotherLogin() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let flow = Flow(Browser(server), client)
            let hint = try await flow.tokens(login: Self.remembered).text("id_token")
            _ = try await Flow(flow.browser, client, [("prompt", "login")]).run(login: Self.remembered)
            #expect(try await server.skips(flow))
            let place = Place(try await flow.browser.walk("\(Self.endpoint)?id_token_hint=\(hint)"))
            let address = try await self.decide(server, try #require(place["logout_challenge"]), "accept")
                .text("redirect_to")
            let before = flow.browser.cookies
            _ = try await flow.browser.walk(address)
            #expect(!flow.browser.cookies.keys.contains("ory_hydra_session_dev"))
            flow.browser.cookies = before
            #expect(!(try await server.skips(flow)))
        }
    }

    @Test("a client that logs out its user ends nothing of another user whose browser brings it")
    func byClientInAnotherBrowser() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let alice = Flow(Browser(server), client)
            let hint = try await alice.tokens(login: Self.remembered).text("id_token")
            let bob = Flow(Browser(server), client, subject: "bob")
            _ = try await bob.run(login: Self.remembered)
            let place = Place(try await bob.browser.walk("\(Self.endpoint)?id_token_hint=\(hint)"))
            let address = try await self.decide(server, try #require(place["logout_challenge"]), "accept")
                .text("redirect_to")
            _ = try await bob.browser.walk(address)
            #expect(!(try await server.skips(alice)))
            #expect(try await server.skips(bob))
        }
    }

    @Test("an access token, even one of this server's JWTs, is no hint")
    func otherTokens() async throws {
        try await withServer({ $0.tokenStrategy = .jwt }) { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let tokens = try await flow.tokens(
                login: ["remember": true], consent: ["session": ["access_token": ["sid": "x"]]])
            let token = tokens.text("access_token")
            #expect(token.split(separator: ".").count == 3)
            let place = Place(try await flow.browser.walk("/oauth2/sessions/logout?id_token_hint=\(token)"))
            #expect(place["error"] == "invalid_request")
            let asked = Flow(flow.browser, flow.client, [("id_token_hint", token)])
            #expect(try await asked.begin()["error"] == "invalid_request")
        }
    }

    @Test("an ID token says whom the client means: another user is login_required")
    func hints() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let alice = Flow(Browser(server), client)
            let hint = try await alice.tokens(login: ["remember": true]).text("id_token")
            let bob = Flow(Browser(server), client, subject: "bob")
            _ = try await bob.run(login: ["remember": true])
            let same = Flow(alice.browser, client, [("id_token_hint", hint)])
            let challenge = try await same.loginChallenge()
            let request = try await server.get(.admin, "\(Flow.requests)/login?login_challenge=\(challenge)")
            #expect(request["skip"] == true)
            let context = request["oidc_context"]?.objectValue
            #expect(context?["id_token_hint_claims"]?.objectValue?["sub"] == "alice")
            let other = Flow(bob.browser, client, [("id_token_hint", hint)])
            #expect(try await other.begin()["error"] == "login_required")
            let late = Flow(Browser(server), client, subject: "bob", [("id_token_hint", hint)])
            let login = try await late.acceptLogin(try await late.loginChallenge())
            #expect(Place(try await late.browser.walk(login))["error"] == "login_required")
        }
    }
}
