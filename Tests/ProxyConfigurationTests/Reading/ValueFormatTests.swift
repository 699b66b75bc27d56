import OAuthModel
import ProxyCore
import Testing

@testable import ProxyConfiguration

/// How single values are written.
@Suite struct ValueFormatTests {
    private func read<Value>(_ format: ValueFormat<Value>, _ text: String) -> Value? {
        let collector = ProblemCollector(file: "f")
        guard let root = YAMLText.read(Array("k: \(text)\n".utf8), problems: collector),
            case .mapping(let members) = root.content, let node = members.first?.value, !node.isEmpty
        else { return nil }
        let value = format.read(node, ReadingContext(problems: collector, path: "k"))
        #expect((value == nil) == collector.hasErrors || collector.hasErrors)
        return collector.hasErrors ? nil : value
    }

    @Test(
        "A duration is a whole number and a unit",
        arguments: [
            "10", "10 s", "1.5s", "-1s", "+1s", "s", "1d", "1S", "1_0s", "0x1s", "01s", "999999999999999999999h",
            "1h30m", "[1s]",
        ])
    func refusesDurations(text: String) {
        #expect(self.read(.duration(0 ... .seconds(86_400)), text) == nil)
    }

    @Test(
        "Durations",
        arguments: [
            ("800ms", 800_000_000), ("30s", 30_000_000_000), ("5m", 300_000_000_000), ("1h", 3_600_000_000_000),
            ("0s", 0), ("\"1s\"", 1_000_000_000),
        ])
    func readsDurations(text: String, nanoseconds: UInt64) {
        #expect(self.read(.duration(0 ... .seconds(86_400)), text) == nanoseconds)
    }

    @Test("A range holds at both ends", arguments: [("1s", true), ("2s", true), ("999ms", false), ("2001ms", false)])
    func holdsRanges(text: String, isIn: Bool) {
        #expect((self.read(.duration(.seconds(1) ... .seconds(2)), text) != nil) == isIn)
    }

    @Test(
        "A size is a whole number and a binary unit",
        arguments: ["10", "1KB", "1kib", "1.5MiB", "-1B", "64 KiB", "9999999999GiB", "none"])
    func refusesSizes(text: String) {
        #expect(self.read(.size(0...(1 << 40)), text) == nil)
    }

    @Test(
        "Sizes and rates",
        arguments: [("512B", 512), ("64KiB", 65_536), ("16MiB", 16_777_216), ("1GiB", 1_073_741_824)])
    func readsSizes(text: String, bytes: Int) {
        #expect(self.read(.size(0...(1 << 40)), text) == bytes)
        #expect(self.read(.rate(0...(1 << 40)), text + "/s") == UInt64(bytes))
        #expect(self.read(.rate(0...(1 << 40)), text) == nil)
    }

    @Test(
        "A boolean is true or false, nothing that YAML's readers disagree on",
        arguments: ["yes", "no", "on", "off", "True", "1", "\"true\"", "y"])
    func refusesBooleans(text: String) {
        #expect(self.read(.boolean, text) == nil)
    }

    @Test("An integer is decimal digits", arguments: ["0x10", "010", "1_0", "1.0", "1e3", "\"1\"", "-1", "0o7", "yes"])
    func refusesIntegers(text: String) {
        #expect(self.read(.integer(0...100), text) == nil)
    }

    @Test(
        "A claim's value that readers of YAML take differently is refused",
        arguments: [
            "yes", "Off", "NULL", "0x1F", "010", "1_000", "+1", ".5", ".inf", "2024-01-01", "1:30", "[1]", "{a: 1}",
        ])
    func refusesAmbiguousClaimValues(text: String) {
        #expect(self.read(.claimValue, text) == nil)
    }

    @Test(
        "A claim's value keeps its kind",
        arguments: [
            ("1", JSONValue.number(JSONNumber(1))), ("\"1\"", .string("1")), ("true", .bool(true)),
            ("\"true\"", .string("true")),
            ("gold", .string("gold")), ("'yes'", .string("yes")),
            ("-2.50", JSONNumber("-2.50").map { .number($0) } ?? .null),
        ])
    func readsClaimValues(text: String, value: JSONValue) {
        #expect(self.read(.claimValue, text) == value)
    }

