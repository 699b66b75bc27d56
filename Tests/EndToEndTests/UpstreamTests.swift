import TestSupport
import Testing

@Suite("Connections to upstreams (RFC 9112 §9.3.1, §9.5)") struct UpstreamTests {
    /// Answers everything but `/public/dies`, whose first arrival on a connection that was used before ends it.
    private static func mortal(_ arrivals: Monitor<[String]>) throws -> StubUpstream {
        try StubUpstream { exchange in
            let count = arrivals.withLock { arrivals -> Int in
                arrivals.append("\(exchange.method) \(exchange.target)")
                return arrivals.count { $0 == arrivals.last }
            }
            if exchange.target == "/public/dies", count == 1 { return exchange.reset() }
            try exchange.readBody()
            exchange.respond(text: "alive")
        }
    }

    @Test("on a stale connection a safe request is repeated once, unseen by the client", arguments: ["GET", "DELETE"])
    func retries(method: String) throws {
        let arrivals = Monitor<[String]>([])
        try withProxy(upstream: Self.mortal(arrivals)) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/first"))
            #expect(try client.readResponse()?.status == 200)
            client.send(request(method, "/public/dies"))
            #expect(try client.readResponse()?.text == "alive")
            #expect(arrivals.current.count { $0.hasSuffix("dies") } == 2)
        }
    }

    @Test(
        "what is not idempotent, or has sent of its body, is not repeated",
        arguments: [
            request("POST", "/public/dies"), request("PATCH", "/public/dies", ["Content-Length: 0"]),
            request("POST", "/public/dies", ["Content-Length: 5"], body: "hello"),
            request("PUT", "/public/dies", ["Content-Length: 5"], body: "hello"),
            request("PUT", "/public/dies", ["Transfer-Encoding: chunked"], body: "5\r\nhello\r\n0\r\n\r\n"),
        ])
    func doesNotRetry(text: String) throws {
        let arrivals = Monitor<[String]>([])
        try withProxy(upstream: Self.mortal(arrivals)) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/first"))
            #expect(try client.readResponse()?.status == 200)
            client.send(text)
            #expect(try client.readFinalResponse()?.status == 502)
            #expect(arrivals.current.count { $0.hasSuffix("dies") } == 1)
        }
    }

    @Test("a fresh connection that dies is no stale one")
    func freshConnectionDies() throws {
        let arrivals = Monitor<[String]>([])
        try withProxy(upstream: Self.mortal(arrivals)) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/dies"))?.status == 502)
            #expect(arrivals.current.count == 1)
        }
    }

    @Test("a pool full of stale connections costs one retry, not one each")
    func allStale() throws {
        let upstream = try StubUpstream { exchange in
            try exchange.readBody()
            exchange.respond(text: "alive")
        }
        try withProxy(upstream: upstream) { proxy throws in
            let clients = try (0..<8).map { _ in try proxy.connect() }
            for client in clients { client.send(request("GET", "/public/x")) }
            for client in clients { #expect(try client.readResponse()?.status == 200) }
            upstream.server.dropConnections()
            for client in clients {
                client.send(request("GET", "/public/x"))
                #expect(try client.readResponse()?.status == 200)
            }
        }
    }

    @Test("an upstream that is not there is a 502")
    func refused() throws {
        let upstream = try StubUpstream()
        upstream.stop()
        try withProxy(upstream: upstream) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x") + request("GET", "/api/x"))
            let response = try #require(try client.readResponse())
            #expect(response.status == 502 && !response.isClosing)
            #expect(try client.readResponse()?.status == 401)
        }
    }

    @Test("an upstream and an authorization server may be named; a name that is none is a 502")
    func names() throws {
        try withProxy(
            StandardConfiguration { $0.upstreamURL = "http://nonexistent.invalid:9000" }.text
        ) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 502)
        }
        let (upstream, server) = (
            try StubUpstream(), try StubAuthorizationServer(StandardConfiguration.tokens)
        )
        let configuration = StandardConfiguration {
            $0.upstreamURL = upstream.address.url.replacingHost(by: "localhost")
            $0.authorizationServerURL = server.address.url.replacingHost(by: "localhost")
        }
        try withProxy(configuration.text, upstream: upstream, authorizationServer: server) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x", token: "tok"))?.status == 200)
        }
    }

    @Test("a Unix socket upstream that is not there is a 502")
    func missingSocket() throws {
        let configuration = StandardConfiguration { $0.upstreamURL = "unix:/nonexistent/up.sock" }
        try withProxy(configuration.text) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 502)
        }
    }
}

extension String {
    fileprivate func replacingHost(by name: String) -> String {
        self.split(separator: "127.0.0.1", omittingEmptySubsequences: false).joined(separator: name)
    }
}
