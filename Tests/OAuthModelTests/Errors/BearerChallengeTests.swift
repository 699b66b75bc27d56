import OAuthModel
import Testing

@Suite struct BearerChallengeTests {
    static func read(_ body: [UInt8]) -> OAuthErrorResponse? { OAuthErrorResponse(parsing: body.span) }

    @Test("RFC 6750 §3.1: without credentials there is no error code")
    func bare() {
        #expect(BearerChallenge().fieldValue == "Bearer")
        #expect(BearerChallenge(realm: "bearergate").fieldValue == #"Bearer realm="bearergate""#)
    }

    @Test("RFC 6750 §3: parameters are quoted, all needed scopes in one")
    func full() throws {
        let scopes = try ["a", "b:c"].map { try #require(Scope($0)) }
        let challenge = BearerChallenge(
            realm: "x", error: .insufficientScope, errorDescription: "more is needed", scope: scopes)
        #expect(
            challenge.fieldValue
                == #"Bearer realm="x", error="insufficient_scope", error_description="more is needed", scope="a b:c""#)
    }

    @Test(
        "Nothing breaks out of a quoted string or of the field",
        arguments: [
            ("a\"b", #"Bearer realm="a\"b""#), ("a\\", #"Bearer realm="a\\""#),
            ("a\r\nSet-Cookie: x", #"Bearer realm="a  Set-Cookie: x""#),
            ("\0\u{7F}", "Bearer realm=\"  \""), ("\"\u{301}", "Bearer realm=\"\\\"\u{301}\""),
        ])
    func escapes(realm: String, value: String) {
        #expect(BearerChallenge(realm: realm).fieldValue.utf8.elementsEqual(value.utf8))
    }

    @Test("RFC 6750 §3: a description is printable ASCII without quotes")
    func cleansDescription() {
        let challenge = BearerChallenge(error: .invalidToken, errorDescription: "a\"b\\c\né")
        #expect(challenge.fieldValue == #"Bearer error="invalid_token", error_description="a'b'c??""#)
    }

    @Test("RFC 6750 §3.1: statuses")
    func statuses() { #expect(BearerErrorCode.allCases.map(\.status) == [400, 401, 403]) }

    @Test("RFC 6749 §5.2: an error body is read and written")
    func errorBody() throws {
        let response = OAuthErrorResponse(.invalidClient, description: "no \"such\" client")
        #expect(response.body == Array(#"{"error":"invalid_client","error_description":"no \"such\" client"}"#.utf8))
        #expect(Self.read(response.body)?.error == .invalidClient)
        #expect(Self.read(Array(#"{"error":{"code":404}}"#.utf8)) == nil)
        #expect(Self.read(Array("<html>".utf8)) == nil)
    }
}
