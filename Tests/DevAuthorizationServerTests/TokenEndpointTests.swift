import DevAuthorizationServer
import JOSE
import OAuthModel
import Testing

@Suite("Token endpoint")
struct TokenEndpointTests {
    private static let grant = ("grant_type", "client_credentials")

    @Test("requests are refused with the contract's codes, in Hydra's order")
    func refusals() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["audience": ["https://api.example.com"]])
            let web = try await server.makeClient(["grant_types": ["authorization_code", "refresh_token"]])
            let wrong = ClientCredentials(clientID: made.id, secret: SecretBytes("wrong-secret"))
            let ghost = ClientCredentials(clientID: "nobody", secret: SecretBytes("a-secret"))
            let jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            let cases: [(String, [(String, String)], ClientCredentials?, Int, String)] = [
                ("no body", [], made.credentials, 400, "invalid_request"),
                ("no grant type", [("scope", "photos.read")], made.credentials, 400, "invalid_request"),
                ("unknown grant type", [("grant_type", "made-up")], wrong, 400, "invalid_request"),
                ("no credentials", [Self.grant], nil, 400, "invalid_request"),
                ("wrong secret", [Self.grant], wrong, 401, "invalid_client"),
                ("unknown client", [Self.grant], ghost, 401, "invalid_client"),
                (
                    "secret twice", [Self.grant, ("client_secret", made.secret)], made.credentials, 401,
                    "invalid_client"
                ),
                (
                    "the secret in the form, of a basic client",
                    [Self.grant, ("client_id", made.id), ("client_secret", made.secret)], nil, 401, "invalid_client"
                ),
                (
                    "two clients named", [Self.grant, ("client_id", web.id)], made.credentials, 401, "invalid_client"
                ),
                ("no secret, of a basic client", [Self.grant, ("client_id", made.id)], nil, 401, "invalid_client"),
                (
                    "an assertion",
                    [
                        Self.grant, ("client_assertion", "a.b.c"),
                        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ], nil, 401, "invalid_client"
                ),
                (
                    "scope not the client's", [Self.grant, ("scope", "photos.delete")], made.credentials, 400,
                    "invalid_scope"
                ),
                ("scope before grant type", [Self.grant, ("scope", "x")], web.credentials, 400, "invalid_scope"),
                (
                    "audience not the client's", [Self.grant, ("audience", "https://other.example.com")],
                    made.credentials, 400, "invalid_request"
                ),
                ("grant not the client's", [Self.grant], web.credentials, 400, "unauthorized_client"),
                (
                    "code grant not the client's", [("grant_type", "authorization_code"), ("code", "x.y")],
                    made.credentials, 400, "unauthorized_client"
                ),
                (
                    "unknown code", [("grant_type", "authorization_code"), ("code", "ory_ac_x.y")], web.credentials,
                    400,
                    "invalid_grant"
                ),
                (
                    "unknown refresh token", [("grant_type", "refresh_token"), ("refresh_token", "ory_rt_x.y")],
                    web.credentials, 400, "invalid_grant"
                ),
                (
                    "assertion grant not the client's", [("grant_type", jwtBearer)], made.credentials, 400,
                    "unauthorized_client"
                ),
            ]
            for (name, form, credentials, status, error) in cases {
                let answer = try await server.post(.public, "/oauth2/token", form: form, credentials: credentials)
                #expect(answer.status == status, "\(name)")
                #expect(answer.text("error") == error, "\(name)")
                #expect(!answer.text("error_description").isEmpty, "\(name)")
                #expect(answer.json.objectValue?.count == 2, "\(name)")
                #expect(answer.field("Cache-Control") == "no-store", "\(name)")
                #expect(answer.field("WWW-Authenticate").isEmpty, "\(name)")
            }
        }
    }

    @Test(
        "malformed bodies and credentials are invalid_request",
        arguments: [
            ("application/x-www-form-urlencoded", "grant_type=%zz", nil),
            ("application/x-www-form-urlencoded", "grant_type=%ff", nil),
            ("application/json", #"{"grant_type":"client_credentials"}"#, nil),
            ("multipart/form-data; boundary=b", "no delimiter", nil),
            ("multipart/form-data", "--b\r\n", nil),
            ("application/x-www-form-urlencoded", "grant_type=client_credentials", "Basic ???"),
            ("application/x-www-form-urlencoded", "grant_type=client_credentials", "Basic bm9jb2xvbg=="),
        ] as [(String, String, String?)])
    func malformed(type: String, body: String, authorization: String?) async throws {
        try await withServer { server in
            var fields = ["Content-Type": type]
            fields["Authorization"] = authorization
            let answer = try await server.call(.public, "POST", "/oauth2/token", body: Array(body.utf8), fields: fields)
            #expect(answer.status == 400)
            #expect(answer.text("error") == "invalid_request")
            let isNoForm = type == "application/json"
            #expect(answer.text("error_description").contains("The body is no form: send it as") == isNoForm)
        }
    }

    @Test(
        "a parameter without a value is one that was left out (RFC 6749 §3.2)",
        arguments: ["client_assertion", "client_assertion_type", "client_id", "client_secret"])
    func omittedParameters(name: String) async throws {
        try await withServer { server in
            let client = try await server.makeClient()
            let answer = try await server.token(client, [(name, "")])
            #expect(answer.status == 200)
        }
    }

    @Test("a public client may not use client_credentials")
    func publicClients() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["token_endpoint_auth_method": "none"])
            let answer = try await server.post(
                .public, "/oauth2/token", form: [Self.grant, ("client_id", made.id)])
            #expect(answer.status == 400)
            #expect(answer.text("error") == "invalid_grant")
        }
    }

    @Test("a basic client gets an opaque token in Hydra's form")
    func opaqueToken() async throws {
        try await withServer { server in
            let answer = try await server.token(try await server.makeClient(), [("scope", "photos.read  photos.write")])
            #expect(answer.status == 200)
            #expect(answer["token_type"] == "bearer")
            #expect(answer["scope"] == "photos.read photos.write")
            let lifespan = answer["expires_in"]?.numberValue?.int64 ?? 0
            #expect((3_599...3_600).contains(lifespan))
            #expect(answer["refresh_token"] == nil)
            #expect(answer["id_token"] == nil)
            #expect(answer.field("Cache-Control") == "no-store")
            #expect(answer.field("Pragma") == "no-cache")
            let form = /ory_at_[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}/
            #expect(answer.text("access_token").wholeMatch(of: form) != nil)
        }
    }

    @Test("without a scope nothing is granted, and a registered wildcard covers what is below it")
    func scopes() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["scope": "photos.*\tmusic"])
            #expect(try await server.token(made)["scope"] == "")
            #expect(try await server.token(made, [("scope", "photos.a.b music")])["scope"] == "photos.a.b music")
            #expect(try await server.token(made, [("scope", "photos")]).status == 400)
        }
    }

    @Test("a post client sends its secret in the form, URL-encoded or multipart, and not otherwise")
    func postClients() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["token_endpoint_auth_method": "client_secret_post"])
            let form = [Self.grant, ("client_id", made.id), ("client_secret", made.secret)]
            #expect(try await server.post(.public, "/oauth2/token", form: form).status == 200)
            #expect(try await server.token(made).status == 401)
            let multipart =
                form.map { "--b0\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }.joined()
                + "--b0--\r\n"
            let answer = try await server.call(
                .public, "POST", "/oauth2/token", body: Array(multipart.utf8),
                fields: ["Content-Type": "multipart/form-data; boundary=\"b0\""])
            #expect(answer.status == 200)
        }
    }

    @Test("Basic credentials are form-encoded, and a colon in the secret is data")
    func formEncodedCredentials() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["client_id": "a:b", "client_secret": "s3cr%t +/=&:ü"])
            #expect(try await server.token(made).status == 200)
            let inForm = try await server.post(
                .public, "/oauth2/token", form: [Self.grant, ("client_id", "a:b")], credentials: made.credentials)
            #expect(inForm.status == 200)
        }
    }

    @Test("Basic credentials that are not encoded work with spaces, as curl sends them (contract §6.2)")
    func plainCredentials() async throws {
        try await withServer { server in
            _ = try await server.makeClient(["client_id": "a b", "client_secret": "correct horse battery"])
            let answer = try await server.call(
                .public, "POST", "/oauth2/token", body: Array("grant_type=client_credentials".utf8),
                fields: [
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Authorization": "Basic " + Base64.encode(Array("a b:correct horse battery".utf8)),
                ])
            #expect(answer.status == 200)
        }
    }

    @Test("audiences: given once they are split at spaces, given several times each is one")
    func audiences() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["audience": ["https://api.example.com/users", "orders"]])
            for (form, expected) in [
                ([], []),
                (
                    [("audience", "https://api.example.com/users/42 orders")],
                    ["https://api.example.com/users/42", "orders"]
                ),
                ([("audience", "orders"), ("audience", "orders/7")], ["orders", "orders/7"]),
            ] as [([(String, String)], [String])] {
                let answer = try await server.token(made, form)
                #expect(try await server.introspect(answer.text("access_token"))["aud"] == .strings(expected))
            }
        }
    }

    @Test("a client's own lifespan wins over the server's")
    func lifespans() async throws {
        try await withServer({ $0.accessTokenLifespan = .seconds(120) }) { server in
            let plain = try await server.token(try await server.makeClient())
            #expect((119...120).contains(plain["expires_in"]?.numberValue?.int64 ?? 0))
            let made = try await server.makeClient(["client_credentials_grant_access_token_lifespan": "2h"])
            let own = try await server.token(made)
            #expect((7_199...7_200).contains(own["expires_in"]?.numberValue?.int64 ?? 0))
        }
    }

    @Test("the server's strategy makes JWTs, unless the client says otherwise", arguments: [true, false])
    func strategies(serverSaysJWT: Bool) async throws {
        try await withServer({ $0.tokenStrategy = serverSaysJWT ? .jwt : .opaque }) { server in
            let plain = try await server.token(try await server.makeClient()).text("access_token")
            #expect(plain.hasPrefix("ory_at_") == !serverSaysJWT)
            let other = try await server.makeClient(["access_token_strategy": serverSaysJWT ? "opaque" : "jwt"])
            let own = try await server.token(other).text("access_token")
            #expect(own.hasPrefix("ory_at_") == serverSaysJWT)
        }
    }

    @Test("a JWT verifies with the published key set and says what Hydra's say")
    func jwt() async throws {
        let clock = ManualClock(1_769_846_400)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let made = try await server.makeClient([
                "access_token_strategy": "jwt", "audience": ["https://api.example.com"],
            ])
            let token = try await server.token(
                made, [("scope", "photos.read"), ("audience", "https://api.example.com")]
            ).text("access_token")
            let keys = try JSONWebKeySet.read(try await server.get(.public, "/.well-known/jwks.json").body)
            #expect(keys.leftOut.isEmpty)
            let profile = JWTProfile(
                issuer: server.running.issuer, audiences: ["https://api.example.com"], types: [.jwt])
            let verified = try JWTValidation.validate(
                Array(token.utf8).span, keys: keys, profile: profile, now: NumericDate(seconds: 1_769_846_400))
            #expect(verified.subject == made.id)
            #expect(verified.claims[.clientID] == .string(made.id))
            let isGranted = verified.scopes.contains("photos.read".utf8.span, in: verified.claims.document)
            #expect(isGranted && verified.scopes.count == 1)
            #expect(verified.expiresAt.seconds == 1_769_850_000)
            #expect(verified.notBefore == verified.issuedAt)
            #expect(verified.claims[.jwtID]?.stringValue?.isEmpty == false)
            let claims = try JSONReader.read(
                Base64URL.decode(String(token.split(separator: ".")[1])) ?? []
            ).objectValue
            #expect(claims?["ext"] == [:])
            #expect(claims?["scp"] == ["photos.read"])
            #expect(claims?["aud"] == ["https://api.example.com"])

            #expect(try await server.introspect(token)["scope"] == "photos.read")
            let revoked = try await server.post(
                .public, "/oauth2/revoke", form: [("token", token)], credentials: made.credentials)
            #expect(revoked.status == 200)
            #expect(try await server.introspect(token).json == ["active": false])
        }
    }
}
