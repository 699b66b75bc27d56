import HTTPWire
import Testing

@Suite("Authorities")
struct AuthorityTests {
    static func authority(_ text: String) -> Authority? {
        let bytes = Array(text.utf8)
        return Authority(ByteRange(0, bytes.count), in: bytes.span)
    }

    @Test(
        "RFC 9110 §7.2: what is not exactly a host and a port is none",
        arguments: [
            "", ":80", "a:", "a:b", "a:80a", "a:65536", "a:99999", "a:000080", "a:+80", "a b", "a,b", "a/b", "a?b",
            "a#b", "u@a",
            "a%2eb", "\u{430}pi", "a\\b", "[", "[]", "[::1", "::1", "[::1]x", "[::1]:", "[::1%25eth0]", "[v1.a]",
            "[1:2:3:4:5:6:7]",
            "[1:2:3:4:5:6:7:8:9]", "[::1::2]", "[:1]", "[1:]", "[12345::]", "[::g]", "[1:2:3:4:5:6:7::8]", "[::1.2.3]",
            "[::1.2.3.256]", "[::1.2.3.04]", "[::1.2.3.4.5]", "[1.2.3.4]", "[:::]", "[::1.2.3.4:5]",
            "a:080", "a:00", "a:00080", "[::1]:080",
        ])
    func refuses(text: String) {
        #expect(Self.authority(text) == nil)
    }

    @Test(
        "host names, IPv4 and IPv6 addresses with and without a port",
        arguments: [
            ("api.test", 8, nil), ("a", 1, nil), ("a:0", 1, 0), ("a:65535", 1, 65_535), ("a_b.c-d~e:80", 9, 80),
            ("127.0.0.1:8080", 9, 8_080), ("[::1]:443", 5, 443), ("[::]", 4, nil), ("[1:2:3:4:5:6:7:8]", 17, nil),
            ("[fe80::ABCD:1]", 14, nil), ("[::ffff:1.2.3.4]:1", 16, 1), ("[1::]", 5, nil),
            ("[1:2:3:4:5:6:1.2.3.4]", 21, nil),
        ] as [(String, UInt32, UInt16?)])
    func accepts(text: String, host: UInt32, port: UInt16?) {
        #expect(Self.authority(text) == Authority(host: ByteRange(lower: 0, upper: host), port: port))
    }

    @Test("RFC 9110 §4.2.3: same in any case and with the default port written or not")
    func comparison() {
        let bytes = Array("Api.TEST api.test other.te".utf8)
        let first = Authority(host: ByteRange(0, 8), port: nil)
        let second = Authority(host: ByteRange(9, 17), port: 80)
        let other = Authority(host: ByteRange(18, 26), port: nil)
        let verdicts = [
            first.isSame(as: second, defaultPort: 80, in: bytes.span),
            first.isSame(as: second, defaultPort: 443, in: bytes.span),
            first.isSame(as: other, defaultPort: 80, in: bytes.span),
        ]
        #expect(verdicts == [true, false, false])
    }
}
