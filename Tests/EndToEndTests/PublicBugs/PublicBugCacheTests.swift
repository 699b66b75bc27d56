import TestSupport
import Testing

@Suite("Public bugs: the cache") struct PublicBugCacheTests {
    @Test("PB-01: what is remembered of a token is its answer, not that it passed")
    func scopeOfAnotherRoute() throws {
        try BugConfiguration.run { proxy throws in
            let client = try proxy.connect()
            func status(_ target: String, _ token: String) throws -> Int? {
                client.send(request("GET", target, token: token))
                return try client.readResponse()?.status
            }
            for _ in 0..<2 {
                #expect(try status("/api/x", "reader") == 200)
                #expect(try status("/admin/x", "reader") == 403)
                #expect(try status("/audience/x", "reader") == 401)
                #expect(try status("/any/x", "nobody") == 200)
                // Whose subject may not be missing.
                #expect(try status("/api/x", "nobody") == 401)
            }
            #expect(proxy.authorizationServer.callCount == 2)
        }
    }

    /// A second server that knows nobody, for one of the routes.
    private static func twoServers(_ second: StubAuthorizationServer) -> String {
        """
        version: 1
        listeners: [{address: "127.0.0.1:0"}]
        authorization_servers:
          a: {strategy: introspect, introspection: {endpoint: "{authorization-server}/introspect"}}
          b: {strategy: introspect, introspection: {endpoint: "\(second.address.urlBeforePath)/introspect"}}
        upstreams: {main: {url: "{upstream}"}}
        routes:
          - {name: a, paths: ["/a/**"], authorization_server: a, upstream: main}
          - {name: b, paths: ["/b/**"], authorization_server: b, upstream: main}

        """
    }

    @Test(
        "PB-02: two servers do not share what they said of a token", arguments: [["/a/x", "/b/x"], ["/b/x", "/a/x"]])
    func serversApart(order: [String]) throws {
        let second = try StubAuthorizationServer()
        defer { second.stop() }
        try BugConfiguration.run(Self.twoServers(second)) { proxy throws in
            for target in order + order {
                let status = try proxy.exchange(request("GET", target, token: "reader"))?.status
                #expect(status == (target == "/a/x" ? 200 : 401))
            }
            #expect(proxy.authorizationServer.callCount == 1 && second.callCount == 1)
        }
    }

    @Test("PB-05: an answer is not used beyond the exp that stands in it", arguments: [1, 2])
    func expiry(seconds: Int64) throws {
        let server = try StubAuthorizationServer()
        let end = Wall.now + seconds
        server.set(.active(#""scope":"read","sub":"a","exp":\#(end),"cache_for":600,"expires_in":600"#), for: "t")
        try BugConfiguration.run(server: server) { proxy throws in
            // Good or already over: a busy machine may take longer than the token lives.
            _ = try proxy.exchange(request("GET", "/api/x", token: "t"))
            try eventually("the token's end") { Wall.now >= end }
            #expect(try proxy.exchange(request("GET", "/api/x", token: "t"))?.status == 401)
        }
    }

    @Test(
        "PB-07: with a lifetime of nothing every request asks, so that a revoked token is out at once",
        arguments: ["cache: {ttl: 0s}", "cache: {ttl: 0s, negative_ttl: 0s}"])
    func switchedOff(setting: String) throws {
        let server = try BugConfiguration.server()
        try BugConfiguration.run(BugConfiguration.text(server: [setting]), server: server) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x", token: "reader"))?.status == 200)
            server.set(.inactive, for: "reader")
            #expect(try proxy.exchange(request("GET", "/api/x", token: "reader"))?.status == 401)
            #expect(server.callCount == 2)
        }
    }

    @Test(
        "PB-08: tokens that look alike keep their own subjects",
        arguments: [
            (0..<40).map { String(repeating: "p", count: 300) + "\($0)" },
            (0..<40).map { "\($0)" + String(repeating: "s", count: 300) },
            (0..<40).map { "eyJhbGciOiJSUzI1NiJ9.\($0).c2lnbmF0dXJl" },
            (0..<40).map { String(repeating: "a", count: $0 + 1) },
        ])
    func alike(tokens: [String]) throws {
        let server = try StubAuthorizationServer()
        for (number, token) in tokens.enumerated() {
            server.set(.active(#""scope":"read","sub":"s\#(number)""#), for: token)
        }
        try BugConfiguration.run(server: server) { proxy throws in
            let client = try proxy.connect()
            for _ in 0..<2 {
                for token in tokens {
                    client.send(request("GET", "/api/x", token: token))
                    #expect(try client.readResponse()?.status == 200)
                }
            }
            let told = proxy.upstream.requests.map { $0.value("x-auth-subject") }
            let all = tokens.indices.map { Optional("s\($0)") }
            #expect(told == all + all)
            #expect(server.callCount == tokens.count)
        }
    }

    @Test("PB-09: ten thousand invented tokens do not push out a good one")
    func invented() throws {
        let text = BugConfiguration.text(server: ["cache: {size: 1MiB, negative_size: 1MiB}"])
        try BugConfiguration.run(text) { proxy throws in
            let client = try proxy.connect()
            func status(_ token: String) throws -> Int? {
                client.send(request("GET", "/api/x", token: token))
                return try client.readResponse()?.status
            }
            #expect(try status("reader") == 200)
            for number in 0..<10_000 { #expect(try status("invented-\(number)") == 401) }
            #expect(try status("reader") == 200)
            #expect(proxy.authorizationServer.asked.count { $0 == "reader" } == 1)
        }
    }
}
