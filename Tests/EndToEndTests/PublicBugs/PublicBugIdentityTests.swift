import TestSupport
import Testing

@Suite("Public bugs: identity, credentials and challenges") struct PublicBugIdentityTests {
    /// What the upstream was told when a client sent these fields.
    private static func told(
        _ target: String, token: String?, _ fields: [String], server: StubAuthorizationServer? = nil
    ) throws -> RawMessage? {
        var seen: RawMessage?
        try BugConfiguration.run(server: server) { proxy throws in
            _ = try proxy.exchange(request("GET", target, token: token, fields))
            try proxy.stopProxy()
            seen = proxy.upstream.requests.first
        }
        return seen
    }

    private static let aliases = [
        "X-Auth-Subject", "x-auth-subject", "X_Auth_Subject", "X-Auth_Subject", "x_auth_subject", "X_AUTH-SUBJECT",
        "X-Auth-Scope", "X_Auth_Scope", "x-Auth_scope",
    ]

    @Test("PB-57, PB-58: no spelling of an injected field gets past, on any kind of route", arguments: aliases)
    func spellings(name: String) throws {
        for (target, token) in [("/api/x", "reader"), ("/any/x", "scopeless"), ("/public/x", nil)]
            as [(String, String?)]
        {
            // A 400 is as good.
            guard let seen = try Self.told(target, token: token, ["\(name): forged", "\(name): again"]) else {
                continue
            }
            let forged = seen.fields.filter { $0.text.contains("forged") || $0.text.contains("again") }.map(\.name)
            #expect(forged == [])
            let subjects = seen.fields.filter {
                String($0.name.lowercased().map { $0 == "_" ? "-" : $0 }) == "x-auth-subject"
            }
            #expect(subjects.map(\.text) == (token == "reader" ? ["alice"] : token == nil ? [] : ["bob"]))
        }
    }

    @Test("PB-59: a field for which the token has no value is gone all the same, and a subject that must be is missed")
    func withoutValue() throws {
        let forged = ["X-Auth-Scope: admin", "X-Auth-Subject: root"]
        let scopeless = try #require(try Self.told("/any/x", token: "scopeless", forged))
        #expect(scopeless.values("x-auth-scope").isEmpty && scopeless.values("x-auth-subject") == ["bob"])
        let nobody = try #require(try Self.told("/any/x", token: "nobody", forged))
        // Without a subject no field speaks of one.
        #expect(nobody.values("x-auth-scope").isEmpty && nobody.values("x-auth-subject").isEmpty)
        #expect(try Self.told("/api/x", token: "nobody", forged) == nil)
    }

    @Test(
        "PB-60: naming an injected field in Connection takes away what the client sent, not what we add",
        arguments: [
            ["Connection: X-Auth-Subject"], ["Connection: close, x-auth-subject, X-Auth-Scope"],
            ["Connection: keep-alive", "Connection: X-AUTH-SUBJECT", "X-Auth-Subject: forged"],
        ])
    func nominated(fields: [String]) throws {
        let seen = try #require(try Self.told("/api/x", token: "reader", fields))
        #expect(seen.values("x-auth-subject") == ["alice"] && seen.values("x-auth-scope") == ["read"])
    }

    @Test(
        "PB-61: no value of a token begins another line upstream",
        arguments: [
            #""scope":"read","sub":"a\r\nX-Admin: 1""#, #""scope":"read","sub":"a\nX-Admin: 1""#,
            #""scope":"read","sub":"a\u0000b""#, #""scope":"read\r\nX-Admin: 1","sub":"a""#,
            #""scope":"read \nX-Admin:1","sub":"a""#,
        ])
    func lineBreaks(members: String) throws {
        let server = try StubAuthorizationServer(otherwise: .active(members))
        let seen = try Self.told("/api/x", token: "t", [], server: server)
        #expect(seen?.value("x-admin") == nil)
    }

    @Test(
        "PB-62: a subject beyond ASCII is percent-encoded UTF-8 on every route",
        arguments: [
            ("αβγ", "%CE%B1%CE%B2%CE%B3"), ("ü", "%C3%BC"), ("a b", "a%20b"), ("100%", "100%25"), ("😀", "%F0%9F%98%80"),
        ])
    func beyondASCII(subject: String, told: String) throws {
        for target in ["/api/x", "/any/x"] {
            let server = try StubAuthorizationServer(otherwise: .active(#""scope":"read","sub":"\#(subject)""#))
            #expect(try Self.told(target, token: "t", [], server: server)?.values("x-auth-subject") == [told])
        }
    }

    // MARK: Credentials

    private static func answer(_ fields: [String], target: String = "/api/x") throws -> RawMessage? {
        var response: RawMessage?
        try BugConfiguration.run { response = try $0.exchange(request("GET", target, fields)) }
        return response
    }

    @Test(
        "PB-64: the scheme is read in any case",
        arguments: ["bearer reader", "BEARER reader", "bEaReR reader", "Bearer  reader", "Bearer reader "])
    func schemeCase(value: String) throws {
        #expect(try Self.answer(["Authorization: \(value)"])?.status == 200)
    }

    @Test(
        "PB-65: a token that is none of any kind is a 401, or a 400 where it is no token at all",
        arguments: [
            ("Bearer X", [401]), ("Bearer a.b.c", [401]), ("Bearer ..", [401]), ("Bearer .", [401]),
            ("Bearer ===", [400, 401]),
            ("Bearer", [400, 401]), ("Bearer ", [400, 401]), ("Bearer a,b", [400, 401]), ("Bearer \"a\"", [400, 401]),
            ("Basic cmVhZGVyOg==", [401]), ("reader", [401]),
        ])
    func malformed(value: String, statuses: [Int]) throws {
        let response = try #require(try Self.answer(["Authorization: \(value)"]))
        #expect(statuses.contains(response.status) && response.value("www-authenticate")?.hasPrefix("Bearer") == true)
    }

    @Test(
        "PB-66: no credentials earn a challenge, and it names no error (RFC 6750 §3)",
        arguments: ["/api/x", "/admin", "/any/x"])
    func bareChallenge(target: String) throws {
        let response = try #require(try Self.answer([], target: target))
        let challenge = try #require(response.value("www-authenticate"))
        #expect(response.status == 401 && challenge.hasPrefix("Bearer") && !challenge.contains("error"))
    }

    @Test(
        "PB-67: a good token with too little scope is a 403 that says so (RFC 6750 §3.1)",
        arguments: [("reader", "/admin/x"), ("scopeless", "/api/x"), ("reader", "/admin")])
    func tooLittle(token: String, target: String) throws {
        let response = try #require(try Self.answer(["Authorization: Bearer \(token)"], target: target))
        #expect(response.status == 403)
        #expect(response.value("www-authenticate")?.contains("error=\"insufficient_scope\"") == true)
    }
}
