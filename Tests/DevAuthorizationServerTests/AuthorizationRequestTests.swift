import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Authorization requests")
struct AuthorizationRequestTests {
    @Test(
        "a browser is never sent to an address that is not the client's: the error stays with us",
        arguments: [
            [("client_id", nil)], [("client_id", "no-such-client")],
            [("redirect_uri", "https://evil.example/cb")], [("redirect_uri", Flow.callback + "/")],
            [("redirect_uri", Flow.callback + "/deeper")], [("redirect_uri", Flow.callback + "?x=1")],
            [("redirect_uri", Flow.callback + "#fragment")], [("redirect_uri", Flow.callback.uppercased())],
            [("redirect_uri", "https://127.0.0.1:5555/callback")], [("redirect_uri", "http://127.0.0.1:5555/Callback")],
            [("redirect_uri", "http://localhost:5555/callback")], [("redirect_uri", "http://127.0.0.2:5555/callback")],
            [("redirect_uri", "http://127.0.0.1:5555@evil.example/callback")],
            [("redirect_uri", "http://127.0.0.1.evil.example/callback")],
            [("redirect_uri", "http://127.0.0.1:evil.example/callback")],
            [("redirect_uri", "http://127.0.0.1:123456/callback")], [("redirect_uri", "http://127.0.0.1:/callback")],
            [("redirect_uri", "http://127.0.0.1:5555/callback/../callback")],
            [("redirect_uri", "http://127.0.0.1:5555\\@evil.example/callback")],
            [("redirect_uri", "//evil.example/callback")], [("redirect_uri", "/callback")],
            [("redirect_uri", "javascript:alert(1)")],
            [("redirect_uri", Flow.callback + "\r\nSet-Cookie: a=b")],
            [("redirect_uri", "https://evil.example"), ("state", "short")],
            [("request", "e30.e30.")], [("request_uri", "https://client.example/request")],
            [("response_mode", "made-up")], [("response_mode", "made-up"), ("redirect_uri", "https://evil.example/")],
            [("state", String(repeating: "s", count: 20_000))],
        ] as [[(String, String?)]])
    func staysAtHome(changes: [(String, String?)]) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient(), changes)
            for form in [nil, flow.parameters] {
                let answer = try await flow.browser.visit(form == nil ? flow.address() : "/oauth2/auth", form: form)
                #expect(answer.status == 302)
                let place = Place(answer.field("Location"))
                #expect(place.base == server.running.publicURL + "/oauth2/fallbacks/error")
                #expect(place["error"]?.isEmpty == false)
                #expect(place["error_description"]?.isEmpty == false)
                #expect(answer.field("Set-Cookie").isEmpty)
            }
        }
    }

    @Test(
        "what says where the answer goes stands once, or the error stays with us (RFC 6749 §3.1, §4.1.2.1)",
        arguments: ["client_id", "redirect_uri", "response_mode", "response_type", "state"])
    func repeatedParameters(name: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            // Of another parameter that is repeated, and before it, the client is told.
            let others = [("x", "1"), ("x", "2")]
            let told = Place(try await flow.browser.walk(flow.address(others)))
            #expect(told.base == Flow.callback)
            #expect(told["error"] == "invalid_request")
            let value = flow.parameters.first { $0.0 == name }?.1 ?? "query"
            let more = others + [(name, value), (name, value)]
            let place = Place(try await flow.browser.walk(flow.address(more)))
            #expect(place.base == server.running.publicURL + "/oauth2/fallbacks/error")
            #expect(place["error"] == "invalid_request")
            #expect(place["error_description"]?.contains("'\(name)'") == true)
        }
    }

    @Test(
        "once the address is known to be good, errors go there, with the state",
        arguments: [
            ([("scope", "photos.delete")], "invalid_scope"), ([("scope", "openid photos")], "invalid_scope"),
            ([("audience", "https://other.example.com")], "invalid_request"),
            ([("registration", "{}")], "registration_not_supported"),
            ([("response_type", nil)], "unsupported_response_type"),
            ([("response_type", "made-up")], "unsupported_response_type"),
            ([("state", "seven-7")], "invalid_state"), ([("state", nil)], "invalid_state"),
            ([("code_challenge_method", "plain")], "invalid_request"),
            ([("code_challenge_method", nil)], "invalid_request"),
            ([("code_challenge_method", "s256")], "invalid_request"),
            ([("code_challenge", nil)], "invalid_request"), ([("code_challenge", "short")], "invalid_request"),
            ([("code_challenge", Flow.challenge + "=")], "invalid_request"),
            ([("prompt", "none")], "login_required"), ([("prompt", "none login")], "invalid_request"),
            ([("max_age", "soon")], "invalid_request"), ([("max_age", "-1")], "invalid_request"),
            ([("id_token_hint", "a.b.c")], "invalid_request"),
        ] as [([(String, String?)], String)])
    func tellsTheClient(changes: [(String, String?)], error: String) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["audience": ["https://api.example.com"]])
            let flow = Flow(Browser(server), client, changes)
            let answer = try await flow.browser.visit(flow.address())
            #expect(answer.status == 303)
            let place = Place(answer.field("Location"))
            #expect(place.base == Flow.callback)
            #expect(place["error"] == error)
            #expect(place["error_description"]?.isEmpty == false)
            #expect(place["state"] == flow.parameters.first { $0.0 == "state" }?.1)
            #expect(place["code"] == nil)
            #expect(!place.isFragment)
            #expect(answer.field("Cache-Control") == "no-store")
        }
    }

    @Test(
        "whoever asks for tokens in the address is refused in the fragment, where it looks",
        arguments: ["token", "code token", "id_token"])
    func fragments(type: String) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let place = try await Flow(Browser(server), client, [("response_type", type)]).begin()
            #expect(place.isFragment)
            #expect(place["error"] == "unsupported_response_type")
        }
    }

    @Test("a client that is not registered for the response type is refused")
    func responseTypes() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["response_types": ["token", "code id_token"]])
            #expect(try await Flow(Browser(server), client).begin()["error"] == "unsupported_response_type")
        }
    }

    @Test("a state with line breaks, quotes and signs comes back as it was, and no field comes of it")
    func injection() async throws {
        try await withServer { server in
            let state = "ab\r\nSet-Cookie: evil=1\r\n\r\n<script>\"'&=#%é\u{0}"
            let client = try await server.makeWebClient()
            let flow = Flow(Browser(server), client, [("state", state), ("scope", "x")])
            let answer = try await flow.browser.visit(flow.address())
            #expect(Place(answer.field("Location"))["state"] == state)
            #expect(answer.field("Set-Cookie").isEmpty)
            #expect(answer.field("Location").utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        }
    }

    @Test("an address left out is the registered one, if there is exactly one")
    func omittedAddress() async throws {
        try await withServer { server in
            let one = try await server.makeWebClient()
            #expect(try await Flow(Browser(server), one, [("redirect_uri", nil)]).begin()["login_challenge"] != nil)
            for uris in [[], [Flow.callback, Flow.callback + "2"]] {
                let client = try await server.makeWebClient(["redirect_uris": .strings(uris)])
                let place = try await Flow(Browser(server), client, [("redirect_uri", nil)]).begin()
                #expect(place["error"] == "invalid_request")
            }
        }
    }

    @Test(
        "a native app may listen on any port of the loopback address",
        arguments: [
            "http://127.0.0.1:1/callback", "http://127.0.0.1/callback", "http://[::1]:65535/app?a=b",
        ])
    func loopbackPorts(uri: String) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient([
                "redirect_uris": [.string(Flow.callback), "http://[::1]/app?a=b"]
            ])
            #expect(try await Flow(Browser(server), client, [("redirect_uri", uri)]).begin()["login_challenge"] != nil)
        }
    }

    @Test("parameters that an address has already are kept", arguments: ["?a=b%20c", "?", "?a=b&"])
    func keepsQuery(query: String) async throws {
        try await withServer { server in
            let uri = Flow.callback + query
            let client = try await server.makeWebClient(["redirect_uris": [.string(uri)]])
            let place = try await Flow(Browser(server), client, [("redirect_uri", uri)]).run()
            #expect(place.address.hasPrefix(uri))
            #expect(place["code"]?.hasPrefix("ory_ac_") == true)
        }
    }

    @Test("a request by form does what one by address does")
    func byForm() async throws {
        try await withServer { server in
            let browser = Browser(server)
            let flow = Flow(browser, try await server.makeWebClient())
            let answer = try await browser.visit("/oauth2/auth", form: flow.parameters)
            #expect(answer.status == 302)
            let challenge = try #require(Place(answer.field("Location"))["login_challenge"])
            let place = Place(try await browser.walk(try await flow.acceptLogin(challenge)))
            #expect(place["consent_challenge"] != nil)
        }
    }

    @Test("other methods are 405", arguments: ["PUT", "DELETE", "PATCH"])
    func methods(method: String) async throws {
        try await withServer { server in
            for path in ["/oauth2/auth", "/oauth2/sessions/logout"] {
                let answer = try await server.call(.public, method, path)
                #expect(answer.status == 405)
            }
        }
    }

    @Test("a success in each response mode", arguments: [nil, "query", "fragment", "form_post"])
    func responseModes(mode: String?) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["client_id": "a \"client\""])
            let flow = Flow(Browser(server), client, [("response_mode", mode), ("state", "\"><script>x</script>")])
            let challenge = try await flow.consentChallenge()
            let answer = try await flow.browser.visit(try await flow.acceptConsent(challenge))
            guard mode == "form_post" else {
                #expect(answer.status == 303)
                let place = Place(answer.field("Location"))
                #expect(place.isFragment == (mode == "fragment"))
                #expect(place["code"]?.hasPrefix("ory_ac_") == true)
                #expect(place["scope"] == client.answer.text("scope"))
                #expect(place["state"] == "\"><script>x</script>")
                return
            }
            #expect(answer.status == 200)
            let page = String(decoding: answer.body, as: UTF8.self)
            #expect(page.contains("<form method=\"post\" action=\"\(Flow.callback)\">"))
            #expect(page.contains("name=\"code\" value=\"ory_ac_"))
            #expect(page.contains("name=\"state\" value=\"&quot;&gt;&lt;script&gt;x&lt;/script&gt;\""))
            #expect(answer.field("Content-Security-Policy").contains("form-action 'self' http: https:;"))
        }
    }

    @Test("the error page shows what it is told as text, with status 500")
    func errorPage() async throws {
        try await withServer { server in
            let answer = try await server.get(
                .public, "/oauth2/fallbacks/error?error=%3Cb%3E&error_description=%22%3E%3Cscript%3E%27%26%E2%80%AE")
            #expect(answer.status == 500)
            let page = String(decoding: answer.body, as: UTF8.self)
            #expect(page.contains("<code>&lt;b&gt;</code>"))
            #expect(page.contains("&quot;&gt;&lt;script&gt;&#39;&amp;\u{FFFD}"))
            #expect(!page.contains("<script"))
            #expect(answer.field("Content-Security-Policy").hasPrefix("default-src 'none'"))
        }
    }
}
