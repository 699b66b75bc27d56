import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Changing clients (setOAuth2Client, patchOAuth2Client, setOAuth2ClientLifespans)")
struct ClientChangeTests {
    @Test(
        "an unknown client is 404 whichever way it is changed",
        arguments: [
            ("PUT", "/admin/clients/nobody", "{}"), ("PATCH", "/admin/clients/nobody", "[]"),
            ("PUT", "/admin/clients/nobody/lifespans", "{}"),
        ])
    func unknown(method: String, path: String, body: String) async throws {
        try await withServer { server in
            let answer = try await server.call(.admin, method, path, body: Array(body.utf8))
            #expect(answer.status == 404)
            #expect(answer.json == ["error": "Unable to locate the resource", "error_description": ""])
        }
    }

    @Test(
        "a patch that cannot be done whole is 400, and nothing of it is done",
        arguments: [
            "{", "{}", "[1]", "null", #"[{"op":"move","from":"/owner","path":"/client_name"}]"#,
            #"[{"op":"copy","from":"/owner","path":"/client_name"}]"#, #"[{"op":"test","path":"/owner","value":"me"}]"#,
            #"[{"op":"replace","path":"/owner"}]"#, #"[{"op":"add","path":"/owner"}]"#,
            #"[{"path":"/owner","value":"x"}]"#,
            #"[{"op":"replace","value":"x"}]"#, #"[{"op":"replace","path":"","value":{}}]"#,
            #"[{"op":"replace","path":"owner","value":"x"}]"#, #"[{"op":"replace","path":"/id","value":"x"}]"#,
            #"[{"op":"replace","path":"/client_id","value":"x"}]"#, #"[{"op":"remove","path":"/jwks_uri"}]"#,
            #"[{"op":"remove","path":"/contacts/2"}]"#, #"[{"op":"remove","path":"/contacts/-"}]"#,
            #"[{"op":"add","path":"/contacts/4","value":"x"}]"#, #"[{"op":"add","path":"/contacts/01","value":"x"}]"#,
            #"[{"op":"replace","path":"/contacts/+1","value":"x"}]"#, #"[{"op":"add","path":"/owner/x","value":"y"}]"#,
            #"[{"op":"add","path":"/metadata/a/b","value":1}]"#, #"[{"op":"add","path":"/met~2adata","value":1}]"#,
            #"[{"op":"replace","path":"/owner","value":"changed"},{"op":"remove","path":"/nothing"}]"#,
            #"[{"op":"replace","path":"/owner","value":7}]"#, #"[{"op":"replace","path":"/contacts","value":"x"}]"#,
        ])
    func refusedPatches(body: String) async throws {
        try await withServer { server in
            let client = try await server.makeClient(["owner": "me", "contacts": ["a@example", "b@example"]])
            let before = try await server.get(.admin, "/admin/clients/\(client.id)").json
            let answer = try await server.call(.admin, "PATCH", "/admin/clients/\(client.id)", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.text("error") == "The request was malformed or contained invalid parameters")
            #expect(try await server.get(.admin, "/admin/clients/\(client.id)").json == before)
        }
    }

