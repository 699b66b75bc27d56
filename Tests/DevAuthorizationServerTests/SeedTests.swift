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
