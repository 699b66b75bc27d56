import AsyncHTTPClient
import Foundation
import HydraClient
import OAuthModel
import Testing

@Suite("Secrets never show")
struct SecretTests {
    /// Stands for every secret; no text that is printed may hold it.
    private static let secret = "hunter2-hunter2-hunter2-hunter2-hunter2-hunter2"

    @Test("not in an error that quotes the request", arguments: [400, 401, 500])
    func errorsHideSecrets(status: Int) async throws {
        let secret = Self.secret
        try await withHydra {
            $0.retriesMax = 0
            $0.adminToken = BearerToken(secret)
        } answering: { request in
            let quoted = String(
                decoding: JSONWriter.write(
                    [
                        "error": .string("no \(secret)"), "error_hint": .string(secret),
                        "error_description": .string(
                            "got \(request.target) \(request.fields) \(request.body) \(secret)"),
                    ] as JSONObject), as: UTF8.self)
            return .json(quoted, status)
        } _: { _, hydra in
            for call in Self.calls {
                var error: (any Error)?
                do { try await call(hydra) } catch let failure { error = failure }
                let shown = try #require(error)
                #expect(Self.printed(shown).contains(secret) == false)
            }
        }
    }

    /// With everything that forms, paths and JSON spell in another way.
    private static let strange = #"p+%: é~*"secret\/ü"#

