import Reactor
import ReactorTesting
import TestSupport
import Testing

@Suite("Deadlines, on a clock moved by hand") struct DeadlineTests {
    // MARK: Clients

    @Test("a head that is not whole within `timeouts.head` is a 408, however it drips")
    func slowHead() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client("GET /public/x HTTP/1.1\r\nHost: api.test\r\nX: ")
        for _ in 0..<9 {
            try proxy.pass(seconds: 1)
            try proxy.answer(client, "x")
        }
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 1.2)
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 408 ") && text.contains("\r\nConnection: close\r\n"))
        #expect(client.sawEnd)
    }

    @Test("a connection that never says anything ends with the head's time, without a word")
    func silentClient() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.connect()
        try proxy.pass(seconds: 9.9)
        #expect(!client.sawEnd)
        try proxy.pass(seconds: 0.3)
        #expect(client.sawEnd && client.received.isEmpty)
    }

    @Test("between requests a connection may be idle for `timeouts.idle`, and the next head has its own time")
    func idleClient() throws {
        let proxy = try ScriptedProxy { $0.top = ["timeouts: {head: 2s, idle: 20s}"] }
        let client = try proxy.client(request("GET", "/nowhere"))
        #expect(client.takeStatus() == 404)
        try proxy.pass(seconds: 19)
        try proxy.answer(client, "GET ")
        try proxy.pass(seconds: 1)
        // The rest of the idle time is not the head's.
        try proxy.answer(client, "/nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.takeStatus() == 404)
        try proxy.pass(seconds: 19.9)
        #expect(!client.sawEnd)
        try proxy.pass(seconds: 0.3)
        #expect(client.sawEnd && client.received.isEmpty)
    }

    @Test("a body under `body_minimum_rate` is a 408, and the upstream is let go")
    func slowBody() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 100000"]))
        let upstream = try proxy.upstream()
        for _ in 0..<10 {
            try proxy.answer(client, String(repeating: "x", count: 100))
            try proxy.pass(seconds: 1)
        }
        try proxy.pass(seconds: 0.2)
        #expect(client.takeStatus() == 408)
        #expect(upstream.isClosedByLoop)
        #expect(client.sawEnd)
    }

    @Test("a body just above the rate goes on")
    func steadyBody() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 10000"]))
        let upstream = try proxy.upstream()
        for _ in 0..<40 {
            try proxy.answer(client, String(repeating: "x", count: 250))
            try proxy.pass(seconds: 1)
        }
        #expect(upstream.takeText().hasSuffix(String(repeating: "x", count: 10_000)))
        try proxy.answer(upstream, "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(client.takeStatus() == 204)
    }

    @Test("a client that has been told 100 is the one that has to go on")
    func goesOn() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Expect: 100-continue", "Content-Length: 100000"]))
        #expect(client.takeStatus() == 100)
        try proxy.pass(seconds: 9.8)
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 0.4)
        #expect(client.takeStatus() == 408)
    }

    @Test("an empty line behind a request begins no other: the connection is as idle as before")
    func strayEmptyLine() throws {
        let proxy = try ScriptedProxy { $0.top = ["timeouts: {head: 2s, idle: 20s}"] }
        let client = try proxy.client(request("GET", "/nowhere") + "\r\n")
        #expect(client.takeStatus() == 404)
        try proxy.pass(seconds: 19)
        #expect(client.received.isEmpty && !client.sawEnd)
        try proxy.answer(client, request("GET", "/nowhere"))
        #expect(client.takeStatus() == 404)
        try proxy.answer(client, "\r\n")
        try proxy.pass(seconds: 20.3)
        #expect(client.sawEnd && client.received.isEmpty)
    }

    @Test("an upstream that takes nothing does not make the client slow")
    func pausedBody() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 1000000"]))
        let upstream = try proxy.upstream()
        upstream.window = upstream.received.count
        try proxy.answer(client, String(repeating: "x", count: 500_000))
        try proxy.pass(seconds: 30)
        #expect(client.received.isEmpty && !upstream.isClosedByLoop)
        upstream.window = .max
        try proxy.answer(client, String(repeating: "x", count: 500_000))
        #expect(upstream.received.count > 1_000_000)
    }

    /// An upload that only `stream_idle` bounds, under way with the beginning of its body.
    private static func upload(
        _ lines: [String], _ beginning: String = ""
    ) throws -> (proxy: ScriptedProxy, client: ScriptedPeer, upstream: ScriptedPeer) {
        let proxy = try ScriptedProxy {
            $0.upstream = ["stream_idle: 5s"]
            $0.top = ["body_minimum_rate: 0B/s"]
        }
        let client = try proxy.client(request("POST", "/public/x", lines) + beginning)
        return (proxy, client, try proxy.upstream())
    }

    @Test(
        "a client that holds its body back is 408, and so it is where its rate has no bound; nobody blames the upstream"
    )
    func heldBackBody() throws {
        let (proxy, client, upstream) = try Self.upload(["Content-Length: 1000"], "begun")
        try proxy.pass(seconds: 4.5)
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 1)
        #expect(client.takeStatus() == 408 && upstream.isClosedByLoop)
        #expect(proxy.metrics(beginning: "bearergate_upstream_errors_total{").allSatisfy { $0.hasSuffix(" 0") })
    }

    @Test("an upstream that takes what is queued slowly and steadily is not one that stalls")
    func slowUpstream() throws {
        let (proxy, client, upstream) = try Self.upload(["Transfer-Encoding: chunked"])
        upstream.window = upstream.received.count
        try proxy.answer(client, "3e8\r\n" + String(repeating: "x", count: 1_000) + "\r\n")
        for _ in 0..<10 {
            try proxy.pass(seconds: 3)
            upstream.window = upstream.received.count + 50
        }
        #expect(client.received.isEmpty && !upstream.isClosedByLoop)
        upstream.window = .max
        try proxy.answer(client, "0\r\n\r\n")
        try proxy.answer(upstream, "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(client.takeStatus() == 204)
    }

    @Test("a chunk that the upstream takes late leaves its client all of `stream_idle` for the next one")
    func chunkTakenLate() throws {
        let (proxy, client, upstream) = try Self.upload(["Transfer-Encoding: chunked"])
        upstream.window = upstream.received.count
        try proxy.answer(client, "5\r\nfirst\r\n")
        try proxy.pass(seconds: 4.5)
        upstream.window = .max
        try proxy.pass(seconds: 1)
        #expect(upstream.takeText().hasSuffix("5\r\nfirst\r\n"))
        try proxy.pass(seconds: 3.5)
        #expect(client.received.isEmpty && !upstream.isClosedByLoop)
        try proxy.answer(client, "0\r\n\r\n")
        try proxy.answer(upstream, "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(client.takeStatus() == 204)
    }

    @Test("a client that does not fetch its answer is let go after `stream_idle`")
    func unreadAnswer() throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.connect()
        client.window = 100
        client.send(request("GET", "/public/x"))
        try proxy.settle()
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + String(repeating: "x", count: 5_000))
        try proxy.pass(seconds: 4.5)
        #expect(!client.isClosedByLoop)
        try proxy.pass(seconds: 1)
        #expect(client.isClosedByLoop && upstream.isClosedByLoop)
    }

    @Test("the tail of an answer that closes the connection has the time a slow reader needs")
    func slowTail() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.connect()
        client.window = 100
        client.send(request("POST", "/public/x", ["Content-Length: 1000000", "Connection: close"]) + "beginning")
        try proxy.settle()
        let upstream = try proxy.upstream()
        let body = String(repeating: "y", count: 20_000)
        try proxy.answer(upstream, "HTTP/1.1 413 Too Large\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        var received = ""
        for _ in 0..<300 where !client.sawEnd {
            received += client.takeText()
            try proxy.pass(seconds: 0.1)
        }
        received += client.takeText()
        #expect(received.hasSuffix(body), "\(received.utf8.count) bytes")
    }

    @Test(
        "an answer's end that lies in our queue is a stream still: fetched slowly it arrives, and then we are idle",
        arguments: [[], ["Connection: close"]])
    func fetchedSlowly(lines: [String]) throws {
        let (proxy, client) = try Self.queuedAnswer(lines)
        var received = ""
        for _ in 0..<5 where !received.hasSuffix("\r\n0\r\n\r\n") {
            if !received.isEmpty { try proxy.pass(seconds: 4.5) }
            received += client.takeText()
            try proxy.settle()
            // The last of it, as soon as it is there: from then on we are idle.
            if client.received.count < 1_000 { received += client.takeText() }
        }
        #expect(received.hasSuffix("x\r\n0\r\n\r\n") && !client.sawReset)
        try proxy.pass(seconds: lines.isEmpty ? 1.8 : 0)
        #expect(client.sawEnd != lines.isEmpty)
        try proxy.pass(seconds: 0.4)
        #expect(client.sawEnd && !client.sawReset)
    }

    @Test("not fetched at all it is given up, and seen to be cut", arguments: [[], ["Connection: close"]])
    func notFetched(lines: [String]) throws {
        let (proxy, client) = try Self.queuedAnswer(lines)
        try proxy.pass(seconds: 4.8)
        #expect(!client.isClosedByLoop)
        try proxy.pass(seconds: 0.4)
        #expect(client.sawReset)
    }

    /// A whole answer of 4 KiB, of which the client's window takes a thousand bytes at a time.
    private static func queuedAnswer(_ lines: [String]) throws -> (ScriptedProxy, ScriptedPeer) {
        let proxy = try ScriptedProxy {
            $0.top = ["timeouts: {idle: 2s}"]
            $0.upstream = ["stream_idle: 5s"]
        }
        let client = try proxy.connect()
        client.window = 1_000
        client.send(request("GET", "/public/x", lines))
        try proxy.settle()
        let upstream = try proxy.upstream()
        let body = String(repeating: "x", count: 4_096)
        try proxy.answer(
            upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n\(body)\r\n0\r\n\r\n")
        #expect(client.received.count == 1_000)
        return (proxy, client)
    }

    // MARK: Upstreams

    @Test("an upstream that does not answer within `response_timeout` is a 504")
    func responseTimeout() throws {
        let proxy = try ScriptedProxy { $0.upstream = ["response_timeout: 3s"] }
        let client = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        // Half a head is no answer; nor is an interim one.
        try proxy.pass(seconds: 1)
        try proxy.answer(upstream, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX: ")
        _ = client.takeText()
        try proxy.pass(seconds: 1.9)
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 0.3)
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 504 ") && !text.contains("Connection: close"))
        #expect(upstream.isClosedByLoop)
    }

    @Test("`stream_idle` has no say before the answer's head, with a body or without", arguments: ["GET", "POST"])
    func thinkingUpstream(method: String) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["response_timeout: 30s", "stream_idle: 5s"] }
        let body = method == "POST" ? ["Content-Length: 2"] : []
        let client = try proxy.client(request(method, "/public/x", body, body: body.isEmpty ? "" : "{}"))
        let upstream = try proxy.upstream()
        try proxy.pass(seconds: 29)
        #expect(client.received.isEmpty)
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        #expect(client.takeStatus() == 200)
        // From here on it counts, and from here, not from the request's last byte.
        try proxy.pass(seconds: 4.8)
        #expect(!client.isClosedByLoop)
        try proxy.pass(seconds: 0.4)
        #expect(client.isClosedByLoop)
    }

    @Test("an event stream that answers a request with a body may be silent as well")
    func eventsBehindBody() throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 2"], body: "{}"))
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        #expect(client.takeStatus() == 200)
        try proxy.pass(seconds: 60)
        #expect(!client.isClosedByLoop)
        try proxy.answer(upstream, "1\r\nb\r\n")
        #expect(client.takeText() == "1\r\nb\r\n")
    }

    @Test("an event stream that came before the upload was over, and whose client has ended, is limited like any other")
    func eventsBehindAnUpload() throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 10"]) + "x")
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        try proxy.pass(seconds: 60)
        #expect(!upstream.isClosedByLoop)
        client.finish()
        try proxy.settle()
        try proxy.pass(seconds: 4.8)
        #expect(!upstream.isClosedByLoop)
        try proxy.pass(seconds: 0.4)
        #expect(upstream.isClosedByLoop)
    }

    @Test(
        "an event stream whose client has shut down its writing may be silent for `stream_idle`, and no longer",
        arguments: [true, false])
    func eventsForNobody(endsFirst: Bool) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.client(request("GET", "/public/x"))
        if endsFirst {
            client.finish()
            try proxy.settle()
        }
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        if !endsFirst {
            try proxy.pass(seconds: 60)
            client.finish()
            try proxy.settle()
        }
        try proxy.pass(seconds: 4)
        try proxy.answer(upstream, "1\r\nb\r\n")
        #expect(client.takeText().hasSuffix("1\r\nb\r\n"))
        try proxy.pass(seconds: 4.8)
        #expect(!upstream.isClosedByLoop)
        try proxy.pass(seconds: 0.4)
        #expect(upstream.isClosedByLoop)
    }

    @Test("an upstream that cannot be connected to within `connect_timeout` is a 504")
    func connectTimeout() throws {
        let proxy = try ScriptedProxy { $0.upstream = ["connect_timeout: 1s"] }
        proxy.kernel.connectPlans[ScriptedProxy.upstream] = .hang
        let client = try proxy.client(request("GET", "/public/x"))
        try proxy.pass(seconds: 0.9)
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 0.3)
        #expect(client.takeStatus() == 504)
        #expect(proxy.kernel.hanging(at: ScriptedProxy.upstream) == 0)
    }

    @Test(
        "a response that stalls for `stream_idle` is cut; an event stream may be silent",
        arguments: [
            ("text/plain", true), ("text/event-stream", false), ("text/event-stream; charset=utf-8", false),
        ])
    func stalledResponse(type: String, isCut: Bool) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 10s"] }
        let client = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        #expect(client.takeStatus() == 200)
        try proxy.pass(seconds: 8)
        try proxy.answer(upstream, "1\r\nb\r\n")
        #expect(client.takeText() == "1\r\nb\r\n")
        try proxy.pass(seconds: 9.5)
        #expect(!client.isClosedByLoop)
        try proxy.pass(seconds: 1)
        #expect(client.sawEnd == isCut)
    }

    @Test("an upstream's idle connection is closed after `idle_timeout`, and one it closes is not used again")
    func idleUpstream() throws {
        let proxy = try ScriptedProxy { $0.upstream = ["idle_timeout: 5s"] }
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let client = try proxy.client(request("GET", "/public/x"))
        let first = try proxy.upstream()
        try proxy.answer(first, ok)
        #expect(client.takeStatus() == 200)
        try proxy.pass(seconds: 5.3)
        #expect(first.isClosedByLoop)
        try proxy.answer(client, request("GET", "/public/x"))
        let second = try proxy.upstream()
        try proxy.answer(second, ok)
        #expect(client.takeStatus() == 200)
        second.finish()
        try proxy.settle()
        #expect(second.isClosedByLoop)
        try proxy.answer(client, request("GET", "/public/x"))
        try proxy.answer(try proxy.upstream(), ok)
        #expect(client.takeStatus() == 200)
    }

    // MARK: Tokens

    private static func token(for seconds: Int) -> String {
        #""active":true,"scope":"read","sub":"alice","exp":\#(ScriptedProxy.wallSeconds + seconds)"#
    }

    private static let handshake = request(
        "GET", "/ws/chat", token: "tok",
        [
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ])

    @Test("a tunnel is cut when its token expires, unless `streams: ignore`", arguments: [true, false])
    func tunnelExpires(endsAtExpiry: Bool) throws {
        let proxy = try ScriptedProxy { if !endsAtExpiry { $0.protectedRoute = ["streams: ignore"] } }
        let client = try proxy.client(Self.handshake)
        try proxy.introspect(Self.token(for: 60))
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(client.takeStatus() == 101)
        _ = upstream.take()
        try proxy.pass(seconds: 58)
        try proxy.answer(client, "ping")
        #expect(upstream.takeText() == "ping")
        try proxy.answer(upstream, "pong")
        #expect(client.takeText() == "pong")
        try proxy.pass(seconds: 3)
        #expect(client.isClosedByLoop == endsAtExpiry && upstream.isClosedByLoop == endsAtExpiry)
    }

    @Test("a silent tunnel may stay for hours")
    func silentTunnel() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(Self.handshake)
        try proxy.introspect()
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(client.takeStatus() == 101)
        for _ in 0..<60 {
            proxy.kernel.advance(milliseconds: 120_000)
            try proxy.settle()
        }
        #expect(!client.isClosedByLoop)
        try proxy.answer(upstream, "still here")
        #expect(client.takeText() == "still here")
    }

    @Test("a tunnel that one side has left may be silent for `stream_idle`, and no longer", arguments: [true, false])
    func halfLeftTunnel(clientLeaves: Bool) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.client(Self.handshake)
        try proxy.introspect()
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        try proxy.pass(seconds: 60)
        let (leaving, staying) = clientLeaves ? (client, upstream) : (upstream, client)
        leaving.finish()
        try proxy.settle()
        #expect(staying.sawEnd && !staying.isClosedByLoop)
        try proxy.pass(seconds: 4)
        try proxy.answer(staying, "still here")
        #expect(leaving.takeText().hasSuffix("still here"))
        try proxy.pass(seconds: 4.8)
        #expect(!staying.isClosedByLoop)
        try proxy.pass(seconds: 0.4)
        #expect(staying.isClosedByLoop && leaving.isClosedByLoop)
    }

    @Test(
        "who does not take what a tunnel or an event stream has for it is let go, whatever it sends",
        arguments: [true, false])
    func sendsButDoesNotRead(isTunnel: Bool) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.connect()
        client.window = 400
        client.send(isTunnel ? Self.handshake : request("GET", "/public/x"))
        try proxy.settle()
        if isTunnel { try proxy.introspect() }
        let upstream = try proxy.upstream()
        let head =
            isTunnel
            ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n"
        try proxy.answer(upstream, head + String(repeating: "x", count: 1_000))
        for _ in 0..<4 {
            try proxy.pass(seconds: 1)
            if isTunnel { try proxy.answer(client, "ping") }
        }
        #expect(!client.isClosedByLoop)
        try proxy.pass(seconds: 1.3)
        #expect(client.isClosedByLoop && upstream.isClosedByLoop)
    }

    @Test("a token ends by the wall clock, also where that is set while a stream goes on", arguments: [3_600, -40])
    func clockIsSet(bySeconds: Int64) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/x", token: "tok"))
        try proxy.introspect(Self.token(for: 120))
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        proxy.kernel.stepWallClock(bySeconds: bySeconds)
        try proxy.pass(seconds: 31)
        #expect(client.sawEnd == (bySeconds > 0))
        if bySeconds < 0 {
            // Its 120 seconds have become 160.
            try proxy.pass(seconds: 128)
            #expect(!client.sawEnd)
            try proxy.pass(seconds: 3)
            #expect(client.sawEnd)
        }
    }

    @Test("a response that outlasts its token is cut, one that ends in time is not touched", arguments: [true, false])
    func responseExpires(endsInTime: Bool) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/x", token: "tok"))
        try proxy.introspect(Self.token(for: 30))
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        #expect(client.takeStatus() == 200)
        try proxy.pass(seconds: 28)
        #expect(!client.isClosedByLoop)
        if endsInTime { try proxy.answer(upstream, "0\r\n\r\n") }
        try proxy.pass(seconds: 3)
        #expect(client.sawEnd == !endsInTime)
        #expect(client.takeText().contains("0\r\n\r\n") == endsInTime)
    }

    @Test("an introspection call that takes longer than its timeout is a 503; the client may go on")
    func introspectionTimeout() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/x", token: "tok"))
        let server = try proxy.server()
        // One byte at a time keeps nothing alive: the timeout covers the whole answer.
        for byte in "HTTP/1.1 " {
            try proxy.answer(server, String(byte))
            try proxy.pass(seconds: 0.1)
        }
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 0.3)
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains("\r\nRetry-After: "))
        #expect(server.isClosedByLoop)
        try proxy.answer(client, request("GET", "/nowhere"))
        #expect(client.takeStatus() == 404)
    }

    @Test("the first new token after `breaker.open` is the probe, and its success lets everybody in")
    func breakerRecovers() throws {
        let proxy = try ScriptedProxy {
            $0.introspection = ["retries: 0", "breaker: {failures: 1, open: 2s}"]
        }
        proxy.kernel.connectPlans[ScriptedProxy.authorizationServer] = .refuse
        let client = try proxy.client(request("GET", "/api/x", token: "a"))
        #expect(client.takeStatus() == 503)
        proxy.kernel.connectPlans[ScriptedProxy.authorizationServer] = .accept
        try proxy.pass(seconds: 1.8)
        try proxy.answer(client, request("GET", "/api/x", token: "b"))
        #expect(client.takeStatus() == 503)
        // Of the two only the first was a call, which took time.
        let calls = proxy.metrics(beginning: "bearergate_introspection_duration_seconds_count")
        #expect(calls.count == 1 && calls[0].hasSuffix(" 1"), "\(calls)")
        try proxy.pass(seconds: 0.3)
        try proxy.answer(client, request("GET", "/api/x", token: "c"))
        try proxy.introspect()
        try proxy.answer(try proxy.upstream(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(client.takeStatus() == 200)
    }

    // MARK: Listeners

    @Test("a listener without descriptors rests 100 ms and then takes up again")
    func descriptorsRunOut() throws {
        let proxy = try ScriptedProxy()
        proxy.kernel.failNext("accept", .tooManyFiles)
        let client = try proxy.client(request("GET", "/nowhere"))
        #expect(client.received.isEmpty)
        try proxy.pass(seconds: 0.2)
        #expect(client.takeStatus() == 404)
    }
}
