import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// What was whole when its upstream went reaches the client whole; only what was not is cut.
@Suite struct CutAnswerTests {
    private static let body = String(repeating: "b", count: 300_000)
    private static let chunks = "20000\r\n\(body.prefix(0x20000))\r\n1000\r\n\(body.prefix(0x1000))\r\n"

    @Test(
        "an answer that is cut in its upstream does not look whole to a client that is behind",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 300001\r\n\r\n\(body)",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)",
            // Without a length nobody knows whether that was all.
            "HTTP/1.1 200 OK\r\n\r\n\(body)",
        ])
    func cutThenReset(answer: String) throws {
        #expect(try !Self.fetchedSlowly(answer).isComplete)
    }

    @Test(
        "an answer that had come whole before its upstream reset reaches a client that is behind",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n\(body)",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n",
        ])
    func wholeThenReset(answer: String) throws {
        let response = try Self.fetchedSlowly(answer)
        #expect(response.isComplete)
        #expect(response.body.count == (answer.hasSuffix("b") ? 300_000 : 0x21000))
    }

    /// The answer as a client has it that takes little at a time, while the upstream resets behind it.
    private static func fetchedSlowly(_ answer: String) throws -> RawMessage {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        client.window = 20_000
        // The client is full before the reset is seen, so nobody reads from the upstream then.
        try proxy.answer(upstream, answer)
        upstream.reset()
        var received: [UInt8] = []
        for _ in 0..<100 {
            try proxy.settle()
            received += client.take()
        }
        #expect(upstream.isClosedByLoop)
        let message = try RawMessage(response: received)
        #expect(message.isComplete != (client.sawEnd || client.sawReset))
        return message
    }

    @Test(
        "an answer behind which the connection ends is not lost to a client that goes on sending",
        arguments: ["HTTP/1.0", "HTTP/1.1\r\nConnection: close"])
    func sendingBehindTheEnd(version: String) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client("GET /public/x \(version)\r\nHost: api.test\r\n\r\n")
        let upstream = try proxy.upstream()
        client.send("more")
        try proxy.settle()
        upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole")
        upstream.finish()
        try proxy.settle()
        #expect(client.takeText().contains("whole"))
        #expect(client.sawEnd && !client.sawReset)
    }

    @Test(
        "whole answers in front of one that is cut are not lost with it, whatever the client had sent by then",
        arguments: ["Content-Length: 5\r\n\r\nhel", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"])
    func wholeThenCut(answer: String) throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/1") + request("GET", "/public/2"))
        try proxy.answer(try proxy.upstream(), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nwhole")
        let second = try proxy.upstream()
        try proxy.answer(second, "HTTP/1.1 200 OK\r\n\(answer)")
        // Nobody reads this: closed now, the connection would be reset, and with it what the client has not fetched yet.
        client.send(request("GET", "/public/3"))
        second.reset()
        try proxy.settle()
        let text = client.takeText()
        #expect(text.contains("\r\n\r\nwhole"), "\(text)")
        #expect(client.sawEnd && !client.sawReset)
        try proxy.pass(seconds: 3)
        #expect(client.isClosedByLoop && !client.sawReset)
    }
}
