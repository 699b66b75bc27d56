import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// Orders of events that a real network brings about only now and then.
@Suite struct ExchangeTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test("everything that a half-closed client asked is answered", arguments: [true, false])
    func halfClosedPipeline(isRead: Bool) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1") + (isRead ? request("GET", "/public/2") : ""))
        let upstream = try proxy.upstream()
        if !isRead { client.send(request("GET", "/public/2")) }
        client.finish()
        try proxy.settle()
        try proxy.answer(upstream, Self.ok)
        try proxy.answer(upstream, Self.ok)
        let text = client.takeText()
        #expect(text.split(separator: "HTTP/1.1 200").count == 2, "\(text)")
        #expect(client.isClosedByLoop && client.sawEnd)
    }

    @Test("a refusal does not end a half-closed client's pipeline")
    func halfClosedRefusals() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/1", token: "tok"))
        client.send(request("GET", "/nowhere") + request("GET", "/nowhere"))
        client.finish()
        try proxy.settle()
        try proxy.introspect(#""active":false"#)
        let text = client.takeText()
        #expect(text.split(separator: "HTTP/1.1 404").count == 3, "\(text)")
        #expect(client.isClosedByLoop)
    }

    @Test(
        "an answer that the upstream gave before it let go of the connection still counts",
        arguments: [
            "Content-Length: 100000", "Transfer-Encoding: chunked",
        ])
    func answeredThenReset(framing: String) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", [framing]))
        let upstream = try proxy.upstream()
        upstream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        upstream.reset()
        // The client's bytes are seen first, and cannot be sent any more.
        client.send(framing.hasPrefix("C") ? String(repeating: "x", count: 1_000) : "5\r\nhello\r\n")
        try proxy.settle()
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 413 ") && text.hasSuffix("big"), "\(text)")
        #expect(client.sawEnd && upstream.isClosedByLoop)
    }

    @Test(
        "such an answer is passed on whole, however long it is and however slowly it is fetched",
        arguments: [true, false])
    func longAnswerThenReset(hasLength: Bool) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 100000"]))
        let upstream = try proxy.upstream()
        let body = String(repeating: "b", count: 300_000)
        upstream.send("HTTP/1.1 413 Too Large\r\n" + (hasLength ? "Content-Length: 300000\r\n\r\n" : "\r\n") + body)
        upstream.reset()
        client.window = 50_000
        client.send(String(repeating: "x", count: 1_000))
        var received: [UInt8] = []
        for _ in 0..<100 where !client.sawEnd {
            try proxy.settle()
            received += client.take()
        }
        let response = try RawMessage(response: received)
        #expect(response.status == 413)
        // Without a length nobody knows whether that was all.
        #expect(response.isComplete == hasLength)
        if hasLength { #expect(response.body.count == 300_000) }
    }

    @Test("an upstream connection that is still owed some of a request is not used again")
    func owedBytes() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 10"]) + "hello")
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, Self.ok)
        #expect(client.takeText().contains("\r\nConnection: close\r\n"))
        #expect(upstream.isClosedByLoop)
        let other = try proxy.client(request("GET", "/public/y"))
        try proxy.answer(try proxy.upstream(), Self.ok)
        #expect(other.takeStatus() == 200)
    }

    private static let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"

    @Test(
        "an expectation goes to no upstream, so whether a body follows is never in doubt; who has begun it needs no 100",
        arguments: [[], ["Connection: Expect"]], [0, 2])
    func expectation(more: [String], begun: Int) throws {
        let proxy = try ScriptedProxy()
        let head = request("POST", "/public/x", more + ["Expect: 100-continue", "Content-Length: 5"])
        let client = try proxy.client(head + "hello".prefix(begun))
        let upstream = try proxy.upstream()
        let asked = upstream.takeText()
        #expect(!asked.contains("xpect") && asked.hasSuffix("\r\n\r\n" + "hello".prefix(begun)))
        #expect(client.takeText() == (begun > 0 ? "" : "HTTP/1.1 100 Continue\r\n\r\n"))
        try proxy.answer(client, String("hello".dropFirst(begun)))
        #expect(upstream.takeText() == "hello".dropFirst(begun))
        try proxy.answer(upstream, Self.ok)
        #expect(client.takeStatus() == 200)
        #expect(!upstream.isClosedByLoop && !client.sawEnd)
    }

    @Test("an upstream that refuses an upload while it comes is heard at once, and not used again")
    func refusesUpload() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Expect: 100-continue", "Content-Length: 60"]))
        let upstream = try proxy.upstream()
        _ = (upstream.take(), client.take())
        // What looks like a request is the body, and nothing else.
        let body = "GET /admin/x HTTP/1.1\r\nHost: a\r\nX-Auth-Subject: eve\r\n\r\n".padded(to: 60)
        try proxy.answer(client, String(body.prefix(30)))
        #expect(upstream.takeText() == body.prefix(30))
        try proxy.answer(upstream, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("\r\nConnection: close\r\n"))
        #expect(upstream.isClosedByLoop && upstream.received.isEmpty)
    }

    @Test("an upstream that answered before it had the whole request is not used again, although it got the rest")
    func earlyAnswer() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.connect()
        client.window = 100
        client.send(request("POST", "/public/x", ["Content-Length: 10"]) + "12345")
        try proxy.settle()
        let upstream = try proxy.upstream()
        let body = String(repeating: "y", count: 20_000)
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        try proxy.answer(client, "67890")
        client.window = .max
        var text = client.takeText()
        try proxy.settle()
        text += client.takeText()
        #expect(upstream.takeText().hasSuffix("1234567890"))
        #expect(text.hasSuffix(body))
        #expect(upstream.isClosedByLoop)
    }

    @Test("what an upstream sends behind an answer that fills the buffer answers nobody", arguments: [true, false])
    func strayBehindFullBuffer(isPipelined: Bool) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1") + (isPipelined ? request("GET", "/public/2") : ""))
        let upstream = try proxy.upstream()
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 16000\r\nX-Filler: "
        let body = String(repeating: "b", count: 16_000)
        let filler = String(repeating: "f", count: ReadBuffer.readChunk - head.utf8.count - 4 - body.utf8.count)
        try proxy.answer(upstream, head + filler + "\r\n\r\n" + body + Self.stray)
        #expect(upstream.isClosedByLoop)
        if !isPipelined { client.send(request("GET", "/public/2")) }
        try proxy.settle()
        try proxy.answer(try proxy.upstream(), Self.ok)
        let text = client.takeText()
        #expect(!text.contains("stray") && text.hasSuffix("ok"))
    }

    @Test("an answer that fills the buffer and is all there is leaves its connection in use")
    func fullBuffer() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1") + request("GET", "/public/2"))
        let upstream = try proxy.upstream()
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 16000\r\nX-Filler: "
        let body = String(repeating: "b", count: 16_000)
        let filler = String(repeating: "f", count: ReadBuffer.readChunk - head.utf8.count - 4 - body.utf8.count)
        try proxy.answer(upstream, head + filler + "\r\n\r\n" + body)
        try proxy.answer(upstream, Self.ok)
        #expect(client.takeText().hasSuffix("ok") && !upstream.isClosedByLoop)
    }

    @Test("what an idle upstream said before the next request was sent does not answer it")
    func strayBeforeRequest() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1"))
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, Self.ok)
        #expect(client.takeText().hasSuffix("ok"))
        // One turn tells of both, of the request first.
        upstream.send(Self.stray)
        client.send(request("GET", "/public/2"))
        try proxy.settle()
        #expect(upstream.isClosedByLoop)
        try proxy.answer(try proxy.upstream(), Self.ok)
        let text = client.takeText()
        #expect(!text.contains("stray") && text.hasSuffix("ok"))
    }

    @Test(
        "a late body behind an answer that has none answers nobody",
        arguments: [
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n"),
            ("HEAD", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 43\r\n\r\n"),
            ("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 43\r\n\r\n"),
        ])
    func lateBody(method: String, answer: String) throws {
        let proxy = try ScriptedProxy()
        _ = try proxy.client(request(method, "/public/1"))
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, answer)
        let other = try proxy.client(request("GET", "/public/2"))
        // The body that was announced comes when another client has asked.
        try proxy.answer(upstream, Self.stray)
        #expect(upstream.isClosedByLoop && other.takeText() == "")
        try proxy.answer(try proxy.upstream(), Self.ok)
        #expect(other.takeText().hasSuffix("ok"))
    }

    @Test("an interim response that announces content is a 502, for its content would be read as the answer")
    func interimWithContent() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1"))
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, "HTTP/1.1 103 Early Hints\r\nContent-Length: 43\r\n\r\n" + Self.stray)
        #expect(client.takeStatus() == 502 && upstream.isClosedByLoop)
    }

    @Test("an upstream that speaks before it is asked is not asked again")
    func greeting() throws {
        let proxy = try ScriptedProxy()
        proxy.kernel.connectPlans[ScriptedProxy.upstream] = .acceptAtOnce
        let client = try proxy.connect()
        client.send(request("GET", "/public/1"))
        proxy.loop.runOnce()
        // Connected, but the loop learns of it in its next turn.
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, Self.stray)
        #expect(client.takeText().hasSuffix("stray") && upstream.isClosedByLoop)
    }

    @Test("what an authorization server says between two questions answers neither")
    func strayIntrospection() throws {
        let proxy = try ScriptedProxy { $0.introspection = ["retries: 0"] }
        let client = try proxy.client(request("GET", "/api/1", token: "revoked"))
        let server = try proxy.server()
        let inactive = #"{"active":false}"#
        try proxy.answer(server, "HTTP/1.1 200 OK\r\nContent-Length: \(inactive.utf8.count)\r\n\r\n\(inactive)")
        #expect(client.takeStatus() == 401)
        let active = #"{"active":true,"scope":"read","sub":"alice"}"#
        server.send("HTTP/1.1 200 OK\r\nContent-Length: \(active.utf8.count)\r\n\r\n\(active)")
        client.send(request("GET", "/api/2", token: "other"))
        try proxy.settle()
        #expect(server.isClosedByLoop && client.takeText() == "")
        try proxy.introspect(#""active":false"#)
        #expect(client.takeStatus() == 401)
    }

    @Test("a 101 that waits for a slow client goes out before the tunnel's end does")
    func queuedHandshake() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.connect()
        client.window = 20
        client.send(
            request(
                "GET", "/ws/x", token: "tok",
                [
                    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ]))
        try proxy.settle()
        try proxy.introspect()
        let upstream = try proxy.upstream()
        upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        upstream.finish()
        try proxy.settle()
        var text = ""
        for _ in 0..<50 where !client.sawEnd {
            text += client.takeText()
            try proxy.settle()
        }
        #expect((text + client.takeText()).hasSuffix("\r\n\r\n"))
        #expect(client.sawEnd)
    }

    @Test("a trailer section as long as the limits allow neither hangs nor spins", arguments: [true, false])
    func longTrailers(isRequest: Bool) throws {
        let proxy = try ScriptedProxy { $0.top = ["limits: {trailers: 64KiB, trailer_fields: 1000}"] }
        let line = "X-Trailer: " + String(repeating: "t", count: 489) + "\r\n"
        let trailers = String(repeating: line, count: 120)
        let body = "5\r\nhello\r\n0\r\n\(trailers)\r\n"
        let client = try proxy.connect()
        client.send(request("POST", "/public/x", ["Transfer-Encoding: chunked"]) + (isRequest ? "" : "0\r\n\r\n"))
        try proxy.settle()
        let upstream = try proxy.upstream()
        for piece in Array(body.utf8).chunks(of: 10_000) {
            (isRequest ? client : upstream).send(isRequest ? piece : [])
            if !isRequest {
                if piece.first == UInt8(ascii: "5") {
                    upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                }
                upstream.send(piece)
            }
            try proxy.settle()
        }
        let received = (isRequest ? upstream : client).takeText()
        #expect(received.hasSuffix("\(line)\r\n"))
    }

    @Test("a drain answers what is in the buffer already with 503, behind the answer under way")
    func drainedPipeline() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1"))
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
        client.send(request("GET", "/public/2"))
        proxy.context.beginDrain()
        var isDone = false
        proxy.context.refuse { isDone = true }
        try proxy.settle()
        #expect(!isDone)
        try proxy.answer(upstream, "ok")
        let text = client.takeText()
        #expect(text.contains("okokHTTP/1.1 503 ") && text.contains("Retry-After"), "\(text)")
        client.finish()
        try proxy.settle()
        #expect(isDone && client.isClosedByLoop)
    }

    @Test("an answer that announced the end is followed by an end in stages: what the client sends then harms nothing")
    func drainClosesInStages() throws {
        let proxy = try ScriptedProxy()
        proxy.context.beginDrain()
        let client = try proxy.client(request("GET", "/public/1"))
        try proxy.answer(try proxy.upstream(), Self.ok)
        #expect(client.takeText().contains("Connection: close"))
        #expect(client.sawEnd && !client.isClosedByLoop)
        try proxy.answer(client, request("GET", "/public/2"))
        #expect(!client.sawReset && client.received.isEmpty)
        client.finish()
        try proxy.settle()
        #expect(client.isClosedByLoop && !client.sawReset)
    }

    @Test("a shutdown that leaves no time ends what has come between the end of it and the listeners' end as well")
    func cutBeforeRefused() throws {
        let proxy = try ScriptedProxy()
        proxy.context.beginDrain()
        proxy.context.cut()
        let client = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        var isDone = false
        proxy.context.refuse { isDone = true }
        try proxy.settle()
        #expect(client.isClosedByLoop && upstream.isClosedByLoop)
        #expect(isDone)
    }

    @Test("what a shutdown cuts does not look whole")
    func cutShowsIt() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/x", version: "1.0"))
        try proxy.answer(try proxy.upstream(), "HTTP/1.1 200 OK\r\n\r\nhalf of it")
        #expect(client.takeText().hasSuffix("half of it"))
        proxy.context.cut()
        #expect(client.sawReset)
    }

    @Test("a stale connection to the authorization server costs no retry; a fresh one that dies is a failure")
    func staleIntrospection() throws {
        let proxy = try ScriptedProxy { $0.introspection = ["retries: 0"] }
        let ok = "HTTP/1.1 204 No Content\r\n\r\n"
        let client = try proxy.client(request("GET", "/api/x", token: "a"))
        let server = try proxy.server()
        let body = #"{"active":true,"scope":"read","sub":"a"}"#
        try proxy.answer(server, "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, ok)
        #expect(client.takeStatus() == 204)
        try proxy.answer(client, request("GET", "/api/x", token: "b"))
        server.reset()
        try proxy.settle()
        let second = try proxy.server()
        try proxy.answer(second, "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        try proxy.answer(upstream, ok)
        #expect(client.takeStatus() == 204)
        // Half an answer is not nothing: that is the server's failure.
        try proxy.answer(client, request("GET", "/api/x", token: "c"))
        try proxy.answer(second, "HTTP/1.1 200")
        second.reset()
        try proxy.settle()
        #expect(client.takeStatus() == 503)
        try proxy.answer(client, request("GET", "/api/x", token: "d"))
        try proxy.server().reset()
        try proxy.settle()
        #expect(client.takeStatus() == 503)
    }

    @Test("an answer that the end of its connection ends leaves none to keep")
    func introspectionUntilClose() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/x", token: "a"))
        let server = try proxy.server()
        try proxy.answer(
            server,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
                + #"{"active":true,"scope":"read","sub":"a"}"#)
        server.finish()
        try proxy.settle()
        try proxy.answer(try proxy.upstream(), "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(client.takeStatus() == 204)
        #expect(server.isClosedByLoop)
    }

    @Test("clients that gave up waiting for an answer make room for others")
    func abandonedWaits() throws {
        let proxy = try ScriptedProxy()
        let first = try proxy.client(request("GET", "/api/x", token: "a"))
        // More than may wait for one token at once.
        for _ in 0..<5_000 {
            let client = try proxy.client(request("GET", "/api/x", token: "a"))
            client.reset()
            try proxy.settle()
        }
        let last = try proxy.client(request("GET", "/api/x", token: "a"))
        #expect(last.received.isEmpty)
        try proxy.introspect(#""active":false"#)
        #expect(first.takeStatus() == 401 && last.takeStatus() == 401)
        #expect(proxy.kernel.takeUpstream(at: ScriptedProxy.authorizationServer) == nil)
    }

    @Test("a tunnel reads no faster than the other side takes", arguments: [true, false])
    func tunnelBackPressure(isClientSlow: Bool) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(
            request(
                "GET", "/ws/x", token: "tok",
                [
                    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ]))
        try proxy.introspect()
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        _ = (client.take(), upstream.take())
        let (fast, slow) = isClientSlow ? (upstream, client) : (client, upstream)
        slow.window = 1_000
        fast.send([UInt8](repeating: 0x61, count: 4 << 20))
        try proxy.settle()
        #expect(fast.unreadByLoop > 3 << 20)
        slow.window = .max
        try proxy.settle()
        #expect(slow.received.count == 4 << 20)
    }

    @Test("a reload that raises the cap lets waiting clients in")
    func raisedCap() throws {
        let proxy = try ScriptedProxy { $0.top = ["limits: {connections: 1}"] }
        let first = try proxy.client(request("GET", "/nowhere"))
        let second = try proxy.client(request("GET", "/nowhere"))
        #expect(first.takeStatus() == 404 && second.received.isEmpty)
        proxy.context.adopt(try ScriptedProxy.generation())
        try proxy.settle()
        #expect(second.takeStatus() == 404)
    }

    @Test("a reload's limits hold for the next head on connections that are open, a client's and an upstream's")
    func newLimits() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, Self.ok)
        #expect(client.takeStatus() == 200)
        proxy.context.adopt(try ScriptedProxy.generation { $0.top = ["limits: {fields: 20}"] })
        let many = (0..<30).map { "X-\($0): x" }
        try proxy.answer(client, request("GET", "/public/y"))
        let lines = (["HTTP/1.1 200 OK", "Content-Length: 0"] + many).joined(separator: "\r\n")
        try proxy.answer(upstream, lines + "\r\n\r\n")
        #expect(client.takeStatus() == 502)
        try proxy.answer(client, request("GET", "/public/z", many))
        #expect(client.takeStatus() == 431)
    }

    @Test("a reload with a lower `concurrency` fails nobody: calls of both generations have room of their own")
    func lowerConcurrency() throws {
        let proxy = try ScriptedProxy { $0.introspection = ["concurrency: 8"] }
        let before = try (0..<5).map { try proxy.client(request("GET", "/api/x", token: "before\($0)")) }
        proxy.context.adopt(try ScriptedProxy.generation { $0.introspection = ["concurrency: 1"] })
        let after = try proxy.client(request("GET", "/api/x", token: "after"))
        try proxy.introspect()
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, Self.ok)
        for _ in 1..<6 {
            try proxy.introspect()
            try proxy.answer(upstream, Self.ok)
        }
        #expect((before + [after]).map { $0.takeStatus() } == Array(repeating: 200, count: 6))
    }

    @Test("a response that comes while the request is still being sent is passed on, and the rest of the request too")
    func bothAtOnce() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 10"]) + "hello")
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        #expect(client.takeText().hasSuffix("5\r\nfirst\r\n"))
        try proxy.answer(client, "world")
        #expect(upstream.takeText().hasSuffix("helloworld"))
        try proxy.answer(upstream, "4\r\nlast\r\n0\r\n\r\n")
        #expect(client.takeText() == "4\r\nlast\r\n0\r\n\r\n")
    }
}

extension [UInt8] {
    fileprivate func chunks(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: self.count, by: size).map { Array(self[$0..<Swift.min(self.count, $0 + size)]) }
    }
}

extension RawMessage {
    /// What of a response has been received.
    init(response bytes: [UInt8]) throws {
        var reader = MessageReader(bytes)
        self = try #require(try reader.readHead { nil })
        try reader.readBody(into: &self, isResponse: true) { nil }
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: "z", count: max(0, count - self.utf8.count))
    }
}
