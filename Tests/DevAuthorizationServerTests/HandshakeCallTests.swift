import DevAuthorizationServer
import OAuthModel
import Testing

/// What login and consent pages are told, and what they may answer.
@Suite("Login and consent requests")
struct HandshakeCallTests {
    private static let decisions = ["login/accept", "login/reject", "consent/accept", "consent/reject"]

    @Test("without a challenge 400, with an unknown one 404", arguments: ["login", "consent"])
    func badChallenges(kind: String) async throws {
        try await withServer { server in
            for query in ["", "?\(kind)_challenge="] {
                let answer = try await server.get(.admin, "\(Flow.requests)/\(kind)\(query)")
                #expect(answer.status == 400)
                #expect(answer.text("error") == "invalid_request")
            }
            for name in ["\(kind)_challenge", "challenge"] {
                let query = "?\(name)=no-such-challenge"
                #expect(try await server.get(.admin, "\(Flow.requests)/\(kind)\(query)").text("error") == "Not Found")
                for decision in ["accept", "reject"] {
                    let path = "\(Flow.requests)/\(kind)/\(decision)"
                    #expect(try await server.put(path + query, json: ["subject": "x"]).status == 404)
                    #expect(try await server.put(path, json: ["subject": "x"]).status == 400)
                }
            }
        }
    }

    @Test(
        "a body that is no such answer is 400, and nothing is decided",
        arguments: [
            ("login/accept", "{}"), ("login/accept", #"{"subject":""}"#), ("login/accept", #"{"subject":null}"#),
            ("login/accept", #"{"subject":7}"#), ("login/accept", #"{"subject":"a","remember":"yes"}"#),
            ("login/accept", #"{"subject":"a","remember_for":-1}"#),
            ("login/accept", #"{"subject":"a","remember_for":1.5}"#),
            ("login/accept", #"{"subject":"a","remember_for":9223372036854775807}"#),
            ("login/accept", #"{"subject":"a","amr":"pwd"}"#), ("login/accept", #"{"subject":"a","acr":[]}"#),
            ("login/accept", #"{"subject":"\#(String(repeating: "a", count: 256))"}"#),
            ("login/reject", #"{"error":7}"#), ("login/reject", #"{"status_code":"403"}"#),
            ("login/reject", #"{"error_debug":[]}"#), ("consent/accept", #"{"grant_scope":"photos.read"}"#),
            ("consent/accept", #"{"grant_scope":[7]}"#), ("consent/accept", #"{"session":[]}"#),
            ("consent/accept", #"{"session":{"access_token":"x"}}"#), ("consent/accept", #"{"remember_for":-1}"#),
            ("consent/reject", #"{"error_description":{}}"#),
        ])
    func badBodies(path: String, body: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let kind = path.hasPrefix("login") ? "login" : "consent"
            let challenge = kind == "login" ? try await flow.loginChallenge() : try await flow.consentChallenge()
            let query = "?\(kind)_challenge=\(challenge)"
            let answer = try await server.call(
                .admin, "PUT", "\(Flow.requests)/\(path)\(query)", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.json.objectValue?.count == 2)
            #expect(!answer.text("error").isEmpty)
            #expect(try await server.get(.admin, "\(Flow.requests)/\(kind)\(query)").status == 200)
        }
    }

    @Test("a body that is no JSON object is 400", arguments: decisions)
    func noJSON(path: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let kind = path.hasPrefix("login") ? "login" : "consent"
            let challenge = kind == "login" ? try await flow.loginChallenge() : try await flow.consentChallenge()
            for body in ["", "{nope", "[]", "null", "\"x\"", "{}{}", #"{"subject":"a","subject":"b"}"#, "\u{FEFF}{}"] {
                let answer = try await server.call(
                    .admin, "PUT", "\(Flow.requests)/\(path)?\(kind)_challenge=\(challenge)", body: Array(body.utf8))
                #expect(answer.status == 400, "\(body)")
                #expect(!answer.text("error").isEmpty, "\(body)")
            }
        }
    }

    @Test("other methods are 405", arguments: ["POST", "DELETE", "PATCH"])
    func methods(method: String) async throws {
        try await withServer { server in
            for path in ["login", "consent", "logout"] + Self.decisions + ["logout/accept", "logout/reject"] {
                let answer = try await server.call(.admin, method, "\(Flow.requests)/\(path)")
                #expect(answer.status == 405)
            }
        }
    }

    @Test("members that are not known are ignored")
    func unknownMembers() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let challenge = try await flow.consentChallenge(login: ["unknown": [1], "force_subject_identifier": "x"])
            let consent = try await flow.acceptConsent(
                challenge, ["unknown": [:], "handled_at": "2026-01-01T00:00:00Z"])
            #expect(Place(try await flow.browser.walk(consent))["code"] != nil)
        }
    }

    @Test("a login request tells what was asked for, and no secret")
    func loginRequest() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["audience": ["https://api.example.com"]])
            let flow = Flow(
                Browser(server), client,
                [
                    ("audience", "https://api.example.com"), ("login_hint", "a@example.com"), ("acr_values", "one two"),
                    ("ui_locales", "de en"), ("display", "page"), ("nonce", "nonce-12345"),
                ])
            let challenge = try await flow.loginChallenge()
            let answer = try await server.get(.admin, "\(Flow.requests)/login?login_challenge=\(challenge)")
            #expect(answer.status == 200)
            #expect(answer["challenge"] == .string(challenge))
            #expect(answer["skip"] == false)
            #expect(answer["subject"] == "")
            #expect(answer["requested_scope"] == ["openid", "offline", "photos.read"])
            #expect(answer["requested_access_token_audience"] == ["https://api.example.com"])
            #expect(answer["request_url"] == .string(flow.address()))
            #expect(!answer.text("session_id").isEmpty)
            #expect(answer["client"]?.objectValue?["client_id"] == .string(client.id))
            #expect(answer["client"]?.objectValue?["client_secret"] == nil)
            #expect(
                answer["oidc_context"] == [
                    "acr_values": ["one", "two"], "ui_locales": ["de", "en"], "display": "page",
                    "login_hint": "a@example.com",
                ])
        }
    }

    @Test("a consent request tells who logged in, and how")
    func consentRequest() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let login = try await flow.loginChallenge()
            let place = Place(
                try await flow.browser.walk(
                    try await flow.acceptLogin(
                        login, ["acr": "silver", "amr": ["pwd", "otp"], "context": ["tenant": ["t1", .null]]])))
            let challenge = try #require(place["consent_challenge"])
            let answer = try await server.get(.admin, "\(Flow.requests)/consent?consent_challenge=\(challenge)")
            let expected: JSONObject = [
                "challenge": .string(challenge), "subject": "alice", "skip": false, "acr": "silver",
                "amr": ["pwd", "otp"], "context": ["tenant": ["t1", .null]], "login_challenge": .string(login),
                "requested_scope": ["openid", "offline", "photos.read"], "requested_access_token_audience": [],
                "oidc_context": [:], "request_url": .string(flow.address()),
            ]
            for member in expected.members { #expect(answer[member.name] == member.value, "\(member.name)") }
            #expect(!answer.text("login_session_id").isEmpty)
            #expect(!answer.text("consent_request_id").isEmpty)
            #expect(answer["client"]?.objectValue?["client_secret"] == nil)
        }
    }
}
