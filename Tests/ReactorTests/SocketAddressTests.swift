import Reactor
import Testing

@Suite struct SocketAddressTests {
    @Test(
        "what is not an address is refused",
        arguments: [
            "", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1:000080",
            "127.0.0.01:80", "127.1:80",
            "256.0.0.1:80", "1.2.3.4.5:80", "::1:80", "[::1]", "[::1:80", "[1::2::3]:80", "[:1]:80",
            "[1:2:3:4:5:6:7]:80", "[12345::]:80",
            "[1:2:3:4:5:6:7:8:9]:80", "[+1::]:80", "[::1.2.3]:80", "[127.0.0.1]:80", "[1:]:80", "unix:", "unix:a\0b",
            "unix:" + String(repeating: "x", count: 108),
        ])
    func refuses(text: String) { #expect(SocketAddress(text) == nil) }

    @Test(
        "addresses print as they are read, IPv6 in the form of RFC 5952",
        arguments: [
            ("127.0.0.1:80", "127.0.0.1:80"), ("0.0.0.0:0", "0.0.0.0:0"), ("[::1]:8080", "[::1]:8080"),
            ("[::]:65535", "[::]:65535"),
            ("[2001:DB8:0:0:1:0:0:1]:1", "[2001:db8::1:0:0:1]:1"),
            ("[2001:db8:0:1:1:1:1:1]:1", "[2001:db8:0:1:1:1:1:1]:1"),
            ("[1:0:0:2::]:1", "[1:0:0:2::]:1"), ("[::ffff:1.2.3.4]:9", "[::ffff:1.2.3.4]:9"),
            ("[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"),
            ("[64:ff9b::192.0.2.33]:1", "[64:ff9b::c000:221]:1"), ("unix:/run/app.sock", "unix:/run/app.sock"),
        ])
    func prints(text: String, printed: String) throws {
        let address = try #require(SocketAddress(text))
        #expect(address.description == printed)
        #expect(SocketAddress(printed) == address)
    }

    @Test("an IPv6 host may stand with or without brackets, never with one")
    func hosts() {
        let loopback = SocketAddress.inet6(.loopback, port: 80, scope: 0)
        #expect(
            SocketAddress(literalHost: "::1", port: 80) == loopback
                && SocketAddress(literalHost: "[::1]", port: 80) == loopback)
        #expect(
            SocketAddress(literalHost: "[::1", port: 80) == nil
                && SocketAddress(literalHost: "example.org", port: 80) == nil)
        #expect(loopback.hostText == "::1" && loopback.withPort(81).port == 81)
        #expect(
            IPv6Address("::ffff:10.0.0.1")?.mappedIPv4 == IPv4Address("10.0.0.1")
                && IPv6Address.loopback.mappedIPv4 == nil)
    }

    @Test("an error says which call failed and why")
    func errors() {
        #expect(SystemError(.bind, .addressInUse).description == "bind: EADDRINUSE (Address already in use)")
        #expect(SystemError(.bind, .init(rawValue: 99_999)).description == "bind: errno 99999")
    }
}
