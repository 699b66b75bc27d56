import HTTPWire
import Testing

@Suite("Request heads")
struct RequestHeadParserTests {
    static func index(_ head: String) throws(WireError) -> RequestHeadIndex {
        var parser = RequestHeadParser(limits: HeadLimits())
        let bytes = Array(head.utf8)
        guard try parser.parse(bytes.span) == .complete else { return RequestHeadIndex() }
        return parser.index
    }

    static func text(_ range: ByteRange, _ head: String) -> String {
        String(decoding: Array(head.utf8)[Int(range.lower)..<Int(range.upper)], as: UTF8.self)
    }

    @Test(
        "RFC 9112 §3, §5, §6: each refusal has its own name",
        arguments: [
            (" GET / HTTP/1.1\r\n", WireError.invalidMethod), ("G@T / HTTP/1.1\r\n", .invalidMethod),
            ("\nGET / HTTP/1.1\r\n", .bareLineFeed), ("\rGET / HTTP/1.1\r\n", .bareCarriageReturn),
            ("GET  / HTTP/1.1\r\n", .invalidTargetForm), ("GET x HTTP/1.1\r\n", .invalidTargetForm),
            ("GET /#f HTTP/1.1\r\n", .invalidTargetOctet), ("GET /?a\"b HTTP/1.1\r\n", .invalidTargetOctet),
            ("GET /[ HTTP/1.1\r\n", .invalidTargetOctet), ("GET http://a/[ HTTP/1.1\r\n", .invalidTargetOctet),
            ("GET /\r\n", .missingVersion), ("GET /\n", .bareLineFeed), ("GET / HTTP/1.1\n", .bareLineFeed),
            ("GET / HTTP/2.0\r\n", .unsupportedVersion), ("GET / HTTP/0.9\r\n", .unsupportedVersion),
            ("GET / http/1.1\r\n", .invalidVersion), ("GET / HTTP/1.1 \r\n", .invalidVersion),
            ("GET / HTTP/1.1\r\rX", .bareCarriageReturn),
            ("GET * HTTP/1.1\r\n", .invalidTargetForm), ("GET a:80 HTTP/1.1\r\n", .invalidTargetForm),
            ("CONNECT a HTTP/1.1\r\n", .invalidTargetForm), ("CONNECT /a HTTP/1.1\r\n", .invalidTargetForm),
            ("GET http://u@a/ HTTP/1.1\r\n", .invalidAuthority), ("GET http:///a HTTP/1.1\r\n", .invalidAuthority),
            ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", .hostMismatch),
            ("GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostMismatch),
            ("GET / HTTP/1.1\r\n\r\n", .missingHost), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
            ("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", .invalidHost), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .invalidHost),
            ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .repeatedHost),
            ("GET / HTTP/1.1\r\n Host: a\r\n", .obsoleteFolding),
            ("GET / HTTP/1.1\r\nHost : a", .whitespaceBeforeColon),
            ("GET / HTTP/1.1\r\nHost\r\n", .missingColon), ("GET / HTTP/1.1\r\n: a\r\n", .invalidFieldName),
            ("GET / HTTP/1.1\r\nX: a\u{0}", .invalidFieldValue), ("GET / HTTP/1.1\r\nX: a\n", .bareLineFeed),
            ("GET / HTTP/1.1\r\nX: a\rb", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", .invalidContentLength),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .repeatedContentLength),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", .invalidContentLength),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
                .lengthWithTransferCoding
            ),
            ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferCodingBeforeHTTP11),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferCoding),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                .unsupportedTransferCoding
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n", .unknownExpectation),
            ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: y\r\n\r\n", .unknownExpectation),
        ])
    func refuses(head: String, error: WireError) {
        #expect(throws: error) { try Self.index(head) }
    }

    @Test("RFC 9112 §3.3: the authority is the target's, else Host's; path and query stand apart")
    func takesTargetsApart() throws {
        for (line, form, path, authority) in [
            ("GET /a?b HTTP/1.1", TargetForm.origin, "/a?b", "api.test"),
            ("GET http://API.test:80/a?b[ HTTP/1.1", .absoluteHTTP, "/a?b[", "API.test"),
            ("GET HTTPS://api.test?x HTTP/1.1", .absoluteHTTPS, "?x", "api.test"),
            ("OPTIONS * HTTP/1.1", .asterisk, "", "api.test"),
            ("CONNECT other.test:443 HTTP/1.1", .authority, "", "other.test"),
        ] {
            let head = "\(line)\r\nHost: api.test\r\n\r\n"
            let index = try Self.index(head)
            #expect(index.targetForm == form)
            #expect(Self.text(index.pathAndQuery, head) == path)
            #expect(try Self.text(#require(index.authority).host, head) == authority)
        }
    }

    @Test("RFC 9112 §3.2: what a query may hold does not depend on the target's form")
    func takesTheSameQueries() throws {
        for octet in UInt8(0x21)...0x7F {
            let query = "?a\(Character(UnicodeScalar(octet)))b"
            let isRefused = "\"#<>\u{7F}".utf8.contains(octet)
            for prefix in ["/x", "http://api.test", "http://api.test/x", "HTTPS://api.test:443/"] {
                let head = "GET \(prefix)\(query) HTTP/1.1\r\nHost: api.test\r\n\r\n"
                if isRefused {
                    #expect(throws: WireError.invalidTargetOctet) { try Self.index(head) }
                } else {
                    #expect(try Self.text(Self.index(head).pathAndQuery, head).hasSuffix(query))
                }
            }
        }
    }

    @Test(
        "RFC 9112 §9.3: who keeps the connection",
        arguments: [
            ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false),
            ("HTTP/1.1", "Connection: a, CLOSE", false),
            ("HTTP/1.1", "Connection: keep-alive, close", false), ("HTTP/1.0", "X: y", false),
            ("HTTP/1.0", "Connection: Keep-Alive", true), ("HTTP/1.2", "Connection: closed", true),
        ])
    func keepsAlive(version: String, field: String, keepsAlive: Bool) throws {
        #expect(try Self.index("GET / \(version)\r\nHost: a\r\n\(field)\r\n\r\n").keepsAlive == keepsAlive)
    }

    @Test("RFC 9110 §10.1.1: 100-continue counts in any case, not from 1.0 and not without content")
    func expectsContinue() throws {
        func index(_ version: String, _ fields: String) throws -> RequestHeadIndex {
            try Self.index("POST / \(version)\r\nHost: a\r\nExpect: 100-Continue\r\n\(fields)\r\n")
        }
        #expect(try index("HTTP/1.1", "Content-Length: 1\r\n").expectsContinue)
        #expect(try index("HTTP/1.1", "Transfer-Encoding: chunked\r\n").expectsContinue)
        #expect(try !index("HTTP/1.1", "Content-Length: 0\r\n").expectsContinue)
        #expect(try !index("HTTP/1.1", "").expectsContinue)
        #expect(try !index("HTTP/1.0", "Content-Length: 1\r\n").expectsContinue)
    }

    @Test(
        "RFC 9110 §5.6.1.2: an expectation may be said twice and beside nothing; nothing alone is none",
        arguments: [
            ("Expect: 100-continue,\r\n", true), ("Expect: , 100-continue ,, 100-Continue\r\n", true),
            ("Expect: 100-continue\r\nExpect: 100-continue\r\n", true), ("Expect:\r\n", false),
            ("Expect: ,\r\n", false), ("Exp_ect: x\r\n", false),
        ])
    func expectationsAreLists(fields: String, isWaiting: Bool) throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\(fields)\r\n"
        #expect(try Self.index(head).expectsContinue == isWaiting)
    }

    @Test("a field that only folds to a framing field is known for what it is and frames nothing")
    func lookalikesFrameNothing() throws {
        let index = try Self.index(
            "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 9\r\nTransfer.Encoding: chunked\r\n\r\n")
        #expect(index.framing == .none)
        #expect(index.fields.map(\.kind) == [.host, .contentLength, .transferEncoding])
        #expect(index.fields.map(\.isSpeltExactly) == [true, false, false])
        #expect(index.fieldIndex.first(of: .contentLength) == nil)
        #expect(index.fieldIndex.lookalikes.contains(.contentLength))
    }

    @Test("a look-alike in front of the real field does not stand in for it")
    func lookalikesDoNotStandIn() throws {
        let index = try Self.index("POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 9\r\nContent-Length: 5\r\n\r\n")
        #expect(index.framing == .length(5))
        #expect(!index.fieldIndex.repeated.contains(.contentLength))
    }

    @Test("RFC 9110 §7.6.1: a field is nominated by its name in any case, on any Connection line")
    func nominations() throws {
        let bytes = Array(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nFOO: 1\r\nConnection: , foo,bar\r\nBaz: 2\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: HeadLimits())
        _ = try parser.parse(bytes.span)
        let head = RequestHead(bytes: bytes.span, index: parser.index)
        var nominated: [Bool] = []
        for field in head.fields { nominated.append(head.index.fieldIndex.nominates(head.name(field), in: head.bytes)) }
        #expect(nominated == [false, false, true, false, false])
    }

    @Test("members of Connection are counted over all its lines, empty ones not")
    func countsMembers() throws {
        func isTooMuch(_ values: String...) throws -> Bool {
            let lines = values.map { "Connection: \($0)\r\n" }.joined()
            return try Self.index("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n").connection.contains(.tooMany)
        }
        let most = Array(repeating: "a", count: ConnectionOptions.membersMax).joined(separator: ", ,")
        #expect(try !isTooMuch(most, ", ,,"))
        #expect(try isTooMuch(most, "b"))
    }

    @Test("a parser that was reset remembers nothing of the head before")
    func resets() throws {
        var parser = RequestHeadParser(limits: HeadLimits())
        let first = Array("POST http://a/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n".utf8)
        _ = try parser.parse(first.span)
        parser.reset()
        let second = Array("GET /y HTTP/1.0\r\n\r\n".utf8)
        let progress = try parser.parse(second.span)
        #expect(progress == .complete)
        #expect(parser.index.fields.isEmpty)
        #expect(parser.index.kinds.isEmpty)
        #expect(parser.index.authority == nil)
        #expect(parser.index.framing == .none)
        #expect(parser.index.connection == [])
        #expect(parser.index.byteCount == second.count)
    }

    @Test("the lines of a head lie one behind the other and make up the whole of it")
    func linesTileTheHead() throws {
        let head = "\r\nGET /x HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\n\r\nrest"
        let index = try Self.index(head)
        #expect(index.fields.map { Self.text($0.line, head) } == ["Host: a\r\n", "X-Y:  z \r\n"])
        #expect(Self.text(index.fields[1].value, head) == "z")
        #expect(index.byteCount == head.utf8.count - 4)
    }
}
