import HTTPWire
import Testing

@testable import ProxyCore

@Suite struct RequestTargetTests {
    @Test(
        "PB-29, PB-30, PB-31, PB-33, PB-36, PB-39: a path that two readers could take for two is refused, never repaired",
        arguments: [
            ("/public/../admin/x", TargetProblem.dotSegment), ("/public/%2e%2e/admin/x", .dotSegment),
            ("/public/.%2E/x", .dotSegment), ("/./x", .dotSegment), ("/x/.", .dotSegment), ("/x/..", .dotSegment),
            ("/%2e", .dotSegment), ("/public/%2e%2e%2fadmin", .ambiguousEscape), ("//admin/x", .emptySegment),
            ("///admin/x", .emptySegment), ("/a//", .emptySegment), ("/admin%2fx", .ambiguousEscape),
            ("/admin%5cx", .ambiguousEscape), ("/admin%3b", .ambiguousEscape), ("/admin%00", .ambiguousEscape),
            ("/admin%3f", .ambiguousEscape), ("/admin%23", .ambiguousEscape), ("/a%7f", .ambiguousEscape),
            ("/a%1F", .ambiguousEscape), ("/a%0a", .ambiguousEscape), ("/a%2", .cutEscape), ("/a%", .cutEscape),
            ("/a%zz", .cutEscape), ("/a%u002e", .cutEscape), ("/a%c0%ae", .notUTF8), ("/a%ff", .notUTF8),
            ("/a%C3", .notUTF8), ("/a%C3x%A9", .notUTF8), ("/a%ED%A0%80", .notUTF8), ("/a%F4%90%80%80", .notUTF8),
            ("/a%E0%80%80", .notUTF8), ("/..;/x", .dotSegment), ("/.;a=b/x", .dotSegment), ("/;a/x", .emptySegment),
            ("/x/;a", .emptySegment), ("/%2e;a/x", .dotSegment),
        ])
    func refusesAmbiguousPaths(path: String, problem: TargetProblem) throws {
        let fixture = try ForwardingFixture.open(allowsPathParameters: true)
        #expect(fixture.refused(path) == .target(problem))
    }

    @Test(
        "a raw byte outside pchar is refused, a fragment with it",
        arguments: ["/a#b", "/a[b]", "/a\\b", "/a\"b", "/a|b", "/a^b", "/a{b}", "/é", "/a?x#y"])
    func refusesForbiddenBytes(path: String) throws {
        #expect(try ForwardingFixture.open().refused(path)?.status == 400)
    }

    @Test(
        "RFC 3986 §6.2.2.1–2: unreserved escapes are decoded, hexadecimal digits raised, nothing else touched",
        arguments: [
            ("/%61bc", "/abc"), ("/%7Ea%2dz%5F%2E%2e.x", "/~a-z_...x"), ("/a%2a%3a", "/a%2A%3A"),
            ("/%e2%82%ac", "/%E2%82%AC"),
            ("/a%20b", "/a%20b"), ("/%252e%252e/x", "/%252e%252e/x"), ("/a:b@c!$&'()*+,=~", "/a:b@c!$&'()*+,=~"),
            ("/...", "/..."), ("/..a/x", "/..a/x"), ("/", "/"), ("/a/", "/a/"),
            ("/%ef%bc%8e%ef%bc%8e/x", "/%EF%BC%8E%EF%BC%8E/x"),
        ])
    func normalises(path: String, normal: String) throws {
        #expect(try ForwardingFixture.open().forwarded(path).target == normal)
    }

    @Test(
        "PB-32, PB-34: the query is opaque and goes on byte for byte",
        arguments: ["?", "?next=/../admin&p=%2f..%2F", "?a=b?c;d", "?%zz"])
    func keepsQueries(query: String) throws {
        #expect(try ForwardingFixture.open().forwarded("/x" + query).target == "/x" + query)
        #expect(try ForwardingFixture.open().forwarded("/%78" + query).target == "/x" + query)
    }

    @Test("path parameters pass only where the route allows them")
    func judgesPathParameters() throws {
        #expect(try ForwardingFixture.open().refused("/a;b=c") == .pathParameters)
        #expect(try ForwardingFixture.open(allowsPathParameters: true).forwarded("/a;b=c/d").target == "/a;b=c/d")
    }

