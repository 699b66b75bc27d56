import TestSupport
import Testing

@Suite("An authorization server that fails (SPEC §9)") struct AuthorizationServerTests {
    private static let good = StubAuthorizationServer.Answer.active(#""scope":"read","sub":"alice""#)

    @Test("cached tokens go on, new ones are a 503 with Retry-After, and recovery lets the next in")
    func downAndUp() throws {
        let server = try StubAuthorizationServer(otherwise: Self.good)
        let configuration = StandardConfiguration {
            $0.introspection = ["timeout: 500ms", "breaker: {failures: 2, open: 300ms}"]
        }
        try withProxy(configuration.text, authorizationServer: server) { proxy throws in
            let client = try proxy.connect()
            func status(_ token: String) throws -> RawMessage? {
                client.send(request("GET", "/api/x", token: token))
                return try client.readResponse()
            }
            #expect(try status("cached")?.status == 200)
            server.stop()
            for number in 0..<5 {
                let refusal = try #require(try status("new-\(number)"))
                #expect(refusal.status == 503)
                #expect(refusal.value("retry-after").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
                #expect(try status("cached")?.status == 200)
            }
            let again = try StubAuthorizationServer(otherwise: Self.good, at: server.address)
            defer { again.stop() }
            // `breaker.open` + 1 s; a busy machine has its share.
            var number = 0
            try eventually("a new token to be admitted", until: .after(seconds: 5)) {
                number += 1
                return try status("back-\(number)")?.status == 200
            }
        }
    }

    @Test("an open breaker leaves the server alone")
    func breakerIsOpen() throws {
        let server = try StubAuthorizationServer(otherwise: .status(500))
        let configuration = StandardConfiguration {
            $0.introspection = ["retries: 0", "breaker: {failures: 3, open: 30s}"]
        }
        try withProxy(configuration.text, authorizationServer: server) { proxy throws in
            for number in 0..<20 {
                #expect(try proxy.exchange(request("GET", "/api/x", token: "t\(number)"))?.status == 503)
            }
            #expect(server.callCount == 3)
        }
    }

    @Test("a server that does not answer costs its timeout, and a 503")
    func silent() throws {
        let server = try StubAuthorizationServer(otherwise: .silence)
        let configuration = StandardConfiguration { $0.introspection = ["timeout: 200ms"] }
        try withProxy(configuration.text, authorizationServer: server) { proxy throws in
            let response = try #require(try proxy.exchange(request("GET", "/api/x", token: "tok")))
            #expect(response.status == 503 && response.value("retry-after") != nil)
        }
    }

    @Test("the server's Retry-After is passed on, at most a minute", arguments: [("7", "7"), ("3600", "60")])
    func retryAfter(theirs: String, ours: String) throws {
        let server = try StubAuthorizationServer(otherwise: .status(503, fields: ["Retry-After": theirs]))
        let configuration = StandardConfiguration { $0.introspection = ["retries: 0"] }
        try withProxy(configuration.text, authorizationServer: server) { proxy throws in
            let response = try #require(try proxy.exchange(request("GET", "/api/x", token: "tok")))
            #expect(response.status == 503 && response.value("retry-after") == ours)
        }
    }

    @Test("a stale connection to the server is not the token's fault")
    func staleConnection() throws {
        let server = try StubAuthorizationServer(
            otherwise: .scripted { exchange in
                let body = #"{"active":true,"scope":"read","sub":"a"}"#
                exchange.respond(200, ["Content-Type": "application/json"], text: body)
                exchange.close()
            })
        try withProxy(authorizationServer: server) { proxy throws in
            for number in 0..<20 {
                #expect(try proxy.exchange(request("GET", "/api/x", token: "t\(number)"))?.status == 200)
            }
        }
    }

    @Test("nothing of the client's request travels to the server but the token")
    func onlyTheToken() throws {
        try withProxy { proxy throws in
            let fields = ["Cookie: secret=1", "X-Custom: secret", "User-Agent: secret"]
            #expect(try proxy.exchange(request("GET", "/api/x?secret", token: "tok", fields))?.status == 200)
            let call = try #require(proxy.authorizationServer.requests.first)
            #expect(call.startLine == "POST /introspect HTTP/1.1")
            #expect(call.text == "token=tok&token_type_hint=access_token")
            let carriesSecret = call.fields.contains { $0.text.contains("secret") }
            #expect(!carriesSecret)
            #expect(call.values("authorization").isEmpty)
        }
    }

    @Test("more calls than `concurrency` wait their turn; more than the queue holds are refused at once")
    func bounded() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer(otherwise: .held(gate, then: Self.good))
        let configuration = StandardConfiguration {
            $0.introspection = ["timeout: 60s", "concurrency: 2", "queue: {waiting: 3, wait: 60s}"]
        }
        try withProxy(configuration.text, authorizationServer: server) { proxy throws in
            let clients = try (0..<5).map { number in
                let client = try proxy.connect()
                client.send(request("GET", "/api/x", token: "t\(number)"))
                return client
            }
            try server.waitForCalls(2)
            // Whoever comes last is refused while the others wait; which one that is depends on the machine.
            let last = try proxy.connect()
            last.send(request("GET", "/api/x", token: "last"))
            var statuses: [Int] = []
            let all = clients + [last]
            try eventually("one refusal") {
                for client in all { client.pollOnce(seconds: 0.01) }
                return all.contains(where: \.hasUnread)
            }
            #expect(server.callCount == 2)
            gate.open()
            for client in all { statuses.append(try #require(try client.readResponse()).status) }
            #expect(statuses.sorted() == [200, 200, 200, 200, 200, 503])
        }
    }
}
