import Foundation
import TestSupport
import Testing

@Suite("Public bugs: authorization servers and what they answer") struct PublicBugServerTests {
    private typealias Answer = StubAuthorizationServer.Answer

    /// Two requests with one token: what they came to.
    private static func responses(
        to answer: StubAuthorizationServer.Answer, target: String = "/api/x", introspection: [String] = ["retries: 0"]
    ) throws -> [RawMessage] {
        var responses: [RawMessage] = []
        let server = try StubAuthorizationServer(otherwise: answer)
        try BugConfiguration.run(BugConfiguration.text(introspection: introspection), server: server) { proxy throws in
            for _ in 0..<2 {
                responses.append(try #require(try proxy.exchange(request("GET", target, token: "t"))))
            }
            try proxy.stopProxy()
            let passed = responses.count { $0.status == 200 }
            #expect(proxy.upstream.requests.count == passed)
            #expect(proxy.upstream.requests.allSatisfy { $0.value("authorization") == nil })
        }
        return responses
    }

    @Test(
        "PB-20: a server in trouble is no verdict on the token, whatever its trouble is",
        arguments: [
            Answer.status(500), .status(502, body: "bad gateway"), .status(503, fields: ["Retry-After": "3"]),
            .status(429), .scripted { $0.reset() }, .scripted { $0.close() },
            .scripted {
                $0.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"active\":")
                $0.close()
            },
        ])
    func trouble(answer: StubAuthorizationServer.Answer) throws {
        for response in try Self.responses(to: answer) {
            #expect(response.status == 503 && response.value("retry-after") != nil)
            #expect(response.value("www-authenticate") == nil)
        }
    }

