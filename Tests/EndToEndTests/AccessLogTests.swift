import Foundation
import OAuthModel
import TestSupport
import Testing

@Suite("The access log (SPEC §8)") struct AccessLogTests {
    private static let active = StubAuthorizationServer.Answer.active(
        #""scope":"read","sub":"alice","client_id":"app""#)

    /// What the log says of some requests, one after the other on one connection.
    private func lines(
        of requests: [String], answers: StubAuthorizationServer.Answer = active
    ) throws -> (text: String, lines: [JSONObject]) {
        let path = FileManager.default.temporaryDirectory.appending(path: "access-\(UUID().uuidString).log").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try StubAuthorizationServer(otherwise: answers)
        try withProxy(authorizationServer: server, logsTo: path) { proxy throws in
            let client = try proxy.connect()
            for request in requests {
                client.send(request)
                _ = try client.readResponse()
            }
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = try text.split(separator: "\n").map { line throws -> JSONObject in
            guard case .object(let members) = try JSONReader.read(Array(line.utf8)) else { throw NotAnObject() }
            return members
        }
        return (text, lines)
    }

    private struct NotAnObject: Error {}

    @Test("a line says which token it was, where its answer came from, how long the server took and whose it is")
    func namesTokens() throws {
        let (_, lines) = try self.lines(of: [
            request("GET", "/api/x", token: "one"), request("GET", "/api/x", token: "one"),
            request("GET", "/api/x", token: "two"), request("GET", "/api/x"),
        ])
        try #require(lines.count == 4)
        #expect(lines.map { $0["cache"]?.stringValue } == ["miss", "hit", "miss", nil])
        #expect(lines.map { $0["authorization_server_ms"] != nil } == [true, false, true, false])
        #expect(lines.map { $0["sub"]?.stringValue } == ["alice", "alice", "alice", nil])
        #expect(lines.map { $0["client_id"]?.stringValue } == ["app", "app", "app", nil])
        let tokens = lines.map { $0["token"]?.stringValue }
        #expect(tokens[0]?.utf8.count == 16 && tokens[0] == tokens[1] && tokens[2] != tokens[0] && tokens[3] == nil)
        #expect(lines.allSatisfy { $0["decision_ms"] != nil && $0["duration_ms"] != nil })
    }

    @Test("a reader of the log reads the names that tokens have, and no more of one than a name is long")
    func namesAsTheyAre() throws {
        let name = "Ἀλίκη \u{2028}\u{1F600}\\u0041\""
        let long = "x" + String(repeating: "é", count: 10_000)
        for (subject, expected) in [(name, name), (long, String(long.prefix(128)))] {
            let member = String(decoding: JSONWriter.write(.string(subject)), as: UTF8.self)
            let (_, lines) = try self.lines(
                of: [request("GET", "/api/x", token: "tok")],
                answers: .active(#""scope":"write","sub":\#(member)"#))
            #expect(lines.map { $0["sub"]?.stringValue } == [expected], "\(lines)")
        }
    }

    @Test("refusals name the token and its subject as well")
    func namesRefusedTokens() throws {
        let write = StubAuthorizationServer.Answer.active(#""scope":"write","sub":"bob""#)
        let (_, lines) = try self.lines(
            of: Array(repeating: request("GET", "/api/x", token: "tok"), count: 2), answers: write)
        try #require(lines.count == 2)
        #expect(lines.map { $0["reason"]?.stringValue } == ["insufficient_scope", "insufficient_scope"])
        #expect(lines.map { $0["sub"]?.stringValue } == ["bob", "bob"])
        #expect(lines.map { $0["cache"]?.stringValue } == ["miss", "hit"])
        #expect(lines[0]["token"] != nil && lines[0]["token"] == lines[1]["token"])
    }

    @Test("PB-63: nothing that a client or a token says begins a line or a field of its own")
    func forgesNothing() throws {
        let forged = #"x","status":200,"sub":"root"#
        let subject = StubAuthorizationServer.Answer.active(
            #""scope":"read","sub":"a\u2028\",\"status\":200,\"b\u001b[31m","client_id":"c\r\nd""#)
        for request in [
            request("GET", "/api/\(forged)", token: "t"), request("GET", "/public/x", ["User-Agent: \(forged)"]),
            request("GET", "/public/x", ["User-Agent: \u{1B}[31mred\u{7}"]),
            request("GET", "/public/%1b%5b31m%0d%0ax"), request("GET", "/public/x", ["X-Request-Id: \(forged)"]),
            request("GET", "/api/x", token: "t"), request("GET", "/api/x", ["traceparent: \(forged)"]),
            request("G\"T", "/public/x"), request("GET", "/public/'-;\u{E4}"),
        ] {
            let (text, lines) = try self.lines(of: [request], answers: subject)
            #expect(lines.count == 1)
            let isPlain = text.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) }
            #expect(isPlain)
            #expect(lines.first?.members.count { $0.name == "status" } == 1)
            #expect(lines.first?["sub"]?.stringValue != "root")
        }
    }

    @Test("an answer that its client left in the middle has its status, the bytes that were sent, and who left")
    func namesCutAnswers() throws {
        let folder = try ScratchFolder()
        let path = folder.file("access.log")
        let hasEnded = Monitor(false)
        let upstream = try StubUpstream { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun")
            _ = exchange.waitForEnd()
            hasEnded.withLock { $0 = true }
            exchange.close()
        }
        try withProxy(upstream: upstream, logsTo: path) { proxy throws in
            let client = try proxy.connect()
            client.send(request("GET", "/public/x"))
            _ = try client.readResponseHead()
            client.reset()
            // A stop that overtook the client's end would be the reason instead.
            try hasEnded.wait(for: "the upstream's connection to end", until: .after(seconds: 20)) { !$0 }
        }
        let log = try String(contentsOfFile: path, encoding: .utf8)
        for member in [#""reason":"client_gone""#, #""status":200"#, #""bytes":5,"#] {
            #expect(log.contains(member), "\(log)")
        }
    }

    @Test("of what `report_only` let pass the log says what it was let pass in spite of, and how it ended")
    func namesReportedEnds() throws {
        let folder = try ScratchFolder()
        let path = folder.file("access.log")
        let upstream = try StubUpstream { exchange in exchange.reset() }
        let configuration = StandardConfiguration { $0.protectedRoute = ["report_only: true"] }
        try withProxy(configuration.text, upstream: upstream, logsTo: path) { proxy throws in
            #expect(try proxy.exchange(request("GET", "/api/x"))?.status == 502)
        }
        let log = try String(contentsOfFile: path, encoding: .utf8)
        for member in [
            #""decision":"reported""#, #""reason":"no_credentials""#, #""end":"upstream_unreachable""#,
            #""status":502"#,
        ] {
            #expect(log.contains(member), "\(log)")
        }
    }

    @Test("an upstream's time is said of tunnels and of answers that did not come; the root of a server is `/`")
    func namesUpstreamTimes() throws {
        let folder = try ScratchFolder()
        let path = folder.file("access.log")
        let upstream = try StubUpstream { exchange in
            guard exchange.target.hasPrefix("/ws") else { return exchange.reset() }
            try exchange.echoTunnel()
        }
        let configuration = StandardConfiguration {
            $0.top = ["  - {name: root, paths: [/], access: public, upstream: main}"]
        }
        try withProxy(configuration.text, upstream: upstream, logsTo: path) { proxy throws in
            #expect(try proxy.exchange(request("GET", "http://api.test"))?.status == 502)
            let client = try proxy.connect()
            client.send(TunnelTests.handshake())
            #expect(try client.readResponse()?.status == 101)
            client.finishWriting()
            _ = try client.readToEnd()
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains("\"upstream_ms\":") })
        #expect(lines[0].contains("\"path\":\"/\","))
    }

    @Test("a head that was refused has its line with status, method, bytes and durations")
    func namesRefusedHeads() throws {
        let folder = try ScratchFolder()
        let path = folder.file("access.log")
        let configuration = StandardConfiguration { $0.top = ["timeouts: {head: 200ms}"] }
        var contents: [Int] = []
        try withProxy(configuration.text, logsTo: path) { proxy throws in
            for beginning in ["PUT /public/\u{1} HTTP/1.1\r\n", "GET /public/x HTTP/1.1\r\nHost: "] {
                let client = try proxy.connect()
                client.send(beginning)
                let response = try #require(try client.readResponse())
                #expect(response.status >= 400)
                contents.append(response.body.count)
            }
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        try #require(lines.count == 2)
        for (line, (status, method)) in zip(lines, [("400", "PUT"), ("408", "GET")]) {
            #expect(line.contains("\"status\":\(status),") && line.contains("\"method\":\"\(method)\""))
            let bytes = try #require(line.firstMatch(of: /"bytes":(\d+)/)).1
            #expect(Int(bytes) == contents.removeFirst(), "only content is counted, as of answers that are passed on")
            #expect(line.contains("\"decision_ms\":"))
        }
        let took = try #require(lines[1].firstMatch(of: /"duration_ms":([0-9.]+)/)).1
        #expect(Double(took) ?? 0 >= 190)
    }

    @Test("no token and no query is written, whatever becomes of the request")
    func writesNoSecret() throws {
        let secret = "SECRET-token.value"
        let (text, lines) = try self.lines(of: [
            request("GET", "/api/x?access_token=\(secret)&q=QUERY", token: secret),
            request("GET", "/nowhere?access_token=\(secret)", token: secret),
            request("GET", "/api/x", ["Authorization: Bearer \(secret) extra"]),
            request("GET", "/api/x", ["Authorization: Basic \(secret)"]),
        ])
        #expect(lines.count == 4)
        #expect(!text.contains("SECRET") && !text.contains("QUERY"))
    }
}
