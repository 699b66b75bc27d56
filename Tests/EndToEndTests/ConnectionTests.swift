import TestSupport
import Testing

@Suite("Clients' connections (RFC 9112 §9)") struct ConnectionTests {
    @Test("a connection serves one request after the other, and so does the upstream's")
    func keepAlive() throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            for number in 0..<20 {
                client.send(request("/public/\(number)"))
                let response = try #require(try client.readResponse())
                #expect(response.status == 200 && response.value("x-echo-target") == "/public/\(number)")
                #expect(!response.isClosing)
            }
            #expect(proxy.upstream.server.acceptedCount == 1)
        }
    }

    @Test("pipelined requests are answered in their order, slow ones, refused ones and all")
    func pipelinedOrder() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer([
            "slow": .held(gate, then: .active(#""scope":"read","sub":"slow""#)),
            "tok": .active(#""scope":"read","sub":"alice""#),
        ])
        try withProxy(authorizationServer: server) { proxy throws in
            let client = try proxy.connect()
            client.send(
                request("/api/1", token: "slow") + request("/api/2", token: "tok") + request("/api/3")
                    + request("POST", "/public/4", ["Content-Length: 5"], body: "hello")
                    + request("/nowhere") + request("/public/6"))
            try server.waitForCalls(1)
            gate.open()
            let responses = try (1...6).map { _ in try #require(try client.readResponse()) }
            #expect(responses.map(\.status) == [200, 200, 401, 200, 404, 200])
            #expect(
                responses.compactMap { $0.value("x-echo-target") } == ["/api/1", "/api/2", "/public/4", "/public/6"])
            #expect(responses[3].text == "hello")
        }
    }

    @Test(
        "`Connection: close` and HTTP/1.0 end the connection with the answer",
        arguments: [
            request("/public/x", ["Connection: close"]), request("/public/x", version: "1.0"),
        ])
    func closes(request: String) throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send(request)
            let response = try #require(try client.readResponse())
            #expect(response.status == 200 && response.isClosing)
            #expect(try client.readToEnd().isEmpty)
            #expect(client.end == .end)
        }
    }

    @Test("an HTTP/1.0 client that asks for it keeps its connection")
    func keepsAliveHTTP10() throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                client.send(request("/public/x", version: "1.0", ["Connection: keep-alive"]))
                let response = try #require(try client.readResponse())
                #expect(response.values("connection") == ["keep-alive"])
            }
        }
    }

    @Test("a client that has shut down its writing still gets its answer, then the end")
    func halfClosed() throws {
        let gate = Gate()
        let upstream = try StubUpstream { exchange in
            try gate.waitUntilOpen()
            exchange.respond(text: "late")
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("/public/x"))
            client.finishWriting()
            try upstream.waitForRequests(1)
            gate.open()
            #expect(try client.readResponse()?.text == "late")
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test("a client that is half closed while its token is asked about gets its answer")
    func halfClosedWhileUndecided() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer(["tok": .held(gate, then: .active(#""scope":"read","sub":"a""#))])
        try withProxy(authorizationServer: server) { proxy throws in
            let client = try proxy.connect()
            client.send(request("/api/x", token: "tok"))
            client.finishWriting()
            try server.waitForCalls(1)
            gate.open()
            #expect(try client.readResponse()?.status == 200)
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test("a client that is gone releases its upstream at once", arguments: [false, true])
    func clientGone(whileStreaming: Bool) throws {
        let ends = Monitor<[RawSocket.Received]>([])
        let upstream = try StubUpstream { exchange in
            if whileStreaming { exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun") }
            let end = exchange.waitForEnd()
            ends.withLock { $0.append(end) }
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("/public/x"))
            try upstream.waitForRequests(1)
            if whileStreaming { _ = try client.readResponseHead() }
            client.reset()
            try ends.wait(for: "the upstream's connection to end", until: .after(seconds: 20)) { $0.isEmpty }
        }
    }

    @Test("a client that leaves while its token is asked about leaves no trace, and the answer serves the next")
    func goneWhileUndecided() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer(["tok": .held(gate, then: .active(#""scope":"read","sub":"a""#))])
        try withProxy(authorizationServer: server) { proxy throws in
            let client = try proxy.connect()
            client.send(request("/api/gone", token: "tok"))
            try server.waitForCalls(1)
            client.reset()
            let other = try proxy.connect()
            other.send(request("/api/there", token: "tok"))
            gate.open()
            #expect(try other.readResponse()?.status == 200)
            #expect(server.callCount == 1)
            #expect(proxy.upstream.targets == ["/api/there"])
        }
    }

    @Test("beyond `limits.connections` new ones wait until an old one has gone, however many loops", arguments: [1, 4])
    func connectionCap(loops: Int) throws {
        let configuration = StandardConfiguration { $0.top = ["limits: {connections: 2}"] }
        try withProxy(configuration.text, loops: loops) { proxy throws in
            let old = try [proxy.connect(), proxy.connect()]
            for client in old {
                client.send(request("/public/x"))
                #expect(try client.readResponse()?.status == 200)
            }
            let new = try proxy.connect()
            new.send(request("/public/new"))
            new.pollOnce(seconds: 0.2)
            #expect(!new.hasUnread && new.end == nil)
            old[0].send(request("/public/old"))
            #expect(try old[0].readResponse()?.status == 200)
            old[1].close()
            #expect(try new.readResponse()?.status == 200)
        }
    }

    @Test("up to `limits.connections` all are served, and then one for each that goes, whichever loop the kernel chose")
    func connectionCapAcrossLoops() throws {
        let configuration = StandardConfiguration { $0.top = ["limits: {connections: 16}"] }
        try withProxy(configuration.text, loops: 4) { proxy throws in
            for _ in 0..<8 {
                let old = try (0..<16).map { _ in try proxy.connect() }
                for client in old {
                    client.send(request("/public/x"))
                    #expect(try client.readResponse()?.status == 200)
                }
                let new = try (0..<32).map { _ in try proxy.connect() }
                for client in new { client.send(request("/public/x", ["Connection: close"])) }
                for client in old { client.close() }
                for client in new {
                    #expect(try client.readResponse()?.status == 200)
                }
                for client in new { client.close() }
            }
        }
    }

    @Test("a Unix socket listener serves a Unix socket upstream and asks a Unix socket authorization server")
    func unixSockets() throws {
        let folder = try ScratchFolder()
        let upstream = try StubUpstream(at: .unix(path: folder.file("up.sock")))
        let server = try StubAuthorizationServer(
            StandardConfiguration.tokens, at: .unix(path: folder.file("as.sock")))
        let configuration = StandardConfiguration { $0.listener = "unix:" + folder.file("proxy.sock") }
        try withProxy(configuration.text, upstream: upstream, authorizationServer: server, loops: 2) { proxy throws in
            for _ in 0..<8 {
                #expect(try proxy.exchange(request("/api/x", token: "tok"))?.status == 200)
            }
            #expect(server.callCount == 1)
        }
    }
}

private func request(
    _ target: String, token: String? = nil, version: String = "1.1", _ fields: [String] = []
) -> String {
    TestSupport.request("GET", target, token: token, version: version, fields)
}
