import TestSupport
import Testing

@Suite("Responses on their way to the client (RFC 9112 §6, §7)") struct ResponseTests {
    /// An upstream that answers every request with these bytes; `ends` with the connection.
    private static func upstream(_ answer: String, ends: Bool = false) throws -> StubUpstream {
        try StubUpstream { exchange in
            try exchange.readBody()
            exchange.send(answer)
            if ends { exchange.close() }
        }
    }

    @Test(
        "an answer that is nonsense or framed twice is a 502, and its connection is not used again",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZ\r\n",
        ])
    func malformed(answer: String) throws {
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                client.send(request("GET", "/public/x"))
                let response = try #require(try client.readResponse())
                #expect(response.status == 502 && response.isComplete)
            }
            #expect(proxy.upstream.server.acceptedCount == 2)
        }
    }

    @Test("a head without end is a 502")
    func endlessHead() throws {
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 200 OK\r\n")
            while exchange.send(Array("X-Filler: \(String(repeating: "x", count: 1_000))\r\n".utf8)) > 0 {}
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 502)
        }
    }

    @Test(
        "an answer that is cut is cut for the client too",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: a\r\n",
        ])
    func cut(answer: String) throws {
        try withProxy(upstream: Self.upstream(answer, ends: true)) { proxy throws in
            let response = try proxy.exchange(request("GET", "/public/x"))
            #expect(response?.status == 200 && response?.text == "hello" && response?.isComplete == false)
        }
    }

    @Test("a chunk that is none, behind content that has gone on, cuts the answer")
    func badChunk() throws {
        let gate = Gate()
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            try gate.waitUntilOpen()
            exchange.send("Z\r\n")
        }
        try withProxy(upstream: upstream) { proxy in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x"))
            var response = try #require(try client.readResponseHead())
            gate.open()
            try client.readBody(of: &response)
            #expect(response.text == "hello" && !response.isComplete)
        }
    }

    @Test("an upstream that resets a response without a length does not make it look whole", arguments: ["1.0", "1.1"])
    func resetCloseDelimited(version: String) throws {
        let gate = Gate()
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 200 OK\r\n\r\nhello")
            try gate.waitUntilOpen()
            exchange.reset()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x", version: version))
            let head = try #require(try client.readResponseHead())
            gate.open()
            if version == "1.0" {
                _ = try client.readToEnd()
                #expect(client.end == .reset)
            } else {
                var whole = head
                try client.readBody(of: &whole)
                #expect(!whole.isComplete)
            }
        }
    }

    @Test("an upstream that ends before a byte of an answer is a 502")
    func noAnswer() throws {
        let upstream = try StubUpstream { $0.close() }
        try withProxy(upstream: upstream) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 502)
        }
    }

    @Test(
        "PB-79: HEAD, 204 and 304 have no content; their connection is used again unless they announced some",
        arguments: [
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 2),
            ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 2),
            ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", 2),
            ("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 2),
            ("HEAD", "HTTP/1.1 200 OK\r\n\r\n", 1),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1),
            ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 1),
            ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 1),
        ])
    func withoutContent(method: String, answer: String, connections: Int) throws {
        let upstream = try StubUpstream { exchange in
            if exchange.target == "/public/next" { return exchange.respond(text: "next") }
            exchange.send(answer)
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request(method, "/public/x") + request("GET", "/public/next"))
            let first = try #require(try client.readResponse(to: method))
            #expect(answer.contains(" \(first.status) ") && first.body.isEmpty)
            if answer.contains("1000") { #expect(first.values("content-length") == ["1000"]) }
            #expect(try client.readResponse()?.text == "next")
            #expect(proxy.upstream.server.acceptedCount == connections)
        }
    }

    @Test(
        "interim responses are passed on, and none to HTTP/1.0", arguments: [("1.1", [103, 102, 200]), ("1.0", [200])])
    func interim(version: String, statuses: [Int]) throws {
        let answer =
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: y\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x", version: version))
            var seen: [RawMessage] = []
            while seen.last.map({ $0.status < 200 }) ?? true { seen.append(try #require(try client.readResponse())) }
            #expect(seen.map(\.status) == statuses)
            if seen.count > 1 { #expect(seen[0].value("link") == "</a>" && seen[0].value("x") == nil) }
            #expect(seen.last?.text == "ok")
        }
    }

    @Test(
        "an answer that cannot be passed on as it is meant is a 502",
        arguments: [
            "HTTP/1.0 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nConnection: \(Array(repeating: "a", count: 33).joined(separator: ","))\r\n"
                + "Content-Length: 2\r\n\r\nok",
        ])
    func refusesAnswers(answer: String) throws {
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 502)
        }
    }

    @Test("a flood of interim responses is no answer")
    func interimFlood() throws {
        let flood = String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 1_000)
        try withProxy(upstream: Self.upstream(flood)) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 502)
        }
    }

    @Test("chunks reach the client as chunks, with the trailers that may pass")
    func chunkedWithTrailers() throws {
        let answer =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            + "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 42\r\nContent-Length: 3\r\nTransfer-Encoding: x\r\n\r\n"
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                client.send(request("GET", "/public/x", ["TE: trailers"]))
                let response = try #require(try client.readResponse())
                #expect(response.text == "hello world" && response.isComplete)
                #expect(response.trailers.map(\.description) == ["X-Sum: 42"])
            }
            #expect(proxy.upstream.server.acceptedCount == 1)
        }
    }

    @Test("a trailer that the answer's Connection nominates ends at the proxy (RFC 9110 §7.6.1)")
    func nominatedTrailers() throws {
        let answer =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: x-hop\r\n\r\n"
            + "0\r\nX-Hop: 1\r\nX-Sum: 42\r\n\r\n"
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let response = try #require(try proxy.exchange(request("GET", "/public/x", ["TE: trailers"])))
            #expect(response.isComplete && response.trailers.map(\.description) == ["X-Sum: 42"])
        }
    }

    @Test("an HTTP/1.0 client gets decoded content that ends with the connection")
    func chunkedForHTTP10() throws {
        let answer =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x", version: "1.0", ["Connection: keep-alive"]))
            let response = try #require(try client.readResponse())
            #expect(response.values("transfer-encoding").isEmpty && response.isClosing)
            #expect(response.text == "hello world")
            #expect(client.end == .end)
        }
    }

    @Test("content that ends with the upstream's connection reaches an HTTP/1.1 client in chunks, whole")
    func closeDelimited() throws {
        try withProxy(upstream: Self.upstream("HTTP/1.1 200 OK\r\n\r\nhello world", ends: true)) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                client.send(request("GET", "/public/x"))
                let response = try #require(try client.readResponse())
                #expect(response.text == "hello world" && response.isComplete && !response.isClosing)
                #expect(response.values("transfer-encoding") == ["chunked"])
            }
        }
    }

    @Test("an upstream that says `Connection: close` is not used again, and the client need not know")
    func upstreamCloses() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<3 {
                client.send(request("GET", "/public/x"))
                let response = try #require(try client.readResponse())
                #expect(response.text == "ok" && !response.isClosing)
            }
            #expect(proxy.upstream.server.acceptedCount == 3)
        }
    }

    @Test("bytes behind an answer end the upstream connection's use, and reach nobody")
    func bytesBehind() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        try withProxy(upstream: Self.upstream(answer)) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<3 {
                client.send(request("GET", "/public/x"))
                #expect(try client.readResponse()?.text == "ok")
            }
            #expect(proxy.upstream.server.acceptedCount == 3)
        }
    }

    @Test("events of a stream reach the client as they happen")
    func serverSentEvents() throws {
        let gates = (0..<3).map { _ in Gate() }
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for gate in gates {
                try gate.waitUntilOpen()
                exchange.send("9\r\ndata: x\n\n\r\n")
            }
            exchange.send("0\r\n\r\n")
        }
        try withProxy(upstream: upstream) { proxy throws in
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
}
