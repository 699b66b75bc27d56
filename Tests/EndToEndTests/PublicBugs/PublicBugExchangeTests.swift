import TestSupport
import Testing

@Suite("Public bugs: what is smuggled, streamed, upgraded and sent again") struct PublicBugExchangeTests {
    private static let handshake = [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    @Test(
        "PB-49: an upgrade to HTTP/2 is not passed on: the request is served as HTTP/1.1",
        arguments: [
            ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
            ["Connection: upgrade", "Upgrade: H2C"], ["Upgrade: h2c"],
            ["Connection: Upgrade", "Upgrade: h2c, TLS/1.0"],
            ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2", "HTTP2-Settings: AAMAAABkAAQAAP__"],
        ],
        ["/api/x", "/ws/chat"])
    func h2c(fields: [String], target: String) throws {
        let upstream = try StubUpstream { $0.respond(text: "plain") }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", target, token: "reader", fields) + request("GET", "/admin/hidden"))
            #expect(try client.readResponse()?.text == "plain")
            #expect(try client.readResponse()?.status == 401)
            let seen = upstream.requests
            #expect(seen.count == 1 && seen[0].value("upgrade") == nil && seen[0].value("http2-settings") == nil)
        }
    }

    @Test(
        "PB-49: a 101 to anything but an allowed websocket is a 502, and what follows it reaches nobody",
        arguments: ["/api/x", "/ws/chat"], ["h2c", "H2C", "websocket, h2c", "", "TLS/1.0"])
    func badSwitch(target: String, protocols: String) throws {
        let upstream = try StubUpstream { exchange in
            exchange.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \(protocols)\r\n\r\nsecret")
            _ = exchange.waitForEnd()
            exchange.close()
        }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            for fields in [[], Self.handshake, ["Connection: Upgrade", "Upgrade: h2c, websocket"]] {
                let client = try proxy.connect()
                client.send(request("GET", target, token: "reader", fields) + "tunnelled")
                let response = try #require(try client.readResponse())
                #expect(response.status == 502 && !response.text.contains("secret"))
            }
            #expect(upstream.server.acceptedCount == 3)
        }
    }

    @Test(
        "PB-51: a Transfer-Encoding that is not `chunked`, byte for byte, is refused and the connection ends",
        arguments: [
            "xchunked", "chunkedx", "chunked, chunked", "gzip, chunked", "chunked, identity", "\"chunked\"",
            "chunked;q=1",
            "identity", "", ",chunked", "chunked,", "chunked\u{0B}", "\u{0B}chunked", "chun ked", "chunk\u{E9}d",
        ])
    func transferEncoding(value: String) throws {
        try BugConfiguration.run { proxy throws in
            let client = try proxy.connect()
            client.send(
                request("POST", "/public/x", ["Transfer-Encoding: \(value)"]) + "0\r\n\r\n"
                    + request("GET", "/public/y"))
            let response = try #require(try client.readResponse())
            #expect([400, 501].contains(response.status) && response.isClosing)
            #expect(try client.readToEnd().isEmpty)
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test(
        "PB-53: CONNECT is refused with all that it carries, and no connection behind is out of step",
        arguments: [
            "CONNECT api.test:80 HTTP/1.1\r\nHost: api.test\r\nContent-Length: 44\r\n\r\n",
            "CONNECT api.test:80 HTTP/1.1\r\nHost: api.test:80\r\nTransfer-Encoding: chunked\r\n\r\n2c\r\n",
            "CONNECT /public/x HTTP/1.1\r\nHost: api.test\r\nContent-Length: 44\r\n\r\n",
            "CONNECT api.test:80 HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer root\r\n\r\n",
        ])
    func connect(head: String) throws {
        try BugConfiguration.run { proxy throws in
            let other = try proxy.connect()
            other.send(request("GET", "/public/1"))
            #expect(try other.readResponse()?.value("x-echo-target") == "/public/1")
            let attacker = try proxy.connect()
            attacker.send(head + "GET /admin/hidden HTTP/1.1\r\nHost: api.test\r\n\r\n")
            let refusal = try #require(try attacker.readResponse())
            #expect([400, 405, 501].contains(refusal.status))
            other.send(request("GET", "/public/2"))
            #expect(try other.readResponse()?.value("x-echo-target") == "/public/2")
            try proxy.stopProxy()
            #expect(proxy.upstream.targets == ["/public/1", "/public/2"])
        }
    }

    // MARK: Streams

    @Test(
        "PB-75: each piece of an answer reaches the client when it comes, not in lumps",
        arguments: ["text/event-stream", "application/x-ndjson", "text/plain"])
    func events(type: String) throws {
        let gates = (0..<3).map { _ in Gate() }
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n")
            for gate in gates {
                try gate.waitUntilOpen()
                exchange.send("data: x\n\n")
            }
            exchange.close()
        }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x"))
            #expect(try client.readResponseHead()?.status == 200)
            for gate in gates {
                gate.open()
                #expect(try client.read(exactly: 14) == Array("9\r\ndata: x\n\n\r\n".utf8))
            }
            #expect(try client.read(exactly: 5) == Array("0\r\n\r\n".utf8))
        }
    }

    @Test("PB-82: an upload that lasts longer than a head may, and moves, arrives", arguments: ["length", "chunked"])
    func longUpload(framing: String) throws {
        let text = BugConfiguration.text(top: ["timeouts: {head: 1s}"])
        try BugConfiguration.run(text) { proxy throws in
            let client = try proxy.connect()
            let field = framing == "length" ? "Content-Length: 30000" : "Transfer-Encoding: chunked"
            client.send(request("POST", "/public/x", [field]))
            let began = Deadline.now
            // Fifteen pieces, two seconds long altogether.
            for piece in 1...15 {
                try eventually("the next piece's time") { Deadline.now - began > UInt64(piece) * 140_000_000 }
                let bytes = String(repeating: "x", count: 2_000)
                client.send(framing == "length" ? bytes : "7d0\r\n\(bytes)\r\n")
            }
            if framing == "chunked" { client.send("0\r\n\r\n") }
            let response = try #require(try client.readResponse())
            #expect(response.status == 200 && response.body.count == 30_000)
        }
    }

    @Test("PB-76: a websocket opens with a good token, with its subject in the handshake, and talks both ways")
    func websocket() throws {
        try BugConfiguration.run { proxy throws in
            let client = try proxy.connect()
            client.send(
                request("GET", "/ws/chat?x=1", token: "reader", Self.handshake + ["Sec-WebSocket-Protocol: a, b"]))
            #expect(try client.readResponse()?.status == 101)
            for message in ["one", "two", String(repeating: "three", count: 20_000)] {
                client.send(message)
                #expect(try client.read(exactly: message.utf8.count) == Array(message.utf8))
            }
            let seen = try #require(proxy.upstream.requests.first)
            #expect(seen.values("x-auth-subject") == ["alice"] && seen.value("authorization") == nil)
            #expect(seen.values("sec-websocket-protocol") == ["a, b"])
        }
        for token in [nil, "unknown", "scopeless"] {
            try BugConfiguration.run { proxy throws in
                let status = try proxy.exchange(request("GET", "/ws/chat", token: token, Self.handshake))?.status
                #expect(status == (token == "scopeless" ? 403 : 401))
                #expect(proxy.upstream.requests.isEmpty)
            }
        }
    }

    @Test(
        "PB-78: a trailer section reaches the client with its frame whole, with or without `TE`",
        arguments: [["TE: trailers"], [], ["TE: trailers, deflate"]])
    func trailers(fields: [String]) throws {
        let upstream = try StubUpstream { exchange in
            exchange.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Grpc-Status\r\n\r\n5\r\nhello\r\n0\r\n"
                    + "X-Sum: 42\r\nGrpc-Status: 13\r\n\r\n")
        }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                client.send(request("GET", "/public/x", fields))
                let response = try #require(try client.readResponse())
                #expect(response.text == "hello" && response.isComplete)
                let told = response.trailers.map(\.description)
                #expect(told == ["X-Sum: 42", "Grpc-Status: 13"] || (fields.isEmpty && told.isEmpty))
            }
        }
    }

    // MARK: What is asked again, and what is left behind

    @Test(
        "PB-80: an expectation that is answered with a final status leaves no connection out of step",
        arguments: [401, 413, 417, 200])
    func expectation(status: Int) throws {
        let upstream = try StubUpstream { exchange in
            guard exchange.method == "PUT" else { return exchange.respond(text: exchange.target) }
            exchange.respond(status, text: "final")
            // What comes of the body, or the end.
            try exchange.readBody()
        }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            for number in 0..<5 {
                let client = try proxy.connect()
                client.send(request("PUT", "/public/x", ["Expect: 100-continue", "Content-Length: 43"]))
                #expect(try client.readFinalResponse()?.status == status)
                // A body that looks like a request, from a client that did not wait.
                client.send("GET /admin/hidden HTTP/1.1\r\nHost: api.test\r\n\r\n")
                client.close()
                let other = try proxy.exchange(request("GET", "/public/\(number)"))
                #expect(other?.text == "/public/\(number)")
            }
            try proxy.stopProxy()
            #expect(!upstream.targets.contains("/admin/hidden"))
        }
    }

    @Test(
        "PB-81: a request that may have been done is not sent again",
        arguments: [
            request("POST", "/public/dies", ["Content-Length: 5"], body: "hello"), request("POST", "/public/dies"),
            request("PATCH", "/public/dies", ["Transfer-Encoding: chunked"], body: "1\r\nx\r\n0\r\n\r\n"),
            request("POST", "/api/dies", token: "reader", ["Idempotency-Key: 1", "Content-Length: 1"], body: "x"),
        ])
    func notAgain(text: String) throws {
        let upstream = try StubUpstream { exchange in
            try exchange.readBody()
            if exchange.target.hasSuffix("dies") { return exchange.close() }
            exchange.respond(text: "alive")
        }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/first"))
            #expect(try client.readResponse()?.status == 200)
            client.send(text)
            #expect(try client.readFinalResponse()?.status == 502)
            let count = upstream.targets.count { $0.hasSuffix("dies") }
            #expect(count == 1)
        }
    }
}
