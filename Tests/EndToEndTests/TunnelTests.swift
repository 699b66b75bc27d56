import TestSupport
import Testing

@Suite("Upgrades (RFC 9110 §7.8, RFC 6455 §4)") struct TunnelTests {
    static func handshake(
        _ target: String = "/ws/chat", token: String? = "tok", with fields: [String] = []
    ) -> String {
        request(
            "GET", target, token: token,
            fields + [
                "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ])
    }

    @Test("bytes right behind the handshake and right behind the 101 belong to the tunnel")
    func bytesBehind() throws {
        let upstream = try StubUpstream { try $0.echoTunnel(greeting: "welcome") }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(Self.handshake() + "early")
            let answer = try #require(try client.readResponse())
            #expect(answer.status == 101 && answer.values("upgrade") == ["websocket"])
            #expect(try client.read(exactly: 12) == Array("welcomeearly".utf8))
            for number in 0..<10 {
                client.send("message \(number)")
                #expect(try client.read(exactly: 9) == Array("message \(number)".utf8))
            }
            #expect(upstream.requests[0].values("x-auth-subject") == ["alice"])
            client.finishWriting()
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test("a handshake that says it has no content is one")
    func emptyContent() throws {
        let upstream = try StubUpstream { try $0.echoTunnel() }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(Self.handshake(with: ["Content-Length: 0"]) + "early")
            #expect(try client.readResponse()?.status == 101)
            #expect(try client.read(exactly: 5) == Array("early".utf8))
        }
    }

    @Test("not one byte behind the handshake goes on before the 101")
    func waitsForAnswer() throws {
        let early = Monitor<RawSocket.Received?>(nil)
        let upstream = try StubUpstream { exchange in
            let received = exchange.socket.receive(until: .after(seconds: 0.2))
            early.withLock { $0 = received }
            try exchange.echoTunnel()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(Self.handshake() + "early")
            #expect(try client.readResponse()?.status == 101)
            #expect(early.current == .timedOut)
            #expect(try client.read(exactly: 5) == Array("early".utf8))
        }
    }

    @Test("megabytes pass both ways at once")
    func bulk() throws {
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            // Reads late, and sends what it has only then.
            var all: [UInt8] = []
            while all.count < 8 << 20, let bytes = exchange.readSome() { all += bytes }
            exchange.send(all)
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(Self.handshake())
            #expect(try client.readResponse()?.status == 101)
            let bytes = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
            client.send(bytes)
            let isEqual = try client.read(exactly: bytes.count) == bytes
            #expect(isEqual)
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test("an upstream that ends the tunnel ends it for the client, behind its last byte")
    func upstreamEnds() throws {
        let upstream = try StubUpstream { exchange in
            exchange.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\ngoodbye")
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(Self.handshake())
            #expect(try client.readResponse()?.status == 101)
            #expect(try client.readToEnd() == Array("goodbye".utf8))
        }
    }

    @Test("a refused handshake leaves an ordinary connection: what follows is a request")
    func refusedByUpstream() throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send(Self.handshake("/ws/refuse") + request("GET", "/api/x"))
            #expect(try client.readResponse()?.status == 200)
            #expect(try client.readResponse()?.status == 401)
        }
    }

    @Test("a handshake without a token is a 401 and reaches nobody")
    func withoutToken() throws {
        try withProxy { proxy throws in
            #expect(try proxy.exchange(Self.handshake(token: nil))?.status == 401)
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test(
        "a 101 that nobody asked for, or to another protocol, is a 502",
        arguments: [
            (request("GET", "/public/x"), "websocket"), (request("GET", "/ws/chat", token: "tok"), "websocket"),
            (Self.handshake(), "h2c"), (Self.handshake(), "websocket, h2c"),
        ])
    func unasked(text: String, protocols: String) throws {
        let upstream = try StubUpstream { exchange in
            exchange.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \(protocols)\r\n\r\nsecret")
            _ = exchange.waitForEnd()
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let response = try #require(try proxy.exchange(text))
            #expect(response.status == 502 && !response.text.contains("secret"))
        }
    }

    @Test(
        "any other upgrade is dropped and the request served",
        arguments: [
            ("/public/x", "websocket"), ("/api/x", "websocket"), ("/ws/chat", "h2c"), ("/ws/chat", "TLS/1.0"),
        ])
    func dropped(target: String, protocols: String) throws {
        let fields = [
            "Connection: Upgrade, HTTP2-Settings", "Upgrade: \(protocols)", "HTTP2-Settings: AAMAAABkAAQAAP__",
        ]
        try withProxy { proxy throws in
            #expect(try proxy.exchange(request("GET", target, token: "tok", fields))?.status == 200)
            let received = try #require(proxy.upstream.requests.first)
            #expect(received.value("upgrade") == nil && received.value("http2-settings") == nil)
            #expect(received.value("connection") == nil)
        }
    }
}
