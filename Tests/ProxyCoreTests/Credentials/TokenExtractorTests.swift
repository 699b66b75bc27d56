import HTTPWire
import ProxyCore
import Testing

@Suite("Credentials (RFC 6750 §2)")
struct TokenExtractorTests {
    private func extract(
        _ fields: [String], at sources: TokenSources = .authorization, limit: Int = 8_192
    ) throws -> (TokenExtractor.Presented, String) {
        let raw = [UInt8]((["GET / HTTP/1.1", "Host: a"] + fields).joined(separator: "\r\n").utf8) + [13, 10, 13, 10]
        var parser = RequestHeadParser(limits: HeadLimits())
        guard try parser.parse(raw.span) == .complete else { throw AdmissionWorld.Incomplete() }
        let presented = try TokenExtractor.extract(
            from: RequestHead(bytes: raw.span, index: parser.index), at: sources, tokenBytesMax: limit)
        guard case .token(let range) = presented else { return (presented, "") }
        return (presented, String(decoding: raw[Int(range.lower)..<Int(range.upper)], as: UTF8.self))
    }

    @Test(
        "two ways of presenting a token are refused, equal ones too",
        arguments: [
            ["Bearer a", "Bearer b"], ["Bearer a", "Bearer a"], ["Basic eDp5", "Bearer a"], ["", "Bearer a"],
        ])
    func refusesRepetition(values: [String]) {
        #expect(throws: CredentialProblem.repeated) { try self.extract(values.map { "Authorization: \($0)" }) }
    }

    @Test(
        "what is not a scheme, spaces and one b64token is malformed",
        arguments: [
            "", "Bearer", "Bearer\ta", "Bearer a b", "Bearer a, Basic eDp5", "Bearer a,b", "Bearer \"a\"",
            "Bearer a&b=c",
            "Bearer a%00", "Bearer =a", "Bearer a=b", "Bearer =", "Bearer t\u{F6}k", ", Bearer a", "Bearer, a",
            "Bearer:a",
        ])
    func refusesMalformed(value: String) {
        #expect(throws: CredentialProblem.malformed) { try self.extract(["Authorization: \(value)"]) }
    }

    @Test(
        "RFC 9110 §5.3: credentials of ours behind another scheme's, in one field, are two ways at once",
        arguments: [
            "Basic eDp5, Bearer a", "Basic eDp5,Bearer a", "Basic eDp5 ,\t bEaReR\ta", "Basic eDp5, DPoP a",
            "DPoP a, Bearer b", "Basic eDp5, , Bearer a", "Basic, Basic eDp5, Bearer a", "Basic eDp5, Bearer",
            "Basic eDp5, bearer, Digest a=b", "Digest a=\"b\", Bearer c", "Digest a=\"b\\\"\", bearer c",
            "Digest a=\"b\\\\\", Bearer c", "Digest a=\"b, Bearer c", "Digest a=\"b\\\", Bearer c",
            "Digest a=\"b\", c=\"d\\, dpop e", "Negotiate a\"b, Bearer c",
        ])
    func refusesJoinedFields(value: String) {
        #expect(throws: CredentialProblem.malformed) { try self.extract(["Authorization: \(value)"]) }
    }

    @Test("a token longer than the limit is refused, one as long as it is not")
    func boundsLength() throws {
        #expect(throws: CredentialProblem.tooLong) { try self.extract(["Authorization: Bearer aaaaa"], limit: 4) }
        #expect(try self.extract(["Authorization: Bearer aaaa"], limit: 4).1 == "aaaa")
    }

    @Test("DPoP is refused whatever the route (RFC 9449 §7.1)", arguments: ["DPoP abc", "dpop abc", "DPOP"])
    func refusesDPoP(value: String) throws {
        #expect(try self.extract(["Authorization: \(value)"]).0 == .unsupportedScheme)
    }

