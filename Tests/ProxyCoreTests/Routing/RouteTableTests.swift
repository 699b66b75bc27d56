import HTTPWire
import Testing

@testable import ProxyCore

@Suite struct RouteTableTests {
    static func route(
        _ name: String, _ paths: [String], hosts: [String] = [], methods: [String]? = nil, index: Int = 0
    ) throws -> Route {
        Route(
            index: index, name: name, hosts: try hosts.map { host throws in try HostPattern(host) },
            paths: try paths.map { path throws in try RoutePattern(path) },
            methods: try methods.map { methods throws in try MethodSet(methods) } ?? .anyButConnectAndTrace,
            access: .public,
            authorizationServer: nil, upstream: ForwardingFixture.upstream)
    }

    static func match(
        _ table: RouteTable, _ path: String, host: String = "api.test", method: String = "GET", visited: inout Int
    ) -> String {
        let (host, path, token) = ([UInt8](host.utf8), [UInt8](path.utf8), [UInt8](method.utf8))
        do throws(RouteMiss) {
            return try table.match(
                host: host.span, path: path.span, hasParameters: path.contains(UInt8(ascii: ";")),
                method: Method(token.span), token: token.span, visited: &visited
            ).route.name
        } catch {
            switch error {
            case .noRoute: return "404"
            case .methodNotAllowed(let allow): return "405 \(allow)"
            case .ambiguousRoute: return "400"
            }
        }
    }

    static func match(_ table: RouteTable, _ path: String, host: String = "api.test", method: String = "GET") -> String
    {
        var visited = 0
        return self.match(table, path, host: host, method: method, visited: &visited)
    }

