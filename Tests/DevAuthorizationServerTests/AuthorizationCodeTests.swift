import DevAuthorizationServer
import JOSE
import OAuthModel
import Testing

@Suite("Authorization codes")
struct AuthorizationCodeTests {
    private func redeem(
        _ server: ServerUnderTest, _ client: Client, _ code: String, _ changes: [(String, String?)] = []
    ) async throws -> Answer {
        var form: [(String, String)] = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Flow.callback),
            ("code_verifier", Flow.verifier),
        ]
        for (name, value) in changes {
            form.removeAll { $0.0 == name }
            if let value { form.append((name, value)) }
        }
        return try await server.post(.public, "/oauth2/token", form: form, credentials: client.credentials)
    }

    private func code(_ flow: Flow, consent: JSONObject = [:]) async throws -> String {
        let place = try await flow.run(consent: consent)
        guard let code = place["code"] else { throw Elsewhere(place: place) }
        return code
    }

    @Test(
        "a code is refused without the address it was for, and without its verifier",
        arguments: [
            [("redirect_uri", nil)], [("redirect_uri", "")], [("redirect_uri", Flow.callback + "/x")],
            [("code_verifier", nil)], [("code_verifier", "")], [("code_verifier", "short")],
            [("code_verifier", Flow.challenge)], [("code_verifier", Flow.verifier + "é")],
            [("code_verifier", String(repeating: "a", count: 129))], [("code", nil)], [("code", "ory_ac_x.y")],
        ] as [[(String, String?)]])
    func refusals(changes: [(String, String?)]) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let answer = try await self.redeem(server, flow.client, try await self.code(flow), changes)
            #expect(answer.status == 400)
            #expect(answer.text("error") == "invalid_grant")
        }
    }

    @Test("a code has one try at its verifier, and a wrong address or client is none")
    func oneTry() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let other = try await server.makeWebClient()
            let guessed = try await self.code(Flow(Browser(server), client))
            let wrong = String(repeating: "a", count: 43)
            #expect(try await self.redeem(server, client, guessed, [("code_verifier", wrong)]).status == 400)
            #expect(try await self.redeem(server, client, guessed).status == 400)
            let code = try await self.code(Flow(Browser(server), client))
            #expect(try await self.redeem(server, other, code).text("error") == "invalid_grant")
            #expect(try await self.redeem(server, client, code, [("redirect_uri", "x")]).status == 400)
            #expect(try await self.redeem(server, client, code).status == 200)
        }
    }

    @Test("a verifier for a code that has no challenge is refused")
    func unaskedVerifier() async throws {
        try await withServer { server in
            let changes: [(String, String?)] = [("code_challenge", nil), ("code_challenge_method", nil)]
            let flow = Flow(Browser(server), try await server.makeWebClient(), changes)
            #expect(try await self.redeem(server, flow.client, try await self.code(flow)).status == 400)
            let answer = try await self.redeem(
                server, flow.client, try await self.code(flow), [("code_verifier", nil)])
            #expect(answer.status == 200)
        }
    }

    @Test("a code lives ten minutes")
    func lifespan() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let code = try await self.code(flow)
            clock.advance(by: 600)
            #expect(try await self.redeem(server, flow.client, code).text("error") == "invalid_grant")
            let second = try await self.code(flow)
            clock.advance(by: 599)
            #expect(try await self.redeem(server, flow.client, second).status == 200)
        }
    }

    @Test("a code used twice ends all that came from it, whoever brings it again")
    func replay() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let other = try await server.makeWebClient()
            for thief in [flow.client, other] {
                let code = try await self.code(flow)
                let tokens = try await self.redeem(server, flow.client, code)
                #expect(try await server.isActive(tokens.text("access_token")))
                #expect(try await self.redeem(server, thief, code).text("error") == "invalid_grant")
                for name in ["access_token", "refresh_token"] {
                    #expect(try await server.introspect(tokens.text(name)).json == ["active": false])
                }
            }
        }
    }

    @Test("of 50 clients that bring one code at once exactly one wins, and the grant ends", arguments: [true, false])
    func fiftyAtOnce(inFile: Bool) async throws {
        try await withDatabasePath { path in
            try await withServer({ if inFile { $0.database = .file(path) } }) { server in
                // Public: no secret is hashed, so that the attempts come close together.
                let client = try await server.makeWebClient(["token_endpoint_auth_method": "none"])
                let code = try await self.code(Flow(Browser(server), client))
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            try await server.post(
                                .public, "/oauth2/token",
                                form: [
                                    ("grant_type", "authorization_code"), ("code", code), ("client_id", client.id),
                                    ("redirect_uri", Flow.callback), ("code_verifier", Flow.verifier),
                                ])
                        }
                    }
                    return try await group.reduce(into: [Answer]()) { $0.append($1) }
                }
                let winners = answers.filter { $0.status == 200 }
                #expect(winners.count == 1)
                #expect(answers.allSatisfy { $0.status == 200 || $0.text("error") == "invalid_grant" })
                for name in ["access_token", "refresh_token"] {
                    #expect(!(try await server.isActive(winners.first?.text(name) ?? "")))
                }
            }
        }
    }

    @Test("tokens, introspection and the ID token say what was granted and how the user logged in")
    func wholeAnswer() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["audience": ["https://api.example.com"]])
            let flow = Flow(
                Browser(server), client, [("audience", "https://api.example.com"), ("nonce", "nonce-12345")])
            let answer = try await flow.tokens(
                login: ["acr": "gold", "amr": ["pwd"]],
                consent: [
                    "grant_access_token_audience": ["https://api.example.com"],
                    "session": [
                        "access_token": ["tier": "pro", "n": ["a": [1, .null]]],
                        "id_token": ["email": "a@b.c", "sub": "mallory", "exp": 1, "nonce": "x", "azp": "y"],
                    ],
                ])
            #expect(answer.status == 200)
            #expect(answer["scope"] == client.answer["scope"])
            let access = try await server.introspect(answer.text("access_token"))
            #expect(access["sub"] == "alice")
            #expect(access["token_use"] == "access_token")
            #expect(access["aud"] == ["https://api.example.com"])
            #expect(access["ext"] == ["tier": "pro", "n": ["a": [1, .null]]])
            let refresh = try await server.introspect(answer.text("refresh_token"))
            #expect(refresh["token_use"] == "refresh_token")
            let end = refresh["exp"]?.numberValue?.int64 ?? 0
            #expect(end - (refresh["iat"]?.numberValue?.int64 ?? 0) == 720 * 3_600)

            let claims = try self.claims(answer.text("id_token"))
            let expected: JSONObject = [
                "iss": .string(server.running.issuer), "sub": "alice", "aud": .strings([client.id]),
                "nonce": "nonce-12345", "acr": "gold", "amr": ["pwd"], "email": "a@b.c",
            ]
            for member in expected.members { #expect(claims[member.name] == member.value, "\(member.name)") }
            for name in ["exp", "iat", "auth_time", "rat", "jti", "sid", "at_hash"] { #expect(claims[name] != nil) }
            for name in ["azp", "scp", "client_id"] { #expect(claims[name] == nil) }
            let half = SHA256Digest.digest(of: Array(answer.text("access_token").utf8)).bytes.prefix(16)
            #expect(claims["at_hash"] == .string(Base64URL.encode(Array(half))))
        }
    }

    private func claims(_ token: String) throws -> JSONObject {
        let payload = Base64URL.decode(String(token.split(separator: ".")[1])) ?? []
        return try #require(try JSONReader.read(payload).objectValue)
    }

    @Test("without openid there is no ID token, without an offline scope no refresh token")
    func partialGrants() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let plain = try await flow.tokens(consent: ["grant_scope": ["photos.read"]])
            #expect(plain["scope"] == "photos.read")
            #expect(plain["refresh_token"] == nil)
            #expect(plain["id_token"] == nil)
            let classes = Flow(flow.browser, flow.client, [("acr_values", "one two")])
            let claims = try self.claims(try await classes.tokens().text("id_token"))
            #expect(claims["acr"] == "0")
            #expect(claims["nonce"] == nil)
        }
    }

    @Test("a nonce that is too short is noticed when the ID token is made")
    func shortNonce() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient(), [("nonce", "short")])
            let answer = try await self.redeem(server, flow.client, try await self.code(flow))
            #expect(answer.status == 400)
            #expect(answer.text("error") == "insufficient_entropy")
        }
    }

    @Test("userinfo says what the ID token says, for a user's access token only")
    func userinfo() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let tokens = try await flow.tokens(consent: ["session": ["id_token": ["email": "a@b.c"]]])
            let machine = try await server.token(try await server.makeClient()).text("access_token")
            for value in [nil, "Bearer x", "Bearer \(tokens.text("refresh_token"))", "Basic x", "Bearer \(machine)"] {
                let answer = try await server.get(
                    .public, "/userinfo", fields: value.map { ["Authorization": $0] } ?? [:])
                #expect(answer.status == 401)
                #expect(answer.field("WWW-Authenticate").hasPrefix("Bearer error=\"request_unauthorized\""))
            }
            for method in ["GET", "POST"] {
                let answer = try await server.call(
                    .public, method, "/userinfo", fields: ["Authorization": "Bearer \(tokens.text("access_token"))"])
                #expect(answer.status == 200)
                #expect(answer["sub"] == "alice")
                #expect(answer["email"] == "a@b.c")
                for name in ["nonce", "at_hash", "exp", "sid", "jti"] { #expect(answer[name] == nil) }
            }
        }
    }

    @Test("userinfo is signed for a client that registered so (OpenID Connect Core §5.3.2)")
    func signedUserinfo() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["userinfo_signed_response_alg": "RS256"])
            let tokens = try await Flow(Browser(server), client).tokens()
            let answer = try await server.get(
                .public, "/userinfo", fields: ["Authorization": "Bearer \(tokens.text("access_token"))"])
            #expect(answer.field("Content-Type") == "application/jwt")
            let keys = try JSONWebKeySet.read(try await server.get(.public, "/.well-known/jwks.json").body)
            let jws = try CompactJWS(parsing: answer.body.span, byteCountMax: 16_384)
            let verified = try JWSVerifier.verify(jws, keys: keys, algorithms: [.rs256])
            let claims = try #require(try JSONReader.read(verified.payload).objectValue)
            #expect(claims["iss"] == .string(server.running.issuer))
            #expect(claims["sub"] == "alice")
            #expect(claims["aud"] == [.string(client.id)])
            // It says who somebody is and proves no login: it is no hint.
            let text = String(decoding: answer.body, as: UTF8.self)
            let logout = try await server.get(.public, "/oauth2/sessions/logout?id_token_hint=\(text)")
            #expect(Place(logout.field("Location"))["error"] == "invalid_request")
        }
    }
}