    @Test(
        "what would break a rule of clients is refused as at creation, and nothing is changed",
        arguments: [
            ("PUT", "", #"{"redirect_uris":["callback"]}"#, "invalid_redirect_uri"),
            ("PUT", "", #"{"client_secret":"short"}"#, "invalid_client_metadata"),
            ("PATCH", "", #"[{"op":"add","path":"/redirect_uris/-","value":"nowhere"}]"#, "invalid_redirect_uri"),
            ("PATCH", "", #"[{"op":"replace","path":"/client_secret","value":"short"}]"#, "invalid_client_metadata"),
            ("PATCH", "", #"[{"op":"replace","path":"/subject_type","value":"none"}]"#, "invalid_client_metadata"),
        ])
    func refusedRules(method: String, suffix: String, body: String, error: String) async throws {
        try await withServer { server in
            let client = try await server.makeClient()
            let before = try await server.get(.admin, "/admin/clients/\(client.id)").json
            let answer = try await server.call(
                .admin, method, "/admin/clients/\(client.id)\(suffix)", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.text("error") == error)
            #expect(try await server.get(.admin, "/admin/clients/\(client.id)").json == before)
            #expect(try await server.token(client).status == 200)
        }
    }

    @Test("patches cannot make a client that cannot be read back")
    func bounded() async throws {
        try await withServer { server in
            let client = try await server.makeClient()
            let inner = String(repeating: "[", count: 28) + String(repeating: "]", count: 28)
            let first = try await server.patch(client, #"[{"op":"add","path":"/metadata","value":\#(inner)}]"#)
            #expect(first.status == 200)
            let deeper = "/metadata" + String(repeating: "/0", count: 27) + "/-"
            let second = try await server.patch(client, #"[{"op":"add","path":"\#(deeper)","value":[[[[]]]]}]"#)
            #expect(second.status == 400)
            #expect(try await server.get(.admin, "/admin/clients/\(client.id)").status == 200)
        }
    }

    @Test("set replaces everything but id and time of creation; what is left out is empty or default")
    func set() async throws {
        let clock = ManualClock(1_769_846_400)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let client = try await server.makeClient([
                "owner": "me", "contacts": ["a@example"], "client_credentials_grant_access_token_lifespan": "10m",
            ])
            clock.advance(by: 60)
            let answer = try await server.put(
                "/admin/clients/\(client.id)",
                ["client_id": "another", "client_name": "new", "created_at": "1990-01-01T00:00:00Z"])
            #expect(answer.status == 200)
            #expect(answer["client_id"] == .string(client.id))
            #expect(answer["client_name"] == "new")
            #expect(answer["owner"] == "")
            #expect(answer["contacts"] == [])
            #expect(answer["scope"] == "offline_access offline openid")
            #expect(answer["client_credentials_grant_access_token_lifespan"] == .null)
            #expect(answer["client_secret"] == nil)
            #expect(answer["created_at"] == client.answer["created_at"])
            #expect(answer["updated_at"] == "2026-01-31T08:01:00Z")
            #expect(try await server.get(.admin, "/admin/clients/\(client.id)").json == answer.json)
            #expect(try await server.get(.admin, "/admin/clients?client_name=new").json.arrayValue?.count == 1)
            #expect(try await server.get(.admin, "/admin/clients?owner=me").json == [])
        }
    }

    @Test("a secret that comes with a set or a patch is echoed, and is the one that counts from then on")
    func secrets() async throws {
        try await withServer { server in
            var client = try await server.makeClient()
            let put = try await server.put(
                "/admin/clients/\(client.id)", ["client_secret": "a new secret", "grant_types": ["client_credentials"]])
            #expect(put["client_secret"] == "a new secret")
            #expect(try await server.token(client).status == 401)
            client.secret = "a new secret"
            #expect(try await server.token(client).status == 200)

            let patched = try await server.patch(
                client, #"[{"op":"replace","path":"/client_secret","value":"third secret"}]"#)
            #expect(patched["client_secret"] == "third secret")
            #expect(try await server.token(client).status == 401)
            client.secret = "third secret"
            #expect(try await server.token(client).status == 200)

            let untouched = try await server.patch(client, #"[{"op":"replace","path":"/owner","value":"me"}]"#)
            #expect(untouched["client_secret"] == nil)
            #expect(try await server.token(client).status == 200)
        }
    }

    @Test("a client that is public no more is given a secret, once")
    func noLongerPublic() async throws {
        try await withServer { server in
            var client = try await server.makeClient([
                "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"],
            ])
            let patch = #"[{"op":"replace","path":"/token_endpoint_auth_method","value":"client_secret_basic"}]"#
            client.secret = try #require(try await server.patch(client, patch)["client_secret"]?.stringValue)
            #expect(try await server.token(client).status == 200)
            #expect(try await server.patch(client, patch)["client_secret"] == nil)
            #expect(try await server.token(client).status == 200)
        }
    }

    @Test("a patch adds, removes and replaces members and elements, also members that answers leave out")
    func patches() async throws {
        try await withServer { server in
            let client = try await server.makeClient(["contacts": ["a@example", "b@example"], "metadata": ["a/b": 1]])
            let answer = try await server.patch(
                client,
                #"""
                [{"op":"add","path":"/contacts/-","value":"d@example"},{"op":"add","path":"/contacts/2","value":"c@example"},
                 {"op":"remove","path":"/contacts/0"},{"op":"replace","path":"/client_name","value":"Näme"},
                 {"op":"replace","path":"/backchannel_logout_uri","value":"https://a.example/out"},
                 {"op":"replace","path":"/metadata/a~1b","value":{"deep":[]}},{"op":"add","path":"/metadata/a~1b/deep/0","value":true}]
                """#)
            #expect(answer.status == 200)
            #expect(answer["contacts"] == ["b@example", "c@example", "d@example"])
            #expect(answer["client_name"] == "Näme")
            #expect(answer["backchannel_logout_uri"] == "https://a.example/out")
            #expect(answer["metadata"] == ["a/b": ["deep": [true]]])
            #expect(try await server.get(.admin, "/admin/clients/\(client.id)").json == answer.json)
        }
    }

    @Test("lifespans are replaced all ten, and nothing else; the next token lives as long as they say")
    func lifespans() async throws {
        try await withServer { server in
            let client = try await server.makeClient(["owner": "me", "jwt_bearer_grant_access_token_lifespan": "5m"])
            let path = "/admin/clients/\(client.id)/lifespans"
            let refused = try await server.put(path, ["client_credentials_grant_access_token_lifespan": "soon"])
            #expect(refused.status == 400)
            let answer = try await server.put(path, ["client_credentials_grant_access_token_lifespan": "1.5h"])
            #expect(answer.status == 200)
            #expect(answer["client_credentials_grant_access_token_lifespan"] == "1h30m0s")
            #expect(answer["jwt_bearer_grant_access_token_lifespan"] == .null)
            #expect(answer["owner"] == "me")
            #expect(answer["client_secret"] == nil)
            let expiresIn = try await server.token(client)["expires_in"]?.numberValue?.int64 ?? 0
            #expect((5_390...5_400).contains(expiresIn))
        }
    }

    @Test("twenty patches at once are all in the client afterwards")
    func parallel() async throws {
        try await withServer { server in
            let client = try await server.makeClient()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await server.patch(
                            client, #"[{"op":"add","path":"/contacts/-","value":"c\#(number)@example"}]"#
                        ).status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            let contacts = try await server.get(.admin, "/admin/clients/\(client.id)")["contacts"]?.arrayValue
            #expect(contacts?.count == 20)
        }
    }

    @Test("a secret is hashed before its turn comes, and the one that is kept is one that was echoed")
    func parallelSecrets() async throws {
        try await withServer { server in
            let client = try await server.makeClient()
            let path = "/admin/clients/\(client.id)"
            let echoed = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let change =
                            #"[{"op":"replace","path":"/client_secret","value":"secret-\#(number)"},"#
                            + #"{"op":"add","path":"/contacts/-","value":"c\#(number)@example"}]"#
                        return try await server.patch(client, change).text("client_secret")
                    }
                    group.addTask {
                        let method: JSONValue = number.isMultiple(of: 2) ? "none" : "client_secret_basic"
                        let patch: JSONValue = [
                            ["op": "replace", "path": "/token_endpoint_auth_method", "value": method]
                        ]
                        let answer = try await server.call(.admin, "PATCH", path, body: JSONWriter.write(patch))
                        #expect(answer.status == 200)
                        return ""
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let basic = #"[{"op":"replace","path":"/token_endpoint_auth_method","value":"client_secret_basic"}]"#
            #expect(try await server.patch(client, basic).status == 200)
            let stored = try await server.get(.admin, path)
            #expect(stored["contacts"]?.arrayValue?.count == 6)
            var working = 0
            for secret in [client.secret] + echoed where !secret.isEmpty {
                let tried = Client(id: client.id, secret: secret, answer: client.answer)
                if try await server.token(tried).status == 200 { working += 1 }
            }
            #expect(working == 1)
        }
    }
}

extension ServerUnderTest {
    fileprivate func put(_ path: String, _ document: JSONObject) async throws -> Answer {
        try await self.call(.admin, "PUT", path, body: JSONWriter.write(document))
    }

    fileprivate func patch(_ client: Client, _ patch: String) async throws -> Answer {
        try await self.call(.admin, "PATCH", "/admin/clients/\(client.id)", body: Array(patch.utf8))
    }
}