    @Test("two routes of equal rank for one request are an error at load")
    func refusesEqualRank() throws {
        func conflicts(_ routes: Route...) -> [String] {
            do {
                _ = try RouteTable(routes: routes)
                return []
            } catch {
                return error.pairs.map { "\($0.first) \($0.second) \($0.path)" }
            }
        }
        #expect(try conflicts(Self.route("a", ["/x"]), Self.route("b", ["/x"])) == ["a b /x"])
        #expect(try conflicts(Self.route("a", ["/{x}"]), Self.route("b", ["/{y}"])) == ["a b /{y}"])
        #expect(
            try conflicts(Self.route("a", ["/x/**"]), Self.route("b", ["/x/**"], methods: ["PUT"])) == ["a b /x/**"])
        #expect(
            try conflicts(
                Self.route("a", ["/x"], hosts: ["a.test", "b.test"]), Self.route("b", ["/x"], hosts: ["B.test"]))
                == ["a b /x"])
        #expect(
            try conflicts(
                Self.route("a", ["/x"], hosts: ["[::1]"]), Self.route("b", ["/x"], hosts: ["[0:0:0:0:0:0:0:1]"]))
                == ["a b /x"])
        #expect(try conflicts(Self.route("a", ["/@x"]), Self.route("b", ["/%40x"])) == ["a b /%40x"])
        #expect(try conflicts(Self.route("a", ["/{x}", "/{y}"])) == ["a a /{y}"])
        #expect(
            try conflicts(
                Self.route("a", ["/x"], methods: ["GET"]), Self.route("b", ["/x"], methods: ["HEAD", "PURGE"]),
                Self.route("c", ["/x"], methods: ["POST"]), Self.route("d", ["/x"], hosts: ["a.test"]),
                Self.route("e", ["/x/"]), Self.route("f", ["/{x}"]), Self.route("g", ["/**"]),
                Self.route("h", ["/x/**"]), Self.route("i", ["/@x", "/%40x"]),
                Self.route("j", ["/a:b"], methods: ["GET"]), Self.route("k", ["/a%3Ab"], methods: ["PUT"])
            ).isEmpty)
    }

    @Test(
        "the most specific path that matches as a whole, from the left: literal, {name}, **",
        arguments: [
            ("/orders", "orders"), ("/orders/", "404"), ("/orders/7", "order"), ("/orders/new", "new"),
            ("/orders/7/lines", "lines"), ("/orders/new/lines", "lines"), ("/orders/new/x", "404"),
            ("/orders//lines", "404"),
            ("/reports", "reports"), ("/reports/", "reports"), ("/reports/a/b", "reports"), ("/reportsx", "404"),
            ("/reports/special", "special"), ("/reports/special/x", "reports"), ("/Orders", "404"), ("/a/x/c", "axc"),
            ("/a/b/c", "abc"), ("/a/b/d", "a-any-d"), ("/a/b/e", "a-rest"), ("/a/b", "a-rest"), ("/", "404"),
        ])
    func picksTheMostSpecific(path: String, name: String) throws {
        let table = try RouteTable(routes: [
            Self.route("orders", ["/orders"]), Self.route("order", ["/orders/{id}"]),
            Self.route("new", ["/orders/new"]),
            Self.route("lines", ["/orders/{id}/lines"]), Self.route("reports", ["/reports/**"]),
            Self.route("special", ["/reports/special"]), Self.route("axc", ["/a/{b}/c"]), Self.route("abc", ["/a/b/c"]),
            Self.route("a-any-d", ["/a/{any}/d"]), Self.route("a-rest", ["/a/**"]),
        ])
        #expect(Self.match(table, path) == name)
    }

    @Test("the method is looked for among the routes of that path only; none is 405, never a less specific path")
    func neverFallsThroughToAnotherPath() throws {
        let table = try RouteTable(routes: [
            Self.route("read", ["/x"], methods: ["GET"]), Self.route("write", ["/x"], methods: ["PUT", "PURGE"]),
            Self.route("rest", ["/**"]),
        ])
        #expect(Self.match(table, "/x") == "read")
        #expect(Self.match(table, "/x", method: "PURGE") == "write")
        #expect(Self.match(table, "/x", method: "HEAD") == "405 GET, PUT, PURGE")
        #expect(Self.match(table, "/y", method: "HEAD") == "rest")
    }

    @Test(
        "PB-41, PB-42: exact host, else the longest wildcard, else routes without hosts; only that entry's routes count",
        arguments: [
            ("api.test", "/x", "exact"), ("API.Test", "/x", "exact"), ("api.test", "/y", "404"),
            ("a.api.test", "/x", "wild"),
            ("a.b.api.test", "/x", "wild"), ("a.deep.api.test", "/x", "deeper"), ("deep.api.test", "/x", "wild"),
            ("xapi.test", "/x", "any"), ("test", "/x", "any"), ("", "/x", "any"), ("[::1]", "/x", "six"),
            ("[::2]", "/x", "any"), ("other.test", "/y", "any-y"), ("a.api.test", "/y", "404"),
            ("[0:0:0:0:0:0:0:1]", "/x", "six"), ("[0::0001]", "/x", "six"), ("[::0.0.0.1]", "/x", "six"),
            ("[0:0:0:0:0:0:0:1]", "/y", "404"), ("[2001:DB8::A]", "/x", "long"), ("[2001:db8:0::0:a]", "/x", "long"),
            ("[::ffff:127.0.0.1]", "/x", "mapped"), ("[::FFFF:7f00:1]", "/x", "mapped"), ("127.0.0.1", "/x", "four"),
        ])
    func picksTheHost(host: String, path: String, name: String) throws {
        let table = try RouteTable(routes: [
            Self.route("exact", ["/x"], hosts: ["api.test"]), Self.route("wild", ["/x"], hosts: ["*.api.test"]),
            Self.route("deeper", ["/x"], hosts: ["*.deep.api.test"]), Self.route("any", ["/x"]),
            Self.route("any-y", ["/y"]), Self.route("six", ["/x"], hosts: ["[::1]"]),
            Self.route("long", ["/x"], hosts: ["[2001:0DB8:0:0:0:0:0:000A]"]),
            Self.route("mapped", ["/x"], hosts: ["[0::ffff:7f00:1]"]), Self.route("four", ["/x"], hosts: ["127.0.0.1"]),
        ])
        #expect(Self.match(table, path, host: host) == name)
    }

    @Test(
        "a path that reaches another route once its reserved characters are decoded is refused",
        arguments: [
            ("/users/%40me/keys", "400"), ("/only/%40x", "400"), ("/a/x%3Ay", "400"), ("/@out/b", "400"),
            ("/a/%24%28x%29", "400"), ("/a/$(x%29", "400"), ("/a/%21%26%27%2B%2C%3D", "400"), ("/%40in/b", "400"),
            ("/users/@me/keys", "strict"), ("/users/%40you/keys", "weak"), ("/users/a%3Ab/keys", "weak"),
            ("/users/@me%3A/keys", "weak"), ("/users/%2540me/keys", "weak"), ("/users/%40me/none", "404"),
            ("/a/$(x)", "paren"), ("/a/x:y", "colon"), ("/a/%20", "404"), ("/one/%40x", "one"), ("/both/@x", "both"),
            ("/both/%40x", "both"), ("/both/%40y", "both-weak"), ("/@in/b", "in"), ("/%40out/b", "rest"),
        ])
    func refusesTwoReadings(path: String, name: String) throws {
        let table = try RouteTable(routes: [
            Self.route("strict", ["/users/@me/keys"]), Self.route("weak", ["/users/{id}/keys"]),
            Self.route("only", ["/only/@x"]), Self.route("colon", ["/a/x:y"]), Self.route("paren", ["/a/$(x)"]),
            Self.route("signs", ["/a/!&'+,="]), Self.route("one", ["/one/@x", "/one/{x}"]),
            Self.route("both", ["/both/@x", "/both/%40x"]), Self.route("both-weak", ["/both/{x}"]),
            Self.route("in", ["/@in/**"]), Self.route("rest", ["/%40out/**"]),
        ])
        #expect(Self.match(table, path) == name)
    }

    @Test(
        "a literal that is written with an escape is the same path as one without",
        arguments: [
            ("/users/@me", "400"), ("/x*y", "400"), ("/users/%40me", "strict"), ("/x%2Ay", "star"),
            ("/users/@you", "weak"), ("/users/%40you", "weak"), ("/users/me", "weak"), ("/x%2Bz", "404"),
        ])
    func refusesTwoReadingsOfEscapes(path: String, name: String) throws {
        let table = try RouteTable(routes: [
            Self.route("strict", ["/users/%40me"]), Self.route("weak", ["/users/{id}"]), Self.route("star", ["/x%2Ay"]),
        ])
        #expect(Self.match(table, path) == name)
    }

    @Test(
        "a path that is another route's without its parameters is served by neither",
        arguments: [
            ("/users/me;a=1", "400"), ("/users/me;", "400"), ("/users;v=2/me", "400"), ("/files/admin;x/y", "400"),
            ("/users/@x;a", "400"), ("/users/%40x;a", "400"),
            ("/users/you;a=1", "weak"), ("/users/me", "strict"), ("/files/a;b/c;d", "files"),
            ("/files/admin/y;z", "guarded"), ("/nowhere;a", "404"), ("/users/me;a/b", "404"),
        ])
    func refusesTwoReadingsOfParameters(path: String, name: String) throws {
        let table = try RouteTable(routes: [
            Self.route("strict", ["/users/me"]), Self.route("weak", ["/users/{id}"]),
            Self.route("files", ["/files/**"]), Self.route("guarded", ["/files/admin/**"]),
            Self.route("other", ["/users/@x"]),
        ])
        #expect(Self.match(table, path) == name)
    }

    @Test("a literal with a parameter is the same path as one without, to a service that does not look at it")
    func literalsWithParameters() throws {
        func route(_ name: String, _ paths: String...) throws -> Route {
            Route(
                index: 0, name: name, paths: try paths.map { try RoutePattern($0, allowsPathParameters: true) },
                access: .public, authorizationServer: nil, upstream: ForwardingFixture.upstream,
                allowsPathParameters: true)
        }
        #expect(throws: RouteConflicts.self) { try RouteTable(routes: [route("a", "/x;v=1"), route("b", "/x")]) }
        let table = try RouteTable(routes: [route("one", "/x;v=1"), route("two", "/y", "/y;v=1"), route("any", "/{z}")])
        #expect(Self.match(table, "/x;v=1") == "one")
        #expect(Self.match(table, "/x") == "400")
        #expect(Self.match(table, "/x;v=2") == "400")
        #expect(Self.match(table, "/y") == "two")
        #expect(Self.match(table, "/y;v=1") == "two")
        #expect(Self.match(table, "/y;v=2") == "400")
        #expect(Self.match(table, "/w;v=1") == "any")
    }

    @Test("two readings of a path are two where only the method tells their routes apart")
    func refusesTwoReadingsByMethod() throws {
        let table = try RouteTable(routes: [
            Self.route("strict", ["/users/@me"], methods: ["GET"]), Self.route("weak", ["/users/{id}"]),
        ])
        #expect(Self.match(table, "/users/%40me") == "400")
        #expect(Self.match(table, "/users/%40me", method: "PUT") == "400")
        #expect(Self.match(table, "/users/@me", method: "PUT") == "405 GET")
    }

    @Test("a path of two readings is answered 400, in either case of its escapes; a query may hold what it likes")
    func answersTwoReadings() throws {
        let fixture = try ForwardingFixture([
            Self.route("strict", ["/u/a:b"]), Self.route("weak", ["/u/{id}"], index: 1),
        ])
        #expect(fixture.refused("/u/a%3ab") == .target(.ambiguousRoute))
        #expect(fixture.refused("/u/a%3Ab") == .target(.ambiguousRoute))
        #expect(fixture.refused("/u/%61%3Ab") == .target(.ambiguousRoute))
        #expect(try fixture.forwarded("/u/a%3ac").target == "/u/a%3Ac")
        #expect(try fixture.forwarded("/u/a:b?c%3Ad").grant?.route.name == "strict")
    }

    @Test(
        "PB-42, PB-87: port and one last dot take no part in matching a host",
        arguments: ["api.test", "Api.Test:8080", "api.test.", "api.test.:80"])
    func comparesHosts(host: String) throws {
        let fixture = try ForwardingFixture([Self.route("exact", ["/x"], hosts: ["api.test"])])
        guard case .forwarded(let message) = fixture.send("GET /x HTTP/1.1\r\nHost: \(host)\r\n\r\n") else {
            Issue.record("not matched")
            return
        }
        #expect(message.values("host") == [host])
    }

    @Test("a match costs the same with 10 routes and with 10,000")
    func costsTheSame() throws {
        var counts: [Int] = []
        for size in [10, 10_000] {
            var routes: [Route] = []
            for number in 0..<size {
                routes.append(
                    try Self.route("r\(number)", ["/s\(number)/items/{id}", "/s\(number)/**"], index: number))
            }
            let table = try RouteTable(routes: routes)
            var visited = 0
            #expect(Self.match(table, "/s\(size - 1)/items/7", visited: &visited) == "r\(size - 1)")
            #expect(Self.match(table, "/none/items/7", visited: &visited) == "404")
            counts.append(visited)
        }
        #expect(counts[0] == counts[1])
        #expect(counts[0] <= 5)
    }

    @Test("captures are the segments and labels that were matched, escapes decoded")
    func captures() throws {
        let route = try Self.route("r", ["/a/{first}/b/{second}/**"])
        let path = [UInt8]("/a/x%20y/b/%E2%82%AC/rest".utf8)
        let host = [UInt8]("Acme.Api.test".utf8)
        let captures = RouteCaptures(RouteHit(route: route, pattern: 0), path: path.span, host: host.span)
        #expect(captures.value(ofParameter: "first") == [UInt8]("x y".utf8))
        #expect(captures.value(ofParameter: "second") == [UInt8]("€".utf8))
        #expect(captures.value(ofParameter: "third") == nil)
        #expect(captures.hostLabel(0) == [UInt8]("acme".utf8))
        #expect(captures.hostLabel(2) == [UInt8]("test".utf8))
        #expect(captures.hostLabel(3) == nil)
        let address = [UInt8]("[::1]".utf8)
        #expect(
            RouteCaptures(RouteHit(route: route, pattern: 0), path: path.span, host: address.span).hostLabel(0) == nil)
    }
}
