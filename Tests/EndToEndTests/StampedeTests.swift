import TestSupport
import Testing

@Suite struct StampedeTests {
    @Test("a thousand connections with one cold token make one introspection call, and all get their answer")
    func oneCall() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer(["cold": .held(gate, then: .active(#""scope":"read","sub":"a""#))])
        let configuration = StandardConfiguration { $0.introspection = ["timeout: 60s"] }
        try withProxy(configuration.text, authorizationServer: server, loops: 2) { proxy throws in
            let clients = try (0..<1_000).map { number in
                let client = try proxy.connect()
                client.send(request("GET", "/api/\(number)", token: "cold"))
                return client
            }
            try server.waitForCalls(1)
            gate.open()
            for client in clients {
                #expect(try client.readResponse()?.status == 200)
                client.close()
            }
            #expect(server.callCount == 1)
            #expect(proxy.upstream.requests.count == 1_000)
        }
    }

    @Test("clients that give up do not take the call with them")
    func survivors() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer(["cold": .held(gate, then: .active(#""scope":"read","sub":"a""#))])
        let configuration = StandardConfiguration { $0.introspection = ["timeout: 60s"] }
        try withProxy(configuration.text, authorizationServer: server, loops: 2) { proxy throws in
            let clients = try (0..<100).map { number in
                let client = try proxy.connect()
                client.send(request("GET", "/api/\(number)", token: "cold"))
                return client
            }
            try server.waitForCalls(1)
            for (number, client) in clients.enumerated() where number % 2 == 0 { client.reset() }
            gate.open()
            for (number, client) in clients.enumerated() where number % 2 == 1 {
                #expect(try client.readResponse()?.status == 200)
            }
            #expect(server.callCount == 1)
        }
    }
}