    @Test(
        "not in an error that quotes the request as it was spelled, or as Hydra spells it",
        arguments: [
            strange, FormURLEncoded.encode(strange), "p%2B%25%3A%20%C3%A9~%2A%22secret%5C%2F%C3%BC",
            #"p+%: é~*\"secret\\/ü"#, "p+%: é~*'secret\\/ü", strange + "\u{301}", "\u{200D}" + strange,
            Base64.encode(Array("c:\(FormURLEncoded.encode(strange))".utf8)),
        ])
    func errorsHideSpellings(quoted: String) async throws {
        let body = JSONWriter.write(
            ["error": "invalid_client", "error_description": .string("<\(quoted)>")] as JSONObject)
        try await withHydra { _ in
            .json(String(decoding: body, as: UTF8.self), 401)
        } _: { _, hydra in
            let credentials = ClientCredentials(clientID: "c", secret: SecretBytes(Self.strange))
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.exchangeToken(.clientCredentials(), as: .secretBasic(credentials))
            }
            let description = try #require(error?.errorDescription)
            #expect(description.unicodeScalars.contains("…"))
            #expect(description.contains(quoted) == false)
            #expect(description.contains("secret") == false)
        }
    }

    @Test(
        "not in the code of an error, whose place a server gives it",
        arguments: ["createOAuth2Client", "setOAuth2Client", "patchOAuth2Client", "trustOAuth2JwtGrantIssuer"])
    func codesHideSecrets(operation: String) async throws {
        let secret = "correct_horse_battery_staple"
        let jwk: JSONValue = ["kty": "oct", "k": .string(secret)]
        try await withHydra { _ in
            .json(#"{"error":"\#(secret)"}"#, 400)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in
                var client = OAuth2Client()
                switch operation {
                case "createOAuth2Client":
                    client.jsonWebKeys = ["keys": [jwk]]
                    _ = try await hydra.createClient(client)
                case "setOAuth2Client":
                    client.registrationAccessToken = SecretBytes(secret)
                    _ = try await hydra.setClient(id: "c", to: client)
                case "patchOAuth2Client":
                    _ = try await hydra.patchClient(id: "c", [.add("/jwks/keys/-", jwk)])
                default:
                    var key = HydraClient.JSONWebKey(keyType: "RSA")
                    key.d = SecretBytes(secret)
                    _ = try await hydra.trustIssuer(
                        TrustOAuth2JWTGrantIssuer(
                            issuer: "i", subject: .any, scope: [], key: key, expiresAt: Date(timeIntervalSince1970: 0)))
                }
            }
            #expect(error?.operation == operation)
            #expect(error?.code == .badRequest)
            let shown = try #require(error)
            #expect(Self.printed(shown).contains(secret) == false)
        }
    }

    @Test("not in the client itself while it sends one")
    func clientHidesCalls() async throws {
        try await withHydra {
            // The second call waits for the connection of the first one.
            $0.adjustConnections = { $0.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1 }
        } answering: { _ in
            .unfinished("")
        } _: { server, hydra in
            let calls = (0..<2).map { _ in
                Task { try await hydra.introspectToken(SecretBytes(Self.secret)) }
            }
            _ = await server.nextRequest()
            Self.expectHidden(hydra)
            Self.expectHidden(hydra.clients())
            for call in calls { call.cancel() }
            for call in calls { _ = await call.result }
        }
    }

    @Test("not in a value that holds one, printed or dumped")
    func valuesHideSecrets() async throws {
        let tokens = #"{"access_token":"S","refresh_token":"S","id_token":"S","device_secret":"S"}"#
        let client =
            #"{"client_id":"c","client_secret":"S","registration_access_token":"S","jwks":{"keys":[{"k":"S"}]},"#
            + #""metadata":{"s":"S"},"new_secret":"S"}"#
        let login = #"{"challenge":"S","client":\#(client),"request_url":"http://h/?id_token_hint=S","new":"S"}"#
        let sessions =
            #"[{"context":{"a":"S"},"session":{"access_token":{"a":"S"},"id_token":{"a":"S"}},"new":"S","#
            + #""consent_request":{"context":"S","oidc_context":{"id_token_hint_claims":{"a":"S"}}}}]"#
        let redirect = #"{"redirect_to":"http://h/oauth2/auth?login_verifier=S"}"#
        try await withHydra { request in
            let body =
                switch request.target.split(separator: "?").first {
                case "/oauth2/token": tokens
                case "/admin/clients/c": client
                case "/admin/oauth2/auth/requests/login": login
                case "/admin/oauth2/auth/requests/login/accept": redirect
                case "/admin/oauth2/auth/sessions/consent": sessions
                default: "{}"
                }
            return .json(body.replacing("S", with: Self.secret))
        } _: { _, hydra in
            Self.expectHidden(try await hydra.exchangeToken(.clientCredentials(), as: .none(clientID: "c")))
            Self.expectHidden(try await hydra.client(id: "c"))
            Self.expectHidden(try await hydra.loginRequest(challenge: "c"))
            Self.expectHidden(
                try await hydra.acceptLoginRequest(challenge: "c", AcceptOAuth2LoginRequest(subject: "a")))
            Self.expectHidden(try await hydra.listConsentSessions(subject: "a"))
        }
    }

    @Test("not in what is sent, printed or dumped")
    func requestsHideSecrets() throws {
        let secret = SecretBytes(Self.secret)
        let pkce = try #require(HydraClient.PKCE(verifier: Self.secret))
        let credentials = ClientCredentials(clientID: "c", secret: secret)
        var key = HydraClient.JSONWebKey(keyType: "oct")
        key.k = secret
        key.additionalMembers["oth"] = .string(Self.secret)
        var configuration = HydraClient.Configuration(publicURL: "http://h.example")
        configuration.adminToken = BearerToken(Self.secret)
        var request = HydraClient.AuthorizationRequest(
            clientID: "c", redirectURI: nil, scopes: ScopeSet(), pkce: pkce, state: Self.secret)
        request.idTokenHint = secret
        request.additionalParameters = [.init(name: "request", value: Self.secret)]
        Self.expectHidden(pkce)
        Self.expectHidden(key)
        Self.expectHidden(configuration)
        Self.expectHidden(try HydraClient(configuration))
        Self.expectHidden(request)
        Self.expectHidden(HydraClient.TokenGrant.authorizationCode(secret, pkce: pkce))
        Self.expectHidden(HydraClient.TokenGrant.refreshToken(secret))
        Self.expectHidden(HydraClient.TokenGrant.jwtBearer(secret))
        Self.expectHidden(HydraClient.ClientIdentity.secretBasic(credentials))
        Self.expectHidden(HydraClient.ClientIdentity.secretPost(credentials))
        Self.expectHidden(JSONPatchOperation.replace("/client_secret", .string(Self.secret)))
        let claims: JSONValue = ["a": .string(Self.secret)]
        var login = AcceptOAuth2LoginRequest(subject: "a")
        login.context = claims
        Self.expectHidden(login)
        var consent = AcceptOAuth2ConsentRequest(
            session: OAuth2ConsentSessionData(accessToken: claims, idToken: claims))
        consent.context = claims
        Self.expectHidden(consent)
        Self.expectHidden(OAuth2RedirectTo("http://h/?v=\(Self.secret)"))
        Self.expectHidden(
            try HydraClient.AuthorizationResponse(
                redirectedTo: "/cb?state=s&code=\(Self.secret)", expectingState: "s"))
    }

    /// Calls that send it.
    private static let calls: [@Sendable (HydraClient) async throws -> Void] = [
        { hydra in _ = try await hydra.createClient(client) },
        { hydra in
            _ = try await hydra.patchClient(id: "c", [.replace("/client_secret", .string(secret))])
        },
        { hydra in _ = try await hydra.introspectToken(SecretBytes(secret)) },
        { hydra in _ = try await hydra.loginRequest(challenge: secret) },
        { hydra in _ = try await hydra.userInfo(accessToken: SecretBytes(secret)) },
        { hydra in
            try await hydra.revokeToken(SecretBytes("t"), as: .secretBasic(credentials))
        },
        { hydra in
            _ = try await hydra.exchangeToken(.refreshToken(SecretBytes(secret)), as: .secretPost(credentials))
        },
        { hydra in _ = try await hydra.exchangeToken(code, as: .none(clientID: "c")) },
    ]

    private static let credentials = ClientCredentials(clientID: "c", secret: SecretBytes(secret))
    private static let code = HydraClient.TokenGrant.authorizationCode(
        SecretBytes(secret), pkce: HydraClient.PKCE(verifier: secret))

    private static var client: OAuth2Client {
        var client = OAuth2Client()
        client.clientSecret = SecretBytes(self.secret)
        return client
    }

    private static func expectHidden(_ value: some Any, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self.printed(value).contains(self.secret) == false, sourceLocation: sourceLocation)
    }

    private static func printed(_ value: some Any) -> String {
        var text = "\(value) \(String(reflecting: value)) "
        dump(value, to: &text)
        return text
    }
}
