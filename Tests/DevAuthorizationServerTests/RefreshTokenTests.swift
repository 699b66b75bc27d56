import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Refresh tokens")
struct RefreshTokenTests {
    private func refresh(_ server: ServerUnderTest, _ client: Client, _ token: String) async throws -> Answer {
        let isPublic = client.answer["token_endpoint_auth_method"] == "none"
        return try await server.post(
            .public, "/oauth2/token",
            form: [("grant_type", "refresh_token"), ("refresh_token", token)]
                + (isPublic ? [("client_id", client.id)] : []), credentials: isPublic ? nil : client.credentials)
    }

    private func isOver(_ server: ServerUnderTest, _ tokens: Answer) async throws -> Bool {
        let access = try await server.isActive(tokens.text("access_token"))
        let refresh = try await server.isActive(tokens.text("refresh_token"))
        return !access && !refresh
    }

    @Test("an unknown token, another client's and an access token are invalid_grant, and nothing ends")
    func refusals() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let tokens = try await flow.tokens()
            let other = try await server.makeWebClient()
            for (client, token) in [
                (flow.client, "ory_rt_x.y"), (flow.client, ""), (flow.client, tokens.text("access_token")),
                (other, tokens.text("refresh_token")),
            ] {
                let answer = try await self.refresh(server, client, token)
                #expect(answer.status == 400)
                #expect(answer.text("error") == "invalid_grant")
            }
            #expect(try await server.isActive(tokens.text("refresh_token")))
            #expect(try await self.refresh(server, flow.client, tokens.text("refresh_token")).status == 200)
        }
    }

    @Test("a used token ends the whole family")
    func reuse() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let first = try await flow.tokens()
            let second = try await self.refresh(server, flow.client, first.text("refresh_token"))
            let third = try await self.refresh(server, flow.client, second.text("refresh_token"))
            #expect(!(try await self.isOver(server, third)))
            let answer = try await self.refresh(server, flow.client, first.text("refresh_token"))
            #expect(answer.status == 401)
            #expect(answer.text("error") == "token_inactive")
            for tokens in [first, second, third] { #expect(try await self.isOver(server, tokens)) }
            #expect(try await self.refresh(server, flow.client, third.text("refresh_token")).status == 400)
        }
    }

    @Test("of 50 that bring one token at once exactly one wins, and the family ends")
    func fiftyAtOnce() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["token_endpoint_auth_method": "none"])
            let place = try await Flow(Browser(server), client).run()
            let first = try await server.post(
                .public, "/oauth2/token",
                form: [
                    ("grant_type", "authorization_code"), ("code", place["code"] ?? ""), ("client_id", client.id),
                    ("redirect_uri", Flow.callback), ("code_verifier", Flow.verifier),
                ])
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await self.refresh(server, client, first.text("refresh_token")) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            let winners = answers.filter { $0.status == 200 }
            #expect(winners.count == 1)
            #expect(try await self.isOver(server, try #require(winners.first)))
        }
    }

    @Test("a refresh ends the tokens before it and issues the original grant again")
    func rotation() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let first = try await flow.tokens(consent: ["session": ["access_token": ["k": "v"]]])
            let second = try await self.refresh(server, flow.client, first.text("refresh_token"))
            #expect(second["scope"] == first["scope"])
            #expect(second["id_token"] != nil)
            #expect(try await self.isOver(server, first))
            #expect(try await server.introspect(second.text("access_token"))["ext"] == ["k": "v"])
            #expect(try await server.introspect(second.text("refresh_token"))["token_use"] == "refresh_token")
        }
    }

    @Test("what was taken from the client since cannot be refreshed, and the token stays")
    func changedClients() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let tokens = try await Flow(Browser(server), client).tokens()
            let path = "/admin/clients/\(client.id)"
            for (name, value, error) in [
                ("scope", "openid offline" as JSONValue, "invalid_scope"),
                ("grant_types", ["authorization_code"], "unauthorized_client"),
            ] {
                let patch: JSONValue = [["op": "replace", "path": .string("/\(name)"), "value": value]]
                let changed = try await server.call(.admin, "PATCH", path, body: JSONWriter.write(patch))
                #expect(changed.status == 200)
                let answer = try await self.refresh(server, client, tokens.text("refresh_token"))
                #expect(answer.status == 400)
                #expect(answer.text("error") == error)
                #expect(try await server.isActive(tokens.text("refresh_token")))
            }
        }
    }

    @Test("lifespans are those of the occasion, the client's before the server's")
    func lifespans() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let client = try await server.makeWebClient([
                "authorization_code_grant_access_token_lifespan": "10s",
                "authorization_code_grant_refresh_token_lifespan": "20s",
                "refresh_token_grant_access_token_lifespan": "30s",
            ])
            let flow = Flow(Browser(server), client)
            let first = try await flow.tokens()
            #expect(first["expires_in"] == 10)
            let second = try await self.refresh(server, client, first.text("refresh_token"))
            #expect(second["expires_in"] == 30)
            let third = try await flow.tokens()
            clock.advance(by: 20)
            #expect(!(try await server.isActive(third.text("refresh_token"))))
            #expect(
                try await self.refresh(server, client, third.text("refresh_token")).text("error") == "invalid_grant")
        }
    }

    @Test("revoking either token ends both, and another client revokes nothing", arguments: ["access", "refresh"])
    func revocation(kind: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let tokens = try await flow.tokens()
            let other = try await flow.tokens()
            let stranger = try await server.makeWebClient()
            for client in [stranger, flow.client] {
                #expect(try await server.isActive(tokens.text("access_token")))
                let answer = try await server.post(
                    .public, "/oauth2/revoke", form: [("token", tokens.text("\(kind)_token"))],
                    credentials: client.credentials)
                #expect(answer.status == 200)
            }
            #expect(try await self.isOver(server, tokens))
            #expect(!(try await self.isOver(server, other)))
        }
    }

    @Test("revoking a token that was rotated, or has expired, ends nothing (RFC 7009 §2.2)")
    func revocationOfWhatIsOver() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            func revoke(_ token: String, _ client: Client) async throws {
                let answer = try await server.post(
                    .public, "/oauth2/revoke", form: [("token", token)], credentials: client.credentials)
                #expect(answer.status == 200)
            }
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let first = try await flow.tokens()
            let second = try await self.refresh(server, flow.client, first.text("refresh_token"))
            try await revoke(first.text("refresh_token"), flow.client)
            #expect(try await server.isActive(second.text("access_token")))
            #expect(try await server.isActive(second.text("refresh_token")))

            for (brief, lasting) in [("access", "refresh"), ("refresh", "access")] {
                let client = try await server.makeWebClient([
                    "authorization_code_grant_\(brief)_token_lifespan": "10s"
                ])
                let tokens = try await Flow(Browser(server), client).tokens()
                clock.advance(by: 10)
                try await revoke(tokens.text("\(brief)_token"), client)
                #expect(try await server.isActive(tokens.text("\(lasting)_token")), "\(brief)")
                // The other way it is alive, and then all of it ends.
                try await revoke(tokens.text("\(lasting)_token"), client)
                #expect(!(try await server.isActive(tokens.text("\(lasting)_token"))), "\(brief)")
            }
        }
    }

    @Test("what ends what: consent, client, tokens of a client, logins")
    func endings() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let path = "/admin/oauth2/auth/sessions"
            let kept = try await flow.tokens(login: ["remember": true])
            _ = try await server.call(.admin, "DELETE", "\(path)/login?subject=alice")
            #expect(try await server.isActive(kept.text("access_token")))

            let other = Flow(flow.browser, try await server.makeWebClient())
            let others = try await other.tokens()
            _ = try await server.call(.admin, "DELETE", "\(path)/consent?subject=alice&client=\(flow.client.id)")
            #expect(try await self.isOver(server, kept))
            #expect(!(try await self.isOver(server, others)))

            let without = try await server.call(.admin, "DELETE", "/admin/oauth2/tokens")
            #expect(without.status == 400)
            let deleted = try await server.call(.admin, "DELETE", "/admin/oauth2/tokens?client_id=\(other.client.id)")
            #expect(deleted.status == 204)
            #expect(!(try await server.isActive(others.text("access_token"))))
            let again = try await self.refresh(server, other.client, others.text("refresh_token"))
            #expect(again.status == 200)
            _ = try await server.call(.admin, "DELETE", "/admin/clients/\(other.client.id)")
            #expect(try await self.isOver(server, again))
            #expect(try await server.get(.admin, "\(path)/consent?subject=alice").json == [])
        }
    }

    @Test("no refresh token is in the file")
    func digests() async throws {
        try await withDatabasePath { path in
            try await withServer({ $0.database = .file(path) }) { server in
                let tokens = try await Flow(Browser(server), try await server.makeWebClient()).tokens()
                let secret = String(tokens.text("refresh_token").dropFirst("ory_rt_".count))
                #expect(secret.count == 87)
                #expect(try !StoredRows.contain(secret, in: path))
            }
        }
    }
}
