import TestSupport
import Testing

/// Whatever an upstream does, its client gets a clean 502 or a cut connection, and no other client any of it.
@Suite("Hostile answers of upstreams") struct HostileAnswerTests {
    private static let whole = [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Field: value\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
    ]

    /// Answers `/public/cut/N` with the first N bytes of an answer and ends; everything else with its own target.
    private static func cutting(_ answer: String, byReset: Bool) throws -> StubUpstream {
        try StubUpstream { exchange in
            guard let last = exchange.target.split(separator: "/").last, exchange.target.contains("/cut/"),
                let count = Int(last)
            else { return exchange.respond(text: exchange.target) }
            exchange.send(Array(answer.utf8.prefix(count)))
            if byReset { exchange.reset() } else { exchange.close() }
        }
    }

    @Test(
        "an answer that ends at any of its bytes is a 502 or is cut, and others get their own", arguments: whole,
        [true, false])
    func endsAnywhere(answer: String, byReset: Bool) throws {
        try withProxy(upstream: Self.cutting(answer, byReset: byReset)) { proxy throws in
            let other = try proxy.connect()
            for count in 0..<answer.utf8.count {
                let client = try proxy.connect()
                client.send(request("GET", "/public/cut/\(count)"))
                let response = try #require(try client.readFinalResponse())
                let isRefused = response.status == 502 && response.isComplete
                let isCut = response.status == 200 && !response.isComplete && "hello world".hasPrefix(response.text)
                #expect(isRefused || isCut, "after \(count) bytes: \(response)")
                client.close()
                other.send(request("GET", "/public/own/\(count)"))
                #expect(try other.readResponse()?.text == "/public/own/\(count)")
            }
        }
    }

    private static let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

    @Test(
        "bytes behind an answer, in a later packet, end their connection and reach nobody",
        arguments: [
            ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n"), ("HEAD", "HTTP/1.1 200 OK\r\n\r\n"),
            ("GET", "HTTP/1.1 204 No Content\r\n\r\n"), ("GET", "HTTP/1.1 304 Not Modified\r\n\r\n"),
            ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\n\r\n"),
        ],
        [evil, "x", "\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
    func bytesBehind(answered: (method: String, answer: String), behind: String) throws {
        let (isAnswered, hasEnded) = (Gate(), Gate())
        let upstream = try StubUpstream { exchange in
            if exchange.target == "/public/next" { return exchange.respond(text: "next") }
            exchange.send(answered.answer)
            try isAnswered.waitUntilOpen()
            exchange.send(behind)
            _ = exchange.waitForEnd()
            hasEnded.open()
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request(answered.method, "/public/first"))
            #expect(try client.readResponse(to: answered.method)?.isComplete == true)
            isAnswered.open()
            // The proxy lets go of the connection, although nobody asks for anything.
            try hasEnded.waitUntilOpen()
            for _ in 0..<3 {
                #expect(try proxy.exchange(request("GET", "/public/next"))?.text == "next")
            }
            client.send(request("GET", "/public/next"))
            #expect(try client.readResponse()?.text == "next")
            #expect(!client.hasUnread)
        }
    }

    @Test(
        "fields without measure are cut at a limit, wherever they stand",
        arguments: [
            "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "HTTP/1.1 103 Early Hints\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;",
            "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 ",
        ])
    func endlessFields(beginning: String) throws {
        let sent = Monitor(0)
        let upstream = try StubUpstream { exchange in
            exchange.send(beginning)
            let filler =
                beginning.hasSuffix("\n") ? "X-Filler: \(String(repeating: "x", count: 4_000))\r\n" : "xxxxxxxxxx"
            let piece = Array(String(repeating: filler, count: 65_536 / filler.utf8.count).utf8)
            while sent.current < 100 << 20 {
                let count = exchange.send(piece)
                sent.withLock { $0 += count }
                if count < piece.count { break }
            }
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let response = try #require(try proxy.exchange(request("GET", "/public/x")))
            #expect(response.status == 502 || !response.isComplete)
            // What sockets hold is not what we read.
            #expect(sent.current < 40 << 20)
        }
    }

    @Test(
        "framing that contradicts itself is a 502, also behind interim responses",
        arguments: [
            "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5, 5\r\n\r\nhello",
            "Content-Length: +5\r\n\r\nhello", "Content-Length: 0x5\r\n\r\nhello", "Content-Length: \r\n\r\nhello",
            "Content-Length: 99999999999999999999\r\n\r\nhello", "Content-Length : 5\r\n\r\nhello",
            "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n",
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "Transfer-Encoding: chunked\r\n\r\n\r\n",
            "X\u{00}: y\r\n\r\n", ": y\r\n\r\n", "no colon\r\n\r\n", "X: a\rb\r\n\r\n",
        ],
        ["", "HTTP/1.1 103 Early Hints\r\n\r\n"])
    func contradicts(rest: String, before: String) throws {
        let upstream = try StubUpstream { exchange in
            exchange.send("\(before)HTTP/1.1 200 OK\r\n\(rest)")
            _ = exchange.waitForEnd()
            exchange.close()
        }
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                client.send(request("GET", "/public/x"))
                let response = try #require(try client.readFinalResponse())
                #expect(response.status == 502 && response.isComplete)
            }
            #expect(upstream.server.acceptedCount == 2)
        }
    }
}
