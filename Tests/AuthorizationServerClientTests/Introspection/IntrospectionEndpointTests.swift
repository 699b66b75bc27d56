import OAuthModel
import ProxyCore
import Testing

@testable import AuthorizationServerClient

private let active = #"{"active":true,"sub":"alice","scope":"read"}"#

@Suite("Introspection over the client (RFC 7662 §2)") struct IntrospectionEndpointTests {
    typealias Reaction = StubAuthorizationServer.Reaction

    /// What one question leads to.
    private func outcome(
        _ reaction: Reaction, timeout: Nanoseconds = .seconds(60), retriesMax: Int = 0
    ) async throws -> (IntrospectionOutcome, calls: Int) {
        try await withStub({ _ in reaction }) { stub, connections in
            let server = try Servers.introspecting(
                at: stub.origin + "/introspect", timeout: timeout, retriesMax: retriesMax)
            let token = try #require(BearerToken("opaque"))
            let outcome = await IntrospectionEndpoint(connections: connections).introspect(
                token, at: server, within: timeout)
            return (outcome, stub.requests.count)
        }
    }

    @Test(
        "ARCHITECTURE §7: an answer that refuses us is our configuration's fault",
        arguments: [400, 401, 403, 404, 405])
    func refusalsAreMisconfiguration(status: Int) async throws {
        #expect(try await self.outcome(.answer(status, body: "{}")).0 == .misconfigured)
    }

    @Test(
        "An answer that is no introspection answer is malformed, never an acceptance",
        arguments: [
            Reaction.answer(302, fields: [("Location", "http://127.0.0.1:1/")], body: ""),
            .answer(200, fields: [("Content-Type", "text/html")], body: active),
            .answer(200, fields: [("Content-Type", "application/json text/html")], body: active),
            .answer(200, fields: Array(repeating: ("Content-Type", "application/json"), count: 2), body: active),
            .answer(200, fields: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], body: active),
            .answer(201, fields: [("Content-Type", "application/json")], body: active),
            .json(#"{"active":"true"}"#),
            .json(#"{"active":true,"active":false}"#),
            .json("<html>"),
            .json(#"{"active":true,"x":""# + String(repeating: "x", count: 65_536) + #""}"#),
            .endless,
            .raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        ])
    func oddAnswersAreMalformed(reaction: Reaction) async throws {
        #expect(try await self.outcome(reaction).0 == .malformed)
    }

    @Test(
        "RFC 9110 §8.3, §8.4: JSON with parameters, not encoded, or nothing said of it, is an answer",
        arguments: [
            [], [("Content-Type", "Application/JSON ; charset=utf-8")],
            [("Content-Type", "application/json"), ("Content-Encoding", "identity")],
        ] as [[(String, String)]])
    func saysWhatItIs(fields: [(String, String)]) async throws {
        let reaction = Reaction.answer(200, fields: fields, body: #"{"active":false}"#)
        #expect(try await self.outcome(reaction).0 == .inactive)
    }

    @Test(
        "429 and 5xx are the server's trouble, with its Retry-After up to 60 s",
        arguments: [
            (429, "7", 7 as Int?), (503, "600", 60), (500, "soon", nil),
        ])
    func serverTrouble(status: Int, field: String, seconds: Int?) async throws {
        let reaction = Reaction.answer(status, fields: [("Retry-After", field)], body: "")
        #expect(try await self.outcome(reaction).0 == .unavailable(retryAfter: seconds))
    }

    @Test("A server where nobody listens is told apart from one that is in trouble")
    func nobodyListens() async throws {
        let taken = try BoundPort()
        let connections = AuthorizationServerConnections()
        let server = try Servers.introspecting(at: "http://127.0.0.1:\(taken.number)/introspect", timeout: .seconds(60))
        let token = try #require(BearerToken("opaque"))
        let outcome = await IntrospectionEndpoint(connections: connections).introspect(
            token, at: server, within: .seconds(60))
        await connections.shutdown()
        withExtendedLifetime(taken) {}
        #expect(outcome == .unreachable)
    }

    @Test("A server that does not answer is given up within the timeout, and not asked again")
    func silenceEnds() async throws {
        let (outcome, calls) = try await self.outcome(.silence, timeout: .milliseconds(200), retriesMax: 3)
        #expect(outcome == .timedOut)
        // None when the machine was too busy to connect in time.
        #expect(calls <= 1)
    }

    @Test("A connection that ends within its answer is a server in trouble, never a malformed or an inactive token")
    func cutBody() async throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"
        #expect(try await self.outcome(.raw(half)).0 == .silent)
    }

    @Test(
        "A status that HTTP does not know is a malformed answer, whatever follows it (RFC 9110 §15)",
        arguments: ["000", "001", "099", "600", "999"])
    func strangeStatus(status: String) async throws {
        let answer =
            "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"active\":true}\n"
        #expect(try await self.outcome(.raw(answer)).0 == .malformed)
    }

    @Test("Interim answers are passed over, and an endless row of them is no answer")
    func interimAnswers() async throws {
        let final = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"active\":false}"
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        #expect(try await self.outcome(.raw(String(repeating: interim, count: 3) + final)).0 == .inactive)
        #expect(try await self.outcome(.raw(String(repeating: interim, count: 33) + final)).0 == .malformed)
    }

    @Test("A body that is never finished is given up within the timeout")
    func unfinishedBody() async throws {
        let reaction = Reaction.unfinished("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{")
        #expect(try await self.outcome(reaction, timeout: .milliseconds(200)).0 == .timedOut)
    }

    @Test(
        "A connection that dies is tried again as often as configured, while the timeout lasts",
        arguments: [
            (0, 1), (1, 2), (2, 3),
        ])
    func retries(retriesMax: Int, expected: Int) async throws {
        let (outcome, calls) = try await self.outcome(.reset, retriesMax: retriesMax)
        #expect(outcome == .silent)
        #expect(calls == expected)
    }

    @Test("A retry that could not be answered within the timeout is not begun, nor waited for")
    func retryFitsTimeout() async throws {
        // Waits of 50, 100, 200, 400 and 800 ms fit into 2 s; the next would end behind it.
        let (outcome, calls) = try await self.outcome(.reset, timeout: .seconds(2), retriesMax: 20)
        // On a busy machine the time may be over within a try.
        #expect(outcome == .silent || outcome == .timedOut)
        #expect(calls <= 6)
    }

    @Test("A second try that is answered is an answer")
    func retrySucceeds() async throws {
        try await withStub({ _ in .reset }) { stub, connections in
            stub.react { [stub] _ in stub.requests.count == 1 ? .reset : .json(active) }
            let server = try Servers.introspecting(at: stub.origin + "/introspect")
            let token = try #require(BearerToken("opaque"))
            let outcome = await IntrospectionEndpoint(connections: connections).introspect(
                token, at: server, within: .seconds(60))
            guard case .active(let answer) = outcome else { throw Unexpected(outcome: outcome) }
            #expect(answer.subject == "alice")
        }
    }

    @Test(
        "Nothing travels but the token, the hint and what proves who we are (PB-68)",
        arguments: [
            (ClientAuthentication.none, nil as String?, ""),
            (
                .clientSecretBasic(ClientCredentials(clientID: "a:b", secret: SecretBytes("s c"))),
                "Basic YSUzQWI6cytj", ""
            ),
            (
                .clientSecretPost(ClientCredentials(clientID: "app", secret: SecretBytes("s&c"))), nil,
                "&client_id=app&client_secret=s%26c"
            ),
            (.bearer(SecretBytes("own-token")), "Bearer own-token", ""),
        ])
    func question(authentication: ClientAuthentication, authorization: String?, credentials: String) async throws {
        try await withStub({ _ in .json(#"{"active":false}"#) }) { stub, connections in
            let server = try Servers.introspecting(at: stub.origin + "/admin/introspect?tenant=1", as: authentication)
            let token = try #require(BearerToken("to+ken/1=="))
            let outcome = await IntrospectionEndpoint(connections: connections).introspect(
                token, at: server, within: .seconds(60))
            #expect(outcome == .inactive)
            let request = try #require(stub.requests.first)
            #expect(request.method == "POST")
            #expect(request.target == "/admin/introspect?tenant=1")
            #expect(request.body == "token=to%2Bken%2F1%3D%3D&token_type_hint=access_token" + credentials)
            #expect(request.values("authorization") == [authorization].compactMap(\.self))
            let names = Set(request.fields.map(\.name)).subtracting(["authorization"])
            #expect(names == ["host", "content-type", "accept", "content-length"])
            #expect(request.values("content-type") == ["application/x-www-form-urlencoded"])
        }
    }

    @Test("A redirect is not followed: the token and our secret go to nobody else (PB-68)")
    func noRedirects() async throws {
        try await withStub({ _ in .json(active) }) { thief, connections in
            let location = thief.origin + "/"
            try await withStub({ _ in .answer(307, fields: [("Location", location)], body: "") }) { stub, _ in
                let server = try Servers.introspecting(
                    at: stub.origin + "/introspect", as: .bearer(SecretBytes("own-token")))
                let token = try #require(BearerToken("opaque"))
                let outcome = await IntrospectionEndpoint(connections: connections).introspect(
                    token, at: server, within: .seconds(60))
                #expect(outcome == .malformed)
            }
            #expect(thief.requests.isEmpty)
        }
    }

    @Test("Questions one after the other share a connection")
    func keepsConnections() async throws {
        try await withStub({ _ in .json(#"{"active":false}"#) }) { stub, connections in
            let server = try Servers.introspecting(at: stub.origin + "/introspect")
            let endpoint = IntrospectionEndpoint(connections: connections)
            for name in ["a", "b", "c", "d"] {
                let token = try #require(BearerToken(name))
                #expect(await endpoint.introspect(token, at: server, within: .seconds(60)) == .inactive)
            }
            #expect(stub.connections == 1)
        }
    }

    @Test("A kept connection that has ended is not the server's failure: the question is put again, at no retry's cost")
    func staleConnection() async throws {
        try await withStub({ _ in .json(#"{"active":false}"#) }) { stub, connections in
            stub.react { [stub] _ in stub.requests.count == 2 ? .reset : .json(#"{"active":false}"#) }
            let server = try Servers.introspecting(at: stub.origin + "/introspect", retriesMax: 0)
            let endpoint = IntrospectionEndpoint(connections: connections)
            for name in ["a", "b"] {
                let token = try #require(BearerToken(name))
                #expect(await endpoint.introspect(token, at: server, within: .seconds(60)) == .inactive)
            }
            #expect(stub.requests.count == 3 && stub.connections == 2)
        }
    }

    @Test(
        "Bytes behind an answer close the connection, and are not the next question's failure",
        arguments: [
            "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{}", "x",
            "HTTP/1.1 200 OK\r\nX: ", "\r\n", "H",
        ])
    func leftovers(bytes: String) async throws {
        let body = #"{"active":false}"#
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await withStub({ _ in .unfinished(answer + bytes) }) { stub, connections in
            stub.react { [stub] _ in stub.requests.count == 1 ? .unfinished(answer + bytes) : .unfinished(answer) }
            let server = try Servers.introspecting(at: stub.origin + "/introspect", retriesMax: 0)
            let endpoint = IntrospectionEndpoint(connections: connections)
            for name in ["a", "b"] {
                let token = try #require(BearerToken(name))
                let outcome = await endpoint.introspect(token, at: server, within: .seconds(60))
                #expect(outcome == .inactive, "\(name)")
            }
            #expect(stub.requests.count == 2 && stub.connections == 2)
        }
    }

    @Test("A kept connection that ends within a head has ended within an answer: the question is not put again")
    func halfHeadOnKeptConnection() async throws {
        try await withStub({ _ in .json(#"{"active":false}"#) }) { stub, connections in
            stub.react { [stub] _ in stub.requests.count == 1 ? .json(#"{"active":false}"#) : .raw("HTTP/1.1 20") }
            let server = try Servers.introspecting(at: stub.origin + "/introspect", retriesMax: 0)
            let endpoint = IntrospectionEndpoint(connections: connections)
            let token = try #require(BearerToken("opaque"))
            #expect(await endpoint.introspect(token, at: server, within: .seconds(60)) == .inactive)
            #expect(await endpoint.introspect(token, at: server, within: .seconds(60)) == .silent)
            #expect(stub.requests.count == 2)
        }
    }

    @Test(
        "A kept connection that says nonsense in answer to a question is asked on another one, and that one is believed"
    )
    func nonsenseOnKeptConnection() async throws {
        try await withStub({ _ in .json(#"{"active":false}"#) }) { stub, connections in
            stub.react { [stub] _ in stub.requests.count == 1 ? .json(#"{"active":false}"#) : .raw("nonsense\r\n\r\n") }
            let server = try Servers.introspecting(at: stub.origin + "/introspect", retriesMax: 0)
            let endpoint = IntrospectionEndpoint(connections: connections)
            let token = try #require(BearerToken("opaque"))
            #expect(await endpoint.introspect(token, at: server, within: .seconds(60)) == .inactive)
            #expect(await endpoint.introspect(token, at: server, within: .seconds(60)) == .malformed)
            #expect(stub.requests.count == 3 && stub.connections == 2)
        }
    }

    @Test(
        "An answer in a transfer coding that nobody asked for is malformed (RFC 9112 §6.1)",
        arguments: ["gzip, chunked", "chunked, chunked", "identity"])
    func strangeTransferCoding(coding: String) async throws {
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: \(coding)\r\n\r\n"
            + "10\r\n{\"active\":false}\r\n0\r\n\r\n"
        #expect(try await self.outcome(.raw(answer)).0 == .malformed)
    }

    @Test("A question that is given up ends at once, with what it has under way")
    func givenUp() async throws {
        try await withStub({ _ in .silence }) { stub, connections in
            let server = try Servers.introspecting(at: stub.origin + "/introspect", timeout: .seconds(60))
            let token = try #require(BearerToken("opaque"))
            let (outcomes, ended) = AsyncStream.makeStream(of: IntrospectionOutcome.self)
            let giveUp = IntrospectionEndpoint(connections: connections).introspect(
                token, at: server, within: .seconds(600)
            ) { outcome in
                ended.yield(outcome)
                ended.finish()
            }
            _ = await stub.nextRequest()
            giveUp()
            var told: [IntrospectionOutcome] = []
            for await outcome in outcomes { told.append(outcome) }
            #expect(told == [.silent])
        }
    }

    @Test("Each server has a loop of its own, so that a name that hangs there holds up no other")
    func loops() {
        let (one, other) = (ServerLoops.loop(of: "one.test"), ServerLoops.loop(of: "other.test"))
        #expect(one === ServerLoops.loop(of: "one.test") && one !== other)
    }

    @Test("The callback comes once, and a server that discovery has not found yet is unavailable")
    func callback() async throws {
        try await withStub({ _ in .reset }) { stub, connections in
            let settings = AuthorizationServer.Settings(
                name: "hydra", strategy: .introspect,
                introspection: AuthorizationServer.Introspection(endpoint: nil, discovers: true))
            let server = Servers.server(settings)
            let token = try #require(BearerToken("opaque"))
            let outcome = await withCheckedContinuation { continuation in
                _ = IntrospectionEndpoint(connections: connections).introspect(
                    token, at: server, within: .seconds(60)
                ) { continuation.resume(returning: $0) }
            }
            #expect(outcome == .unreachable)
            #expect(stub.requests.isEmpty)
        }
    }

    @Test("Connections that are shut down end what is under way as unavailable")
    func shutdownEndsCalls() async throws {
        try await withStub({ _ in .silence }) { stub, connections in
            let server = try Servers.introspecting(at: stub.origin + "/introspect", timeout: .seconds(60))
            let token = try #require(BearerToken("opaque"))
            async let outcome = IntrospectionEndpoint(connections: connections).introspect(
                token, at: server, within: .seconds(60))
            _ = await stub.nextRequest()
            await connections.shutdown()
            #expect(await outcome == .silent)
        }
    }
}

struct Unexpected: Error { let outcome: IntrospectionOutcome }