    @Test(
        "An address to listen on is a literal with a port, or an absolute path",
        arguments: [
            "8080", "':8080'", "'*:8080'", "0.0.0.0", "example.com:80", "'::1:80'", "'[::1]'", "1.2.3:80",
            "127.0.0.1:65536",
            "unix:run.sock", "127.0.0.1:080", "'http://127.0.0.1:80'",
        ])
    func refusesListenAddresses(text: String) {
        #expect(self.read(.listenAddress, text) == nil)
    }

    @Test(
        "Addresses to listen on",
        arguments: [
            ("0.0.0.0:8080", "0.0.0.0:8080"), ("'[::]:80'", "[::]:80"), ("localhost:0", "127.0.0.1:0"),
            ("unix:/run/b.sock", "unix:/run/b.sock"),
        ])
    func readsListenAddresses(text: String, printed: String) {
        #expect(self.read(.listenAddress, text)?.description == printed)
    }

    @Test(
        "A URL of a service has no user, fragment or foreign scheme",
        arguments: [
            "ftp://a", "http://", "http://u:p@a/", "http://a/#f", "http://a:0", "http://a:99999", "'http://a b'",
            "http://[::1", "http://1.2.3.4.5/",
            "'http://[fe80::1%25eth0]/'", "unix:", "unix:relative.sock", "a.example",
        ])
    func refusesServiceURLs(text: String) {
        #expect(self.read(.serviceURL("http://a"), text) == nil)
    }

    @Test(
        "URLs of services",
        arguments: [
            ("http://a.example", "a.example", "/", false), ("http://127.0.0.1:80/x?y=1", "127.0.0.1", "/x?y=1", true),
            ("https://a:8443/p", "a:8443", "/p", false), ("'http://[::1]:9000'", "[::1]:9000", "/", true),
            ("http://LOCALHOST:1", "LOCALHOST:1", "/", true),
            ("'unix:/run/h.sock:/oauth2/introspect'", "localhost", "/oauth2/introspect", true),
        ])
    func readsServiceURLs(text: String, authority: String, path: String, isLocal: Bool) throws {
        let url = try #require(self.read(.serviceURL("http://a"), text))
        #expect(String(decoding: url.endpoint.authority, as: UTF8.self) == authority)
        #expect(String(decoding: url.endpoint.path, as: UTF8.self) == path)
        #expect(url.isLocal == isLocal)
    }

    @Test(
        "A problem is one line, whatever stands in the file that it names",
        arguments: ["\t", "\u{1B}[2J", "\u{85}", "\u{2028}"])
    func problemIsOneLine(odd: String) {
        let collector = ProblemCollector(file: "f")
        collector.error("`\(odd)` is wrong", at: .start, remedy: "known is `a\(odd)`")
        let line = collector.problems.map(\.description).joined()
        #expect(!line.unicodeScalars.contains { odd.unicodeScalars.first == $0 }, "\(line)")
        #expect(line.contains("`a\u{FFFD}"))
    }

    @Test("Text of the file is shown on one line, and not endlessly")
    func showsText() {
        #expect(shown("a\nb\u{1B}[31m") == "`a\u{FFFD}b\u{FFFD}[31m`")
        #expect(shown(String(repeating: "x", count: 200)).unicodeScalars.count == 83)
    }

    @Test(
        "RFC 3986 §3.2.1: what a URL says of a user is not shown",
        arguments: [
            ("http://user:pw@h/p", "http://…@h/p"), ("https://token@h", "https://…@h"),
            ("http://user:p@w/x://y@h", "http://…@h"), ("user:pw@h:80", "…@h:80"), ("user:p://w@h", "…@h"),
            ("http:\\\\user:pw@h", "…@h"), ("http://@", "http://…@"), ("token@h", "…@h"),
            ("token@h:80", "…@h:80"), ("//user:pw@h", "…@h"), ("http://h/p", "http://h/p"),
            ("/users/@me", "/users/@me"),
            ("users/@me", "users/@me"),
            ("/a:b@c", "/a:b@c"),
        ])
    func showsNoUser(text: String, expected: String) {
        #expect(shown(text) == "`\(expected)`")
    }
}
