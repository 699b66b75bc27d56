import OAuthModel
import ProxyCore
import Testing

@Suite("What a route asks of a token")
struct PolicyTests {
    private func refusal(
        _ json: String, _ policy: AccessPolicy, at second: Int64 = 0,
        settings: AuthorizationServer.Settings = Tokens.settings
    ) throws -> Refusal? {
        policy.refusal(of: try Tokens.introspected(json, settings: settings), at: .second(second))
    }

    private func scopes(_ all: [String], _ any: [String] = [], _ strategy: ScopeStrategy = .exact) throws
        -> AccessPolicy
    {
        AccessPolicy(
            scopes: ScopeRequirement(
                allOf: try all.map { try #require(Scope($0)) }, anyOf: try any.map { try #require(Scope($0)) },
                strategy: strategy))
    }

    @Test(
        "too little scope is 403 and names all that the route asks",
        arguments: [
            #""scope":"""#, #""scope":"read""#, #""scope":"read audit-x""#, #""scope":"write audit""#,
            #""scope":"read\taudit""#, #""scope":null"#, #""scope":["read audit"]"#, #""scope":"Read audit""#,
        ])
    func refusesTooLittle(scope: String) throws {
        let policy = try self.scopes(["read"], ["audit", "admin"])
        #expect(
            try self.refusal(#"{"active":true,"sub":"a",\#(scope)}"#, policy)
                == .insufficientScope(required: ["read", "audit", "admin"]))
    }

    @Test(
        "all of one list and one of the other",
        arguments: [#""read audit""#, #""x admin read""#, #"["read","admin"]"#, #""  read  admin ""#])
    func acceptsEnough(scope: String) throws {
        #expect(
            try self.refusal(
                #"{"active":true,"sub":"a","scope":\#(scope)}"#, self.scopes(["read"], ["audit", "admin"])) == nil)
    }

    @Test(
        "the route's strategy decides what covers what",
        arguments: [
            (ScopeStrategy.exact, "photos", false), (.exact, "photos.read", true), (.hierarchic, "photos", true),
            (.hierarchic, "photo", false), (.wildcard, "photos.*", true), (.wildcard, "photos", false),
            (.exact, "*", false),
        ])
    func strategies(strategy: ScopeStrategy, granted: String, enough: Bool) throws {
        let policy = try self.scopes(["photos.read"], [], strategy)
        #expect((try self.refusal(#"{"active":true,"sub":"a","scope":"\#(granted)"}"#, policy) == nil) == enough)
    }

    @Test(
        "a route's audience must be in `aud`: 401",
        arguments: ["", #","aud":null"#, #","aud":"apix""#, #","aud":["x","API"]"#])
    func refusesAudience(aud: String) throws {
        let policy = AccessPolicy(audiences: ["api", "api2"])
        #expect(try self.refusal(#"{"active":true,"sub":"a"\#(aud)}"#, policy) == .tokenRejected(.audience))
    }

    @Test("PB-24: one string and a list both name an audience", arguments: [#""api2""#, #"["x","api"]"#])
    func acceptsAudience(aud: String) throws {
        #expect(
            try self.refusal(#"{"active":true,"sub":"a","aud":\#(aud)}"#, AccessPolicy(audiences: ["api", "api2"]))
                == nil)
    }

    @Test("PB-25: a null audience is fine where none is asked")
    func nullAudience() throws {
        #expect(try self.refusal(#"{"active":true,"sub":"a","aud":null}"#, AccessPolicy()) == nil)
    }

    @Test(
        "PB-26: a token of another kind, or bound to a key, is no access token here",
        arguments: [
            (#""token_use":"refresh_token""#, TokenRejection.notAnAccessToken),
            (#""token_use":"Access_Token""#, .notAnAccessToken), (#""token_type":"refresh_token""#, .notAnAccessToken),
            (#""token_type":"DPoP""#, .notAnAccessToken), (#""token_type":"mac""#, .notAnAccessToken),
            (#""cnf":{"jkt":"x"}"#, .confirmation), (#""cnf":{}"#, .confirmation),
            (#""token_type":"DPoP","cnf":{"jkt":"x"}"#, .confirmation),
        ])
    func refusesOtherKinds(member: String, rejection: TokenRejection) throws {
        #expect(try self.refusal(#"{"active":true,"sub":"a",\#(member)}"#, AccessPolicy()) == .tokenRejected(rejection))
    }

    @Test(
        "an access token may say so",
        arguments: [
            #""token_use":"access_token""#, #""token_type":"Bearer""#, #""token_type":"bEARER""#,
            #""token_type":"access_token""#, #""token_type":"Access_Token""#, #""token_type":null"#, #""cnf":null"#,
        ])
    func acceptsAccessTokens(member: String) throws {
        #expect(try self.refusal(#"{"active":true,"sub":"a",\#(member)}"#, AccessPolicy()) == nil)
    }

    @Test(
        "an issuer that is configured must be there and equal, unless it is optional",
        arguments: [
            (false, "", false), (false, #","iss":"https://as.test/""#, false),
            (false, #","iss":"https://as.test""#, true),
            (true, "", true), (true, #","iss":"https://evil.test""#, false), (true, #","iss":null"#, true),
        ])
    func issuer(isOptional: Bool, iss: String, isGood: Bool) throws {
        let settings = AdmissionWorld.settings(issuer: "https://as.test", isIssuerOptional: isOptional)
        let refusal = try self.refusal(#"{"active":true,"sub":"a"\#(iss)}"#, AccessPolicy(), settings: settings)
        #expect(refusal == (isGood ? nil : .tokenRejected(.issuer)))
    }

    @Test(
        "`sub` must be there and not empty, unless the route does without",
        arguments: ["", #","sub":"""#, #","sub":null"#])
    func subject(sub: String) throws {
        #expect(try self.refusal(#"{"active":true\#(sub)}"#, AccessPolicy()) == .tokenRejected(.subjectMissing))
        #expect(try self.refusal(#"{"active":true\#(sub)}"#, AccessPolicy(requiresSubject: false)) == nil)
        #expect(try Tokens.introspected(#"{"active":true\#(sub)}"#).subjectLines(.standard).isEmpty)
    }

    @Test("times are looked at on every request: `exp` strictly, `nbf` and `iat` with ten seconds' leeway")
    func times() throws {
        let json = #"{"active":true,"sub":"a","exp":1800000060,"nbf":1800000020,"iat":1800000015}"#
        #expect(try self.refusal(json, AccessPolicy(), at: 9) == .tokenRejected(.notYetValid))
        #expect(try self.refusal(json, AccessPolicy(), at: 10) == nil)
        #expect(try self.refusal(json, AccessPolicy(), at: 59) == nil)
        #expect(try self.refusal(json, AccessPolicy(), at: 60) == .tokenRejected(.expired))
        let future = #"{"active":true,"sub":"a","iat":1800000011}"#
        #expect(try self.refusal(future, AccessPolicy()) == .tokenRejected(.notYetValid))
    }

    @Test(
        "dates far away neither trap nor wrap",
        arguments: [-9_007_199_254_740_991, 0, 9_007_199_254_740_991] as [Int64])
    func extremeDates(seconds: Int64) throws {
        let token = try Tokens.introspected(
            #"{"active":true,"sub":"a","exp":\#(seconds),"nbf":\#(-seconds),"iat":\#(-seconds)}"#)
        let refusal = AccessPolicy().refusal(of: token, at: .second(0))
        #expect((refusal == nil) == (seconds > 0))
    }
}
