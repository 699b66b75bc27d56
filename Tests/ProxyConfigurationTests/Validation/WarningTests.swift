import Testing

@testable import ProxyConfiguration

/// What is probably not meant.
@Suite struct WarningTests {
    private func warnings(_ routes: String, _ more: String = "") -> [String] {
        problems(
            of: """
                version: 1
                listeners: [{address: 127.0.0.1:0}]
                upstreams: {u: {url: "http://127.0.0.1:1"}}
                authorization_servers: {s: {strategy: introspect, introspection: {endpoint: "http://127.0.0.1:2/"}}}
                \(more)
                routes:
                \(routes)
                """)
    }

    @Test("An upstream and a server that no route uses")
    func unused() {
        let text = """
            version: 1
            listeners: [{address: 127.0.0.1:0}]
            upstreams:
              u: {url: "http://127.0.0.1:1"}
              spare: {url: "http://127.0.0.1:2"}
            authorization_servers:
              s: {strategy: introspect, introspection: {endpoint: "http://127.0.0.1:2/"}}
            routes: [{name: r, paths: [/], access: public, upstream: u}]
            """
        #expect(
            problems(of: text) == [
                "f:5:3: warning: no route uses the upstream `spare` (leave it out)",
                "f:7:3: warning: no route uses the authorization server `s` (leave it out)",
            ])
    }

    @Test(
        "A key that lets in what comes by one method, on a route that does not serve that",
        arguments: [("cors_preflight: pass", "OPTIONS", "[GET]"), ("upgrade: [websocket]", "GET", "[POST, OPTIONS]")])
    func methodsLeftOut(key: String, method: String, methods: String) {
        let found = self.warnings("  - {name: r, paths: [/], upstream: u, methods: \(methods), \(key)}")
        #expect(found.count == 1 && found[0].contains("such requests come with \(method), which `methods` leaves out"))
        #expect(self.warnings("  - {name: r, paths: [/], upstream: u, methods: [\(method)], \(key)}") == [])
        #expect(self.warnings("  - {name: r, paths: [/], upstream: u, \(key)}") == [])
    }

    @Test("A scope of the defaults that every route replaces")
    func unaskedScopes() {
        let found = self.warnings("  - {name: r, paths: [/], upstream: u, scopes: [b]}", "defaults: {scopes: [a, b]}")
        #expect(
            found == [
                "f:5:21: warning: no route asks for the scope `a` (leave it out: every route writes `scopes` of its own or is public)"
            ])
    }

    /// What a route may ask of a token besides scopes.
    static let rules = [
        ("audiences", "[api]"), ("claims", "[{claim: role, equals: admin}]"), ("max_answer_age", "5s"),
        ("subject", "required"),
    ]

    @Test("A rule of the defaults that no route asks for: all are public, or write their own", arguments: Self.rules)
    func unaskedRules(key: String, value: String) {
        let defaults = "defaults: {access: public, \(key): "
        let found = self.warnings("  - {name: r, paths: [/], upstream: u}", "\(defaults)\(value)}")
        let unasked =
            "warning: no route asks for `defaults.\(key)` "
            + "(leave it out, or write `access: required` where it is meant: "
            + "every route writes `\(key)` of its own or is public)"
        #expect(
            found == [
                "f:4:25: warning: no route uses the authorization server `s` (leave it out)",
                "f:5:\(defaults.count + 1): \(unasked)",
            ])
        let others = "defaults: {\(key): "
        let replaced = self.warnings(
            """
              - {name: r, paths: [/], upstream: u, \(key): \(value)}
              - {name: open, paths: [/open], upstream: u, access: public}
            """, "\(others)\(value)}")
        #expect(replaced == ["f:5:\(others.count + 1): \(unasked)"])
    }

    @Test("A rule of the defaults is no problem where one route asks for it", arguments: Self.rules)
    func askedRules(key: String, value: String) {
        let found = self.warnings(
            """
              - {name: open, paths: [/], upstream: u}
              - {name: r, paths: [/r], upstream: u, access: required}
            """, "defaults: {access: public, \(key): \(value)}")
        #expect(found == [])
    }

    @Test("A token without subject may be admitted by the defaults of public routes: that asks for nothing")
    func optionalSubject() {
        let found = self.warnings(
            "  - {name: r, paths: [/], upstream: u}", "defaults: {access: public, subject: optional}")
        #expect(found.allSatisfy { $0.contains("no route uses the authorization server") }, "\(found)")
    }

    @Test("A route for any host that a host with routes of its own hides")
    func shadowedHost() {
        let found = self.warnings(
            """
              - {name: health, paths: [/health], upstream: u}
              - {name: api, hosts: [api.example.com], paths: [/orders], upstream: u}
              - {name: wild, hosts: ["*.example.com"], paths: [/orders, /health], upstream: u}
            """)
        #expect(
            found == [
                "f:7:5: warning: route `health` is shadowed for `api.example.com`: a host with routes of its own is served by those only (name these hosts in the route's `hosts` too, if it is meant for them)",
                "f:9:5: warning: route `wild` is shadowed for `api.example.com`: a host with routes of its own is served by those only (name these hosts in the route's `hosts` too, if it is meant for them)",
            ])
    }

    @Test("A method that a more specific path does not serve")
    func shadowedMethod() {
        let found = self.warnings(
            """
              - {name: one, paths: ["/orders/{id}"], methods: [GET], upstream: u}
              - {name: all, paths: ["/**"], methods: [GET, POST], upstream: u}
              - {name: special, paths: [/orders/special], methods: [POST], upstream: u}
            """)
        #expect(
            found.map { $0.split(separator: " (serve")[0] } == [
                "f:7:5: warning: route `one` is shadowed at `/orders/special` by `special` (line 9): GET is answered 405 there",
                "f:8:5: warning: route `all` is shadowed at `/orders/{}` by `one` (line 7): POST is answered 405 there",
                "f:8:5: warning: route `all` is shadowed at `/orders/special` by `special` (line 9): GET is answered 405 there",
            ])
    }

    @Test("Sections that the strategy does not use, and an open admin API without a token")
    func uselessSections() {
        let sample = SampleConfiguration().with("authorization_servers.main.strategy", "introspect")
            .with("admin.address", "0.0.0.0:9901")
        let found = problems(of: sample.text)
        #expect(found.contains { $0.contains("`authorization_servers.main.jwt` is not used by strategy `introspect`") })
        #expect(found.contains { $0.contains("without a token only health and metrics are served on `0.0.0.0:9901`") })
        #expect(found.count == 2)
    }

    @Test("a cache that is too small for some answers", arguments: [("2047KiB", 1), ("2MiB", 0)])
    func smallCache(size: String, count: Int) {
        let found = problems(of: SampleConfiguration().with("authorization_servers.main.cache", "{size: \(size)}").text)
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.contains("`authorization_servers.main.cache.size` is too small") }, "\(found)")
        let verifying = SampleConfiguration().with("authorization_servers.main.strategy", "verify")
            .with("authorization_servers.main.cache", "{size: \(size)}")
        #expect(!problems(of: verifying.text).contains { $0.contains("cache.size") }, "a JWT is no longer than a token")
    }
}
