import TestSupport
import Testing

@Suite("Public bugs: paths") struct PublicBugPathTests {
    /// What a request without a token comes to, and what of it the upstream saw.
    private static func outcome(
        _ target: String, token: String? = nil
    ) throws -> (status: Int, upstream: [String]) {
        var status = 0
        var targets: [String] = []
        try BugConfiguration.run { proxy throws in
            status = try proxy.exchange(request("GET", target, token: token))?.status ?? 0
            try proxy.stopProxy()
            targets = proxy.upstream.targets
        }
        return (status, targets)
    }

    @Test(
        "PB-29, PB-30: dot segments, plain or encoded, never lead out of a public place",
        arguments: [
            "/public/../admin/x", "/public/./../admin/x", "/public/x/../../admin", "/public/..", "/public/../admin/",
            "/public/%2e%2e/admin/x", "/public/%2e%2e%2fadmin", "/public/.%2e/admin", "/public/%2E%2E/admin/x",
            "/public/%2e./admin", "/public/%252e%252e/admin/../x", "/public/..;/admin/x",
        ])
    func dotSegments(target: String) throws {
        let (status, upstream) = try Self.outcome(target)
        #expect(status == 400 && upstream.isEmpty)
    }

    @Test(
        "PB-31, PB-39: doubled and encoded slashes and backslashes open nothing",
        arguments: [
            "//admin/x", "///admin/x", "/admin//x", "/admin%2fx", "/admin%2Fx", "/admin%5cx", "/admin\\x", "/\\admin/x",
            "/%2fadmin/x", "/public//../admin", "/public/%5c..%5cadmin", "//public/x",
        ])
    func slashes(target: String) throws {
        let (status, upstream) = try Self.outcome(target)
        #expect([400, 401].contains(status) && upstream.isEmpty)
    }

    @Test(
        "PB-32, PB-34: the query takes no part in choosing a rule",
        arguments: [
            "/admin?x", "/admin?", "/admin?/public/", "/admin/x?next=/public/", "/admin/x?/health",
            "/admin/x?../public/y",
            "/admin?/../public/x",
        ])
    func queries(target: String) throws {
        let (status, upstream) = try Self.outcome(target)
        #expect(status == 401 && upstream.isEmpty)
        let (withToken, seen) = try Self.outcome(target, token: "root")
        #expect(withToken == 200 && seen == [target])
    }

    @Test(
        "PB-32, PB-33: a fragment in a target is a 400",
        arguments: [
            "/admin#x", "/admin/x#y", "/public#/../admin", "/public/x#", "/public/x?a#b", "/admin#?/public/x",
            "http://api.test/admin#/public/x",
        ])
    func fragments(target: String) throws {
        let (status, upstream) = try Self.outcome(target, token: "root")
        #expect(status == 400 && upstream.isEmpty)
    }

    @Test(
        "PB-35: a lesser scope does not reach a greater one's path by dot segments",
        arguments: [
            "/api/../admin/x", "/api/%2e%2e/admin/x", "/api/x/../../admin", "/api/..%2fadmin/x", "/api//../admin",
        ])
    func lesserScope(target: String) throws {
        let (status, upstream) = try Self.outcome(target, token: "reader")
        #expect([400, 403].contains(status) && upstream.isEmpty)
    }

    @Test(
        "PB-36: an encoded delimiter or NUL in a path is not forwarded",
        arguments: [
            "/admin%2f", "/admin%3b", "/admin%00", "/admin%3f", "/admin%23", "/admin%5c", "/public/x%2f..%2f..%2fadmin",
            "/public/x%00", "/public/x%3b", "/public/a%3F/../admin", "/public/x%0d%0aX:%20y", "/public/x%7f",
        ])
    func delimiters(target: String) throws {
        let (status, upstream) = try Self.outcome(target)
        #expect([400, 401, 404].contains(status) && upstream.isEmpty)
    }

    @Test(
        "PB-37, PB-38: what is left of a path behind a prefix is whole segments, and no way up",
        arguments: [
            "/app/../admin", "/app/%2e%2e/admin", "/app..//admin", "/app../admin", "/application/x", "/app//admin",
            "/app/./../admin", "/app%2fadmin",
        ])
    func strippedPrefix(target: String) throws {
        let (status, upstream) = try Self.outcome(target)
        #expect([400, 404].contains(status) && upstream.isEmpty)
    }

    @Test("PB-37: a prefix that is cut leaves the path that the upstream knows")
    func cutPrefix() throws {
        let (status, upstream) = try Self.outcome("/app/admin/x?y=/app/")
        #expect(status == 200 && upstream == ["/admin/x?y=/app/"])
    }

    @Test(
        "PB-40: an encoded ordinary letter is that letter, for the rule and for the upstream",
        arguments: ["/%61dmin/x", "/%61%64min/x", "/admi%6e/x", "/%61dmin/%78"])
    func encodedLetters(target: String) throws {
        let (status, upstream) = try Self.outcome(target)
        #expect(status == 401 && upstream.isEmpty)
        let (withToken, seen) = try Self.outcome(target, token: "root")
        #expect(withToken == 200 && seen == ["/admin/x"])
    }
}
