import HTTPWire
import OAuthModel
import Testing

@testable import ProxyCore

@Suite struct RefusalResponseTests {
    static let all: [Refusal] =
        WireError.allCases.map { .wire($0) } + TargetProblem.allCases.map { .target($0) }
        + CredentialProblem.allCases.map { .invalidRequest($0) } + TokenRejection.allCases.map { .tokenRejected($0) }
        + [
            .pathParameters, .methodRefused, .headTooSlow, .bodyTooSlow, .bodyTooLarge, .clientGone,
            .noRoute,
            .methodNotAllowed(allow: "GET"), .noCredentials, .insufficientScope(required: ["a", "b"]), .claimNotMet,
            .authorizationServerUnavailable(retryAfter: nil), .authorizationServerBusy,
            .authorizationServerMisconfigured,
            .authorizationServerMalformed, .keysUnavailable, .subjectUnsendable, .upstreamUnreachable,
            .upstreamMalformed,
            .upstreamTimeout, .upstreamBusy, .draining, .rewriteRefused, .tooManyConnectionOptions, .internalError,
        ]

    struct Answer {
        let status: UInt16
        let fields: [String: String]
        let body: [UInt8]
    }

    static func answer(
        _ refusal: Refusal, route: Route? = nil, isHead: Bool = false, minorVersion: UInt8 = 1, closes: Bool = false
    ) throws -> Answer {
        var writer = HeadWriter()
        RefusalResponse.write(
            refusal, route: route, isHead: isHead, minorVersion: minorVersion, closes: closes,
            date: [UInt8]("Sun, 06 Nov 1994 08:49:37 GMT".utf8), requestID: .made(high: 0xA, low: 0xB), into: &writer)
        let bytes = writer.bytes
        var parser = ResponseHeadParser(limits: HeadLimits())
        try #require(try parser.parse(bytes.span) == .complete)
        let head = ResponseHead(bytes: bytes.span, index: parser.index)
        var fields: [String: String] = [:]
        for field in head.fields {
            let name = (0..<head.name(field).count).map { head.name(field)[$0] }
            let value = (0..<head.value(field).count).map { head.value(field)[$0] }
            fields[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        return Answer(status: head.status, fields: fields, body: [UInt8](bytes[head.index.byteCount...]))
    }

    @Test("every refusal is a whole answer: JSON, never stored, dated, named by its request id", arguments: Self.all)
    func isWhole(refusal: Refusal) throws {
        let answer = try Self.answer(refusal)
        #expect(answer.status == refusal.status)
        #expect(answer.fields["Content-Length"] == "\(answer.body.count)")
        #expect(answer.fields["Cache-Control"] == "no-store")
        #expect(answer.fields["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(answer.fields["X-Request-Id"] == "000000000000000a000000000000000b")
        let body = try JSONReader.read(answer.body).objectValue
        #expect(body?["error"]?.stringValue?.isEmpty == false)
        #expect(body?["error_description"]?.stringValue?.isEmpty == false)
        let head = try Self.answer(refusal, isHead: true)
        #expect(head.body.isEmpty && head.fields["Content-Length"] == "\(answer.body.count)")
    }

    @Test("RFC 6750 §3: who must authenticate is challenged, and nobody else", arguments: Self.all)
    func challenges(refusal: Refusal) throws {
        let answer = try Self.answer(refusal)
        let description = try JSONReader.read(answer.body).objectValue?["error_description"]?.stringValue
        var expected = BearerChallenge(realm: "bearergate")
        switch refusal {
        case .noCredentials: break
        case .invalidRequest: (expected.error, expected.errorDescription) = (.invalidRequest, description)
        case .tokenRejected: (expected.error, expected.errorDescription) = (.invalidToken, description)
        case .insufficientScope(let required):
            (expected.error, expected.errorDescription) = (.insufficientScope, description)
            expected.scope = required.compactMap { Scope($0) }
        default:
            #expect(answer.fields["WWW-Authenticate"] == nil)
            return
        }
        #expect(answer.fields["WWW-Authenticate"] == expected.fieldValue)
    }

    @Test("503 says when to come back: the authorization server's word, at most a minute", arguments: Self.all)
    func saysWhenToComeBack(refusal: Refusal) throws {
        #expect((try Self.answer(refusal).fields["Retry-After"] != nil) == (refusal.status == 503))
    }

    @Test(
        "Retry-After is held between a second and a minute",
        arguments: [(nil, "1"), (0, "1"), (-5, "1"), (7, "7"), (3_600, "60")])
    func boundsRetryAfter(seconds: Int?, value: String) throws {
        #expect(try Self.answer(.authorizationServerUnavailable(retryAfter: seconds)).fields["Retry-After"] == value)
    }

    @Test("RFC 9110 §15.5.6: 405 names the methods")
    func namesMethods() throws {
        #expect(try Self.answer(.methodNotAllowed(allow: "GET, PUT")).fields["Allow"] == "GET, PUT")
        #expect(try Self.answer(.methodRefused).fields["Allow"] == "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS")
    }

    @Test("the realm is the route's, quoted")
    func namesRealm() throws {
        let route = Route(
            index: 0, name: "r", paths: [try RoutePattern("/**")], access: .public, realm: #"a "b""#,
            authorizationServer: nil,
            upstream: ForwardingFixture.upstream)
        #expect(try Self.answer(.noCredentials, route: route).fields["WWW-Authenticate"] == #"Bearer realm="a \"b\"""#)
    }

    @Test("the connection's fate is said where it is not what the version implies")
    func saysConnection() throws {
        #expect(try Self.answer(.noRoute).fields["Connection"] == nil)
        #expect(try Self.answer(.noRoute, closes: true).fields["Connection"] == "close")
        #expect(try Self.answer(.noRoute, minorVersion: 0).fields["Connection"] == "keep-alive")
        #expect(try Self.answer(.noRoute, minorVersion: 0, closes: true).fields["Connection"] == "close")
    }

    @Test(
        "an authorization server's failure is never the token's fault",
        arguments: Self.all.filter { $0.party == .authorizationServer })
    func neverBlamesTheToken(refusal: Refusal) {
        #expect(refusal.status >= 500)
    }

    @Test("where the next request begins is uncertain, the connection ends with the answer")
    func closes() {
        for refusal in Self.all {
            switch refusal {
            case .wire, .target, .pathParameters, .rewriteRefused, .methodRefused, .bodyTooLarge, .headTooSlow,
                .bodyTooSlow,
                .draining:
                #expect(refusal.closesConnection, "\(refusal)")
            case .noRoute, .noCredentials, .tokenRejected, .insufficientScope, .methodNotAllowed:
                #expect(!refusal.closesConnection, "\(refusal)")
            default: break
            }
        }
    }

    @Test("nothing that a client does is logged as our fault")
    func blamesTheClient() {
        for refusal in Self.all where refusal.status < 500 { #expect(refusal.party == .client, "\(refusal)") }
        for refusal in Self.all where refusal.status >= 500 && refusal.party == .client {
            if case .wire = refusal { continue }
            Issue.record("\(refusal)")
        }
    }

    @Test("labels are words of a fixed list, one a refusal")
    func labels() {
        let labels = Self.all.filter { if case .tokenRejected(.subjectUnsendable) = $0 { false } else { true } }.map {
            "\($0.label)"
        }
        #expect(Set(labels).count == labels.count)
        for label in labels {
            #expect(label.utf8.allSatisfy { $0 == 0x5F || 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 }, "\(label)")
        }
    }
}
