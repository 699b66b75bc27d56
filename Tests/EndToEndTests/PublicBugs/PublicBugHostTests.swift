import TestSupport
import Testing

@Suite("Public bugs: hosts, forwarding and methods") struct PublicBugHostTests {
    private static func head(_ host: String, _ fields: [String] = []) -> String {
        (["GET /public/x HTTP/1.1", "Host: \(host)"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test(
        "PB-41, PB-42: a host's rules hold in any case, with any port and with a last dot",
        arguments: [
            "admin.test", "ADMIN.TEST", "Admin.Test:8080", "admin.test.", "ADMIN.test.:80", "aDmIn.tEsT:1",
        ])
    func hostRules(host: String) throws {
        try BugConfiguration.run { proxy throws in
            // Everywhere else this path is open.
            #expect(try proxy.exchange(Self.head(host))?.status == 401)
            #expect(try proxy.exchange(Self.head(host, ["Authorization: Bearer reader"]))?.status == 403)
            #expect(try proxy.exchange(Self.head(host, ["Authorization: Bearer root"]))?.status == 200)
        }
    }

    @Test(
        "PB-42: a host that is none is refused, not matched by what is left of it",
        arguments: [
            "admin.test:", "admin.test:x", "admin.test:80:80", "admin.test..", ".admin.test", "user@admin.test",
            "admin.test/", "admin.test, api.test", "admin.test:99999", "admin%2etest", "[admin.test]", "",
        ])
    func badHosts(host: String) throws {
        try BugConfiguration.run { proxy throws in
            let status = try proxy.exchange(Self.head(host))?.status ?? 0
            #expect([400, 401].contains(status))
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test(
        "PB-87: an IPv6 literal is a host with or without a port, and its colons are not a port's",
        arguments: [
            ("[::1]", 200), ("[::1]:8080", 200), ("[2001:db8::1]", 200), ("[::1", 400), ("::1", 400), ("[::1]x", 400),
        ])
    func literals(host: String, status: Int) throws {
        try BugConfiguration.run { proxy throws in
            #expect(try proxy.exchange(Self.head(host))?.status == status)
        }
    }

    // MARK: Fields that claim to know better

    private static let claims = [
        "X-Envoy-Original-Path: /public/x", "X-Original-URL: /public/x", "X-Rewrite-URL: /public/x",
        "X-Original-URI: /public/x", "X-Forwarded-Uri: /public/x", "X-Forwarded-Path: /public/x",
        "X-Forwarded-Prefix: /public", "X-Forwarded-Host: open.test", "X-Original-Host: open.test",
        "X-Accel-Redirect: /public/x", "X-HTTP-Path-Override: /public/x",
    ]
    private static let methods = [
        "X-Original-Method: OPTIONS", "X-Forwarded-Method: OPTIONS", "X-HTTP-Method-Override: OPTIONS",
        "X-HTTP-Method: OPTIONS", "X-Method-Override: OPTIONS",
    ]

    @Test("PB-43, PB-44: no field moves a request to another path's rule", arguments: Self.claims)
    func pathFields(field: String) throws {
        try BugConfiguration.run { proxy throws in
            #expect(try proxy.exchange(request("GET", "/admin/x", [field]))?.status == 401)
            #expect(try proxy.exchange(request("GET", "/admin/x", token: "reader", [field]))?.status == 403)
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test("PB-47: no field makes a request a preflight", arguments: Self.methods)
    func methodFields(field: String) throws {
        let preflight = [field, "Origin: https://a.test", "Access-Control-Request-Method: GET"]
        try BugConfiguration.run { proxy throws in
            for target in ["/admin/x", "/cors/x"] {
                #expect(try proxy.exchange(request("GET", target, preflight))?.status == 401)
            }
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.isEmpty)
        }
    }

    @Test("PB-45, PB-46: what an untrusted client says of where it came from is replaced or dropped")
    func forwardedFamily() throws {
        let names = [
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Port",
            "X-Forwarded-Server", "X-Forwarded-User", "X-Real-IP", "Forwarded", "X_Forwarded_For", "x-forwarded-proto",
            "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Email",
        ]
        try BugConfiguration.run { proxy throws in
            #expect(
                try proxy.exchange(request("GET", "/api/x", token: "reader", names.map { "\($0): https-evil" }))?.status
                    == 200)
            let seen = try #require(proxy.upstream.requests.first)
            #expect(seen.values("x-forwarded-proto") == ["http"])
            #expect(seen.values("x-forwarded-for") == ["127.0.0.1"])
            let left = seen.fields.filter { $0.text.contains("evil") }.map(\.name)
            #expect(left == [])
        }
    }

    @Test("PB-48: a preflight passes where the route says so, without identity, and nothing else does")
    func preflight() throws {
        let both = ["Origin: https://a.test", "Access-Control-Request-Method: PUT"]
        try BugConfiguration.run { proxy throws in
            for fields in [[], [both[0]], [both[1]]] {
                #expect(try proxy.exchange(request("OPTIONS", "/cors/x", fields))?.status == 401)
            }
            for method in ["GET", "POST", "HEAD", "options"] {
                let status = try proxy.exchange(request(method, "/cors/x", both), method: method)?.status
                #expect(status == 401)
            }
            #expect(try proxy.exchange(request("OPTIONS", "/api/x", both))?.status == 401)
            #expect(try proxy.exchange(request("OPTIONS", "/cors/x", both + ["X-Auth-Subject: root"]))?.status == 200)
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.count == 1)
            #expect(proxy.upstream.requests.first?.value("x-auth-subject") == nil)
        }
    }
}
