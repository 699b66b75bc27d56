import HTTPWire
import Testing

@Suite("Writing heads")
struct HeadWriterTests {
    static func text(_ write: (inout HeadWriter) -> Void) -> String {
        var writer = HeadWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A span is no value that an expectation can hold.
    private static func spanCount(_ writer: borrowing HeadWriter) -> Int { writer.span.count }

    @Test("nothing written is nothing to read, before the first byte and after a reset")
    func nothing() {
        var writer = HeadWriter()
        #expect(Self.spanCount(writer) == 0)
        #expect(writer.bytes == [])
        writer.append([UInt8]())
        writer.truncate(to: 5)
        writer.reset()
        #expect(writer.count == 0)
        writer.append(byte: 0x61)
        #expect(writer.bytes == [0x61])
        writer.reset()
        #expect(Self.spanCount(writer) == 0)
    }

    @Test(
        "numbers are written without leading zeros",
        arguments: [0, 1, 9, 10, 15, 16, 255, 256, 65_535, 4_294_967_296, UInt64(Int64.max), .max])
    func numbers(number: UInt64) {
        #expect(Self.text { $0.appendDecimal(number) } == String(number))
        #expect(Self.text { $0.appendHexadecimal(number) } == String(number, radix: 16))
    }

    @Test("fields end in CRLF and come out as they were put in")
    func fields() {
        let value = Array("v".utf8)
        let text = Self.text { writer in
            writer.append("GET / HTTP/1.1\r\n")
            writer.appendField("A", value.span)
            writer.appendField("B", "w")
            writer.appendField("Content-Length", decimal: 12)
            writer.append(byte: 0x58)
            writer.append([0x3A])
            writer.append(utf8: "é")
            writer.appendCRLF()
            writer.appendCRLF()
        }
        #expect(text == "GET / HTTP/1.1\r\nA: v\r\nB: w\r\nContent-Length: 12\r\nX:é\r\n\r\n")
    }

    @Test("what was written is forgotten on reset")
    func resets() {
        var writer = HeadWriter(reserving: 64)
        writer.append("abc")
        writer.reset()
        writer.append("d")
        #expect(writer.bytes == [0x64])
        #expect(writer.count == 1)
    }
}
