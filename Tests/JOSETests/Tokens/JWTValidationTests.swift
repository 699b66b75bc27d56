import JOSE
import OAuthModel
import Testing

@Suite("JWT validation")
struct JWTValidationTests {
    @Test(
        "RFC 7519 §4.1: a registered claim of the wrong kind refuses the token, null included",
        arguments: [RegisteredClaim.issuer, .subject, .clientID, .username, .jwtID, .tokenUse, .tokenType],
        [JSONValue.null, 1, true, [], [:]])
    func refusesStringsOfTheWrongKind(claim: RegisteredClaim, value: JSONValue) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token([claim.rawValue: value])) == .malformedClaim(claim))
    }

    @Test(
        "RFC 7519 §2: a date that is no number, or out of any range, refuses the token",
        arguments: [RegisteredClaim.expirationTime, .notBefore, .issuedAt],
        [JSONValue.null, "1", true, [], [:], .number(JSONNumber("1e400") ?? JSONNumber(0))])
    func refusesDatesOfTheWrongKind(claim: RegisteredClaim, value: JSONValue) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token([claim.rawValue: value])) == .malformedClaim(claim))
    }

    @Test(
        "RFC 9068 §4: iss, sub, aud and exp must be there",
        arguments: [RegisteredClaim.issuer, .subject, .audience, .expirationTime])
    func requiresClaims(claim: RegisteredClaim) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token([claim.rawValue: nil])) == .missingClaim(claim))
    }

    @Test(
        "a subject may be missing or empty where the profile says so, and then there is none",
        arguments: [nil, ""] as [JSONValue?])
    func admitsTokensWithoutSubject(subject: JSONValue?) throws {
        var issuer = try TokenIssuer()
        let token = try issuer.token(["sub": subject])
        #expect(issuer.rejection(of: token) == .missingClaim(.subject))
        issuer.profile.requiresSubject = false
        #expect(try issuer.validate(token).subject == nil)
    }

    @Test("RFC 9110 §5.5: a subject with a control byte refuses the token", arguments: 0...0x1F)
    func refusesControlBytes(byte: UInt8) throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token(["sub": .string("a" + String(UnicodeScalar(byte)))])
        #expect(issuer.rejection(of: token) == (byte == 0x09 ? nil : .malformedClaim(.subject)))
    }

    @Test(
        "RFC 7519 §4.1.3: an audience that is not ours, byte for byte, refuses the token",
        arguments: ["", "https://API.example", "https://api.example/", "x https://api.example", [], ["other"]]
            as [JSONValue])
    func refusesOtherAudiences(audience: JSONValue) throws {
        var issuer = try TokenIssuer()
        let token = try issuer.token(["aud": audience])
        #expect(issuer.rejection(of: token) == .wrongAudience)
        issuer.profile.audiences = nil
        #expect(issuer.rejection(of: token) == nil)
    }

    @Test(
        "RFC 7519 §4.1.3: an audience of the wrong kind refuses the token even where any audience may pass",
        arguments: [1, .null, [:], ["https://api.example", 1], [["https://api.example"]]] as [JSONValue])
    func refusesMalformedAudiences(audience: JSONValue) throws {
        var issuer = try TokenIssuer()
        issuer.profile.audiences = nil
        #expect(issuer.rejection(of: try issuer.token(["aud": audience])) == .malformedClaim(.audience))
        #expect(issuer.rejection(of: try issuer.token(["aud": nil])) == .missingClaim(.audience))
    }

    @Test(
        "RFC 8725 §3.8: the issuer is compared byte for byte",
        arguments: ["https://as.example/", "https://AS.example", "", "https://as.example.evil"])
    func refusesOtherIssuers(text: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token(["iss": .string(text)])) == .wrongIssuer)
    }

    @Test("two spellings of one glyph are two issuers")
    func comparesIssuersByBytes() throws {
        var issuer = try TokenIssuer()
        issuer.profile.issuer = "https://as.example/e\u{301}"
        #expect(issuer.rejection(of: try issuer.token(["iss": "https://as.example/\u{e9}"])) == .wrongIssuer)
        #expect(issuer.rejection(of: try issuer.token(["iss": "https://as.example/e\u{301}"])) == nil)
    }

    @Test(
        "RFC 7519 §4.1.4: exp counts to the second, leeway added, fractions cut",
        arguments: [
            ("-11", false), ("-10.5", false), ("-10", false), ("-9.5", false), ("-9", true), ("-8.999", true),
            ("0", true),
        ])
    func expires(offset: String, isGood: Bool) throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token(["exp": issuer.number(offset)])
        #expect(issuer.rejection(of: token) == (isGood ? nil : .expired))
    }

    @Test(
        "RFC 7519 §4.1.5, §4.1.6: nbf and iat may lie a leeway ahead, fractions counted whole",
        arguments: [("11", false), ("10.001", false), ("10", true), ("9.5", true), ("-100", true)])
    func begins(offset: String, isGood: Bool) throws {
        let issuer = try TokenIssuer()
        let early = try issuer.token(["nbf": issuer.number(offset)])
        #expect(issuer.rejection(of: early) == (isGood ? nil : .notYetValid))
        let future = try issuer.token(["iat": issuer.number(offset)])
        #expect(issuer.rejection(of: future) == (isGood ? nil : .issuedInFuture))
    }

    @Test("the leeway never passes a minute, whatever was asked for")
    func boundsTheLeeway() {
        #expect(JWTProfile(issuer: "i", audiences: [], leewaySeconds: 3_600).leewaySeconds == 60)
        var profile = JWTProfile(issuer: "i", audiences: [], leewaySeconds: -1)
        #expect(profile.leewaySeconds == 0)
        profile.leewaySeconds = .max
        #expect(profile.leewaySeconds == 60)
    }

    @Test("times are looked at again: a token that was good is refused later")
    func looksAtTimesAgain() throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token()
        let jwt = try JWTValidation.verify(token.utf8.span, keys: issuer.keys, profile: issuer.profile)
        #expect(jwt.endsAt == issuer.now.advanced(bySeconds: 610))
        try jwt.checkTimes(at: issuer.now)
        try jwt.checkTimes(at: issuer.now.advanced(bySeconds: 609))
        #expect(throws: JWTRejection.expired) { try jwt.checkTimes(at: issuer.now.advanced(bySeconds: 610)) }
        #expect(throws: JWTRejection.issuedInFuture) { try jwt.checkTimes(at: issuer.now.advanced(bySeconds: -21)) }
    }

    @Test(
        "RFC 8725 §3.11: where typ does not tell, claims of ID and event tokens refuse the token",
        arguments: ["nonce", "at_hash", "c_hash", "events"], [nil, "JWT", "jwt", "application/jwt"])
    func refusesIdentityTokens(claim: String, type: String?) throws {
        var issuer = try TokenIssuer()
        issuer.profile.types = [.accessToken, .jwt]
        #expect(issuer.rejection(of: try issuer.token([claim: "x"], type: type)) == .notAnAccessTokenByItsClaims)
        #expect(issuer.rejection(of: try issuer.token([claim: .null], type: type)) == .notAnAccessTokenByItsClaims)
        #expect(issuer.rejection(of: try issuer.token(type: type)) == nil)
        #expect(issuer.rejection(of: try issuer.token([claim: "x"])) == nil)
    }

    @Test(
        "RFC 9068 §4: a typ that is not allowed refuses the token",
        arguments: [nil, "JWT", "", "at+jwt ", "logout+jwt", "dpop+jwt", "at", "text/at+jwt", "application/x/at+jwt"])
    func refusesOtherTypes(type: String?) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token(type: type)) == .typeNotAllowed)
    }

    @Test(
        "RFC 7515 §4.1.9: typ ignores case and a leading application/",
        arguments: ["AT+JWT", "at+jwt", "application/at+jwt", "APPLICATION/AT+jwt"])
    func admitsSpellingsOfTheType(type: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token(type: type)) == nil)
    }

    @Test(
        "a token of another use or type is refused",
        arguments: [
            ("token_use", "refresh_token"), ("token_use", "id"), ("token_use", "Access_Token"),
            ("token_type", "refresh_token"), ("token_type", "DPoP"), ("token_type", ""),
        ])
    func refusesOtherUses(claim: String, value: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token([claim: .string(value)])) == .notAnAccessToken)
    }

    @Test(
        "access tokens may say what they are",
        arguments: [
            ("token_use", "access_token"), ("token_type", "bearer"), ("token_type", "Bearer"),
            ("token_type", "Access_Token"),
        ])
    func admitsAccessTokens(claim: String, value: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token([claim: .string(value)])) == nil)
    }

    @Test(
        "a scope of the wrong kind grants nothing and refuses nothing",
        arguments: [1, .null, true, [:], ["read", 1], [["read"]], "", " "] as [JSONValue])
    func grantsNothing(scope: JSONValue) throws {
        let issuer = try TokenIssuer()
        #expect(try issuer.validate(issuer.token(["scope": scope])).scopeTexts == [])
    }

    @Test("of the scope claims the first that is there counts, whatever it holds")
    func readsTheFirstScopeClaim() throws {
        let issuer = try TokenIssuer()
        let both = try issuer.validate(issuer.token(["scope": "a b", "scp": ["c"]]))
        #expect(both.scopeTexts == ["a", "b"])
        let second = try issuer.validate(issuer.token(["scope": nil, "scp": ["c", "d e"]]))
        // An element with a space in it is no scope, and not two.
        #expect(second.scopeTexts == ["c"])
        #expect(try issuer.validate(issuer.token(["scope": 1, "scp": ["c"]])).scopeTexts == [])
    }

    @Test("a confirmation is reported, and of the wrong kind refuses the token")
    func reportsConfirmation() throws {
        let issuer = try TokenIssuer()
        #expect(try issuer.validate(issuer.token(["cnf": ["jkt": "x"]])).hasConfirmation)
        #expect(try !issuer.validate(issuer.token()).hasConfirmation)
        #expect(issuer.rejection(of: try issuer.token(["cnf": .null])) == .malformedClaim(.confirmation))
        #expect(issuer.rejection(of: try issuer.token(["cnf": "x"])) == .malformedClaim(.confirmation))
    }

    @Test(
        "RFC 7519 §7.2: a payload that is no JSON object, read strictly, refuses the token",
        arguments: ["", "[]", "null", "{}x", #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "{'a':1}"])
    func refusesPayloads(payload: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token(payload: payload)) == .malformedClaims)
    }

    @Test("a token over the cap is refused before it is decoded")
    func capsTheSize() throws {
        var issuer = try TokenIssuer()
        let token = try issuer.token()
        issuer.profile.tokenBytesMax = token.utf8.count - 1
        #expect(issuer.rejection(of: token) == .tooLarge)
        issuer.profile.tokenBytesMax = token.utf8.count
        #expect(issuer.rejection(of: token) == nil)
    }

    @Test(
        "every algorithm verifies what it signed, and says what the token said", arguments: SignatureAlgorithm.allCases)
    func accepts(algorithm: SignatureAlgorithm) throws {
        let issuer = try TokenIssuer(algorithm)
        let jwt = try issuer.validate(issuer.token())
        #expect(jwt.subject == "alice")
        #expect(jwt.claims[.clientID] == "app" && jwt.clientIDPlace == jwt.claims.place(of: "client_id"))
        #expect(jwt.claims[.audience] == "https://api.example" && jwt.audiencePlace == jwt.claims.place(of: "aud"))
        #expect(jwt.claims[.issuer] == "https://as.example")
        #expect(jwt.scopeTexts == ["read", "write"])
        #expect(jwt.expiresAt.seconds == issuer.now.seconds + 600)
        #expect(jwt.issuedAt?.seconds == issuer.now.seconds - 10)
        #expect(jwt.notBefore == nil)
        #expect(jwt.keyIdentifier == KeyIdentifier("k1"))
        #expect(jwt.keyThumbprint == KeyThumbprint(of: issuer.signer.key.material))
        #expect(jwt.algorithm == algorithm)
        #expect(jwt.claims["jti"] == "t1")
    }
}

extension TokenIssuer {
    /// A number so many seconds from now, fraction and all.
    fileprivate func number(_ offset: String) throws -> JSONValue {
        let isNegative = offset.hasPrefix("-")
        let parts = offset.drop { $0 == "-" }.split(separator: ".")
        let whole = try #require(Int64(parts[0]))
        guard parts.count == 2 else { return .integer(self.now.seconds + (isNegative ? -whole : whole)) }
        guard isNegative else {
            return .number(try #require(JSONNumber("\(self.now.seconds + whole).\(parts[1])")))
        }
        // -10.5 is eleven seconds back and then half of one on.
        let digits = try #require(Int(parts[1]))
        let unit = (0..<parts[1].count).reduce(1) { product, _ in product * 10 }
        let fraction = String(unit + unit - digits).dropFirst()
        return .number(try #require(JSONNumber("\(self.now.seconds - whole - 1).\(fraction)")))
    }
}
