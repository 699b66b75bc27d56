import Foundation
import HydraClient
import OAuthModel
import Testing

@Suite("Answers as servers write them")
struct DecodingTests {
    /// Every member that Hydra knows, null.
    private static let nulls = """
        {"client_id":"a","client_name":null,"client_secret":null,"redirect_uris":null,"grant_types":null,
        "response_types":null,"scope":null,"audience":null,"owner":null,"policy_uri":null,"allowed_cors_origins":null,
        "tos_uri":null,"client_uri":null,"logo_uri":null,"contacts":null,"client_secret_expires_at":null,
        "subject_type":null,"jwks":null,"token_endpoint_auth_method":null,"created_at":null,"updated_at":null,
        "metadata":null,"skip_consent":null,"post_logout_redirect_uris":null,"request_uris":null,
        "authorization_code_grant_access_token_lifespan":null,"implicit_grant_id_token_lifespan":null}
        """

    @Test("null is absent, and lists that are absent are empty", arguments: [Self.nulls, #"{"client_id":"a"}"#])
    func nullIsAbsent(body: String) async throws {
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let client = try await hydra.client(id: "a")
            #expect(client.clientID == "a")
            #expect(client.clientName == nil)
            #expect(client.clientSecret == nil)
            #expect(client.redirectURIs == [])
            #expect(client.grantTypes == [])
            #expect(client.createdAt == nil)
            #expect(client.metadata == nil)
            #expect(client.lifespans.authorizationCodeGrantAccessToken == nil)
            #expect(client.additionalMembers.isEmpty)
        }
    }

    @Test("a client is read whole")
    func readsClient() async throws {
        let body = """
            {"client_id":"a","client_name":"","client_secret":"s3cret","redirect_uris":["https://app.example/cb"],
            "client_secret_expires_at":0,"jwks":{"keys":[]},"metadata":{"n":9007199254740993},"skip_consent":true,
            "refresh_token_grant_refresh_token_lifespan":"720h0m0s","implicit_grant_access_token_lifespan":"1.5s",
            "created_at":"2026-01-31T08:00:00Z","updated_at":"0001-01-01T00:00:00Z",
            "registration_access_token":"ory_at_x.y","device_authorization_grant_id_token_lifespan":"1h0m0s"}
            """
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let client = try await hydra.client(id: "a")
            #expect(client.clientName == "")
            #expect(client.clientSecret == SecretBytes("s3cret"))
            #expect(client.clientSecretExpiresAt == 0)
            #expect(client.jsonWebKeys == ["keys": []])
            #expect(client.metadata == ["n": 9_007_199_254_740_993])
            #expect(client.skipConsent == true)
            #expect(client.lifespans.refreshTokenGrantRefreshToken == .seconds(2_592_000))
            #expect(client.lifespans.implicitGrantAccessToken == .milliseconds(1_500))
            #expect(client.createdAt == Date(timeIntervalSince1970: 1_769_846_400))
            #expect(client.updatedAt == nil)
            #expect(client.registrationAccessToken == SecretBytes("ory_at_x.y"))
            #expect(client.lifespans.deviceAuthorizationGrantIDToken == .seconds(3_600))
        }
    }