    @Test(
        "PB-21: a server that is too slow is a 503 and no verdict that is remembered",
        arguments: [
            Answer.silence,
            .scripted { exchange in
                exchange.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{")
                _ = exchange.waitForEnd()
                exchange.close()
            },
            .scripted { exchange in
                while exchange.send(Array("HTTP/1.1 102 Processing\r\n\r\n".utf8)) > 0 {
                    guard case .timedOut = exchange.socket.receive(until: .after(seconds: 0.1)) else { break }
                }
                exchange.close()
            },
        ])
    func tooSlow(answer: StubAuthorizationServer.Answer) throws {
        let server = try StubAuthorizationServer(otherwise: answer)
        let text = BugConfiguration.text(introspection: ["retries: 0", "timeout: 300ms", "breaker: {open: 100ms}"])
        try BugConfiguration.run(text, server: server) { proxy throws in
            let before = Deadline.now
            let refusal = try #require(try proxy.exchange(request("GET", "/api/x", token: "t")))
            // A machine under load has its share; a second timeout of ten seconds has not.
            #expect([502, 503].contains(refusal.status) && Deadline.now - before < 5_000_000_000)
            server.setOtherwise(.active(#""scope":"read","sub":"a""#))
            try eventually("the token's own answer") {
                try proxy.exchange(request("GET", "/api/x", token: "t"))?.status == 200
            }
        }
    }

    @Test(
        "PB-22: an inactive token is a 401, and an answer that is none is the server's fault",
        arguments: [
            (Answer.inactive, [401]), (.json(#"{"active":false,"scope":"read","sub":"a"}"#), [401]),
            (.status(200, fields: ["Content-Type": "text/html"], body: "<html>ok</html>"), [502, 503]),
            (.json("active"), [502, 503]), (.json(""), [502, 503]), (.json("[]"), [502, 503]),
            (.json("{}"), [502, 503]),
            (.json(#"{"active":"true"}"#), [502, 503]), (.json(#"{"active":1}"#), [502, 503]),
            (.json(#"{"active":true,"active":false}"#), [502, 503]), (.status(204), [502, 503]),
        ])
    func verdicts(answer: StubAuthorizationServer.Answer, statuses: [Int]) throws {
        for response in try Self.responses(to: answer) { #expect(statuses.contains(response.status)) }
    }

    @Test(
        "PB-23: nothing of what a server says of us reaches the client",
        arguments: [
            Answer.status(401, fields: ["WWW-Authenticate": "Basic realm=\"leak\""], body: "<p>leak</p>"),
            .status(404, body: "leak"), .status(400, body: #"{"error":"leak","error_description":"leak"}"#),
            .status(403, fields: ["X-Leak": "leak", "Set-Cookie": "leak=1"], body: "leak"),
            .status(500, fields: ["Server": "leak"], body: "leak"), .status(302, fields: ["Location": "http://leak/"]),
        ])
    func leaks(answer: StubAuthorizationServer.Answer) throws {
        for response in try Self.responses(to: answer) {
            #expect([500, 502, 503].contains(response.status))
            let isSilent = !response.description.contains("leak") && !response.text.contains("leak")
            #expect(isSilent)
        }
    }

    @Test(
        "PB-24, PB-25: an audience is a string or a list; null is none",
        arguments: [
            (#""aud":"api""#, 200), (#""aud":["api"]"#, 200), (#""aud":["x","api"]"#, 200), (#""aud":null"#, 401),
            (#""aud":[]"#, 401), (#""aud":"API""#, 401), (#""aud":["ap","i"]"#, 401), (#""client_id":"api""#, 401),
        ])
    func audiences(member: String, status: Int) throws {
        let answer = Answer.active(#""scope":"read","sub":"a",\#(member)"#)
        #expect(try Self.responses(to: answer, target: "/audience/x").map(\.status) == [status, status])
        // Where no audience is asked for, none of these is one's fault.
        #expect(try Self.responses(to: answer, target: "/any/x").map(\.status) == [200, 200])
    }

    @Test(
        "PB-26: a token of another kind is no access token, active or not",
        arguments: [
            #""token_use":"refresh_token""#, #""token_use":"id_token""#, #""token_type":"refresh_token""#,
            #""token_type":"N_A""#, #""token_use":"authorize_code""#, #""cnf":{"x5t#S256":"x"}"#,
        ])
    func otherKinds(member: String) throws {
        let answer = Answer.active(#""scope":"read","sub":"a",\#(member)"#)
        #expect(try Self.responses(to: answer).map(\.status) == [401, 401])
    }

    @Test(
        "PB-27: an answer without measure is cut at a small limit, with a length or without an end",
        arguments: ["Content-Length: 104857600\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n100000\r\n", "\r\n", "X: "])
    func endless(beginning: String) throws {
        let sent = Monitor(0)
        let answer = Answer.scripted { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + beginning)
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
            while sent.current < 100 << 20 {
                let count = exchange.send(piece)
                sent.withLock { $0 += count }
                if count < piece.count { break }
            }
            exchange.close()
        }
        for response in try Self.responses(to: answer) { #expect([502, 503].contains(response.status)) }
        // What sockets hold is not what we read.
        #expect(sent.current < 40 << 20)
    }

    @Test(
        "PB-28: an answer without exp is good, for the configured time only",
        arguments: [#""scope":"read","sub":"a""#, #""scope":"read","sub":"a","exp":null"#])
    func withoutExpiry(members: String) throws {
        let server = try StubAuthorizationServer(otherwise: .active(members))
        try BugConfiguration.run(BugConfiguration.text(server: ["cache: {ttl: 1s}"]), server: server) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x", token: "t"))?.status == 200)
            server.setOtherwise(.inactive)
            try eventually("the end of the lifetime") {
                try proxy.exchange(request("GET", "/api/x", token: "t"))?.status == 401
            }
        }
    }

    @Test(
        "PB-68: what proves who we are goes to the introspection endpoint and nowhere else",
        arguments: ["client_secret_basic", "client_secret_post"])
    func credentials(method: String) throws {
        let folder = try ScratchFolder()
        let secret = folder.file("secret")
        try Data("our-secret".utf8).write(to: URL(filePath: secret))
        let authentication = "{method: \(method), client_id: us, client_secret: {file: \"\(secret)\"}}"
        let text = BugConfiguration.text(introspection: ["client_authentication: \(authentication)"])
        try BugConfiguration.run(text) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x?a=b", token: "reader"))?.status == 200)
            let question = try #require(proxy.authorizationServer.requests.first)
            let ours = method == "client_secret_basic" ? question.value("authorization") ?? "" : question.text
            #expect(
                ours.contains(
                    method == "client_secret_basic" ? "Basic dXM6b3VyLXNlY3JldA==" : "client_secret=our-secret"))
            #expect(!question.fields.map(\.text).contains { $0.contains("reader") })
            let seen = try #require(proxy.upstream.requests.first)
            let leaked = seen.fields.contains { ["secret", "reader", "dXM6"].contains(where: $0.text.contains) }
            #expect(!leaked)
        }
    }
}
