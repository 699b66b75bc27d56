import Reactor
import ReactorTesting
import TestSupport
import Testing

@Suite("However the kernel splits reads and writes") struct SplittingTests {
    private static let big = String(repeating: "0123456789abcdef", count: 5_000)

    /// Requests of one connection with what they come to.
    private static let conversation: [(text: String, status: Int, body: String?)] = [
        (request("GET", "/public/1"), 200, "GET /public/1 0"),
        (request("POST", "/public/2", ["Content-Length: 5"], body: "hello"), 200, "POST /public/2 5"),
        (request("GET", "/api/3"), 401, nil),
        // Without content: a refusal whose content has not come yet ends the connection, and that depends on the split.
        (request("POST", "/api/4", ["Content-Length: 0"]), 401, nil),
        (request("GET", "/api/5", token: "tok"), 200, "GET /api/5 0"),
        (
            request("POST", "/public/chunked", ["Transfer-Encoding: chunked"])
                + "5\r\nhello\r\n10000\r\n\(big.prefix(65_536))\r\n0\r\nX-T: 1\r\n\r\n", 200,
            "POST /public/chunked 65541"
        ),
        (request("HEAD", "/public/7"), 200, ""),
        (request("GET", "/nowhere"), 404, nil),
        (request("POST", "/public/big", ["Content-Length: \(big.utf8.count)"], body: big), 200, big),
        (request("GET", "/api/10", token: "tok"), 200, "GET /api/10 0"),
        (request("GET", "/public/gone"), 204, ""),
        (request("GET", "/public/12", ["Connection: close"]), 200, "GET /public/12 0"),
    ]

    private static func answer(_ request: RawMessage) -> String {
        let text = "\(request.method) \(request.target) \(request.body.count)"
        switch request.target {
        case "/public/gone": return "HTTP/1.1 204 No Content\r\n\r\n"
        case "/public/big":
            return "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\n\(request.text.prefix(3))\r\n\(String(request.body.count - 3, radix: 16))\r\n"
                + "\(request.text.dropFirst(3))\r\n0\r\n\r\n"
        default:
            return "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n"
                + (request.method == "HEAD" ? "" : text)
        }
    }

    @Test("a conversation comes to the same answers, byte for byte", arguments: 1...60 as ClosedRange<UInt64>)
    func conversation(seed: UInt64) throws {
        let proxy = try ScriptedProxy(seed: seed)
        proxy.kernel.receiveTransfer = .random
        proxy.kernel.sendTransfer = .random
        proxy.kernel.shufflesEvents = true
        let upstream = ScriptedUpstream(proxy.kernel, at: ScriptedProxy.upstream, Self.answer)
        let server = ScriptedUpstream(proxy.kernel, at: ScriptedProxy.authorizationServer) { _ in
            let body = #"{"active":true,"scope":"read","sub":"alice"}"#
            return "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        var random = SeededRandom(seed: seed)
        let client = try proxy.connect()
        if seed.isMultiple(of: 3) { client.window = 500 }
        var unsent = Array(Self.conversation.map(\.text).joined().utf8)[...]
        var received: [UInt8] = []
        var turns = 0
        while !client.sawEnd || !client.received.isEmpty {
            let piece = unsent.prefix(Int.random(in: 1...20_000, using: &random))
            client.send(piece)
            unsent = unsent.dropFirst(piece.count)
            for _ in 0..<Int.random(in: 1...4, using: &random) { proxy.loop.runOnce() }
            try upstream.work()
            try server.work()
            received += client.take()
            turns += 1
            try #require(turns < 20_000, "it hangs")
        }
        var reader = MessageReader(received)
        for expected in Self.conversation {
            var response = try #require(try reader.readHead { nil })
            while response.status == 103 { response = try #require(try reader.readHead { nil }) }
            let hasNoBody = expected.text.hasPrefix("HEAD") || expected.status == 204
            try reader.readBody(into: &response, isResponse: true, hasNoBody: hasNoBody) { nil }
            #expect(response.status == expected.status && response.isComplete)
            if let body = expected.body {
                let isEqual = response.text == body
                #expect(isEqual, "\(expected.text.prefix(40)): \(response.body.count) bytes")
            }
        }
        #expect(reader.buffer.isEmpty)
        #expect(server.requests.count == 1)
    }
}
