import HTTPWire
import Testing

@testable import ProxyCore

@Suite struct UpstreamResponseHeadTests {
    struct Written {
        let text: String
        let framing: BodyFraming
    }

    static func write(
        _ lines: [String], status: String = "200 OK", version: String = "1.1", method: HTTPWire.Method = .get,
        clientVersion: UInt8 = 1, closes: Bool = false, date: String = ""
    ) throws -> Written {
        let raw = [UInt8]((["HTTP/\(version) \(status)"] + lines).joined(separator: "\r\n").utf8) + [13, 10, 13, 10]
        var parser = ResponseHeadParser(limits: HeadLimits())
        try #require(try parser.parse(raw.span) == .complete)
        let head = ResponseHead(bytes: raw.span, index: parser.index)
        let fixture = try ForwardingFixture.open()
        let grant = try #require(try fixture.forwarded().grant)
        var writer = HeadWriter()
        let framing = UpstreamResponseHead.write(
            head, framing: head.framing(for: method), grant: grant, minorVersion: clientVersion, closes: closes,
            date: [UInt8](date.utf8), into: &writer)
        return Written(text: String(decoding: writer.bytes, as: UTF8.self), framing: framing)
    }

    @Test("hop-by-hop fields and nominated ones end here")
    func removesHopByHopFields() throws {
        let written = try Self.write([
            "Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1", "Upgrade: h2c",
            "Proxy-Authenticate: Basic",
            "Content-Length: 2", "X-Stays: 2", "Set-Cookie: a=b",
        ])
        #expect(
            written.text
                == "HTTP/1.1 200 OK\r\nX-Stays: 2\r\nSet-Cookie: a=b\r\nVia: 1.1 bearergate\r\nContent-Length: 2\r\n\r\n"
        )
    }

    @Test("content is framed for this client: chunks for HTTP/1.1, the connection's end for HTTP/1.0")
    func frames() throws {
        let chunked = try Self.write(["Transfer-Encoding: chunked"])
        #expect(chunked.framing == .chunked && chunked.text.contains("\r\nTransfer-Encoding: chunked\r\n\r\n"))
        let old = try Self.write(["Transfer-Encoding: chunked"], clientVersion: 0)
        #expect(old.framing == .untilClose && old.text.hasSuffix("\r\nConnection: close\r\n\r\n"))
        #expect(!old.text.lowercased().contains("transfer-encoding"))
        let endless = try Self.write([], version: "1.0")
        #expect(endless.framing == .chunked && endless.text.hasPrefix("HTTP/1.1 200 OK\r\nVia: 1.0 bearergate\r\n"))
        #expect(
            try Self.write(["Content-Length: 5"], clientVersion: 0).text.hasSuffix("Connection: keep-alive\r\n\r\n"))
        #expect(try Self.write(["Content-Length: 5"], closes: true).text.hasSuffix("Connection: close\r\n\r\n"))
    }

    @Test("RFC 9110 §8.6: answers to HEAD and 304 keep the length they state, 204 has none")
    func statesLength() throws {
        let head = try Self.write(["Content-Length: 5"], method: .head)
        #expect(head.framing == .none && head.text.contains("\r\nContent-Length: 5\r\n"))
        #expect(try Self.write(["Content-Length: 5"], status: "304 Not Modified").text.contains("Content-Length: 5"))
        #expect(try !Self.write(["Content-Length: 0"], status: "204 No Content").text.contains("Content-Length"))
        #expect(try !Self.write(["Transfer-Encoding: chunked"], method: .head).text.contains("Transfer-Encoding"))
    }

    @Test(
        "RFC 9110 §6.6.1: a response without a Date that goes on gets ours, one with a Date keeps it",
        arguments: [
            ([], ["now"]), (["Connection: date"], ["now"]), (["Connection: Date", "Date: then"], ["now"]),
            (["Connection: x, dATE", "date: then"], ["now"]),
            (["Date: then", "Connection: close", "Connection: date"], ["now"]), (["Date: then"], ["then"]),
            (["Date: then", "Connection: keep-alive, Dates"], ["then"]),
        ] as [([String], [String])])
    func addsDate(lines: [String], dates: [String]) throws {
        let written = try Self.write(lines, date: "now").text.split(separator: "\r\n")
            .filter { $0.lowercased().hasPrefix("date: ") }.map { String($0.dropFirst("date: ".count)) }
        #expect(written == dates)
    }

    @Test("a 101 is passed on as WebSocket only")
    func switches() throws {
        func agrees(
            _ lines: [String], status: String = "101 Switching Protocols", version: String = "1.1"
        ) throws -> Bool {
            let raw =
                [UInt8]((["HTTP/\(version) \(status)"] + lines).joined(separator: "\r\n").utf8) + [13, 10, 13, 10]
            var parser = ResponseHeadParser(limits: HeadLimits())
            try #require(try parser.parse(raw.span) == .complete)
            return UpstreamResponseHead.switchesToWebSocket(ResponseHead(bytes: raw.span, index: parser.index))
        }
        #expect(try agrees(["Connection: Upgrade", "Upgrade: WebSocket"]))
        #expect(try !agrees(["Connection: Upgrade", "Upgrade: WebSocket"], version: "1.0"))
        #expect(try !agrees(["Connection: Upgrade", "Upgrade: h2c"]))
        #expect(try !agrees(["Upgrade: websocket"]))
        #expect(try !agrees(["Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"]))
        #expect(try !agrees(["Connection: Upgrade", "Upgrade: websocket"], status: "200 OK"))
    }

    @Test(
        "RFC 9110 §6.5.1: trailers of framing, routing, credentials, content and conditions are dropped",
        arguments: [
            "Content-Length: 5", "Host: evil", "Authorization: evil", "X-Auth-Subject: evil", "X_Auth_Scope: evil",
            "X-Forwarded-For: evil", "Content-Type: evil", "Content-MD5: evil", "If-Match: evil", "Cookie: evil",
            "TE: evil",
            "Transfer-Encoding: chunked", "Cache-Control: evil", "X-Request-Id: evil", "Content_Length: 5",
            "Trailer: evil",
        ])
    func dropsTrailers(line: String) throws {
        let fixture = try ForwardingFixture.open()
        let message = try fixture.forwarded(
            "/x", ["Transfer-Encoding: chunked"], method: "POST",
            body: "0\r\nX-Sum: 1\r\n\(line)\r\nGrpc-Status: 0\r\n\r\n")
        #expect(message.trailers.map(\.name) == ["X-Sum", "Grpc-Status"])
    }

    @Test("RFC 9110 §7.6.1: a nomination covers the trailer of that name as well")
    func dropsNominatedTrailers() throws {
        let fixture = try ForwardingFixture.open()
        let message = try fixture.forwarded(
            "/x", ["Transfer-Encoding: chunked", "Connection: close, x-hop", "Connection: X-Other"], method: "POST",
            body: "0\r\nX-Hop: 1\r\nX-Sum: 1\r\nx-other: 1\r\n\r\n")
        #expect(message.trailers.map(\.name) == ["X-Sum"])
    }
}
