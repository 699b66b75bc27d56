import HTTPWire
import Testing

@Suite("Chunked coding")
struct ChunkedDecoderTests {
    /// Decodes content that comes in pieces ending at these offsets.
    static func decode(
        _ text: String, cutAt cuts: [Int] = [], limits: HeadLimits = HeadLimits()
    ) throws(WireError) -> (content: String, trailers: [String], isComplete: Bool, left: Int) {
        let stream = Array(text.utf8)
        var decoder = ChunkedDecoder(limits: limits)
        var content: [UInt8] = []
        var trailers: [String] = []
        var offset = 0
        for end in cuts + [stream.count] {
            let span = stream.span.extracting(0..<end)
            reading: while true {
                let (event, consumed) = try decoder.next(span, from: offset)
                offset += consumed
                switch event {
                case .data(let range):
                    content.append(contentsOf: Array(copying: span.slice(range)))
                case .needMore:
                    break reading
                case .end(let fields):
                    trailers = fields.map { String(decoding: Array(copying: span.slice($0.line)), as: UTF8.self) }
                    return (String(decoding: content, as: UTF8.self), trailers, true, stream.count - offset)
                }
            }
        }
        return (String(decoding: content, as: UTF8.self), trailers, false, stream.count - offset)
    }

    @Test(
        "RFC 9112 §7.1: each refusal has its own name",
        arguments: [
            ("\r\n", WireError.invalidChunkSize), ("g\r\n", .invalidChunkSize), ("0x5\r\n", .invalidChunkSize),
            (" 5\r\n", .invalidChunkSize), ("5\n", .bareLineFeed), ("5\rh", .bareCarriageReturn),
            ("5 \r\n", .invalidChunkExtension), ("5;\r\n", .invalidChunkExtension),
            ("5;a=\r\n", .invalidChunkExtension),
            ("5;a=\"x\r\n", .invalidChunkExtension), ("5;a\n", .bareLineFeed), ("5;a b\r\n", .invalidChunkExtension),
            ("5;=b\r\n", .invalidChunkExtension), ("5;a=\"x\"y\r\n", .invalidChunkExtension),
            ("5 x\r\n", .invalidChunkExtension),
            ("8000000000000000\r\n", .chunkTooLong), ("00000000000000005\r\n", .chunkTooLong),
            ("5\r\nhelloX", .missingChunkEnd), ("5\r\nhello\rX", .missingChunkEnd),
            ("0\r\n X: y\r\n\r\n", .obsoleteFolding),
            ("0\r\nX\r\n\r\n", .missingColon), ("0\r\n\rX", .bareCarriageReturn), ("0\r\n\n", .bareLineFeed),
        ])
    func refuses(text: String, error: WireError) {
        #expect(throws: error) { try Self.decode(text) }
        let octets = Array(1...text.utf8.count)
        #expect(throws: error) { try Self.decode(text, cutAt: octets) }
    }

    @Test("content, trailers and what lies behind come out whole, however they are cut")
    func decodes() throws {
        let text = "5\r\nhello\r\n00A ; x = \"q\\\";\" ; y\r\n, my world\r\n0;last\r\nX-Sum: 1\r\nY: \r\n\r\nGET /"
        for cuts in [[], Array(1...text.utf8.count), Array(stride(from: 3, to: text.utf8.count, by: 7))] {
            let decoded = try Self.decode(text, cutAt: cuts)
            #expect(decoded.content == "hello, my world")
            #expect(decoded.trailers == ["X-Sum: 1\r\n", "Y: \r\n"])
            #expect(decoded.isComplete)
            #expect(decoded.left == 5 || !cuts.isEmpty)
        }
    }

    @Test("nothing of a trailer section is consumed before it is whole")
    func trailersStay() throws {
        let decoded = try Self.decode("1\r\na\r\n0\r\nX: y\r\n")
        #expect(!decoded.isComplete)
        #expect(decoded.left == 6)
    }

    @Test("limits: a chunk line, a trailer section and its fields are bounded to the octet")
    func limits() throws {
        var limits = HeadLimits()
        limits.chunkLine = 6
        #expect(throws: WireError.chunkLineTooLong) { try Self.decode("5;abcde", limits: limits) }
        #expect(try Self.decode("1;abcd\r\nx\r\n0\r\n\r\n", limits: limits).isComplete)
        limits.trailers = 8
        #expect(throws: WireError.trailersTooLong) { try Self.decode("0\r\nX: yz\r\n\r\n", limits: limits) }
        #expect(try Self.decode("0\r\nX: y\r\n\r\n", limits: limits).isComplete)
        limits.trailers = 100
        limits.trailerFields = 1
        #expect(throws: WireError.tooManyTrailers) { try Self.decode("0\r\nX: y\r\nZ:", limits: limits) }
    }
}
