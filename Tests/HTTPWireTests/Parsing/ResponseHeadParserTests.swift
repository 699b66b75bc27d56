import HTTPWire
import Testing

@Suite("Response heads")
struct ResponseHeadParserTests {
    static func index(_ head: String) throws(WireError) -> ResponseHeadIndex {
        var parser = ResponseHeadParser(limits: HeadLimits())
        let bytes = Array(head.utf8)
        guard try parser.parse(bytes.span) == .complete else { return ResponseHeadIndex() }
        return parser.index
    }

    @Test(
        "RFC 9112 §4, §6: a response is read as strictly as a request",
        arguments: [
            ("HTTP/2.0 200 OK\r\n", WireError.unsupportedVersion), ("http/1.1 200 OK\r\n", .invalidVersion),
            ("ICY 200 OK\r\n", .invalidVersion), ("\r\nHTTP/1.1 200 OK\r\n", .invalidVersion),
            ("HTTP/1.1  200 OK\r\n", .invalidStatusLine), ("HTTP/1.1 20 OK\r\n", .invalidStatusLine),
            ("HTTP/1.1 2000 OK\r\n", .invalidStatusLine), ("HTTP/1.1 099 OK\r\n", .invalidStatusLine),
            ("HTTP/1.1 600 OK\r\n", .invalidStatusLine), ("HTTP/1.1 200\tOK\r\n", .invalidStatusLine),
            ("HTTP/1.1 200 O\u{0}K\r\n", .invalidStatusLine), ("HTTP/1.1 200 OK\n", .bareLineFeed),
            ("HTTP/1.1 200 OK\rX", .bareCarriageReturn), ("HTTP/1.1 200 OK\r\n X: a\r\n", .obsoleteFolding),
            ("HTTP/1.1 200 OK\r\nX : a\r\n", .whitespaceBeforeColon), ("HTTP/1.1 200 OK\r\nX: a\nY", .bareLineFeed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .repeatedContentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthWithTransferCoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferCoding),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferCodingBeforeHTTP11),
            ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", .transferCodingWithoutContent),
            ("HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", .transferCodingWithoutContent),
        ])
    func refuses(head: String, error: WireError) {
        #expect(throws: error) { try Self.index(head) }
    }

    @Test(
        "RFC 9112 §6.3: where the content ends follows from request and status before any field",
        arguments: [
            (Method.head, "200", "Content-Length: 5", BodyFraming.none), (.get, "304", "Content-Length: 5", .none),
            (.get, "204", "Content-Length: 5", .none), (.get, "100", "X: y", .none), (.get, "101", "Upgrade: x", .none),
            (.head, "200", "Transfer-Encoding: chunked", .none), (.connect, "200", "X: y", .none),
            (.get, "200", "Content-Length: 5", .length(5)), (.post, "200", "Content-Length: 0", .length(0)),
            (.get, "200", "Transfer-Encoding: Chunked", .chunked), (.get, "200", "X: y", .untilClose),
            (.get, "404", "Content_Length: 5", .untilClose),
        ])
    func framing(method: Method, status: String, field: String, framing: BodyFraming) throws {
        #expect(try Self.index("HTTP/1.1 \(status) R\r\n\(field)\r\n\r\n").framing(for: method) == framing)
    }

    @Test(
        "the reason phrase may be empty, missing, or beyond ASCII",
        arguments: [
            ("HTTP/1.1 200 \r\n\r\n", ""), ("HTTP/1.1 200\r\n\r\n", ""),
            ("HTTP/1.1 200 Tr\u{e9}s bien\r\n\r\n", "Tr\u{e9}s bien"),
        ])
    func reasons(head: String, reason: String) throws {
        let index = try Self.index(head)
        let bytes = Array(head.utf8)
        #expect(index.status == 200)
        let written = Array(copying: bytes.span.slice(index.reasonRange))
        #expect(written == Array(reason.utf8))
        #expect(index.byteCount == bytes.count)
    }

    @Test("RFC 9110 §15.2: interim answers are told from 101, which is the last word in HTTP")
    func interim() throws {
        #expect(try Self.index("HTTP/1.1 100 Continue\r\n\r\n").isInterim)
        #expect(try Self.index("HTTP/1.1 103 Early Hints\r\n\r\n").isInterim)
        #expect(try !Self.index("HTTP/1.1 101 Switching Protocols\r\n\r\n").isInterim)
        #expect(try !Self.index("HTTP/1.1 200 OK\r\n\r\n").isInterim)
    }

    @Test("a status line that never ends is refused at the limit of a field")
    func endlessStatusLine() {
        var limits = HeadLimits()
        limits.field = 100
        let stream = Array("HTTP/1.1 200 ".utf8) + [UInt8](repeating: 0x61, count: 100)
        #expect(SplittingTests.response(stream, [99], limits) == .incomplete)
        #expect(SplittingTests.response(stream, [100], limits) == .refused(.fieldTooLong))
    }
}
