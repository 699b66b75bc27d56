import OAuthModel
import Testing

@Suite struct IntrospectionResponseTests {
    static func parse(_ text: String) throws(IntrospectionResponseError) -> IntrospectionResponse {
        try IntrospectionResponse.parse(Array(text.utf8))
    }

    static func active(_ members: String) throws -> ActiveToken {
        guard case .active(let token) = try Self.parse("{\"active\":true,\(members)}") else { throw NotActive() }
        return token
    }

    struct NotActive: Error {}

    @Test(
        "RFC 7662 §2.2: active is a boolean, and nothing else stands for it",
        arguments: [
            (#"{"active":"true"}"#, .wrongKind(.active)), (#"{"active":1}"#, .wrongKind(.active)),
            (#"{"active":[true]}"#, .wrongKind(.active)),
            (#"{"active":{}}"#, .wrongKind(.active)), (#"{"active":"false"}"#, .wrongKind(.active)),
            (#"{"active":null}"#, .activeMissing),
            (#"{}"#, .activeMissing), (#"{"Active":true}"#, .activeMissing), (#"[]"#, .notAnObject),
            (#"true"#, .notAnObject),
            (#""x""#, .notAnObject), (#"null"#, .notAnObject), (#""#, .notJSON(JSONError(.endsEarly, at: 0))),
            (#"{"active":false,"active":true}"#, .notJSON(JSONError(.duplicateMember, at: 16))),
            (#"{"active":false,"x":{"a":1,"a":2}}"#, .notJSON(JSONError(.duplicateMember, at: 27))),
        ] as [(String, IntrospectionResponseError)])
    func refuses(text: String, error: IntrospectionResponseError) {
        #expect(throws: error) { try Self.parse(text) }
    }

    @Test(
        "A registered member of the wrong kind spoils the answer",
        arguments: [
            (.subject, ["7", "true", "[]", "{}"]), (.clientID, ["7", "[\"a\"]"]), (.username, ["{}"]),
            (.issuer, ["[\"a\"]"]), (.jwtID, ["1"]),
            (.tokenType, ["1"]), (.tokenUse, ["[\"access_token\"]"]),
            (.audience, ["7", "{}", "[1]", "[null]", "true"]),
            (.scope, ["7", "{}", "[1]", "[\"a\",null]", "false"]), (.confirmation, ["\"x\"", "[]", "true", "1"]),
            (.expirationTime, ["\"1999999999\"", "true", "[]", "{}"]), (.notBefore, ["\"1\""]), (.issuedAt, ["\"1\""]),
        ] as [(RegisteredClaim, [String])])
    func refusesWrongKinds(claim: RegisteredClaim, values: [String]) {
        for value in values {
            #expect(throws: IntrospectionResponseError.wrongKind(claim)) {
                try Self.active("\"\(claim.rawValue)\":\(value)")
            }
        }
    }

    @Test("A date out of range spoils the answer", arguments: [RegisteredClaim.expirationTime, .notBefore, .issuedAt])
    func refusesDates(claim: RegisteredClaim) {
        for value in ["9223372036854775808", "1e400", "-1e400"] {
            #expect(throws: IntrospectionResponseError.outOfRange(claim)) {
                try Self.active("\"\(claim.rawValue)\":\(value)")
            }
        }
    }

    @Test("null means absent")
    func readsNullAsAbsent() throws {
        let names = RegisteredClaim.allCases.filter { $0 != .active }.map(\.rawValue)
        let token = try Self.active(names.map { "\"\($0)\":null" }.joined(separator: ","))
        #expect(token.scopes.isEmpty && token.subject == nil && token.clientID == nil && token.username == nil)
        #expect(token.issuer == nil && token.audience == nil && token.expiresAt == nil && token.notBefore == nil)
        #expect(token.issuedAt == nil && token.jwtID == nil && token.tokenType == nil && token.tokenUse == nil)
        #expect(!token.hasConfirmation)
    }

    @Test("A fraction is rounded towards the shorter life")
    func roundsDates() throws {
        let token = try Self.active(#""exp":100.9,"nbf":50.1,"iat":40.00000000000000000001"#)
        #expect(token.expiresAt?.seconds == 100)
        #expect(token.notBefore?.seconds == 51)
        #expect(token.issuedAt?.seconds == 41)
    }

    @Test("Inactive is inactive, whatever else is said")
    func readsInactive() throws {
        #expect(try Self.parse(#"{"active":false}"#) == .inactive)
        #expect(try Self.parse(#"{"sub":7,"exp":"x","active":false}"#) == .inactive)
    }

    @Test("All that is said reaches whoever decides")
    func readsFacts() throws {
        let token = try Self.active(
            #"""
            "scope":"a b","sub":"alice","client_id":"app","username":"al","iss":"https://as.test/","aud":["x","api"],"exp":1999999999,"nbf":1,"iat":2,
            "jti":"j","token_type":"BEARER","token_use":"refresh_token","cnf":{"jkt":"x"},"ext":{"tenant":"t","n":[1,null,{"b":1.50}]},"custom":null
            """#)
        #expect(token.scopes.scopes.map(\.text) == ["a", "b"])
        #expect(token.subject == "alice" && token.clientID == "app" && token.username == "al")
        #expect(token.issuer == "https://as.test/" && token.audience == Audience(["x", "api"]))
        #expect(
            token.expiresAt?.seconds == 1_999_999_999 && token.notBefore?.seconds == 1 && token.issuedAt?.seconds == 2)
        #expect(
            token.jwtID == "j" && token.tokenType == "BEARER" && token.tokenUse == "refresh_token"
                && token.hasConfirmation)
        #expect(try token.claims[#require(ClaimPath("ext.tenant"))] == "t")
        #expect(token.claims["custom"] == .null)
        #expect(try Self.active(#""scope":["a b","c"]"#).scopes.scopes.map(\.text) == ["c"])
        #expect(try Self.active(#""aud":"api""#).audience == Audience(["api"]))
    }

    @Test("RFC 7662 §2.1: the request is a form of token and hint and nothing else")
    func writesRequest() throws {
        let request = IntrospectionRequest(token: try #require(BearerToken("a+/~b==")))
        #expect(request.formBody() == Array("token=a%2B%2F%7Eb%3D%3D&token_type_hint=access_token".utf8))
        let credentials = ClientCredentials(clientID: "my app", secret: SecretBytes("p&s"))
        let form = try FormURLEncoded(parsing: request.formBody(credentials: credentials))
        #expect(form.parameters.map(\.name) == ["token", "token_type_hint", "client_id", "client_secret"])
        #expect(form.soleValue(of: "client_secret") == "p&s" && form.soleValue(of: "client_id") == "my app")
    }
}
