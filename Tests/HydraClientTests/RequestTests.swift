import HydraClient
import OAuthModel
import Testing

@Suite("Requests on the wire")
struct RequestTests {
    @Test("an id that would be another path is refused before anything is sent", arguments: ["", ".", ".."])
    func refusesDotSegments(id: String) async throws {
        try await withHydra { _ in
            .json("{}")
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: id) }
            #expect(error?.stage == .request)
            #expect(error?.code == .invalidArgument)
            #expect(server.requests.isEmpty)
        }
    }

    @Test("an operation whose side has no URL is refused, by name")
    func refusesMissingSide() async throws {
        let hydra = try HydraClient(HydraClient.Configuration(publicURL: "http://127.0.0.1:1"))
        let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
        #expect(error?.code == .baseURLUnusable)
        #expect(error?.operation == "getOAuth2Client")
        #expect(error?.message.contains("admin") == true)
        await hydra.shutdown()
    }

    @Test(
        "what is no base URL is refused",
        arguments: [
            "", "hydra.example", "ftp://hydra.example", "http://", "http:///path", "http://u:p@hydra.example",
            "http://hydra.example/#f", "http://hydra.example/a b", "http://:4444", "http://hydra.example:",
            "http://hydra.example:0", "http://hydra.example:65536", "http://hydra.example:44a", "http://[::1",
            "http://[::1]4444", "http://[hydra]:4444", "http://hydra%2Eexample", "http://hydra,example", "http://[]x",
        ])
    func refusesBaseURL(text: String) {
        #expect {
            _ = try HydraClient(HydraClient.Configuration(adminURL: text))
        } throws: { error in
            (error as? HydraClientError)?.code == .baseURLUnusable
        }
    }

    @Test(
        "what is a base URL is taken",
        arguments: ["HTTPS://Hydra.example", "http://[::1]:4444/", "http://hydra_admin:4445/base?tenant=a"])
    func takesBaseURL(text: String) async throws {
        let hydra = try HydraClient(HydraClient.Configuration(adminURL: text))
        await hydra.shutdown()
    }

    @Test(
        "a token or cookie that would end its field is refused before anything is sent (RFC 9110 §5.5)",
        arguments: ["a\r\nX: y", "a\nb", "a\0b", "a\u{7F}"])
    func refusesSplitFields(text: String) async throws {
        try await withHydra { _ in
            .json(#"{"sub":"a"}"#)
        } _: { server, hydra in
            let request = HydraClient.AuthorizationRequest(
                clientID: "c", redirectURI: nil, scopes: ScopeSet(), pkce: nil)
            let errors = [
                await failure { () throws(HydraClientError) in
                    _ = try await hydra.userInfo(accessToken: SecretBytes(text))
                },
                await failure { () throws(HydraClientError) in
                    _ = try await hydra.authorize(request, cookie: SecretBytes(text))
                },
            ]
            #expect(errors.map { $0?.code } == [.invalidArgument, .invalidArgument])
            #expect(server.requests.isEmpty)
        }
    }

    @Test("every operation of Hydra's API description has a method here")
    func operationsAreWhole() {
        #expect(Set(Operation.all.map(\.id)).count == 28)
    }

    @Test("an operation sends exactly its request", arguments: Operation.all)
    func sends(operation: Operation) async throws {
        try await withHydra { _ in
            operation.reaction
        } _: { server, hydra in
            try await operation.call(hydra)
            let request = try #require(server.requests.first)
            #expect(server.requests.count == 1)
            #expect(request.method == operation.method)
            #expect(request.target == operation.target)
            if operation.body.isEmpty {
                #expect(request.body.isEmpty)
                #expect(request.values("content-type") == [])
            } else if operation.body.first == "{" || operation.body.first == "[" {
                #expect(request.values("content-type") == ["application/json"])
                #expect(request.json == (try JSONReader.read(Array(operation.body.utf8))))
            } else {
                #expect(request.values("content-type") == ["application/x-www-form-urlencoded"])
                #expect(request.form == operation.body.split(separator: "\n").map(String.init))
            }
            #expect(request.values("authorization") == [])
        }
    }

    @Test("a path and a query of the base URL are kept, the query in front (RFC 6749 §3.1)")
    func keepsBase() async throws {
        try await withHydra {
            $0.adminURL = ($0.adminURL ?? "") + "/hydra/?tenant=a"
        } answering: { _ in
            .json("[]")
        } _: { server, hydra in
            _ = try await hydra.listClients(owner: "me")
            #expect(server.requests.map(\.target) == ["/hydra/admin/clients?tenant=a&owner=me"])
        }
    }

    @Test("the token for a gateway goes to the admin side only")
    func sendsAdminToken() async throws {
        try await withHydra {
            $0.adminToken = BearerToken("ory_pat_secret")
        } answering: { request in
            .json(request.target.hasPrefix("/admin") ? "[]" : #"{"access_token":"t"}"#)
        } _: { server, hydra in
            _ = try await hydra.listClients()
            _ = try await hydra.exchangeToken(.clientCredentials(), as: .none(clientID: "c"))
            #expect(server.requests.map { $0.values("authorization") } == [["Bearer ory_pat_secret"], []])
        }
    }
}

extension Operation {
    /// The answer that the operation takes.
    var reaction: ScriptedHydra.Reaction {
        let location = self.status == 302 ? [("Location", "https://login.example/?login_challenge=c")] : []
        return .answer(self.status, [("Content-Type", "application/json")] + location, body: self.answer)
    }
}
