import HTTPWire
import Testing

@Suite("Limits of a head")
struct HeadLimitsTests {
    /// The error that endless input of this kind meets, and after how many octets.
    static func endless(_ beginning: String, then octet: Character, limits: HeadLimits) -> (
        error: WireError, after: Int
    )? {
        var stream = Array(beginning.utf8)
        var parser = RequestHeadParser(limits: limits)
        while stream.count < 100_000 {
            do throws(WireError) {
                guard try parser.parse(stream.span) == .needMore else { return nil }
            } catch {
                return (error, stream.count)
            }
            stream.append(contentsOf: octet.utf8)
        }
        return nil
    }

    static let limits: HeadLimits = {
        var limits = HeadLimits()
        limits.head = 600
        limits.field = 400
        limits.fields = 3
        limits.target = 50
        return limits
    }()

    @Test(
        "what never ends is refused when its limit is passed, not when it ends",
        arguments: [
            ("", Character("A"), WireError.methodTooLong, 65), ("GET ", "/", .targetTooLong, 4 + 51),
            ("GET /?", "q", .targetTooLong, 4 + 51), ("GET x", "x", .targetTooLong, 4 + 51),
            ("GET / HTTP/1.1\r\n", "n", .fieldNameTooLong, 16 + 257),
            ("GET / HTTP/1.1\r\nn:", "v", .fieldTooLong, 16 + 401),
            ("GET / HTTP/1.1\r\na: \(String(repeating: "b", count: 300))\r\nn:", "v", .headTooLong, 600),
        ])
    func refusesEndless(beginning: String, octet: Character, error: WireError, after: Int) throws {
        let refusal = try #require(Self.endless(beginning, then: octet, limits: Self.limits))
        #expect(refusal == (error, after))
    }

    @Test("one octet decides: at the limit it passes, one more is refused")
    func limitsAreExact() throws {
        var limits = Self.limits
        limits.head = 4_096
        func outcome(_ head: String) -> WireReader.Ending { WireReader.read(Array(head.utf8), limits: limits).ending }
        func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        #expect(outcome("GET /\(repeated("x", 50)) HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(.targetTooLong))
        #expect(outcome("GET /\(repeated("x", 49)) HTTP/1.1\r\nHost: a\r\n\r\n") == .finished)
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\nb:\(repeated("x", 399))\r\n\r\n") == .refused(.fieldTooLong))
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\nb:\(repeated("x", 398))\r\n\r\n") == .finished)
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(repeated("x", 257)):\r\n\r\n") == .refused(.fieldNameTooLong))
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(repeated("x", 256)):\r\n\r\n") == .finished)
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(repeated("b:\r\n", 3))\r\n") == .refused(.tooManyFields))
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(repeated("b:\r\n", 2))\r\n") == .finished)
        #expect(outcome("\(repeated("\r\n", 3))GET / HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(.tooManyEmptyLines))
        #expect(outcome("\(repeated("\r\n", 2))GET / HTTP/1.1\r\nHost: a\r\n\r\n") == .finished)
    }

    @Test("a head that is longer than its limit is refused wherever the limit falls")
    func headLimitIsExact() {
        let head = Array("\r\nGET / HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n\r\n".utf8)
        var limits = HeadLimits()
        for limit in 0...head.count {
            limits.head = limit
            let expected: WireReader.Ending = limit < head.count ? .refused(.headTooLong) : .finished
            #expect(WireReader.read(head, limits: limits).ending == expected, "limit \(limit)")
            #expect(WireReader.read(head, cutAt: Array(1..<head.count), limits: limits).ending == expected)
        }
    }

    @Test("no octet behind a limit is looked at, so what stands there cannot change the refusal")
    func looksNoFurther() {
        let beginning = "GET / HTTP/1.1\r\nX: a\r"
        var limits = HeadLimits()
        limits.head = beginning.utf8.count
        for behind in ["", "\n", "Z", "\r\n\r\n"] {
            let ending = WireReader.read(Array((beginning + behind).utf8), limits: limits).ending
            #expect(ending == .refused(.headTooLong), "\(behind.utf8.count) octets behind")
        }
    }
}