    @Test("RFC 9112 §3.2.2: an absolute target is forwarded in origin-form")
    func takesAbsoluteForm() throws {
        let fixture = try ForwardingFixture.open()
        #expect(try fixture.forwarded("http://api.test/x?y").target == "/x?y")
        #expect(try fixture.forwarded("HTTP://api.test/x").target == "/x")
        #expect(try fixture.forwarded("http://api.test").target == "/")
        #expect(try fixture.forwarded("http://api.test?a=b").target == "/?a=b")
    }

    @Test("an https target on a plain connection is meant for somebody else, unless a trusted peer took the TLS off")
    func judgesScheme() throws {
        let fixture = try ForwardingFixture.open()
        #expect(fixture.refused("https://api.test/x") == .target(.scheme))
        let tls = PeerIdentity(address: .v4(1), isTLS: true, trusted: .nobody)
        #expect(try fixture.forwarded("https://api.test/x", from: tls).target == "/x")
        let front = PeerIdentity(address: .v4(0x7F00_0001), isTLS: false, trusted: try TrustedPeers(["127.0.0.1"]))
        #expect(try fixture.forwarded("https://api.test/x", from: front).target == "/x")
    }

    @Test("asterisk-form names no path, so no route", arguments: ["*", "http://api.test"])
    func leavesServerWideOptions(target: String) throws {
        #expect(try ForwardingFixture.open().refused(target, method: "OPTIONS") == .noRoute)
    }

    @Test("a host with an empty label is refused", arguments: [".api.test", "api..test", "api.test..", "."])
    func refusesEmptyLabels(host: String) throws {
        #expect(try ForwardingFixture.open().refused(host: host) == .target(.authority))
    }

    @Test("CONNECT and TRACE are served nowhere", arguments: [("CONNECT", "api.test:80"), ("TRACE", "/x")])
    func refusesTunnels(method: String, target: String) throws {
        #expect(try ForwardingFixture.open().refused(target, method: method) == .methodRefused)
    }

    @Test("what was normalised once is its own normal form, whatever the bytes")
    func isIdempotent() throws {
        var random = EventRandom(for: "random paths")
        let alphabet = [UInt8]("/.%%%2eEfF5cC3bB;aA~?0".utf8)
        for _ in 0..<20_000 {
            let path = [0x2F] + (0..<random.below(14)).map { _ in alphabet[random.below(alphabet.count)] }
            guard let normal = try? PathNormalForm(path.span), let rewritten = normal.rewritten else { continue }
            let again = try PathNormalForm(rewritten.span)
            #expect(again.rewritten == nil, "seed \(random.seed): \(String(decoding: path, as: UTF8.self))")
        }
    }

    @Test("a dot segment or an empty one is refused wherever it stands, and none is seen where there is none")
    func judgesEverySegment() throws {
        for before in 0..<20 {
            for after in 0..<20 {
                let (front, back) = ("/" + String(repeating: "a", count: before), String(repeating: "b", count: after))
                for (middle, problem) in [
                    ("/./", TargetProblem.dotSegment), ("/../", .dotSegment), ("//", .emptySegment),
                ] {
                    let path = Array((front + (before == 0 ? String(middle.dropFirst()) : middle) + back).utf8)
                    #expect(throws: problem) { try PathNormalForm(path.span) }
                }
                for middle in ["/", "/.x", "/..x", "/x.", ".", "~", "/x/"] where before > 0 {
                    let path = Array((front + middle + back).utf8)
                    #expect(try PathNormalForm(path.span).rewritten == nil)
                }
            }
        }
    }

    @Test("an empty label is seen wherever it stands, and none where there is none", arguments: 0..<20)
    func judgesEveryLabel(before: Int) {
        for after in 0..<20 {
            let (front, back) = (String(repeating: "a", count: before), String(repeating: "b", count: after))
            let isInside = before > 0 && after > 0
            for (middle, isWhole) in [("..", false), (".", isInside), (".x.", isInside), ("x", true)] {
                #expect(HostName.hasNoEmptyLabel(Array((front + middle + back).utf8).span) == isWhole)
            }
        }
    }
}
