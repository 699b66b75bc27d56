import ProxyConfiguration
import ProxyServer
import TestSupport
import Testing

@Suite("Reload and shutdown (SPEC §9)") struct LifecycleTests {
    /// Two configurations that differ in the upstream and in what it is told.
    private static func configuration(_ letter: String, _ url: String) -> String {
        StandardConfiguration {
            $0.upstreamURL = url
            $0.route = ["subject_headers: {X-Auth-Subject: \"{sub}\", X-Generation: \"\(letter){sub}\"}"]
        }.text
    }

    private static func echoGeneration(_ letter: String) throws -> StubUpstream {
        try StubUpstream { exchange in
            let told = exchange.head.value("x-generation").map { String($0.prefix(1)) } ?? ""
            exchange.respond(200, ["X-Upstream": letter, "X-Told": told], text: letter)
        }
    }

    @Test("PB-85: a reload under load swaps everything at once: no request sees half of each, none fails")
    func reloadUnderLoad() throws {
        let (first, second) = (try Self.echoGeneration("a"), try Self.echoGeneration("b"))
        defer { second.stop() }
        let texts = [Self.configuration("a", first.address.url), Self.configuration("b", second.address.url)]
        try withProxy(texts[0], upstream: first, loops: 2) { proxy throws in
            let isDone = Monitor(false)
            let problems = Monitor<[String]>([])
            let counts = Monitor<[String: Int]>([:])
            let running = Monitor(4)
            for _ in 0..<4 {
                TestThread.start {
                    do {
                        let client = try proxy.connect()
                        while !isDone.current {
                            client.send(request("GET", "/api/x", token: "tok"))
                            let response = try client.readResponse()
                            let pair = [response?.value("x-upstream"), response?.value("x-told")].map { $0 ?? "none" }
                            counts.withLock { $0[pair[0], default: 0] += 1 }
                            if response?.status != 200 || pair[0] != pair[1] || response?.text != pair[0] {
                                problems.withLock { $0.append("\(response?.status ?? 0) \(pair)") }
                            }
                        }
                    } catch {
                        problems.withLock { $0.append("\(error)") }
                    }
                    running.withLock { $0 -= 1 }
                }
            }
            for turn in 1...20 {
                // Each generation is used before it is replaced.
                let letter = turn % 2 == 1 ? "a" : "b"
                let before = counts.current[letter] ?? 0
                try counts.wait(for: "requests under generation \(turn)") { ($0[letter] ?? 0) < before + 5 }
                try proxy.reload(texts[turn % 2])
            }
            isDone.withLock { $0 = true }
            try running.wait(for: "the clients") { $0 > 0 }
            #expect(problems.current == [])
        }
    }

    @Test("PB-85: scope, field template and upstream of a route change together, on connections that were open before")
    func changesTogether() throws {
        let (first, second) = (try Self.echoGeneration("a"), try Self.echoGeneration("b"))
        defer { second.stop() }
        try withProxy(Self.configuration("a", first.address.url), upstream: first) { proxy throws in
            let client = try proxy.connect()
            func answer() throws -> RawMessage {
                client.send(request("GET", "/api/x", token: "tok"))
                return try #require(try client.readResponse())
            }
            #expect(try answer().value("x-upstream") == "a")
            // Under the new scope the token is not good enough: it reaches neither upstream.
            let stricter = Self.configuration("b", second.address.url).split(separator: "scopes: [read]")
                .joined(separator: "scopes: [write]")
            try proxy.reload(stricter)
            try eventually("the new scope") { try answer().status == 403 }
            try proxy.reload(Self.configuration("b", second.address.url))
            try eventually("the new upstream") {
                let response = try answer()
                let isNew = response.status == 200
                if isNew { #expect(response.value("x-upstream") == "b" && response.value("x-told") == "b") }
                return isNew
            }
            #expect(second.requests.allSatisfy { $0.value("x-generation") == "balice" })
        }
    }

    @Test("an address that another holds is told, and nothing is left half started", arguments: [true, false])
    func addressInUse(byAnotherProxy: Bool) throws {
        let folder = try ScratchFolder()
        try withProxy { first throws in
            let stub = try StubServer { $0.close() }
            defer { stub.stop() }
            guard case .port(let port) = byAnotherProxy ? first.address : stub.address else { return }
            let socket = folder.file("free.sock")
            let configuration = StandardConfiguration {
                $0.listener = "unix:\(socket)\"}, {address: \"127.0.0.1:\(port)"
            }
            #expect(throws: ProxyServer.BindError.self) { try ProxyUnderTest(configuration.text, loops: 2) }
            let free = StandardConfiguration { $0.listener = "unix:\(socket)" }
            try withProxy(free.text) { second throws in
                #expect(try second.exchange(request("GET", "/public/x"))?.status == 200)
            }
            #expect(try first.exchange(request("GET", "/public/x"))?.status == 200)
        }
    }

    @Test("a bad configuration changes nothing")
    func badReload() throws {
        try withProxy { proxy throws in
            #expect(throws: ConfigurationProblems.self) { try proxy.reload("version: 2\n") }
            #expect(try proxy.exchange(request("GET", "/public/x"))?.status == 200)
        }
    }

    @Test("a reload keeps cached tokens of a server whose settings stay, and asks anew when they change")
    func cacheAcrossReload() throws {
        try withProxy { proxy throws in
            let ask = { try proxy.exchange(request("GET", "/api/x", token: "tok"))?.status }
            #expect(try ask() == 200)
            try proxy.reload(StandardConfiguration { $0.top = ["limits: {fields: 50}"] }.text)
            #expect(try ask() == 200)
            #expect(proxy.authorizationServer.callCount == 1)
            try proxy.reload(StandardConfiguration { $0.server = ["cache: {ttl: 30s}"] }.text)
            #expect(try ask() == 200)
            #expect(proxy.authorizationServer.callCount == 2)
        }
    }

    @Test("SPEC §9: cached tokens go on across a reload of a server's timeouts, also while it is away")
    func cacheAcrossReloadOfTimeouts() throws {
        try withProxy { proxy throws in
            let ask = { try proxy.exchange(request("GET", "/api/x", token: "tok"))?.status }
            #expect(try ask() == 200)
            proxy.authorizationServer.stop()
            let text = StandardConfiguration { $0.introspection = ["timeout: 900ms", "breaker: {failures: 9}"] }.text
            try proxy.reload(text)
            // Mail is read in order, but when is the loop's matter: each generation answers from the same cache.
            for _ in 0..<20 { #expect(try ask() == 200) }
            #expect(proxy.authorizationServer.callCount == 1)
        }
    }

    @Test("a request under way ends by the rules it began with")
    func exchangeKeepsGeneration() throws {
        let gate = Gate()
        let server = try StubAuthorizationServer(["tok": .held(gate, then: .active(#""scope":"read","sub":"a""#))])
        try withProxy(authorizationServer: server) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/api/x", token: "tok"))
            try server.waitForCalls(1)
            try proxy.reload(StandardConfiguration { $0.route = ["methods: [POST]"] }.text)
            let other = try proxy.connect()
            // Mail is read in order: once this is refused, the new generation is the current one.
            try eventually("the new rules") {
                other.send(request("GET", "/public/x"))
                return try other.readResponse()?.status == 405
            }
            gate.open()
            #expect(try client.readResponse()?.status == 200)
            client.send(request("GET", "/api/x", token: "tok"))
            #expect(try client.readResponse()?.status == 405)
        }
    }

    @Test("PB-84: a drain announces itself, then refuses, lets finish what is in flight, and ends")
    func drain() async throws {
        let gate = Gate()
        let upstream = try StubUpstream { exchange in
            try exchange.readBody()
            if exchange.target == "/public/slow" { try gate.waitUntilOpen() }
            exchange.respond(text: "done")
        }
        let proxy = try ProxyUnderTest(upstream: upstream)
        defer { proxy.stop() }
        let (idle, busy) = (try proxy.connect(), try proxy.connect())
        idle.send(request("GET", "/public/x"))
        #expect(try idle.readResponse()?.status == 200)
        busy.send(request("GET", "/public/slow"))
        try upstream.waitForRequests(2)

        proxy.server.beginDrain()
        let announced = try #require(try proxy.exchange(request("GET", "/public/x")))
        #expect(announced.status == 200 && announced.isClosing)
        // One that was idle before is served as well, and told.
        let late = try proxy.connect()
        late.send("GET /public/late HTTP/1.1\r\n")
        let told = try proxy.connect()
        told.send(request("GET", "/public/x"))
        #expect(try told.readResponse()?.isClosing == true)

        let outcome = Monitor<(idleEnded: Bool, late: RawMessage?, isRefused: Bool)?>(nil)
        let clients = Clients(idle: idle, late: late)
        TestThread.start {
            // The idle connection's end is how a client learns that the listeners are closed.
            let ended = (try? clients.idle.readToEnd())?.isEmpty == true
            clients.late.send("Host: api.test\r\n\r\n")
            let answer = try? clients.late.readResponse()
            let isRefused = (try? proxy.connect()) == nil
            outcome.withLock { $0 = (ended, answer, isRefused) }
            gate.open()
        }
        await proxy.server.refuseNew()
        let seen = try outcome.wait(for: "the clients") { $0 }
        #expect(seen.idleEnded && seen.isRefused)
        #expect(seen.late?.status == 503 && seen.late?.isClosing == true && seen.late?.value("retry-after") != nil)
        let last = try #require(try busy.readResponse())
        #expect(last.text == "done" && last.isClosing)
        #expect(try busy.readToEnd().isEmpty)
    }

    @Test("what does not finish in time is cut")
    func cut() async throws {
        let upstream = try StubUpstream { exchange in
            _ = exchange.waitForEnd()
            exchange.close()
        }
        let proxy = try ProxyUnderTest(upstream: upstream)
        defer { proxy.stop() }
        let client = try proxy.connect()
        client.send(request("GET", "/public/x"))
        try upstream.waitForRequests(1)
        proxy.server.beginDrain()
        async let drained: Void = proxy.server.refuseNew()
        proxy.server.cut()
        await drained
        #expect(try client.readResponse() == nil)
    }
}

/// Connections on their way to the thread that uses them.
///
/// Unchecked: the test does not touch them until that thread is done.
private struct Clients: @unchecked Sendable {
    let idle: RawHTTPConnection
    let late: RawHTTPConnection
}
