import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Seeds")
struct SeedTests {
    @Test(
        "a seed that cannot be put in place is one clear error, and nothing is left running",
        arguments: [
            ["clinets": []], ["clients": ["client_id": "a"]], ["clients": ["a"]], ["clients": [["client_name": "a"]]],
            ["clients": [["client_id": "a", "subject_type": "nonsense"]]], ["trusted_issuers": [["issuer": "x"]]],
        ] as [JSONObject])
    func refusals(seed: JSONObject) async throws {
        var options = DevAuthorizationServer.Options.forTests
        options.seed = seed
        let error = await #expect(throws: DevAuthorizationServerError.self) {
            _ = try await DevAuthorizationServer(options).start()
        }
        #expect(error?.message.contains("seed") == true)
    }

    @Test(
        "a seed's client has a secret that somebody knows, unless it authenticates without one",
        arguments: [
            ([:], false), (["client_secret": ""], false), (["client_secret": .null], false),
            (["token_endpoint_auth_method": "client_secret_post"], false), (["client_secret": "a-secret"], true),
            (["token_endpoint_auth_method": "none"], true),
            (["token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/keys"], true),
        ] as [(JSONObject, Bool)])
    func clientSecrets(members: JSONObject, isTaken: Bool) {
        var client: JSONObject = ["client_id": "a"]
        for member in members.members { client[member.name] = member.value }
        let problems = SeedCheck(["clients": [.object(client)]], hasUsers: false).problems.map(\.text)
        #expect(problems.isEmpty == isTaken, "\(problems)")
        for problem in problems {
            #expect(problem.hasPrefix("clients[0]: `client_secret` is missing"))
            #expect(problem.contains("(write `client_secret: …`, or `token_endpoint_auth_method: none`"))
        }
    }

    @Test(
        "a client secret of the wrong kind is one problem",
        arguments: [123_456, true, ["a-secret"], ["value": "a-secret"]] as [JSONValue])
    func secretsOfTheWrongKind(secret: JSONValue) {
        let client: JSONObject = ["client_id": "a", "client_secret": secret]
        let problems = SeedCheck(["clients": [.object(client)]], hasUsers: false).problems.map(\.text)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix("clients[0].client_secret: ") == true)
    }

    @Test("what is wrong with a seed is told at once, and nothing of it is stored")
    func allAtOnce() async throws {
        try await withServer({ _ in }) { server in
            let error = await #expect(throws: DevAuthorizationServerError.self) {
                try await server.running.seed([
                    "clients": [
                        ["client_id": "good"], ["client_id": "good"], ["client_id": "b", "redirect_uri": ["x"]],
                        ["client_id": "c", "client_secret": 123_456, "grant_types": "code"],
                        ["client_id": "d", "redirect_uris": ["relative"]], ["client_id": "e", "created_at": "now"],
                    ],
                    "trusted_issuers": [["issuer": "x", "expires": "never"]],
                ])
            }
            let message = try #require(error).message
            for part in [
                "clients[1].client_id: a client with this id is above already",
                "clients[2].redirect_uri: unknown key `redirect_uri`",
                "clients[3].client_secret: a number where a text belongs",
                "clients[3].grant_types: a text where a list of texts belongs", "clients[4]: refused: A redirect URI",
                "clients[5].created_at: `created_at` is the server's to say", "trusted_issuers[0].expires: unknown key",
                "trusted_issuers[0]: the key `jwk` is missing or empty",
            ] { #expect(message.contains(part), "\(part) in \(message)") }
            #expect(!message.contains("123456"))
            #expect(try await server.get(.admin, "/admin/clients").json == [])
        }
    }

    @Test("names that look alike are two where their bytes differ, as the database has them")
    func namesAreBytes() async throws {
        let alike = ["\u{E9}", "e\u{301}"]
        let key: JSONObject = [
            "kty": "OKP", "crv": "Ed25519", "kid": "k", "alg": "EdDSA", "use": "sig",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        ]
        try await withServer({ options in
            options.users = alike.map { .init($0) }
            options.seed = [
                "trusted_issuers": .array(
                    alike.map {
                        [
                            "issuer": .string($0), "subject": "s", "scope": ["a"], "jwk": .object(key),
                            "expires_at": "2100-01-01T00:00:00Z",
                        ]
                    })
            ]
        }) { server in
            let kept = try await server.get(.admin, "/admin/trust/grants/jwt-bearer/issuers").json.arrayValue
            #expect(kept?.count == 2)
        }
    }

    @Test("no more than a thousand problems of a seed are looked into")
    func boundOfProblems() {
        let client = (0..<900).reduce(into: JSONObject()) { $0["unknown\($1)"] = true }
        let check = SeedCheck(
            ["clients": .array((0..<50).map { _ in .object(client) }), "trusted_issuers": ["no"]], hasUsers: false)
        #expect(check.problems.count == 1_000)
    }

    @Test("a seed may be read at every start: a client is replaced, and its tokens stay")
    func everyStart() async throws {
        try await withDatabasePath { path in
            func seed(_ name: String) -> JSONObject {
                [
                    "clients": [
                        [
                            "client_id": "a/b", "client_secret": "seed-secret", "client_name": .string(name),
                            "grant_types": ["client_credentials"], "scope": "notes:read",
                        ]
                    ]
                ]
            }
            let credentials = ClientCredentials(clientID: "a/b", secret: SecretBytes("seed-secret"))
            var token = ""
            for name in ["first", "second"] {
                try await withServer({
                    $0.database = .file(path)
                    $0.issuer = "http://a.example"
                    $0.seed = seed(name)
                }) { server in
                    #expect(try await server.get(.admin, "/admin/clients/a%2Fb")["client_name"] == .string(name))
                    if !token.isEmpty { #expect(try await server.isActive(token)) }
                    token =
                        try await server.running.requestToken(credentials, scope: "notes:read")["access_token"]?
                        .stringValue ?? ""
                    #expect(!token.isEmpty)
                }
            }
        }
    }
}
