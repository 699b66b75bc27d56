import OAuthModel
import Testing

@testable import DevAuthorizationServer

@Suite("Connections")
struct ConnectionTests {
    private static let alive = "GET /health/alive HTTP/1.1\r\nHost: localhost\r\n"

    @Test(
        "a connection that stalls is cut: before a request, in its head, in its body, after an answer",
        arguments: [
            ("", nil as Int?), ("GET /health/alive HTTP/1.1\r\nHost: local", nil),
            ("POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ngrant_type=", nil),
            (Self.alive + "\r\n", 200), (Self.alive + "\r\n" + Self.alive, 200),
        ])
    func stalling(said: String, status: Int?) async throws {
        try await withServer({ $0.stepLimit = .milliseconds(500) }) { server in
            let connection = try await RawConnection.open(server.running.publicPort)
            // On a busy machine the time may be over before anything was said.
            if !said.isEmpty { try? await connection.say(said) }
            let answer = RawAnswer(text: await connection.hearAll())
            #expect(answer.status == nil || answer.status == status)
        }
    }

    @Test("with all connections taken the next one waits, and comes when one goes")
    func crowd() async throws {
        try await withServer({ $0.connectionsMax = 2 }) { server in
            let port = server.running.publicPort
            let first = try await RawConnection.open(port)
            let second = try await RawConnection.open(port)
            for connection in [first, second] {
                try await connection.say(Self.alive + "\r\n")
                #expect(await connection.hear(until: "ok").contains("200 OK"))
            }
            let third = try await RawConnection.open(port)
            try await third.say(Self.alive + "Connection: close\r\n\r\n")
            try await first.close()
            #expect(RawAnswer(text: await third.hearAll()).status == 200)
            try await second.close()
        }
    }

    @Test(
        "RFC 9112 §3.2: HTTP/1.1 without a Host, with two, or with a malformed one is 400",
        arguments: [
            "", "Host: localhost\r\nHost: localhost\r\n", "Host: localhost\r\nhost: \r\n", "Host: a b\r\n",
            "Host: localhost:a\r\n", "Host: user@localhost\r\n", "Host: [::1\r\n", "Host: a/b\r\n",
        ])
    func badHosts(fields: String) async throws {
        try await withServer { server in
            for port in [server.running.publicPort, server.running.adminPort] {
                let answer = try await RawConnection.answer(to: "GET /health/alive HTTP/1.1\r\n\(fields)", at: port)
                #expect(answer.status == 400)
                #expect(answer.text.contains("Host"))
            }
        }
    }

    @Test("HTTP/1.0 may leave the Host out and means the address it came to")
    func oldVersion() async throws {
        try await withServer { server in
            for port in [server.running.publicPort, server.running.adminPort] {
                let head = "GET /health/alive HTTP/1.0\r\nExpect: a-miracle\r\n"
                let answer = try await RawConnection.answer(to: head, at: port)
                #expect(answer.status == 200)
            }
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
        try await withServer { server in
            for port in [server.running.publicPort, server.running.adminPort] {
                let connection = try await RawConnection.open(port)
                let last = "GET /health/alive \(version)\r\nHost: localhost\r\n\(fields)\r\n"
                try await connection.say(Self.alive + "\r\n" + last + Self.alive + "\r\n")
                let answers = await connection.hearAll().split(separator: "HTTP/1.1 200 OK\r\n")
                #expect(answers.map { $0.contains("Connection: close\r\n") } == [false, true])
            }
        }
    }

    @Test(
        "RFC 9110 §9.3.2: no content follows the head that answers HEAD, whatever the answer is",
        arguments: [
            ("/health/alive", "Host: localhost\r\n", 200), ("/admin/oauth2/introspect", "Host: localhost\r\n", 405),
            ("/nothing", "Host: localhost\r\n", 404),
            ("/nothing", "Host: localhost\r\nAccept: text/html\r\n", 404),
            ("/nothing", "Host: localhost\r\nAccept: text/plain\r\n", 404), ("/a%FF", "Host: localhost\r\n", 400),
            ("/clients", "Host: localhost\r\n", 307), ("/health/alive", "", 400),
            ("/health/alive", "Host: localhost\r\nHost: localhost\r\n", 400),
            ("/health/alive", "Host: localhost\r\nExpect: a-miracle\r\n", 417),
            ("/health/alive", "Host: evil.example\r\n", 403),
            ("/health/alive", "Host: localhost\r\nOrigin: http://evil.example\r\n", 403),
        ])
    func headRequests(path: String, fields: String, status: Int) async throws {
        try await withServer { server in
            let connection = try await RawConnection.open(server.running.adminPort)
            let head = "HEAD \(path) HTTP/1.1\r\n\(fields)\r\n"
            try await connection.say(head + Self.alive + "Connection: close\r\n\r\n")
            let answers = await connection.hearAll()
            #expect(RawAnswer(text: answers).status == status)
            // Where the head ends the next answer begins.
            let rest = answers.split(separator: "\r\n\r\n", maxSplits: 1).last
            #expect(rest?.hasPrefix("HTTP/1.1 200 OK\r\n") == true, "\(answers)")
        }
    }

    @Test("RFC 9110 §10.1.1: 100-continue is answered before the body comes, and after the answer before")
    func continuing() async throws {
        try await withServer { server in
            let connection = try await RawConnection.open(server.running.publicPort)
            let post =
                "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-Continue\r\nContent-Length: 12\r\n"
            try await connection.say(post + "\r\n")
            #expect(await connection.hear(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.say("grant_type=x" + post + "\r\n")
            let rest = await connection.hear(until: "100 Continue\r\n\r\n")
            #expect(rest.hasPrefix("HTTP/1.1 400"))
            #expect(rest.hasSuffix("HTTP/1.1 100 Continue\r\n\r\n"))
            try await connection.say("grant_type=x")
            #expect(await connection.hear(until: "invalid_request").hasPrefix("HTTP/1.1 400"))
            try await connection.close()
        }
    }

    @Test("an expectation that nobody knows is 417", arguments: ["a-miracle", "100-continue, a-miracle", "100"])
    func unknownExpectations(expectation: String) async throws {
        try await withServer { server in
            let head = "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nExpect: \(expectation)\r\n"
            let answer = try await RawConnection.answer(
                to: head + "Content-Length: 0\r\n", at: server.running.publicPort)
            #expect(answer.status == 417)
        }
    }
}

@Suite("Steps of a connection")
struct ConnectionStepTests {
    @Test("a 100 Continue goes out behind the answers that are owed before it, and not once the body comes")
    func order() {
        var steps = ConnectionSteps()
        #expect(steps.head(expectsContinue: true).saysContinue)
        _ = steps.end()
        #expect(!steps.head(expectsContinue: true).saysContinue)
        #expect(steps.answered().saysContinue)
        #expect(!steps.answered().saysContinue)

        var hasty = ConnectionSteps()
        _ = hasty.head(expectsContinue: false)
        _ = hasty.end()
        _ = hasty.head(expectsContinue: true)
        hasty.body()
        #expect(!hasty.answered().saysContinue)
    }

    @Test("an answer that goes out before the body is there gives the body no more time")
    func earlyAnswer() {
        var steps = ConnectionSteps()
        #expect(steps.head(expectsContinue: false).isNewStep)
        #expect(!steps.answered().isNewStep)
        #expect(steps.end().isNewStep)
        #expect(steps.head(expectsContinue: false).isNewStep)
        #expect(steps.end().isNewStep)
        #expect(steps.answered().isNewStep)
    }
}
