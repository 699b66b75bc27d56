import TestSupport
import Testing

@Suite("Public bugs: resources") struct PublicBugResourceTests {
    @Test(
        "PB-52: a flood of small fields is cut short, in a head and in trailers",
        arguments: [
            ("GET /public/x HTTP/1.1\r\nHost: api.test\r\n", "a:\r\n", 431),
            ("GET /public/x HTTP/1.1\r\nHost: api.test\r\n", "X-A: b\r\n", 431),
            ("GET /public/x HTTP/1.1\r\nHost: api.test\r\nCookie: ", "a=b; ", 431),
            ("POST /public/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a:\r\n", 0),
            ("POST /public/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: b\r\n", 0),
        ])
    func fields(beginning: String, piece: String, status: Int) throws {
        try BugConfiguration.run { proxy throws in
            let client = try proxy.connect()
            client.send(beginning + String(repeating: piece, count: 100_000))
            let response = try client.readFinalResponse()
            let wanted = status == 0 ? [400, 431, 502] : [status]
            #expect(response.map { wanted.contains($0.status) && $0.isClosing } == true)
            try proxy.stopProxy()
            let isWhole = proxy.upstream.requests.contains(where: \.isComplete)
            #expect(!isWhole)
        }
    }

    @Test(
        "PB-55: a token of dots costs nothing more than its length",
        arguments: [
            (String(repeating: ".", count: 30_000), [400, 431]), (String(repeating: ".", count: 8_000), [401]),
            (String(repeating: "a.", count: 4_000), [401]), ("a" + String(repeating: ".", count: 8_191), [401]),
            (String(repeating: "a.", count: 100_000), [400, 431]),
        ])
    func dots(token: String, statuses: [Int]) throws {
        try BugConfiguration.run { proxy throws in
            let response = try proxy.exchange(request("GET", "/api/x", token: token))
            #expect(response.map { statuses.contains($0.status) } == true)
            #expect(proxy.authorizationServer.callCount == (statuses == [401] ? 1 : 0))
        }
    }

    @Test(
        "PB-56: a token with a huge part is refused by its size, before anybody looks into it",
        arguments: [(300_000, 1, 1), (1, 300_000, 1), (1, 1, 300_000), (200_000, 200_000, 200_000)])
    func hugeParts(header: Int, payload: Int, signature: Int) throws {
        let text = BugConfiguration.text(top: ["limits: {head: 1MiB, field: 1MiB, token: 64KiB}"])
        let token = [header, payload, signature].map { String(repeating: "A", count: $0) }.joined(separator: ".")
        try BugConfiguration.run(text) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x", token: token))?.status == 400)
            #expect(proxy.authorizationServer.callCount == 0)
        }
    }

    private static let large = String(repeating: "t", count: 12 << 10)
    private static let cookie = "Cookie: " + String(repeating: "c", count: 8 << 10)

    @Test("PB-83: a large but honest request passes where the limit is raised, on every hop")
    func largeToken() throws {
        let server = try StubAuthorizationServer([Self.large: .active(#""scope":"read","sub":"a""#)])
        let text = BugConfiguration.text(top: ["limits: {token: 16KiB}"])
        try BugConfiguration.run(text, server: server) { proxy throws in
            for _ in 0..<2 {
                let fields = [Self.cookie, "X-More: " + String(repeating: "m", count: 15 << 10)]
                #expect(try proxy.exchange(request("GET", "/api/x", token: Self.large, fields))?.status == 200)
            }
            #expect(server.asked == [Self.large])
            let seen = proxy.upstream.requests.last
            #expect(seen?.value("cookie")?.utf8.count == 8 << 10)
        }
    }

    @Test(
        "PB-83: beyond a limit the answer names it: 400 for a token, 431 for a field or a head",
        arguments: [
            (["Authorization: Bearer \(large)"], 400), (["X-Long: " + String(repeating: "x", count: 20 << 10)], 431),
            ((0..<6).map { "X-\($0): " + String(repeating: "x", count: 12 << 10) }, 431), ([cookie], 401),
        ])
    func overLimits(fields: [String], status: Int) throws {
        try BugConfiguration.run { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x", fields))?.status == status)
        }
    }

    @Test(
        "PB-54: bodies that drip are let go after their window, however many there are, and their upstreams with them",
        arguments: ["Content-Length: 1048576", "Transfer-Encoding: chunked"])
    func drippingBodies(framing: String) throws {
        let ends = Monitor(0)
        let upstream = try StubUpstream { exchange in
            if exchange.method == "GET" { return exchange.respond(text: "others") }
            _ = exchange.waitForEnd()
            ends.withLock { $0 += 1 }
            exchange.close()
        }
        try BugConfiguration.run(upstream: upstream) { proxy throws in
            let clients = try (0..<20).map { number in
                let client = try proxy.connect()
                client.send(
                    request("POST", "/public/\(number)", [framing]) + (framing.contains("L") ? "x" : "1\r\nx\r\n"))
                return client
            }
            try upstream.waitForRequests(20)
            #expect(try proxy.exchange(request("GET", "/public/other"))?.text == "others")
            for client in clients {
                #expect(try client.readResponse()?.status == 408)
            }
            try ends.wait(for: "the upstream's connections") { $0 < 20 }
        }
    }
}
