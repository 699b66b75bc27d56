import Foundation
import HydraClient
import JOSE
import OAuthModel
import Testing

@Suite("The token endpoint")
struct TokenTests {
    @Test(
        "a verifier that RFC 7636 §4.1 does not allow is refused",
        arguments: [
            "", String(repeating: "a", count: 42), String(repeating: "a", count: 129),
            String(repeating: "é", count: 43),
        ])
    func refusesVerifier(text: String) { #expect(HydraClient.PKCE(verifier: text) == nil) }

    @Test("the example of RFC 7636 appendix B")
    func appendixB() throws {
        let pkce = try #require(HydraClient.PKCE(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
        #expect(pkce.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }

    @Test("a new verifier is like no other and usable again")
    func makesVerifiers() {
        let verifiers = (0..<100).map { _ in HydraClient.PKCE().verifier.text }
        #expect(Set(verifiers).count == 100)
        #expect(verifiers.allSatisfy { HydraClient.PKCE(verifier: $0) != nil && $0.count == 43 })
    }

    @Test(
        "what the server would read as something else is not sent",
        arguments: [
            HydraClient.TokenGrant.clientCredentials(scopes: ScopeSet(elements: ["a b"])),
            .clientCredentials(scopes: ScopeSet(elements: ["é"])), .clientCredentials(audience: ["a b"]),
            .clientCredentials(audience: [""]),
        ])
    func refusesArguments(grant: HydraClient.TokenGrant) async throws {
        try await withHydra { _ in
            .json(#"{"access_token":"t"}"#)
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.exchangeToken(grant, as: .none(clientID: "c"))
            }
            #expect(error?.code == .invalidArgument)
            #expect(server.requests.isEmpty)
        }
    }

    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    private static let grants: [(HydraClient.TokenGrant, [String])] = [
        (
            .authorizationCode(
                SecretBytes("ory_ac_a.b"), redirectURI: "https://app.example/cb?a=b&c=d",
                pkce: HydraClient.PKCE(verifier: verifier)),
            [
                "grant_type=authorization_code", "code=ory_ac_a.b", "redirect_uri=https://app.example/cb?a=b&c=d",
                "code_verifier=\(verifier)",
            ]
        ),
        (.authorizationCode(SecretBytes("a b")), ["grant_type=authorization_code", "code=a b"]),
        (.refreshToken(SecretBytes("ory_rt_a+b")), ["grant_type=refresh_token", "refresh_token=ory_rt_a+b"]),
        (
            .clientCredentials(scopes: ScopeSet(spaceSeparated: "a b"), audience: ["x", "y"]),
            ["grant_type=client_credentials", "scope=a b", "audience=x", "audience=y"]
        ),
        (
            .jwtBearer(SecretBytes("a.b.c"), scopes: ScopeSet(spaceSeparated: "a")),
            ["grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion=a.b.c", "scope=a"]
        ),
    ]

    @Test("a grant is sent as its RFC says", arguments: Self.grants)
    func sendsGrant(grant: HydraClient.TokenGrant, form: [String]) async throws {
        try await withHydra { _ in
            .json(#"{"access_token":"t"}"#)
        } _: { server, hydra in
            _ = try await hydra.exchangeToken(grant, as: .none(clientID: "c"))
            #expect(server.requests.first?.form == form + ["client_id=c"])
        }
    }

    @Test("client_secret_basic encodes both parts first, so that any character may be in them (RFC 6749 §2.3.1)")
    func authenticatesBasic() async throws {
        let credentials = ClientCredentials(clientID: "a:b c", secret: SecretBytes("p+%:é"))
        try await withHydra { _ in
            .json(#"{"access_token":"t"}"#)
        } _: { server, hydra in
            _ = try await hydra.exchangeToken(.clientCredentials(), as: .secretBasic(credentials))
            let request = try #require(server.requests.first)
            let expected = Base64.encode(Array("a%3Ab+c:p%2B%25%3A%C3%A9".utf8))
            #expect(request.values("authorization") == ["Basic \(expected)"])
            #expect(request.form == ["grant_type=client_credentials"])
        }
    }

    @Test("client_secret_post puts both into the form")
    func authenticatesPost() async throws {
        let credentials = ClientCredentials(clientID: "c", secret: SecretBytes("p+%"))
        try await withHydra { _ in
            .answer(200)
        } _: { server, hydra in
            try await hydra.revokeToken(SecretBytes("t"), as: .secretPost(credentials), hint: .accessToken)
            let request = try #require(server.requests.first)
            #expect(request.values("authorization") == [])
            #expect(request.form == ["token=t", "token_type_hint=access_token", "client_id=c", "client_secret=p+%"])
        }
    }

    @Test(
        "private_key_jwt signs what RFC 7523 §3 wants, freshly for every request",
        arguments: HydraClient.AssertionSigner.Algorithm.allCases)
    func authenticatesWithKey(algorithm: HydraClient.AssertionSigner.Algorithm) async throws {
        let signer = try HydraClient.AssertionSigner(generatingFor: algorithm, keyID: "k")
        try await withHydra {
            $0.clock = { Date(timeIntervalSince1970: 1_700_000_000.7) }
        } answering: { _ in
            .json(#"{"access_token":"t"}"#)
        } _: { server, hydra in
            let client = HydraClient.ClientIdentity.privateKeyJWT(clientID: "c", signer: signer)
            _ = try await hydra.exchangeToken(.clientCredentials(), as: client)
            _ = try await hydra.exchangeToken(
                .clientCredentials(),
                as: .privateKeyJWT(clientID: "c", signer: signer, audience: "https://h.example/oauth2/token"))
            let forms = try server.requests.map { try FormURLEncoded(parsing: Array($0.body.utf8)) }
            let claims = try forms.map { form in
                #expect(form.soleValue(of: "client_id") == "c")
                #expect(
                    form.soleValue(of: "client_assertion_type")
                        == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                return try Self.claims(
                    of: try #require(form.soleValue(of: "client_assertion")), signedBy: signer, algorithm)
            }
            try #require(claims.count == 2)
            #expect(claims[0]["iss"] == "c")
            #expect(claims[0]["sub"] == "c")
            #expect(claims[0]["aud"] == .string(server.origin + "/oauth2/token"))
            #expect(claims[1]["aud"] == "https://h.example/oauth2/token")
            #expect(claims[0]["iat"] == 1_700_000_000)
            #expect(claims[0]["exp"] == 1_700_000_060)
            #expect(claims[0]["jti"] != claims[1]["jti"])
        }
    }

    @Test("an assertion of a time that is none is refused, and one without end ends where numbers do")
    func limitsAssertion() throws {
        let signer = try HydraClient.AssertionSigner(generatingFor: .es256, keyID: nil)
        for seconds in [Double.nan, .infinity, 1e300] {
            #expect(throws: HydraClientError.self) {
                _ = try signer.assertion(
                    issuer: "i", subject: "s", audience: "a", at: Date(timeIntervalSince1970: seconds))
            }
        }
        let assertion = try signer.assertion(
            issuer: "i", subject: "s", audience: "a", lifespan: .seconds(Int64.max),
            at: Date(timeIntervalSince1970: 1_700_000_000))
        let claims = try Self.claims(of: assertion.text, signedBy: signer, .es256)
        #expect(claims["exp"] == .integer(NumericDate.range.upperBound))
    }

    @Test("a key that is none, or of another kind than its algorithm, is refused")
    func refusesKey() throws {
        for pem in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(throws: HydraClientError.self) {
                _ = try HydraClient.AssertionSigner(pem: SecretBytes(pem), algorithm: .es256, keyID: nil)
            }
        }
        let pem = SecretBytes(try OpenSSLPrivateKey(generating: .ellipticCurve(.p384)).pem())
        #expect(throws: HydraClientError.self) {
            _ = try HydraClient.AssertionSigner(pem: pem, algorithm: .es256, keyID: nil)
        }
        #expect(try HydraClient.AssertionSigner(pem: pem, algorithm: .es384, keyID: "k").publicKey.curve == "P-384")
    }

    private static func claims(
        of assertion: String, signedBy signer: HydraClient.AssertionSigner,
        _ algorithm: HydraClient.AssertionSigner.Algorithm
    ) throws -> JSONObject {
        let keys = try JSONWebKeySet.read(JSONWriter.write(signer.publicKeySet))
        let bytes = Array(assertion.utf8)
        let jws = try CompactJWS(parsing: bytes.span, byteCountMax: 8_192)
        let verified = try JWSVerifier.verify(
            jws, keys: keys, algorithms: [try #require(SignatureAlgorithm(name: algorithm.rawValue))])
        return try #require(try JSONReader.read(verified.payload).objectValue)
    }
}
