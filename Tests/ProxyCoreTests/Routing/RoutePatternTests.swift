import HTTPWire
import Testing

@testable import ProxyCore

@Suite struct RoutePatternTests {
    @Test(
        "a pattern that could never match, or not as it looks, is an error that says what would be right",
        arguments: [
            ("orders", RoutePatternProblem.noLeadingSlash("orders")), ("", .noLeadingSlash("")),
            ("/a//b", .emptySegment("/a//b")), ("/**/a", .restInside("/**/a")), ("/a*", .asterisk("/a*")),
            ("/*", .asterisk("/*")), ("/{a}.json", .partialParameter("/{a}.json")), ("/{}", .partialParameter("/{}")),
            ("/{1a}", .parameterName("1a")), ("/{a-b}", .parameterName("a-b")), ("/{a}/{a}", .repeatedParameter("a")),
            ("/a;b", .pathParameter("/a;b")), ("/%61", .notNormal("/%61", rightly: "a")),
            ("/%e2%82%ac", .notNormal("/%e2%82%ac", rightly: "%E2%82%AC")), ("/a/..", .refused("/a/..", .dotSegment)),
            ("/straße", .refused("/straße", .forbiddenByte)), ("/a%2f", .refused("/a%2f", .ambiguousEscape)),
        ])
    func refuses(text: String, problem: RoutePatternProblem) {
        #expect(throws: problem) { try RoutePattern(text) }
    }

    @Test(
        "a pattern is written as it was read",
        arguments: [
            "/", "/orders", "/orders/", "/orders/{id}", "/a/{b}/c", "/reports/**", "/**", "/{a}/**", "/%E2%82%AC",
        ])
    func reads(text: String) throws {
        #expect(try RoutePattern(text).description == text)
    }

    @Test("path parameters may stand in a pattern whose route allows them")
    func takesPathParameters() throws {
        #expect(try RoutePattern("/a;b", allowsPathParameters: true).description == "/a;b")
    }

    @Test(
        "prefixes of `path` are whole segments in normal form",
        arguments: [
            ("v1", RoutePatternProblem.noLeadingSlash("v1")), ("/v1/", .lastSlash("/v1/")),
            ("/a/../b", .refused("/a/../b", .dotSegment)), ("/%76", .notNormal("/%76", rightly: "/v")),
        ])
    func refusesPrefixes(text: String, problem: RoutePatternProblem) {
        #expect(throws: problem) { try Route.PathRewrite(stripPrefix: text, addPrefix: "") }
        #expect(throws: problem) { try Route.PathRewrite(stripPrefix: "", addPrefix: text) }
    }

    @Test(
        "a host that could never match is an error that says what would be right",
        arguments: [
            ("", HostProblem.empty), ("api.test:80", .port("api.test:80")),
            ("api.test.", .lastDot("api.test.", rightly: "api.test")), ("a.*.test", .wildcardInside("a.*.test")),
            ("*", .wildcardInside("*")), ("*.[::1]", .wildcardInside("*.[::1]")), ("a b", .invalid("a b")),
            ("a..b", .invalid("a..b")), ("::1", .invalid("::1")), ("bücher.test", .notASCII("bücher.test")),
        ])
    func refusesHosts(text: String, problem: HostProblem) {
        #expect(throws: problem) { try HostPattern(text) }
    }

    @Test(
        "a host pattern is kept in lower case, an address as RFC 5952 writes it",
        arguments: [
            ("API.test", "api.test"), ("*.Example.COM", "*.example.com"), ("[::1]", "[::1]"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"), ("[::]", "[::]"), ("[2001:DB8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]"),
            ("[::FFFF:7F00:1]", "[::ffff:127.0.0.1]"), ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"),
        ])
    func readsHosts(text: String, lower: String) throws {
        #expect(try HostPattern(text).description == lower)
    }

    @Test(
        "methods are tokens, in the case HTTP writes them; CONNECT and TRACE belong to no route",
        arguments: [
            ([], MethodProblem.empty), (["GET", "P T"], .notAToken("P T")),
            (["get"], .wrongCase("get", rightly: "GET")),
            (["CONNECT"], .refusedEverywhere("CONNECT")), (["TRACE"], .refusedEverywhere("TRACE")),
            ([""], .notAToken("")),
        ])
    func refusesMethods(tokens: [String], problem: MethodProblem) {
        #expect(throws: problem) { try MethodSet(tokens) }
    }

    @Test("GET does not include HEAD, and an open set leaves out CONNECT and TRACE only")
    func containsMethods() throws {
        let some = try MethodSet(["GET", "PURGE"])
        func contains(_ set: MethodSet, _ name: String) -> Bool {
            let token = [UInt8](name.utf8)
            return set.contains(.init(token.span), token: token.span)
        }
        #expect(contains(some, "GET") && contains(some, "PURGE"))
        #expect(!contains(some, "HEAD") && !contains(some, "get") && !contains(some, "PURG"))
        let open = MethodSet.anyButConnectAndTrace
        #expect(contains(open, "DELETE") && contains(open, "M-SEARCH") && contains(open, "get"))
        #expect(!contains(open, "CONNECT") && !contains(open, "TRACE"))
        #expect(some.allowValue == "GET, PURGE")
    }
}
