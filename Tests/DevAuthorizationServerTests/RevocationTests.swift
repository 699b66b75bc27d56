import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Revocation")
struct RevocationTests {
    @Test("an empty body is invalid_request and bad authentication invalid_client, with the token still active")
    func refusals() async throws {
        try await withServer { server in
            let made = try await server.makeClient()
            let token = try await server.token(made).text("access_token")
            let wrong = ClientCredentials(clientID: made.id, secret: SecretBytes("wrong-secret"))
            let basicInForm = [("token", token), ("client_id", made.id), ("client_secret", made.secret)]
            for (form, credentials, status, error) in [
                ([], made.credentials, 400, "invalid_request"), ([("token", token)], nil, 400, "invalid_request"),
                ([("token", token)], wrong, 401, "invalid_client"), (basicInForm, nil, 401, "invalid_client"),
            ] as [([(String, String)], ClientCredentials?, Int, String)] {
                let answer = try await server.post(.public, "/oauth2/revoke", form: form, credentials: credentials)
                #expect(answer.status == status)
                #expect(answer.text("error") == error)
            }
            #expect(try await server.isActive(token))
        }
    }

    @Test("a revoked token is inactive at once, and the client's other tokens stay")
    func revokes() async throws {
        try await withServer { server in
            let made = try await server.makeClient()
            let token = try await server.token(made).text("access_token")
            let other = try await server.token(made).text("access_token")
            let answer = try await server.post(
                .public, "/oauth2/revoke", form: [("token", token)], credentials: made.credentials)
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            #expect(answer.field("Cache-Control") == "no-store")
            #expect(try await server.introspect(token).json == ["active": false])
            #expect(try await server.isActive(other))
        }
    }

    @Test("unknown, empty, missing and already revoked tokens are 200 too")
    func unknownTokens() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["token_endpoint_auth_method": "client_secret_post"])
            let credentials = [("client_id", made.id), ("client_secret", made.secret)]
            for form in [[("token", "nonsense")], [("token", "ory_at_x.y")], [("token", "a.b.c")], [("token", "")], []]
            {
                let answer = try await server.post(.public, "/oauth2/revoke", form: form + credentials)
                #expect(answer.status == 200)
            }
        }
    }

    @Test("another client's token is left alone, and the answer does not tell")
    func foreignTokens() async throws {
        try await withServer { server in
            let token = try await server.token(try await server.makeClient()).text("access_token")
            let other = try await server.makeClient()
            let unauthenticated = try await server.makeClient(["token_endpoint_auth_method": "none"])
            let byOther = try await server.post(
                .public, "/oauth2/revoke", form: [("token", token)], credentials: other.credentials)
            #expect(byOther.status == 200)
            let byPublic = try await server.post(
                .public, "/oauth2/revoke", form: [("token", token), ("client_id", unauthenticated.id)])
            #expect(byPublic.status == 200)
            #expect(try await server.isActive(token))
        }
    }
}