    @Test("a login request is read as 2.1 and as later releases write it")
    func readsLogin() async throws {
        let body = """
            {"challenge":"c","requested_scope":["openid","a"],"requested_access_token_audience":null,"skip":false,
            "subject":"","oidc_context":{"acr_values":["1"],"ui_locales":null,"login_hint":"alice",
            "id_token_hint_claims":{"sub":"alice"},"extra":1},"client":{"client_id":"a"},
            "request_url":"http://h/oauth2/auth?a=b","session_id":"s"}
            """
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let answer = try await hydra.loginRequest(challenge: "c")
            let request = try #require(answer.request)
            #expect(request.requestedScope == ["openid", "a"])
            #expect(request.requestedAccessTokenAudience == [])
            #expect(request.skip == false)
            #expect(request.subject == "")
            #expect(request.oidcContext?.acrValues == ["1"])
            #expect(request.oidcContext?.loginHint == "alice")
            #expect(request.oidcContext?.idTokenHintClaims == ["sub": "alice"])
            #expect(request.oidcContext?.additionalMembers["extra"] == 1)
            #expect(request.client?.clientID == "a")
            #expect(request.sessionID == "s")
        }
    }

    @Test("consent sessions are read with nine decimal places, fractions of seconds and nested nulls")
    func readsSessions() async throws {
        let body = """
            [{"grant_scope":["a"],"grant_access_token_audience":null,"session":{"access_token":{"n":1e400},"id_token":null},
            "remember":true,"remember_for":3600.0,"handled_at":"2026-01-31T09:00:00.123456789+01:00",
            "expires_at":{"access_token":"2026-01-31T08:00:00Z","refresh_token":null},
            "consent_request":{"challenge":"","amr":null,"context":[1],"client":null}},{"handled_at":null}]
            """
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let page = try await hydra.listConsentSessions(subject: "a")
            let session = try #require(page.elements.first)
            #expect(page.elements.count == 2)
            #expect(session.grantScope == ["a"])
            #expect(session.session?.accessToken == ["n": .number(try #require(JSONNumber("1e400")))])
            #expect(session.rememberFor == .seconds(3_600))
            let handledAt = try #require(session.handledAt)
            #expect(abs(handledAt.timeIntervalSince1970 - 1_769_846_400.123456789) < 0.000_001)
            #expect(session.expiresAt?.accessToken == Date(timeIntervalSince1970: 1_769_846_400))
            #expect(session.expiresAt?.refreshToken == nil)
            #expect(session.consentRequest?.context == [1])
            #expect(session.consentRequest?.client == nil)
            #expect(page.elements[1].handledAt == nil)
        }
    }

    @Test("a token answer has its lifetime rounded down, whatever the case of its type")
    func readsTokens() async throws {
        let body = """
            {"access_token":"at","token_type":"BeArEr","expires_in":3599.99,"scope":"a b","refresh_token":"rt",
            "id_token":"it","device_secret":"ds"}
            """
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let tokens = try await hydra.exchangeToken(.clientCredentials(), as: .none(clientID: "c"))
            #expect(tokens.accessToken.text == "at")
            #expect(tokens.expiresIn == .seconds(3_599))
            #expect(tokens.scopes == ScopeSet(spaceSeparated: "a b"))
            #expect(tokens.refreshToken?.text == "rt")
            #expect(tokens.idToken?.text == "it")
            #expect(tokens.additionalMembers["device_secret"] == "ds")
        }
    }

    @Test(
        "a token answer without a token is none",
        arguments: ["{}", #"{"access_token":null}"#, #"{"access_token":""}"#, #"{"access_token":"a","id_token":7}"#])
    func refusesTokenless(body: String) async throws {
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.exchangeToken(.clientCredentials(), as: .none(clientID: "c"))
            }
            #expect(error?.stage == .decoding)
        }
    }

    @Test("an introspection answer has dates with fractions, one audience and what the consent put in")
    func readsIntrospection() async throws {
        let body = """
            {"active":true,"exp":1700000000.9,"aud":"one","scope":null,"ext":{"n":9007199254740993,"x":null},
            "token_use":"refresh_token","obfuscated_subject":"o"}
            """
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            guard case .active(let token) = try await hydra.introspectToken(SecretBytes("t")) else {
                Issue.record("an active token was taken for an inactive one")
                return
            }
            #expect(token.expiresAt == NumericDate(seconds: 1_700_000_000))
            #expect(token.audience == Audience(["one"]))
            #expect(token.scopes.isEmpty)
            #expect(token.ext == ["n": 9_007_199_254_740_993, "x": .null])
            #expect(token.obfuscatedSubject == "o")
            #expect(token.tokenUse == "refresh_token")
        }
    }

    @Test(
        "an introspection answer that cannot be understood is an error, never inactive",
        arguments: ["{}", "[]", "", #"{"active":"true"}"#, #"{"active":null}"#, #"{"active":true,"exp":"soon"}"#])
    func refusesIntrospection(body: String) async throws {
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.introspectToken(SecretBytes("t"))
            }
            #expect(error?.stage == .decoding)
        }
    }

    @Test("a trusted issuer is read")
    func readsIssuer() async throws {
        let body = """
            {"id":"i","issuer":"https://i.example","subject":"","allow_any_subject":true,"scope":null,
            "public_key":{"set":"https://i.example","kid":"k"},"created_at":"2026-01-31T08:00:00Z",
            "expires_at":"2030-01-01T00:00:00-02:30"}
            """
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let issuer = try await hydra.trustedIssuer(id: "i")
            #expect(issuer.allowAnySubject == true)
            #expect(issuer.scope == [])
            #expect(issuer.publicKey?.keyID == "k")
            #expect(issuer.expiresAt == Date(timeIntervalSince1970: 1_893_465_000))
        }
    }

    @Test("discovery, keys, user info, health and version are read")
    func readsTheRest() async throws {
        try await withHydra { request in
            switch request.target {
            case "/.well-known/openid-configuration":
                .json(#"{"issuer":"https://h.example","token_endpoint":"https://h.example/oauth2/token"}"#)
            case "/.well-known/jwks.json":
                .json(#"{"keys":[{"kid":"a"},7,{"kty":"RSA","kid":"k","n":"n","e":"AQAB"}]}"#)
            case "/userinfo": .json(#"{"sub":"alice"}"#)
            case "/version": .json(#"{"version":"v2.1.2"}"#)
            default: .json(#"{"status":"ok"}"#)
            }
        } _: { server, hydra in
            let issuer = try #require(IssuerIdentifier("https://h.example"))
            let stranger = try #require(IssuerIdentifier("https://evil.example"))
            let metadata = try await hydra.serverMetadata(issuer: issuer)
            #expect(metadata.tokenEndpoint == "https://h.example/oauth2/token")
            let other = await failure { () throws(HydraClientError) in
                _ = try await hydra.serverMetadata(issuer: stranger)
            }
            #expect(other?.stage == .decoding)
            // Keys that cannot be understood are left out (RFC 7517 §5).
            let keys = try await hydra.jsonWebKeys()
            #expect(keys.map(\.keyID) == ["k"])
            let claims = try await hydra.userInfo(accessToken: SecretBytes("at"))
            #expect(claims["sub"] == "alice")
            #expect(server.requests.last?.values("authorization") == ["Bearer at"])
            try await hydra.checkAlive()
            try await hydra.checkReady(.admin)
            let version = try await hydra.version()
            #expect(version == "v2.1.2")
        }
    }
}
