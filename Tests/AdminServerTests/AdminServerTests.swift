import AdminServer
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import OAuthModel
import ProxyCore
import Synchronization
import Testing

@Suite("The admin API over its listener (SPEC §6)") struct AdminServerTests {
    private struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var body: String
        var json: JSONObject { (try? JSONReader.read(Array(self.body.utf8)))?.objectValue ?? [:] }
    }

    private func withAdmin<Value>(
        _ options: AdminServerOptions = AdminServerOptions(address: .network(host: "127.0.0.1", port: 0)),
        _ body: (FakeProcess, (String, String, [(String, String)]) async throws -> Answer) async throws -> Value
    ) async throws -> Value {
        let process = FakeProcess()
        let server = try await AdminServer(options, state: process).start()
        let origin: String
        switch server.address {
        case .network(_, let port): origin = "http://127.0.0.1:\(port)"
        case .unix(let path): origin = "http+unix://" + path.replacing("/", with: "%2F")
        }
        // Its own connections: one kept alive to an address that changes hands would be found dead.
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        do {
            let value = try await body(process) { method, path, fields in
                var request = HTTPClientRequest(url: origin + path)
                request.method = HTTPMethod(rawValue: method)
                for (name, value) in fields { request.headers.replaceOrAdd(name: name, value: value) }
                let response = try await client.execute(request, timeout: .seconds(30))
                let body = try await response.body.collect(upTo: 1 << 20)
                return Answer(
                    status: Int(response.status.code), headers: response.headers, body: String(buffer: body))
            }
            try await client.shutdown()
            await server.stop()
            return value
        } catch {
            try? await client.shutdown()
            await server.stop()
            throw error
        }
    }

    @Test(
        "Origin and foreign hosts are refused on every path",
        arguments: [
            "/livez", "/readyz", "/metrics", "/routes", "/nothing",
        ])
    func strangers(path: String) async throws {
        try await self.withAdmin { _, call async throws in
            #expect(try await call("GET", path, [("Origin", "http://127.0.0.1")]).status == 403)
            #expect(try await call("GET", path, [("Host", "evil.example")]).status == 403)
        }
    }

    @Test(
        "Unknown paths are 404, wrong methods 405 with Allow",
        arguments: [
            ("GET", "/", 404, nil as String?), ("GET", "/routes/", 404, nil), ("GET", "/LIVEZ", 404, nil),
            ("GET", "/explain", 404, nil), ("POST", "/livez", 405, "GET, HEAD"),
            ("DELETE", "/routes", 405, "GET, HEAD"),
            ("GET", "/reload", 405, "POST"), ("HEAD", "/reload", 405, "POST"),
        ])
    func unknown(method: String, path: String, status: Int, allow: String?) async throws {
        try await self.withAdmin { process, call async throws in
            let answer = try await call(method, path, [])
            #expect(answer.status == status)
            #expect(answer.headers.first(name: "allow") == allow)
            #expect(process.state.withLock { $0.reloads } == 0)
        }
    }

    @Test("Beyond loopback routes and reload need the token, and are not there without one configured")
    func token() async throws {
        let open = AdminServerOptions(address: .network(host: "0.0.0.0", port: 0))
        try await self.withAdmin(open) { process, call async throws in
            for (method, path) in [("GET", "/routes"), ("POST", "/reload")] {
                #expect(try await call(method, path, [("Authorization", "Bearer x")]).status == 404)
            }
            #expect(try await call("GET", "/livez", []).status == 200)
            #expect(process.state.withLock { $0.reloads } == 0)
        }
        var guarded = open
        guarded.token = SecretBytes("secret")
        try await self.withAdmin(guarded) { process, call async throws in
            let bare = try await call("POST", "/reload", [])
            #expect(bare.status == 401)
            #expect(bare.headers.first(name: "www-authenticate") == #"Bearer realm="bearergate-admin""#)
            let wrong = try await call("POST", "/reload", [("Authorization", "Bearer secreT")])
            #expect(wrong.status == 401)
            #expect(wrong.headers.first(name: "www-authenticate")?.contains("invalid_token") == true)
            #expect(process.state.withLock { $0.reloads } == 0)
            #expect(try await call("POST", "/reload", [("Authorization", "Bearer secret")]).status == 200)
            for path in ["/livez", "/readyz", "/metrics"] { #expect(try await call("GET", path, []).status == 200) }
        }
    }

    @Test("Health answers 200 or 503 with the reason as JSON")
    func health() async throws {
        try await self.withAdmin { process, call async throws in
            #expect(try await call("GET", "/livez", []).json["status"] == "alive")
            let ready = try await call("GET", "/readyz", [])
            #expect(ready.status == 200)
            #expect(ready.headers.first(name: "content-type") == "application/json")
            #expect(ready.headers.first(name: "cache-control") == "no-store")
            process.state.withLock {
                $0.facts.keySets = [.init(server: "hydra", isUsable: false, hasBeenAnswered: true)]
            }
            let degraded = try await call("GET", "/readyz", [])
            #expect(degraded.status == 200)
            #expect(degraded.json["degraded"] == ["keys:hydra"])
            process.state.withLock {
                $0.facts.isDraining = true
                $0.livenessProblem = "a loop stands still"
            }
            let draining = try await call("GET", "/readyz", [])
            #expect(draining.status == 503)
            #expect(draining.json["reason"] == "draining")
            let dead = try await call("GET", "/livez", [])
            #expect(dead.status == 503)
            #expect(dead.json["reason"] == "a loop stands still")
        }
    }

    @Test("HEAD answers like GET, without a body")
    func head() async throws {
        try await self.withAdmin { _, call async throws in
            let get = try await call("GET", "/readyz", [])
            let head = try await call("HEAD", "/readyz", [])
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers.first(name: "content-length") == String(get.body.utf8.count))
        }
    }

    @Test("Metrics come as Prometheus text")
    func metrics() async throws {
        try await self.withAdmin { _, call async throws in
            let answer = try await call("GET", "/metrics", [])
            #expect(answer.headers.first(name: "content-type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body == "# TYPE up gauge\nup 1\n")
        }
    }

    @Test("The compiled routes are shown, and no secret with them")
    func routes() async throws {
        try await self.withAdmin { process, call async throws in
            #expect(try await call("GET", "/routes", []).status == 503)
            let generation = try sampleGeneration()
            process.state.withLock { $0.generation = generation }
            let answer = try await call("GET", "/routes", [])
            #expect(answer.status == 200)
            #expect(answer.json["generation"] == 7)
            let routes = (answer.json["routes"]?.arrayValue ?? []).compactMap(\.objectValue)
            try #require(routes.count == 2)
            #expect(routes.map { $0["name"] } == ["orders.read", "open"])
            #expect(routes[0]["hosts"] == ["*.example.com"])
            #expect(routes[0]["paths"] == ["/orders/{id}", "/reports/**"])
            #expect(routes[0]["methods"] == ["GET", "HEAD"])
            #expect(routes[0]["access"] == "required")
            #expect(routes[0]["authorization_server"] == "hydra")
            #expect(
                routes[0]["scopes"] == ["all_of": ["orders:read"], "any_of": [], "strategy": "exact"])
            #expect(
                routes[0]["claims"] == [
                    ["claim": "ext.tenant", "equals": "{host.0}"], ["claim": "acr", "one_of": ["silver", "gold"]],
                ])
            #expect(routes[0]["max_answer_age_seconds"] == JSONNumber("1.5").map { .number($0) })
            #expect(routes[1]["methods"] == .null)
            #expect(routes[1]["access"] == "public")
            #expect(routes[1]["authorization_server"] == .null)
            #expect(!answer.body.contains("do-not-show"))
        }
    }

    @Test("A reload says what it did; a refused one says why and is no success")
    func reload() async throws {
        try await self.withAdmin { process, call async throws in
            let done = try await call("POST", "/reload", [])
            #expect(done.status == 200)
            #expect(done.json["generation"] == 2)
            #expect(done.json["warnings"] == [])
            let warning = "bearergate.yaml:3:1: warning: no route uses the upstream `spare`"
            process.state.withLock { $0.outcome = .adopted(generation: 3, warnings: [warning]) }
            #expect(try await call("POST", "/reload", []).json["warnings"] == .array([.string(warning)]))
            process.state.withLock { $0.outcome = .refused(problems: ["bearergate.yaml:3:1: error: unknown key"]) }
            let refused = try await call("POST", "/reload", [])
            #expect(refused.status == 422)
            #expect(refused.json["problems"] == ["bearergate.yaml:3:1: error: unknown key"])
        }
    }

    @Test("An address in use is a clear error that names it")
    func addressInUse() async throws {
        let first = try await AdminServer(
            AdminServerOptions(address: .network(host: "127.0.0.1", port: 0)), state: FakeProcess()
        ).start()
        let second = AdminServer(AdminServerOptions(address: first.address), state: FakeProcess())
        do {
            let running = try await second.start()
            await running.stop()
            Issue.record("two listeners on one address")
        } catch {
            #expect(error.isAddressInUse)
            #expect(error.description == "cannot listen on \(first.address) for the admin API: the address is in use")
        }
        await first.stop()
        // Let go of, it can be had again.
        let third = try await second.start()
        await third.stop()
    }

    @Test("A start that is cancelled leaves nothing behind that would hold the address")
    func cancelledStart() async throws {
        let first = try await AdminServer(
            AdminServerOptions(address: .network(host: "127.0.0.1", port: 0)), state: FakeProcess()
        ).start()
        await first.stop()
        let server = AdminServer(AdminServerOptions(address: first.address), state: FakeProcess())
        let start = Task {
            Self.cancelCurrentTask()
            return try await server.start()
        }
        // One that was there before it was cancelled is its caller's to stop.
        if case .success(let running) = await start.result { await running.stop() }
        let second = try await server.start()
        await second.stop()
    }

    private static func cancelCurrentTask() {
        withUnsafeCurrentTask { task in
            guard let task else { return }
            task.cancel()
        }
    }

    @Test("An address that is not this machine's is an error, not a trap")
    func foreignAddress() async {
        let server = AdminServer(
            AdminServerOptions(address: .network(host: "192.0.2.1", port: 0)), state: FakeProcess())
        await #expect(throws: AdminServerError.self) { try await server.start() }
    }

    @Test("A Unix socket works, is not taken from a live process, and is taken over from a dead one")
    func unixSocket() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "admin-\(UUID().uuidString.prefix(8)).sock")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let options = AdminServerOptions(address: .unix(path: path))
        try await self.withAdmin(options) { _, call async throws in
            #expect(try await call("GET", "/routes", [("Host", "localhost")]).status == 503)
            await #expect(throws: AdminServerError.self) {
                try await AdminServer(options, state: FakeProcess()).start()
            }
            #expect(try await call("GET", "/livez", [("Host", "localhost")]).status == 200)
        }
        try await self.withAdmin(options) { _, call async throws in
            #expect(try await call("GET", "/livez", [("Host", "localhost")]).status == 200)
        }
    }

    @Test("A Unix socket whose process is too busy to accept is not taken from it")
    func busyUnixSocket() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "admin-\(UUID().uuidString.prefix(8)).sock")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        func open() -> CInt { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0) }
        let listener = open()
        var clients: [CInt] = []
        defer { for descriptor in clients + [listener] { close(descriptor) } }
        try #require(call { bind(listener, $0, $1) } == 0 && listen(listener, 1) == 0)
        repeat { clients.append(open()) } while call { connect(clients[clients.count - 1], $0, $1) } == 0
        let server = AdminServer(AdminServerOptions(address: .unix(path: path)), state: FakeProcess())
        await #expect(throws: AdminServerError.self) { try await server.start() }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("Stopping amid connections that come, idle or wait half way through a request ends in time and in order")
    func stopAmidConnections() async throws {
        for _ in 0..<10 {
            let server = try await AdminServer(
                AdminServerOptions(address: .network(host: "127.0.0.1", port: 0)), state: FakeProcess()
            ).start()
            guard case .network(_, let port) = server.address else { return }
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            var channels: [any Channel] = []
            for number in 0..<8 {
                let channel = try await bootstrap.connect(host: "127.0.0.1", port: Int(port)).get()
                if number.isMultiple(of: 2) {
                    try await channel.writeAndFlush(ByteBuffer(string: "GET /livez HTTP/1.1\r\nHost: local")).get()
                }
                channels.append(channel)
            }
            await server.stop()
            for channel in channels { try? await channel.close() }
            await #expect(throws: (any Error).self) {
                try await bootstrap.connect(host: "127.0.0.1", port: Int(port)).get()
            }
        }
    }
}
