import OAuthModel
import TestSupport
import Testing

/// Every answer of introspection-responses.json over TCP, the tricks of transport among them.
@Suite struct IntrospectionCorpusTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let id: String
        let title: String
        let status: Int
        let contentType: String
        let fields: [(name: String, value: String)]
        let body: String
        let behaviour: String?
        let audience: String?
        let issuer: String?
        let want: [String]
        var testDescription: String { "\(self.id) \(self.title)" }
    }

    static let read = Result { () throws -> [Row] in
        let document = try TestVectors.json("introspection/introspection-responses.json")
        return (document["cases"].arrayValue ?? []).map { Row($0) }
    }
    static let rows = (try? read.get()) ?? []

    @Test("the corpus is there")
    func isThere() throws { #expect(try Self.read.get().count == 89) }

    @Test("leads to an outcome that is wanted, hit or miss, and never reaches the upstream otherwise", arguments: rows)
    func outcome(row: Row) throws {
        let server = try StubAuthorizationServer(otherwise: .scripted { try row.answer($0) })
        if row.behaviour == "refuse" { server.stop() }
        let configuration = StandardConfiguration {
            if let issuer = row.issuer { $0.server = ["issuer: \"\(issuer)\""] }
            if let audience = row.audience { $0.protectedRoute = ["audiences: [\"\(audience)\"]"] }
        }
        try withProxy(configuration.text, authorizationServer: server) { proxy throws in
            let client = try proxy.connect()
            var passed = 0
            for number in 0..<2 {
                // The same token twice, and for connections that are closed silently another one.
                let token = row.behaviour == "close_after_silently" ? "t\(number)" : "t"
                client.send(request("GET", "/api/x", token: token))
                let response = try #require(try client.readResponse())
                // A busy machine may take longer than such a token lives.
                let mayHaveExpired =
                    number == 1 && response.status == 401 && row.want.contains { $0.hasSuffix("at most that long") }
                let isWanted = mayHaveExpired || row.want.contains { $0.hasPrefix("\(response.status)") }
                #expect(isWanted, "\(response.status), not one of \(row.want)")
                if response.status == 200 { passed += 1 }
                if row.want.contains("503 with Retry-After") { #expect(response.value("retry-after") != nil) }
            }
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.count == passed)
        }
    }
}

extension IntrospectionCorpusTests.Row {
    init(_ row: JSONValue) {
        self.id = row["id"].stringValue ?? ""
        self.title = row["title"].stringValue ?? ""
        self.status = row["status"].int ?? 200
        self.contentType = row["content_type"].stringValue ?? ""
        self.fields = row["headers"].members.map { ($0.name, $0.value.stringValue ?? "") }
        self.body = row["body"].stringValue ?? ""
        self.behaviour = row["behaviour"].stringValue
        self.audience = row["route_audience"].stringValue
        self.issuer = row["route_issuer"].stringValue
        self.want = row["want"].words
    }

    /// `"@now+60"`, `"@now-1"`, `"@now*1000"` become numbers, quotes dropped.
    private static func replacingNow(_ body: String, _ now: Int) -> String {
        let parts = body.split(separator: "\"@now", omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(String(parts[0])) { text, part in
            guard let quote = part.firstIndex(of: "\"") else { return text + part }
            let sum = part[..<quote]
            let value =
                if sum.hasPrefix("*") { "\(now * (Int(sum.dropFirst()) ?? 1))" } else if sum.contains(".") {
                    "\(Double(now) + (Double(sum) ?? 0))"
                } else { "\(now + (Int(sum) ?? 0))" }
            return text + value + part[part.index(after: quote)...]
        }
    }

    private var head: String {
        var lines = ["HTTP/1.1 \(self.status) Stub"]
        if !self.contentType.isEmpty { lines.append("Content-Type: \(self.contentType)") }
        lines += self.fields.map { "\($0.name): \($0.value)" }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    func answer(_ exchange: StubExchange) throws {
        // Seconds count here: the clock is read when the answer is given.
        let text = Self.replacingNow(self.body, Int(Wall.now))
        let body = Array(text.utf8)
        let plain = "\(self.head)Content-Length: \(body.count)\r\n\r\n"
        switch self.behaviour {
        case nil: exchange.send(Array(plain.utf8) + body)
        case "hang": _ = exchange.waitForEnd()
        case "drip":
            for byte in Array(plain.utf8) + body {
                exchange.send([byte])
                guard exchange.socket.receive(until: .after(seconds: 0.2)) == .timedOut else { break }
            }
        case "cut":
            exchange.send(Array(plain.utf8) + body.prefix(body.count / 2))
            return exchange.reset()
        case "short_body": exchange.send(Array("\(self.head)Content-Length: \(body.count + 10)\r\n\r\n".utf8) + body)
        case "close_delimited": exchange.send(Array("\(self.head)\r\n".utf8) + body)
        case "chunked_ext_trailer":
            let size = String(body.count, radix: 16)
            exchange.send("\(self.head)Transfer-Encoding: chunked\r\n\r\n\(size);a=b\r\n\(text)\r\n0\r\nX-T: 1\r\n\r\n")
            return
        case "two_lengths":
            exchange.send("\(self.head)Content-Length: \(body.count)\r\nContent-Length: 2\r\n\r\n\(text)")
        case "interim":
            exchange.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + plain + text)
            return
        case "gzip":
            let zipped: [UInt8] = [
                0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0xAE, 5, 0, 0x43, 0xBF, 0xA6, 0xA3, 2, 0, 0, 0,
            ]
            exchange.send("\(self.head)Content-Encoding: gzip\r\nContent-Length: \(zipped.count)\r\n\r\n")
            exchange.send(zipped)
            return
        case "huge":
            exchange.send("\(self.head)Content-Length: \(50 << 20)\r\n\r\n{\"active\": true, \"x\": \"")
            let piece = [UInt8](repeating: 0x78, count: 1 << 16)
            while exchange.send(piece) == piece.count {}
        case "close_after_silently": exchange.send(Array(plain.utf8) + body)
        case let other: throw UnknownBehaviour(name: other ?? "")
        }
        if self.behaviour != nil { exchange.close() }
    }

    struct UnknownBehaviour: Error { let name: String }
}
