import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Login and consent handshake")
struct HandshakeTests {
    @Test("a verifier that nobody gave is access_denied", arguments: ["login_verifier", "consent_verifier"])
    func unknownVerifiers(name: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let place = Place(try await flow.browser.walk(flow.address([(name, "made-up")])))
            #expect(place.base == Flow.callback)
            #expect(place["error"] == "access_denied")
        }
    }

    @Test("a verifier in another browser is request_forbidden, and stays good where it belongs")
    func foreignBrowsers() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let flow = Flow(Browser(server), client)
            // A browser of its own flow has a cookie of the name, but of another value.
            let other = Browser(server)
            _ = try await Flow(other, client).consentChallenge()
            let login = try await flow.acceptLogin(try await flow.loginChallenge())
            for stranger in [Browser(server), other] {
                #expect(Place(try await stranger.walk(login))["error"] == "request_forbidden")
            }
            let place = Place(try await flow.browser.walk(login))
            let consent = try await flow.acceptConsent(try #require(place["consent_challenge"]))
            for stranger in [Browser(server), other] {
                let refused = Place(try await stranger.walk(consent))
                #expect(refused["error"] == "request_forbidden")
                #expect(refused["code"] == nil)
            }
            #expect(Place(try await flow.browser.walk(consent))["code"] != nil)
        }
    }

    @Test("a verifier works once, and the request is over then")
    func usedVerifiers() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let loginChallenge = try await flow.loginChallenge()
            let login = try await flow.acceptLogin(loginChallenge)
            let place = Place(try await flow.browser.walk(login))
            let consentChallenge = try #require(place["consent_challenge"])
            #expect(Place(try await flow.browser.walk(login))["error"] == "invalid_request")
            let consent = try await flow.acceptConsent(consentChallenge)
            #expect(Place(try await flow.browser.walk(consent))["code"] != nil)
            let again = Place(try await flow.browser.walk(consent))
            #expect(again["error"] == "invalid_request")
            #expect(again["code"] == nil)

            for (kind, challenge) in [("login", loginChallenge), ("consent", consentChallenge)] {
                let path = "\(Flow.requests)/\(kind)"
                let query = "?\(kind)_challenge=\(challenge)"
                let gone = try await server.get(.admin, path + query)
                #expect(gone.status == 410)
                #expect(gone.text("redirect_to") == flow.address())
                for decision in ["accept", "reject"] {
                    let answer = try await server.put(
                        "\(path)/\(decision)\(query)", json: ["subject": "alice", "error": "no"])
                    #expect(answer.status == 409)
                    #expect(answer.text("error") == "Conflict")
                }
            }
        }
    }

    @Test(
        "a verifier is for the request that left: another client, scope, state or address is refused",
        arguments: [
            ("scope", "photos.read"), ("state", "another-state"), ("nonce", "nonce-12345"),
            ("redirect_uri", Flow.callback + "2"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cA"),
        ])
    func changedRequests(name: String, value: String) async throws {
        try await withServer { server in
            let client = try await server.makeWebClient([
                "redirect_uris": [.string(Flow.callback), .string(Flow.callback + "2")]
            ])
            let flow = Flow(Browser(server), client)
            let changed = Flow(flow.browser, client, [(name, value)])
            let login = Place(try await flow.acceptLogin(try await flow.loginChallenge()))
            let verifier = try #require(login["login_verifier"])
            let place = Place(try await flow.browser.walk(changed.address([("login_verifier", verifier)])))
            #expect(place["error"] == "access_denied")
            let other = Flow(flow.browser, try await server.makeWebClient())
            let foreign = Place(try await flow.browser.walk(other.address([("login_verifier", verifier)])))
            #expect(foreign["error"] == "request_forbidden")

            let challenge = try #require(
                Place(try await flow.browser.walk(flow.address([("login_verifier", verifier)])))["consent_challenge"])
            let consent = Place(try await flow.acceptConsent(challenge))
            let refused = Place(
                try await flow.browser.walk(
                    changed.address([("consent_verifier", try #require(consent["consent_verifier"]))])))
            #expect(refused["error"] == "access_denied")
            #expect(refused["code"] == nil)
        }
    }

    @Test("login and consent have half an hour from the first hop, however it is spent")
    func timeLimit() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let client = try await server.makeWebClient()
            let late = Flow(Browser(server), client)
            let login = try await late.acceptLogin(try await late.loginChallenge())
            clock.advance(by: 1_800)
            #expect(Place(try await late.browser.walk(login))["error"] == "request_unauthorized")

            let flow = Flow(Browser(server), client)
            let second = try await flow.acceptLogin(try await flow.loginChallenge())
            clock.advance(by: 1_000)
            let place = Place(try await flow.browser.walk(second))
            let consent = try await flow.acceptConsent(try #require(place["consent_challenge"]))
            clock.advance(by: 800)
            #expect(Place(try await flow.browser.walk(consent))["error"] == "request_unauthorized")
        }
    }

    @Test("with both verifiers the login's counts")
    func bothVerifiers() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let consent = Place(try await flow.acceptConsent(try await flow.consentChallenge()))
            let verifier = try #require(consent["consent_verifier"])
            let place = Place(
                try await flow.browser.walk(
                    flow.address([("consent_verifier", verifier), ("login_verifier", "made-up")])))
            #expect(place["error"] == "access_denied")
            #expect(place["code"] == nil)
        }
    }

    @Test("a client that is deleted takes its requests with it")
    func deletedClients() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let login = try await flow.loginChallenge()
            let consent = try await flow.consentChallenge()
            _ = try await server.call(.admin, "DELETE", "/admin/clients/\(flow.client.id)")
            for (kind, challenge) in [("login", login), ("consent", consent)] {
                let path = "\(Flow.requests)/\(kind)"
                #expect(try await server.get(.admin, "\(path)?\(kind)_challenge=\(challenge)").status == 404)
                let answer = try await server.put(
                    "\(path)/accept?\(kind)_challenge=\(challenge)", json: ["subject": "alice"])
                #expect(answer.status == 404)
            }
        }
    }

    @Test(
        "a reject reaches the client with its error, description, hint and the state; without an error it is denied",
        arguments: [
            ("login", ["error": "access_denied", "error_description": "No.", "error_hint": "Ask."], "access_denied"),
            (
                "login", ["error": "custom \"reason\"\r\n", "status_code": 403, "error_debug": "x"],
                "custom \"reason\"\r\n"
            ),
            ("login", [:], "request_denied"), ("consent", ["error": ""], "request_denied"),
            ("consent", ["error": "custom_reason", "error_description": "No."], "custom_reason"),
        ] as [(String, JSONObject, String)])
    func rejections(kind: String, body: JSONObject, error: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let challenge = kind == "login" ? try await flow.loginChallenge() : try await flow.consentChallenge()
            let address = try await flow.decide("\(kind)/reject?\(kind)_challenge=\(challenge)", body)
            let place = Place(try await flow.browser.walk(address))
            #expect(place.base == Flow.callback)
            #expect(place["error"] == error)
            #expect(place["state"] == "state-4711")
            let parts = ["error_description", "error_hint"].compactMap { body[$0]?.stringValue }
            #expect(place["error_description"] == parts.joined(separator: " "))
            #expect(Place(try await flow.browser.walk(address))["error"] == "invalid_request")
        }
    }

    @Test("a page may decide again until the browser comes back; its last word counts, at the same address")
    func secondThoughts() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let challenge = try await flow.loginChallenge()
            let rejected = try await flow.decide("login/reject?login_challenge=\(challenge)", ["error": "no"])
            let accepted = try await flow.acceptLogin(challenge)
            #expect(rejected == accepted)
            #expect(Place(try await flow.browser.walk(rejected))["consent_challenge"] != nil)
        }
    }

    @Test("another prompt than the known ones is refused once the user has logged in")
    func unknownPrompts() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient(), [("prompt", "login made-up")])
            let login = try await flow.acceptLogin(try await flow.loginChallenge())
            #expect(Place(try await flow.browser.walk(login))["error"] == "invalid_request")
        }
    }

    @Test("the cookies are Hydra's by name, and out of reach of scripts and other sites")
    func cookies() async throws {
        // Vectors of MurmurHash3 x86 32, seed 0.
        for (id, hash) in [
            ("hello", "613153351"), ("hello, world", "345750399"),
            ("The quick brown fox jumps over the lazy dog", "776992547"),
        ] {
            try await withServer { server in
                let flow = Flow(Browser(server), try await server.makeWebClient(["client_id": .string(id)]))
                let answer = try await flow.browser.visit(flow.address())
                let cookie = answer.field("Set-Cookie")
                #expect(cookie.hasPrefix("ory_hydra_login_csrf_dev_\(hash)="))
                #expect(cookie.hasSuffix("; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax"))
                let login = try await flow.acceptLogin(
                    try #require(Place(answer.field("Location"))["login_challenge"]))
                let second = try await flow.browser.visit(login)
                #expect(second.field("Set-Cookie").hasPrefix("ory_hydra_consent_csrf_dev_\(hash)="))
            }
        }
    }

    @Test("behind an https issuer cookies are Secure and lose the mark of development")
    func secureCookies() async throws {
        try await withServer({ $0.issuer = "https://login.example" }) { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let cookie = try await flow.browser.visit(
                String(flow.address().dropFirst(server.running.publicURL.count))
            ).field("Set-Cookie")
            #expect(cookie.hasPrefix("ory_hydra_login_csrf_"))
            #expect(!cookie.contains("_dev"))
            #expect(cookie.hasSuffix("; Secure"))
        }
    }

    @Test("no verifier, cookie or code is in the file")
    func digests() async throws {
        try await withDatabasePath { path in
            try await withServer({ $0.database = .file(path) }) { server in
                let flow = Flow(Browser(server), try await server.makeWebClient())
                let login = try await flow.acceptLogin(
                    try await flow.loginChallenge(), ["remember": true, "remember_for": 60])
                let challenge = try #require(Place(try await flow.browser.walk(login))["consent_challenge"])
                let consent = try await flow.acceptConsent(challenge)
                let code = try #require(Place(try await flow.browser.walk(consent))["code"])
                let secrets =
                    [
                        Place(login)["login_verifier"], Place(consent)["consent_verifier"], code,
                        String(code.dropFirst(7)),
                    ]
                    .compactMap { $0 } + flow.browser.cookies.values
                #expect(secrets.count == 7)
                #expect(try StoredRows.contain(challenge, in: path))
                for secret in secrets { #expect(try !StoredRows.contain(secret, in: path), "\(secret.count)") }
            }
        }
    }
}
