import TestSupport
import Testing

@Suite("Request bodies on their way to the upstream (RFC 9110 §10.1.1, RFC 9112 §7)") struct RequestBodyTests {
    private static let mebibyte = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)

    // MARK: Early answers

    @Test("a client that sends 1 MiB before it reads still gets the whole 401", arguments: ["length", "chunked"])
    func lateReader(framing: String) throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            let body = Self.mebibyte
            let head = framing == "length" ? "Content-Length: \(body.count)" : "Transfer-Encoding: chunked"
            let start = request("POST", "/api/x", [head]) + (framing == "length" ? "" : "100000\r\n")
            client.socket.send(Array(start.utf8) + body, until: .after(seconds: 20))
            let response = try #require(try client.readResponse())
            #expect(response.status == 401 && response.isComplete && response.isClosing)
            #expect(response.text.contains("error"))
            #expect(try client.readToEnd().isEmpty)
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test(
        "a refusal with the whole body in hand keeps the connection in step",
        arguments: [
            "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
        ])
    func staysInStep(rest: String) throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send("POST /api/x HTTP/1.1\r\nHost: api.test\r\n\(rest)" + request("GET", "/public/next"))
            let refusal = try #require(try client.readResponse())
            #expect(refusal.status == 401 && !refusal.isClosing)
            #expect(try client.readResponse()?.value("x-echo-target") == "/public/next")
        }
    }

    @Test("an upstream that answers early gets its answer through, and the connection ends with it")
    func earlyAnswer() throws {
        let upstream = try StubUpstream { exchange in
            exchange.respond(413, ["Connection": "close"], text: "too much")
            exchange.finishWriting()
            _ = exchange.waitForEnd()
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("POST", "/public/x", ["Content-Length: 1000"]) + "beginning")
            let response = try #require(try client.readResponse())
            #expect(response.status == 413 && response.text == "too much" && response.isClosing)
            client.send("the rest")
            #expect(try client.readToEnd().isEmpty)
        }
    }

    // MARK: Expect

    @Test("`Expect: 100-continue` is answered behind the verdict, and ends here")
    func expectContinue() throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send(request("POST", "/api/x", token: "tok", ["Expect: 100-continue", "Content-Length: 5"]))
            #expect(try client.readResponse()?.status == 100)
            client.send("hello")
            let response = try #require(try client.readResponse())
            #expect(response.status == 200 && response.text == "hello")
            #expect(proxy.upstream.requests.allSatisfy { $0.values("expect").isEmpty })
            client.send(request("GET", "/public/next"))
            #expect(try client.readResponse()?.status == 200)
        }
    }

    @Test("a refused expectation brings the refusal and no 100; the connection closes, for the body may still come")
    func expectRefused() throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send(request("POST", "/api/x", ["Expect: 100-continue", "Content-Length: 5"]))
            let response = try #require(try client.readResponse())
            #expect(response.status == 401 && response.isClosing)
            #expect(try client.readToEnd().isEmpty)
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test("an upstream that answers before it has the body is believed")
    func answersFinally() throws {
        let upstream = try StubUpstream { exchange in
            exchange.respond(403, text: "no")
            _ = exchange.waitForEnd()
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("POST", "/public/x", ["Expect: 100-continue", "Content-Length: 5"]))
            let response = try #require(try client.readFinalResponse())
            #expect(response.status == 403 && response.text == "no" && response.isClosing)
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test("an unknown expectation is a 417")
    func unknownExpectation() throws {
        try withProxy { proxy throws in
            let response = try proxy.exchange(request("GET", "/public/x", ["Expect: miracles"]))
            #expect(response?.status == 417)
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    // MARK: Chunks and lengths

    @Test("chunks reach the upstream as chunks, with the trailers that may pass")
    func chunkedWithTrailers() throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send(
                request("POST", "/public/x", ["Transfer-Encoding: chunked", "Trailer: X-Sum"])
                    + "5;ext=1\r\nhello\r\n006\r\n world\r\n0\r\nX-Sum: 42\r\nX-Auth-Subject: attacker\r\n"
                    + "X_Auth_Subject: attacker\r\nAuthorization: Bearer attacker\r\nContent-Length: 3\r\n\r\n")
            #expect(try client.readResponse()?.text == "hello world")
            let received = try #require(proxy.upstream.requests.first)
            #expect(received.values("transfer-encoding") == ["chunked"] && received.isComplete)
            #expect(received.trailers.map(\.description) == ["X-Sum: 42"])
        }
    }

    @Test(
        "a body that stops in the middle never looks whole to the upstream",
        arguments: [
            "Content-Length: 50\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ])
    func cut(rest: String) throws {
        try withProxy { proxy throws in
            let client = try proxy.connect()
            client.send("POST /public/x HTTP/1.1\r\nHost: api.test\r\n\(rest)")
            try proxy.upstream.waitForRequests(1)
            client.finishWriting()
            _ = try client.readToEnd()
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.map(\.isComplete) == [false])
        }
    }

    @Test("a large body arrives as it was sent, both ways", arguments: ["length", "chunked"])
    func large(framing: String) throws {
        try withProxy(loops: 2) { proxy throws in
            let client = try proxy.connect()
            let body = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            if framing == "length" {
                client.send(request("POST", "/public/x", ["Content-Length: \(body.count)"]))
                client.send(body)
            } else {
                client.send(request("POST", "/public/x", ["Transfer-Encoding: chunked"]))
                var rest = body[...]
                for size in [1, 70_000, 16_384, 1 << 20, 1_500_000] {
                    client.send("\(String(size, radix: 16))\r\n")
                    client.send(rest.prefix(size))
                    client.send("\r\n")
                    rest = rest.dropFirst(size)
                }
                client.send("\(String(rest.count, radix: 16))\r\n")
                client.send(rest)
                client.send("\r\n0\r\n\r\n")
            }
            let response = try #require(try client.readResponse())
            let isEqual = response.body == body
            #expect(isEqual, "\(response.body.count) bytes of \(body.count)")
        }
    }

    // MARK: Back-pressure

    /// What the proxy's buffers and those of four Unix sockets may hold of a stream that nobody reads.
    private static let heldMax = 4 << 20

    /// Unix sockets, because their buffers in the kernel have a fixed size.
    private func withUnixProxy(
        upstream handler: @escaping StubUpstream.Handler, _ body: (ProxyUnderTest) throws -> Void
    ) throws {
        let folder = try ScratchFolder()
        let upstream = try StubUpstream(at: .unix(path: folder.file("up.sock")), handler)
        let configuration = StandardConfiguration { $0.listener = "unix:" + folder.file("proxy.sock") }
        try withProxy(configuration.text, upstream: upstream, body)
    }

    /// Sends until the other side takes no more for a moment.
    private static func fill(_ socket: RawSocket, atMost most: Int) -> Int {
        var sent = 0
        let piece = [UInt8](repeating: 0x61, count: 65_536)
        while sent < most {
            let count = socket.send(piece, until: .after(seconds: 0.5))
            sent += count
            if count < piece.count { return sent }
        }
        return sent
    }

    @Test("a client that does not read holds the upstream up; once it reads it gets everything")
    func slowReader() throws {
        let total = 64 << 20
        let filled = Monitor<Int?>(nil)
        try withUnixProxy(upstream: { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let count = Self.fill(exchange.socket, atMost: total)
            filled.withLock { $0 = count }
            exchange.send([UInt8](repeating: 0x61, count: total - count))
        }) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x"))
            let held = try filled.wait(for: "the upstream to be held up") { $0 }
            #expect(held < Self.heldMax, "the upstream could write \(held) bytes")
            #expect(try client.readResponseHead()?.status == 200)
            var read = 0
            while read < total {
                let piece = try client.read(exactly: min(65_536, total - read))
                #expect(!piece.isEmpty)
                read += piece.count
                if piece.isEmpty { break }
            }
            #expect(read == total)
        }
    }

    @Test(
        "an upstream that does not read holds the client up; once it reads it gets everything",
        arguments: [
            "length", "chunked",
        ])
    func slowUpstream(framing: String) throws {
        let total = 32 << 20
        let gate = Gate()
        try withUnixProxy(upstream: { exchange in
            try gate.waitUntilOpen()
            let count = try exchange.readBody().count
            exchange.respond(text: "\(count)")
        }) { proxy throws in
            let client = try proxy.connect()
            let field = framing == "length" ? "Content-Length: \(total)" : "Transfer-Encoding: chunked"
            client.send(request("POST", "/public/x", [field]))
            if framing == "chunked" { client.send("\(String(total, radix: 16))\r\n") }
            let sent = Self.fill(client.socket, atMost: total)
            #expect(sent < Self.heldMax, "the client could write \(sent) bytes")
            gate.open()
            client.send([UInt8](repeating: 0x61, count: total - sent))
            if framing == "chunked" { client.send("\r\n0\r\n\r\n") }
            #expect(try client.readResponse()?.text == "\(total)")
        }
    }
}