    @Test(
        "another scheme, another field or none is no credential",
        arguments: [
            ["Authorization: Basic eDp5"], ["Authorization: Bearertok"], ["Authorization: Negotiate Bearer tok"],
            ["X-Authorization: Bearer tok"], ["Proxy-Authorization: Bearer tok"], ["Cookie: access_token=tok"], [],
            ["Authorization: Digest a=\"b, Bearer c\", d=e"], ["Authorization: Digest a=\"b\\\", Bearer c\""],
            ["Authorization: Digest a=b, bearer=c, dpop=d"], ["Authorization: Digest a=b, Bearers c"],
            ["Authorization: Digest a=\"b, c=d"], ["Authorization: Basic eDp5,"], ["Authorization: Basic a; Bearer b"],
        ])
    func findsNone(fields: [String]) throws {
        #expect(try self.extract(fields).0 == .nothing)
    }

    @Test(
        "PB-64: the scheme in any case, one or more spaces, every byte of b64token",
        arguments: ["Bearer", "bearer", "BEARER", "bEaReR"], [" ", "  ", "     "])
    func readsTokens(scheme: String, space: String) throws {
        let token = "azAZ09-._~+/=="
        #expect(try self.extract(["Authorization: \(scheme)\(space)\(token)"]).1 == token)
    }

    @Test("a name that merely folds to Authorization is no credential and no second one")
    func ignoresLookalikes() throws {
        #expect(try self.extract(["Authorization_: Bearer evil"]).0 == .nothing)
        #expect(try self.extract(["Authorization_: Bearer evil", "Authorization: Bearer good"]).1 == "good")
    }

    // MARK: header:NAME

    private static let both = TokenSources(
        readsAuthorization: true, fields: ["X-Token", "X-Other"].map { FoldedFieldName(folding: $0) })
    private static let onlyField = TokenSources(
        readsAuthorization: false, fields: [FoldedFieldName(folding: "X-Token")])

    @Test(
        "a token in two of a route's places, or twice in one, is refused, equal ones too",
        arguments: [
            ["Authorization: Bearer a", "X-Token: a"], ["X-Token: a", "Authorization: Bearer a"],
            ["X-Token: a", "X-Token: a"], ["X-Token: a", "X-Other: a"], ["Authorization: DPoP a", "X-Token: a"],
        ])
    func refusesTwoPlaces(fields: [String]) {
        #expect(throws: CredentialProblem.repeated) { try self.extract(fields, at: Self.both) }
    }

    @Test(
        "a chosen field that holds no token is malformed, not absent",
        arguments: ["", "a b", "Basic eDp5", "a, b", "\"a\"", "DPoP a", "Bearer a b", "t\u{F6}k"])
    func refusesMalformedField(value: String) {
        #expect(throws: CredentialProblem.malformed) { try self.extract(["X-Token: \(value)"], at: Self.both) }
    }

    @Test("a token in a chosen field is bounded like any other")
    func boundsFieldToken() throws {
        #expect(throws: CredentialProblem.tooLong) { try self.extract(["X-Token: aaaaa"], at: Self.both, limit: 4) }
        #expect(try self.extract(["X-Token: Bearer aaaa"], at: Self.both, limit: 4).1 == "aaaa")
    }

    @Test("a chosen field holds the bare token, or Bearer and the token", arguments: ["", "Bearer ", "bearer   "])
    func readsField(prefix: String) throws {
        #expect(try self.extract(["x-token: \(prefix)a.b-c=="], at: Self.both).1 == "a.b-c==")
        #expect(try self.extract(["X-TOKEN: \(prefix)a"], at: Self.onlyField).1 == "a")
    }

    @Test("credentials of another scheme are none, so a chosen field beside them is the only one")
    func readsFieldBesideOtherScheme() throws {
        #expect(try self.extract(["Authorization: Basic eDp5", "X-Token: a"], at: Self.both).1 == "a")
    }

    @Test("what is no source of the route is not read", arguments: [["Authorization: Bearer b"], ["X_Token: b"], []])
    func ignoresOtherPlaces(fields: [String]) throws {
        #expect(try self.extract(fields, at: Self.onlyField).0 == .nothing)
        #expect(try self.extract(fields + ["X-Token: a"], at: Self.onlyField).1 == "a")
    }
}
