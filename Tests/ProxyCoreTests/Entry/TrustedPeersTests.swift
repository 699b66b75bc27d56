import Testing

@testable import ProxyCore

@Suite struct TrustedPeersTests {
    @Test(
        "an entry that is no network is an error that says what would be right",
        arguments: [
            ("localhost", TrustedPeersProblem.notANetwork("localhost")), ("10.0.0", .notANetwork("10.0.0")),
            ("010.0.0.1", .notANetwork("010.0.0.1")), ("10.0.0.0/33", .prefixLength("10.0.0.0/33", max: 32)),
            ("::/129", .prefixLength("::/129", max: 128)), ("10.0.0.0/", .prefixLength("10.0.0.0/", max: 32)),
            ("10.0.0.0/-1", .prefixLength("10.0.0.0/-1", max: 32)),
            ("10.1.2.3/8", .bitsBehindPrefix("10.1.2.3/8", rightly: "10.0.0.0/8")),
            ("fd00::1/8", .bitsBehindPrefix("fd00::1/8", rightly: "fd00::/8")), ("", .notANetwork("")),
        ])
    func refuses(entry: String, problem: TrustedPeersProblem) {
        #expect(throws: problem) { try TrustedPeers([entry]) }
    }

    @Test(
        "a peer is trusted when a network holds its address",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.1", true), ("128.0.0.1", false), ("10.0.0.5", true), ("10.0.0.6", false),
            ("fd12::1", true), ("fe80::1", false), ("::ffff:127.0.0.1", true), ("::1", false),
            ("2001:db8:0:1::5", true),
            ("2001:db8:0:2::5", false),
        ])
    func contains(address: String, isTrusted: Bool) throws {
        let peers = try TrustedPeers(["127.0.0.0/8", "10.0.0.5", "fd00::/8", "2001:db8:0:1::/64"])
        #expect(peers.contains(try #require(IPAddress(address))) == isTrusted)
    }

    @Test("nobody is trusted by default, Unix sockets only when named")
    func trustsNobody() throws {
        #expect(!PeerIdentity(address: .v4(0x7F00_0001), isTLS: false, trusted: .nobody).isTrusted)
        #expect(!PeerIdentity(unixSocket: false, trusted: try TrustedPeers(["0.0.0.0/0", "::/0"])).isTrusted)
        #expect(PeerIdentity(unixSocket: false, trusted: try TrustedPeers(["unix"])).isTrusted)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ":", "1:2", "::1::", ":::", "1:2:3:4:5:6:7:8:9", "12345::", "1.2.3.4.5", "256.1.1.1", "::1.2.3",
            "1:2:3:4:5:6:7:8::", "::g",
        ])
    func refusesAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "addresses are written as RFC 5952 says",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("fe80::1%eth0", "fe80::1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"),
            ("1::", "1::"), ("0:0:1::", "0:0:1::"), ("192.0.2.7", "192.0.2.7"),
        ])
    func writesAddresses(text: String, canonical: String) throws {
        #expect(String(decoding: try #require(IPAddress(text)).text, as: UTF8.self) == canonical)
    }
}
