import TestSupport
import Testing

@Suite("Limits of what a client may send (ARCHITECTURE §6)") struct LimitTests {
    static let configuration = StandardConfiguration {
        $0.top = ["limits: {head: 4KiB, field: 1KiB, fields: 10, target: 512B, token: 256B, body: 1KiB}"]
    }

    @Test(
        "what is over a limit is refused with its status, and the connection ends",
        arguments: [
            (request("GET", "/public/" + String(repeating: "x", count: 600)), 414),
            (request("GET", "/public/x", ["X-Long: " + String(repeating: "x", count: 1_100)]), 431),
            (request("GET", "/public/x", (0..<11).map { "X-\($0): y" }), 431),
            (request("GET", "/public/x", (0..<5).map { "X-\($0): " + String(repeating: "y", count: 1_000) }), 431),
            (request("POST", "/public/x", ["Content-Length: 1025"]), 413),
            (
                request("POST", "/public/x", ["Transfer-Encoding: chunked"]) + "400\r\n"
                    + String(repeating: "x", count: 1_024) + "\r\n1\r\nx\r\n0\r\n\r\n", 413
            ),
        ] as [(String, Int)])
    func refused(request: String, status: Int) throws {
        try withProxy(Self.configuration.text) { proxy throws in
            let client = try proxy.connect()
            client.send(request)
            let response = try #require(try client.readResponse())
            #expect(response.status == status && response.isClosing)
            #expect(try client.readToEnd().isEmpty)
            try proxy.stopProxy()
            let isWhole = proxy.upstream.requests.contains { $0.isComplete }
            #expect(!isWhole)
        }
    }

    @Test(
        "a head that does not end is refused at the limit, not at its end",
        arguments: [
            ("GET /" + String(repeating: "x", count: 8_192), 414),
            ("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 8_192), 431),
            (String(repeating: "G", count: 8_192), 501),
        ] as [(String, Int)])
    func endless(beginning: String, status: Int) throws {
        try withProxy(Self.configuration.text) { proxy throws in
            let client = try proxy.connect()
            client.send(beginning)
            let response = try #require(try client.readResponse())
            #expect(response.status == status && response.isClosing)
        }
    }

    @Test("what is just within the limits is served")
    func within() throws {
        try withProxy(Self.configuration.text) { proxy throws in
            let client = try proxy.connect()
            for text in [
                request("GET", "/public/" + String(repeating: "x", count: 500)),
                request("POST", "/public/x", ["Content-Length: 1024"], body: String(repeating: "x", count: 1_024)),
                request("GET", "/public/x", ["X-Long: " + String(repeating: "x", count: 1_000)]),
            ] {
                client.send(text)
                #expect(try client.readResponse()?.status == 200)
            }
        }
    }

    @Test("a token over its limit is a 400, and nobody is asked about it")
    func longToken() throws {
        try withProxy(Self.configuration.text) { proxy throws in
            let response = try proxy.exchange(
                request("GET", "/api/x", token: String(repeating: "x", count: 257)))
            #expect(response?.status == 400)
            #expect(proxy.authorizationServer.callCount == 0)
        }
    }
}
