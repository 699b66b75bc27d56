import Testing

@testable import ProxyConfiguration

/// Addresses that the system would not give to two listeners (SPEC §2: `check` says so, not the start).
@Suite struct ListenerRuleTests {
    private let sample = SampleConfiguration()

    static let cases: [RuleTests.Case] = [
        RuleTests.Case(
            [("listeners", "[{address: '0.0.0.0:1'}, {address: '127.0.0.1:1'}]")],
            "`127.0.0.1:1` overlaps `0.0.0.0:1`, see line 1"),
        RuleTests.Case(
            [("listeners", "[{address: '127.0.0.1:1'}, {address: '0.0.0.0:1'}]")],
            "`0.0.0.0:1` overlaps `127.0.0.1:1`, see line 1"),
        RuleTests.Case(
            [("listeners", "[{address: '[::]:1'}, {address: '[::1]:1'}]")], "`[::1]:1` overlaps `[::]:1`, see line 1"),
        RuleTests.Case(
            [("listeners", "[{address: '[::1]:1'}, {address: '[0:0:0:0:0:0:0:1]:1'}]")],
            "`[0:0:0:0:0:0:0:1]:1` is listened on already, see line 1"),
        RuleTests.Case(
            [("listeners", "[{address: '127.0.0.1:1'}, {address: 'localhost:1'}]")],
            "`127.0.0.1:1` is listened on already, see line 1"),
        RuleTests.Case(
            [("listeners", "[{address: 'unix:/run/a.sock'}, {address: 'unix:/run/a.sock'}]")],
            "`unix:/run/a.sock` is listened on already, see line 1"),
        RuleTests.Case(
            [("listeners[].address", "'[::ffff:127.0.0.1]:1'")],
            "`[::ffff:127.0.0.1]:1` is an IPv4 address in IPv6's spelling (write `127.0.0.1:1`)"),
        RuleTests.Case(
            [("admin.address", "0.0.0.0:8080")],
            "`0.0.0.0:8080` overlaps `127.0.0.1:8080`, which is listened on for clients"),
        RuleTests.Case(
            [("admin.address", "'[::]:8080'")],
            "`[::]:8080` overlaps `127.0.0.1:8080`, which is listened on for clients"),
    ]

    @Test(
        "A socket's mode is octal digits, and its path has no control characters",
        arguments: [
            ("unix:/run/a.sock", "+66", "`+66` is no file mode"), ("unix:/run/a.sock", "-00", "`-00` is no file mode"),
            ("unix:/run/a\\e.sock", "0660", "is no path of a socket"),
        ])
    func socket(address: String, mode: String, message: String) {
        let changed = self.sample.with("listeners[].address", "\"\(address)\"").with("listeners[].socket_mode", mode)
        let errors = changed.errors()
        #expect(errors.count == 1 && errors[0].contains(message), "\(errors)")
    }

    @Test("Listeners that overlap are one problem that names both", arguments: Self.cases)
    func overlapIsReported(one: RuleTests.Case) {
        var changed = self.sample
        for (path, value) in one.keys { changed.set(path, value ?? "") }
        let errors = changed.errors()
        #expect(errors.count == 1 && errors[0].contains(one.message), "\(errors)")
    }

    @Test(
        "Listeners side by side are no problem: other ports, other addresses, either family, whatever the system chooses",
        arguments: [
            "['0.0.0.0:1', '127.0.0.1:2']", "['127.0.0.1:1', '127.0.0.2:1']", "['0.0.0.0:1', '[::]:1']",
            "['127.0.0.1:1', '[::]:1']", "['0.0.0.0:1', '[::1]:1']", "['127.0.0.1:0', '0.0.0.0:0', '127.0.0.1:0']",
            "['unix:/run/a.sock', 'unix:/run/b.sock', '127.0.0.1:1']",
        ])
    func listenersSideBySide(addresses: String) {
        let list = addresses.dropFirst().dropLast().split(separator: ", ").map { "{address: \($0)}" }
        let changed = self.sample.with("listeners", "[\(list.joined(separator: ", "))]")
        #expect(changed.errors() == [])
        #expect(changed.with("admin.address", "'[::1]:8080'").errors() == [])
    }
}
