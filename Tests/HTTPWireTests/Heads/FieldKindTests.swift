import Foundation
import HTTPWire
import Testing

@Suite("Kinds of fields")
struct FieldKindTests {
    static func field(named name: String) throws -> HeadField {
        let bytes = Array("GET / HTTP/1.0\r\n\(name): 1\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: HeadLimits())
        // Some fields refuse `1` as a value; by then the index is filled.
        _ = try? parser.parse(bytes.span)
        return try #require(parser.index.fields.first)
    }

    @Test(
        "names that nearly are one we know are not",
        arguments: [
            "hos", "hostx", "xhost", "content-lengt", "content-lengthx", "contentlength", "xforwarded",
            "x-forwarde", "x-forwarde-for", "x-forwardedx",
            "te-", "t", "transfer-encodin", "transfer-encodings", "x-original", "sec-websocket", "upgrades",
            "http2-setting",
            "access-control-request-methods-and-more-than-we-look-at",
        ])
    func strangers(name: String) throws {
        #expect([.other, .accessControl].contains(try Self.field(named: name).kind))
    }

    @Test(
        "a known name is known in any case and, folded, in any spelling",
        arguments: [
            ("host", FieldKind.host), ("content-length", .contentLength), ("transfer-encoding", .transferEncoding),
            ("connection", .connection), ("keep-alive", .keepAlive), ("proxy-connection", .proxyConnection),
            ("te", .te),
            ("trailer", .trailer), ("upgrade", .upgrade), ("http2-settings", .http2Settings),
            ("proxy-authenticate", .proxyAuthenticate), ("proxy-authorization", .proxyAuthorization),
            ("proxy-authentication-info", .proxyAuthenticationInfo), ("authorization", .authorization),
            ("cookie", .cookie), ("set-cookie", .setCookie), ("www-authenticate", .wwwAuthenticate),
            ("authentication-info", .authenticationInfo), ("forwarded", .forwarded),
            ("x-forwarded-for", .xForwardedFor),
            ("x-forwarded-proto", .xForwardedProto), ("x-forwarded-host", .xForwardedHost),
            ("x-forwarded-uri", .xOriginal), ("x-forwarded-url", .xOriginal), ("x-forwarded-path", .xOriginal),
            ("x-forwarded-method", .xOriginal), ("x-forwarded-prefix", .xForwarded),
            ("x-forwarded-client-cert-and-a-very-long-tail", .xForwarded), ("x-forwarded-", .xForwarded),
            ("x-forwarded", .xForwarded), ("via", .via),
            ("x-request-id", .xRequestID), ("traceparent", .traceparent), ("tracestate", .tracestate),
            ("x-real-ip", .xRealIP), ("x-original-url", .xOriginal), ("x-original-forwarded-for", .xOriginal),
            ("x-rewrite-url", .xRewriteURL), ("x-envoy-original-path", .xEnvoyOriginal),
            ("x-http-method", .xHTTPMethod),
            ("x-http-method-override", .xHTTPMethod), ("x-method-override", .xHTTPMethod), ("expect", .expect),
            ("cache-control", .cacheControl), ("max-forwards", .maxForwards), ("pragma", .pragma), ("range", .range),
            ("if-match", .ifCondition), ("if-none-match", .ifCondition), ("if-modified-since", .ifCondition),
            ("if-unmodified-since", .ifCondition), ("if-range", .ifCondition), ("date", .date), ("location", .location),
            ("retry-after", .retryAfter), ("age", .responseControl), ("vary", .responseControl),
            ("expires", .responseControl), ("warning", .responseControl), ("content-type", .contentType),
            ("content-encoding", .contentEncoding), ("content-language", .contentLanguage),
            ("content-location", .contentLocation), ("content-range", .contentRange),
            ("content-disposition", .contentDisposition), ("server", .server), ("origin", .origin),
            ("access-control-request-method", .accessControlRequestMethod),
            ("access-control-request-headers", .accessControl), ("sec-websocket-key", .secWebSocket),
            ("sec-websocket-extensions", .secWebSocket), ("user-agent", .userAgent), ("accept", .accept),
            ("accept-encoding", .acceptEncoding),
        ])
    func known(name: String, kind: FieldKind) throws {
        for spelling in [name, name.uppercased(), name.capitalized] {
            #expect(try Self.field(named: spelling).kind == kind, "\(spelling)")
            #expect(try Self.field(named: spelling).isSpeltExactly)
        }
        guard name.contains("-") else { return }
        for hyphen in ["_", ".", "~"] {
            let field = try Self.field(named: name.replacing("-", with: hyphen))
            #expect(field.kind == kind)
            #expect(!field.isSpeltExactly)
        }
    }

    @Test("a set holds each kind by itself")
    func sets() {
        for kind in FieldKind.allCases {
            let set: FieldKindSet = [kind]
            #expect(FieldKind.allCases.filter { set.contains($0) } == [kind])
        }
    }
}
