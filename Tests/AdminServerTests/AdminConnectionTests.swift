import NIOCore
import NIOPosix
import Testing

@testable import AdminServer

@Suite("Connections of the admin listener (SPEC §6)") struct AdminConnectionTests {
    private static let loopback = AdminServerOptions(address: .network(host: "127.0.0.1", port: 0))
    private static let halfHead = "GET /livez HTTP/1.1\r\nHost: local"

    private func withAdmin(
        times: AdminTimes = AdminTimes(), _ body: (RawClients) async throws -> Void
    ) async throws {
        var server = AdminServer(Self.loopback, state: FakeProcess())
        server.times = times
        let running = try await server.start()
        guard case .network(_, let port) = running.address else { return }
        let clients = RawClients(port: Int(port))
        do {
            try await body(clients)
            await running.stop()
        } catch {
            await running.stop()
            throw error
        }
    }

    @Test(
        "As many silent connections as there may be, or twice that, do not keep a liveness probe out",
        arguments: [1, 2])
    func silentConnections(times: Int) async throws {
        try await self.withAdmin { clients in
            var silent: [RawClient] = []
            for number in 0..<(AdminServer<FakeProcess>.connectionsMax * times) {
                silent.append(try await clients.connect(saying: number.isMultiple(of: 2) ? Self.halfHead : ""))
            }
            for _ in 0..<5 { #expect(try await clients.status("GET /livez HTTP/1.1\r\nHost: localhost\r\n") == 200) }
            // Those that were silent longest went.
            _ = try await silent[0].untilClosed()
            for client in silent { try? await client.close() }
        }
    }

    @Test("A request that does not come whole in time ends its connection", arguments: ["", Self.halfHead])
    func requestTime(said: String) async throws {
        try await self.withAdmin(times: AdminTimes(request: .milliseconds(50))) { clients in
            let client = try await clients.connect(saying: said)
            #expect(try await client.untilClosed() == "")
        }
    }

    @Test("A connection that has been answered is kept for the next request, and not for longer than its time")
    func nextRequestTime() async throws {
        try await self.withAdmin(times: AdminTimes(nextRequest: .milliseconds(200))) { clients in
            let client = try await clients.connect(
                saying: "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let answers = try await client.untilClosed()
            #expect(answers.split(separator: "HTTP/1.1 200 OK").count == 2)
        }
    }

    @Test(
        "A repeated Host is refused, the authority of an absolute-form target counts like a Host",
        arguments: [
            ("GET /routes HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n", 400),
            ("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
            ("GET /livez HTTP/1.1\r\nhost: localhost\r\nHOST: \r\n", 400),
            ("GET http://evil.com/livez HTTP/1.1\r\nHost: localhost\r\n", 403),
            ("GET http://evil.com/routes HTTP/1.1\r\nHost: localhost\r\n", 403),
            ("GET http://evil.com HTTP/1.1\r\nHost: localhost\r\n", 403),
            ("GET http://localhost@evil.com/livez HTTP/1.1\r\nHost: localhost\r\n", 403),
            ("GET http://evil.com:80/livez HTTP/1.1\r\nHost: 127.0.0.1\r\n", 403),
            ("GET http://localhost/livez HTTP/1.1\r\nHost: evil.com\r\n", 403),
            ("GET http:///livez HTTP/1.1\r\nHost: localhost\r\n", 403),
            ("GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\n", 200),
            ("GET http://127.0.0.1:9901/livez HTTP/1.1\r\nHost: localhost\r\n", 200),
        ])
    func hosts(head: String, status: Int) async throws {
        try await self.withAdmin { clients in
            let answered = try await clients.status(head)
            // What the decoder itself finds malformed is refused before us.
            #expect(answered == status || (status == 403 && answered == 400), "\(String(describing: answered))")
        }
    }

    @Test(
        "RFC 9112 §3.2: HTTP/1.1 names one Host, else 400; HTTP/1.0 may leave it out and means the address it came to",
        arguments: [
            ("GET /livez HTTP/1.1\r\n", 400), ("GET /routes HTTP/1.1\r\nOrigin: http://localhost\r\n", 400),
            ("GET http://localhost/livez HTTP/1.1\r\n", 400), ("GET http://evil.com/livez HTTP/1.1\r\n", 400),
            ("GET http://evil.com/livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
            ("GET /livez HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n", 400),
            ("GET /livez HTTP/1.0\r\nHost: evil.com\r\n", 403), ("GET http://evil.com/livez HTTP/1.0\r\n", 403),
            ("GET /livez HTTP/1.0\r\n", 200), ("GET http://localhost/livez HTTP/1.0\r\n", 200),
        ])
    func missingHost(head: String, status: Int) async throws {
        try await self.withAdmin { clients throws in
            let answered = try await clients.status(head)
            #expect(answered == status)
        }
    }

    @Test(
        "RFC 9112 §9.3, §9.6: the answer to a client's last request says close, and is the connection's last",
        arguments: [
            ("HTTP/1.1", "Connection: close\r\n"), ("HTTP/1.1", "Connection: Close\r\n"),
            ("HTTP/1.1", "connection: close, TE\r\n"), ("HTTP/1.1", "Connection: TE,CLOSE\r\n"),
            ("HTTP/1.1", "Connection: TE\r\nConnection: close\r\n"), ("HTTP/1.0", ""),
            ("HTTP/1.0", "Connection: keep-alive\r\n"),
            ("HTTP/1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"),
        ])
    func lastRequest(version: String, fields: String) async throws {
        try await self.withAdmin { clients in
            let another = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let last = "GET /livez \(version)\r\nHost: localhost\r\n\(fields)\r\n"
            let client = try await clients.connect(saying: another + last + another)
            let answers = try await client.untilClosed().split(separator: "HTTP/1.1 200 OK\r\n")
            #expect(answers.map { $0.contains("Connection: close\r\n") } == [false, true])
        }
    }

    @Test(
        "Where a target has an authority and where it has none",
        arguments: [
            ("/routes", nil as String?), ("*", nil), ("//evil.com/routes", nil), ("", nil),
            ("http://evil.com/x", "evil.com"), ("HTTP://evil.com:1?x", "evil.com:1"), ("http://[::1]/", "[::1]"),
            ("evil.com:443", ""), ("http:/routes", ""), ("routes", ""), ("x://a#b", "a"),
        ])
    func authorities(target: String, authority: String?) {
        #expect(AdminAccess.authority(ofTarget: target) == authority)
    }
}

@Suite("Seats of the admin listener") struct AdminSeatsTests {
    @Test("The one that was silent longest goes, one that is answered only when all are")
    func order() {
        var seats = AdminSeats(seatsMax: 3)
        let numbers = (0..<3).map { _ in seats.enter().number }
        // The first has had an answer since: the second has been silent longest.
        seats.asked(numbers[0])
        seats.answered(numbers[0])
        #expect(seats.enter().leaving == numbers[1])
        seats.asked(numbers[2])
        #expect(seats.enter().leaving == numbers[0])
        #expect(seats.count == 3)
    }

    @Test("With everybody being answered the oldest goes; there are never more than may be")
    func allBusy() {
        var seats = AdminSeats(seatsMax: 2)
        let numbers = (0..<2).map { _ in seats.enter().number }
        for number in numbers { seats.asked(number) }
        #expect(seats.enter().leaving == numbers[0])
        seats.leave(numbers[1])
        #expect(seats.enter().leaving == nil)
        #expect(seats.count == 2)
        // News of one that has gone changes nothing.
        seats.answered(numbers[0])
        #expect(seats.count == 2)
    }
}
