import Foundation
import JOSE
import OAuthModel
import TestSupport
import Testing

@Suite("Public bugs: JWTs") struct PublicBugJWTTests {
    private static let key = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)) }
    private static let otherKey = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)) }

    private static func signer(_ key: Result<OpenSSLPrivateKey, any Error> = key) throws -> JWSSigner {
        JWSSigner(key: try key.get(), algorithm: .es256, keyIdentifier: KeyIdentifier("k1"))
    }

    /// Good for a minute, with claims set, or taken out where the value is nil.
    private static func claims(_ changes: KeyValuePairs<String, JSONValue?> = [:]) -> JSONObject {
        var claims: JSONObject = [
            "iss": "https://as.test", "sub": "alice", "aud": "api", "scope": "read", "client_id": "app",
            "iat": .number(JSONNumber(Wall.now)), "exp": .number(JSONNumber(Wall.now + 60)),
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    private static func token(
        _ changes: KeyValuePairs<String, JSONValue?> = [:], type: String? = "at+jwt"
    ) throws -> String {
        try self.signer().sign(claims: self.claims(changes), type: type)
    }

    /// A token with a header of its own, signed with our key.
    private static func token(header: JSONObject) throws -> String {
        var whole: JSONObject = ["alg": "ES256", "kid": "k1", "typ": "at+jwt"]
        for member in header.members { whole[member.name] = member.value }
        return try self.signer().sign(
            header: JSONWriter.write(.object(whole)), payload: JSONWriter.write(.object(self.claims())))
    }

    /// Runs a proxy that knows our key.
    private static func run(_ jwt: [String] = [], _ body: (ProxyUnderTest) throws -> Void) throws {
        let folder = try ScratchFolder()
        let file = folder.file("keys.json")
        let document = JSONWriter.write(.object(["keys": .array([.object(try self.signer().publicJWK)])]))
        try Data(document).write(to: URL(filePath: file))
        let members = (["jwks_file: \"\(file)\"", "algorithms: [ES256]"] + jwt).joined(separator: ", ")
        let text = """
            version: 1
            listeners: [{address: "127.0.0.1:0"}]
            authorization_servers:
              stub: {issuer: "https://as.test", strategy: verify, jwt: {\(members), audiences: [api, other]}}
            upstreams: {main: {url: "{upstream}"}}
            defaults: {upstream: main}
            routes:
              - {name: api, paths: ["/api/**"], scopes: [read], audiences: [api]}
              - {name: other, paths: ["/other/**"], audiences: [other]}
              - {name: admin, paths: ["/admin/**"], scopes: [admin]}

            """
        let proxy = try ProxyUnderTest(text, keys: JSONWebKeySet.read(document, policy: KeyPolicy()))
        defer { proxy.stop() }
        try body(proxy)
    }

    /// What one token comes to at first and from memory; nothing that is refused reaches the upstream.
    private static func statuses(_ token: String, _ jwt: [String] = []) throws -> [Int] {
        var statuses: [Int] = []
        try self.run(jwt) { proxy throws in
            for _ in 0..<2 {
                statuses.append(try proxy.exchange(request("GET", "/api/x", token: token))?.status ?? 0)
            }
            try proxy.stopProxy()
            let passed = statuses.count { $0 == 200 }
            #expect(proxy.upstream.requests.count == passed)
        }
        return statuses
    }

    @Test("PB-03: a token that was verified is judged anew by every route")
    func everyRoute() throws {
        let token = try Self.token()
        try Self.run { proxy throws in
            for _ in 0..<2 {
                #expect(try proxy.exchange(request("GET", "/api/x", token: token))?.status == 200)
                #expect(try proxy.exchange(request("GET", "/other/x", token: token))?.status == 401)
                #expect(try proxy.exchange(request("GET", "/admin/x", token: token))?.status == 403)
            }
        }
    }

    @Test("PB-06: a verified token is not remembered beyond its exp", arguments: [1, 2])
    func expires(seconds: Int64) throws {
        let end = Wall.now + seconds
        let token = try Self.token(["exp": .number(JSONNumber(end))])
        try Self.run(["leeway: 0s"]) { proxy throws in
            _ = try proxy.exchange(request("GET", "/api/x", token: token))
            try eventually("the token's end") { Wall.now >= end }
            #expect(try proxy.exchange(request("GET", "/api/x", token: token))?.status == 401)
        }
    }

    @Test(
        "PB-69: clocks may differ by the leeway and by no more",
        arguments: [
            ("exp", -5, 30, 200), ("nbf", 5, 30, 200), ("iat", 5, 30, 200), ("exp", -20, 10, 401), ("nbf", 40, 10, 401),
            ("iat", 40, 10, 401), ("exp", -5, 0, 401), ("nbf", 30, 0, 401),
        ])
    func leeway(claim: String, distance: Int64, leeway: Int, status: Int) throws {
        let token = try Self.token([claim: .number(JSONNumber(Wall.now + distance))])
        #expect(try Self.statuses(token, ["leeway: \(leeway)s"]) == [status, status])
    }

    @Test(
        "PB-70: an issuer is its own bytes",
        arguments: [
            "https://as.test/", "https://AS.test", "http://as.test", "https://as.test/tenant", "https://other.test", "",
            "https://as.test:443", "https://as.test#", nil, ["https://as.test"],
        ] as [JSONValue?])
    func issuer(value: JSONValue?) throws {
        #expect(try Self.statuses(Self.token(["iss": value])) == [401, 401])
    }

    @Test(
        "PB-71: a critical header that we do not know refuses the token",
        arguments: [
            ["crit": ["x-mfa"], "x-mfa": true], ["crit": ["exp"], "exp": 1], ["crit": []],
            ["crit": ["b64"], "b64": false],
            ["crit": "x-mfa"], ["crit": .null], ["crit": ["x-mfa"]],
        ] as [JSONObject])
    func critical(header: JSONObject) throws {
        #expect(try Self.statuses(Self.token(header: header)) == [401, 401])
    }

    @Test("PB-72: no key comes from the token, nor from where it points")
    func keyInside() throws {
        let thief = try StubUpstream()
        defer { thief.stop() }
        let theirs = JWSSigner(key: try Self.otherKey.get(), algorithm: .es256, keyIdentifier: KeyIdentifier("k1"))
        let places: [JSONObject] = [
            ["jwk": .object(theirs.publicJWK)], ["jku": .string("\(thief.address.url)/keys")],
            ["x5u": .string("\(thief.address.url)/cert")], ["x5c": ["AAAA"]], [:],
            ["jwk": .object(theirs.publicJWK), "kid": "k2"], ["kid": .string("\(thief.address.url)/keys")],
        ]
        for place in places {
            var header: JSONObject = ["alg": "ES256", "kid": "k1", "typ": "at+jwt"]
            for member in place.members { header[member.name] = member.value }
            let token = try theirs.sign(
                header: JSONWriter.write(.object(header)),
                payload: JSONWriter.write(.object(Self.claims())))
            #expect(try Self.statuses(token) == [401, 401])
        }
        #expect(thief.server.acceptedCount == 0)
    }

    @Test("PB-73: a public key is no secret to sign with, in any form of it, and no algorithm comes from a token")
    func keyAsSecret() throws {
        let jwk = JSONWriter.write(.object(try Self.signer().publicJWK))
        let pem = try Self.key.get().publicPEM
        for secret in [jwk, [0x20] + jwk, pem, [0x20, 0x0A] + pem, pem + [0x0A], []] {
            let signed =
                "\(Base64URL.encode(Array(#"{"alg":"HS256","kid":"k1","typ":"at+jwt"}"#.utf8)))."
                + Base64URL.encode(JSONWriter.write(.object(Self.claims())))
            let code = KeyedDigest(key: secret).authenticationCode(for: Array(signed.utf8).span)
            #expect(try Self.statuses("\(signed).\(Base64URL.encode(code.bytes))") == [401, 401])
        }
        for algorithm in ["none", "None", "HS256", "HS512", "RS256", "ES384", "es256", ""] {
            #expect(try Self.statuses(Self.token(header: ["alg": .string(algorithm)])) == [401, 401])
        }
    }

    @Test(
        "PB-74: a token for another purpose is none for us, though our own server signed it",
        arguments: ["JWT", nil, "logout+jwt", "dpop+jwt", "secevent+jwt", "id_token", ""])
    func otherPurpose(type: String?) throws {
        #expect(try Self.statuses(Self.token(type: type)) == [401, 401])
    }

    @Test(
        "PB-74: where types do not tell, claims of other tokens do; another audience never passes",
        arguments: [
            ("nonce", "n"), ("events", ["http://schemas.openid.net/event/backchannel-logout": [:]]), ("at_hash", "x"),
            ("token_use", "refresh_token"), ("aud", "other"), ("aud", ["x", "API"]), ("aud", "https://api"),
            ("aud", nil),
        ] as [(String, JSONValue?)])
    func otherClaims(claim: String, value: JSONValue?) throws {
        #expect(try Self.statuses(Self.token([claim: value], type: "JWT"), ["types: [JWT, at+jwt]"]) == [401, 401])
    }

    @Test("a token as it should be passes")
    func good() throws { #expect(try Self.statuses(Self.token()) == [200, 200]) }
}

extension OpenSSLPrivateKey {
    /// The public key of P-256 as people keep it in files (RFC 5480 §2, RFC 7468 §13).
    fileprivate var publicPEM: [UInt8] {
        guard case .ellipticCurve(_, let x, let y) = self.material else { return [] }
        let prefix: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
            0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
        let text = Data(prefix + x + y).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("-----BEGIN PUBLIC KEY-----\n\(text)\n-----END PUBLIC KEY-----\n".utf8)
    }
}
