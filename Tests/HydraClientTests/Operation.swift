import Foundation
import HydraClient
import OAuthModel
import Testing

/// One operation as the client calls it, what must be on the wire, and an answer it takes.
struct Operation: Sendable, CustomTestStringConvertible {
    let id: String
    let method: String
    let target: String
    /// JSON, or a form's parameters one a line; empty for no body.
    var body = ""
    var status = 200
    var answer = "{}"
    /// Whether it may be tried again.
    let isRepeatable: Bool
    let call: @Sendable (HydraClient) async throws(HydraClientError) -> Void

    var testDescription: String { self.id }

    init(
        _ id: String, _ line: String, body: String = "", status: Int = 200, answer: String = "{}", repeats: Bool,
        _ call: @escaping @Sendable (HydraClient) async throws(HydraClientError) -> Void
    ) {
        let words = line.split(separator: " ").map(String.init)
        self.id = id
        self.method = words[0]
        self.target = words[1]
        self.body = body
        self.status = status
        self.answer = answer
        self.isRepeatable = repeats
        self.call = call
    }

    static let all = clients + logins + consents + logouts + sessions + tokens + issuers

    private static let redirect = #"{"redirect_to":"https://hydra.example/next"}"#

    private static let client = #"{"client_id":"a"}"#

    private static let clients = [
        Operation(
            "createOAuth2Client", "POST /admin/clients",
            body: #"{"client_name":"Photos","redirect_uris":["https://app.example/cb"],"metadata":{"a":[1]}}"#,
            status: 201, answer: client, repeats: false
        ) { (hydra) throws(HydraClientError) in
            var client = OAuth2Client()
            client.clientName = "Photos"
            client.redirectURIs = ["https://app.example/cb"]
            client.metadata = ["a": [1]]
            _ = try await hydra.createClient(client)
        },
        Operation("getOAuth2Client", "GET /admin/clients/a%2Fb%20%C3%A9%3F%25", answer: client, repeats: true) {
            (hydra) throws(HydraClientError) in _ = try await hydra.client(id: "a/b é?%")
        },
        Operation(
            "listOAuth2Clients", "GET /admin/clients?client_name=A+%26+B&owner=me&page_size=2&page_token=t%3D",
            answer: "[]", repeats: true
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.listClients(name: "A & B", owner: "me", pageSize: 2, pageToken: "t=")
        },
        Operation(
            "setOAuth2Client", "PUT /admin/clients/a",
            body: #"{"scope":"b c","authorization_code_grant_access_token_lifespan":"1h30m0s"}"#, answer: client,
            repeats: true
        ) { (hydra) throws(HydraClientError) in
            var client = OAuth2Client()
            client.scope = "b c"
            client.lifespans.authorizationCodeGrantAccessToken = .seconds(5_400)
            _ = try await hydra.setClient(id: "a", to: client)
        },
        Operation(
            "patchOAuth2Client", "PATCH /admin/clients/a",
            body: #"[{"op":"replace","path":"/owner","value":"me"},{"op":"remove","path":"/contacts/0"}]"#,
            answer: client, repeats: false
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.patchClient(id: "a", [.replace("/owner", "me"), .remove("/contacts/0")])
        },
        Operation(
            "setOAuth2ClientLifespans", "PUT /admin/clients/a/lifespans",
            body: #"{"jwt_bearer_grant_access_token_lifespan":"1s500ms"}"#, answer: client, repeats: true
        ) { (hydra) throws(HydraClientError) in
            var lifespans = OAuth2ClientTokenLifespans()
            lifespans.jwtBearerGrantAccessToken = .milliseconds(1_500)
            _ = try await hydra.setLifespans(ofClient: "a", to: lifespans)
        },
        Operation("deleteOAuth2Client", "DELETE /admin/clients/a", status: 204, answer: "", repeats: true) {
            (hydra) throws(HydraClientError) in try await hydra.deleteClient(id: "a")
        },
    ]

    private static let logins = [
        Operation(
            "getOAuth2LoginRequest", "GET /admin/oauth2/auth/requests/login?login_challenge=c%2B%2F",
            answer: #"{"challenge":"c"}"#, repeats: true
        ) { (hydra) throws(HydraClientError) in _ = try await hydra.loginRequest(challenge: "c+/") },
        Operation(
            "acceptOAuth2LoginRequest", "PUT /admin/oauth2/auth/requests/login/accept?login_challenge=c",
            body: #"{"subject":"alice","remember":true,"remember_for":60,"amr":["pwd"],"context":{"a":null}}"#,
            answer: redirect, repeats: true
        ) { (hydra) throws(HydraClientError) in
            var acceptance = AcceptOAuth2LoginRequest(subject: "alice", remember: true, rememberFor: .seconds(60))
            acceptance.amr = ["pwd"]
            acceptance.context = ["a": .null]
            _ = try await hydra.acceptLoginRequest(challenge: "c", acceptance)
        },
        Operation(
            "rejectOAuth2LoginRequest", "PUT /admin/oauth2/auth/requests/login/reject?login_challenge=c",
            body: #"{"error":"access_denied","error_description":"No."}"#, answer: redirect, repeats: true
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.rejectLoginRequest(
                challenge: "c", RejectOAuth2Request(error: .accessDenied, errorDescription: "No."))
        },
    ]

    private static let consents = [
        Operation(
            "getOAuth2ConsentRequest", "GET /admin/oauth2/auth/requests/consent?consent_challenge=c",
            answer: #"{"challenge":"c"}"#, repeats: true
        ) { (hydra) throws(HydraClientError) in _ = try await hydra.consentRequest(challenge: "c") },
        Operation(
            "acceptOAuth2ConsentRequest", "PUT /admin/oauth2/auth/requests/consent/accept?consent_challenge=c",
            body: #"{"grant_scope":["a","b"],"session":{"access_token":{"tenant":7}},"remember_for":0}"#,
            answer: redirect, repeats: true
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.acceptConsentRequest(
                challenge: "c",
                AcceptOAuth2ConsentRequest(
                    grantScope: ["a", "b"], session: OAuth2ConsentSessionData(accessToken: ["tenant": 7]),
                    rememberFor: .zero))
        },
        Operation(
            "rejectOAuth2ConsentRequest", "PUT /admin/oauth2/auth/requests/consent/reject?consent_challenge=c",
            body: "{}", answer: redirect, repeats: true
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.rejectConsentRequest(challenge: "c", RejectOAuth2Request())
        },
    ]

    private static let logouts = [
        Operation(
            "getOAuth2LogoutRequest", "GET /admin/oauth2/auth/requests/logout?logout_challenge=c",
            answer: #"{"challenge":"c"}"#, repeats: true
        ) { (hydra) throws(HydraClientError) in _ = try await hydra.logoutRequest(challenge: "c") },
        Operation(
            "acceptOAuth2LogoutRequest", "PUT /admin/oauth2/auth/requests/logout/accept?logout_challenge=c",
            answer: redirect, repeats: true
        ) { (hydra) throws(HydraClientError) in _ = try await hydra.acceptLogoutRequest(challenge: "c") },
        Operation(
            "rejectOAuth2LogoutRequest", "PUT /admin/oauth2/auth/requests/logout/reject?logout_challenge=c",
            status: 204, answer: "", repeats: false
        ) { (hydra) throws(HydraClientError) in try await hydra.rejectLogoutRequest(challenge: "c") },
    ]

    private static let sessions = [
        Operation(
            "listOAuth2ConsentSessions",
            "GET /admin/oauth2/auth/sessions/consent?subject=a%40b&login_session_id=s&page_size=1", answer: "[]",
            repeats: true
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.listConsentSessions(subject: "a@b", loginSessionID: "s", pageSize: 1)
        },
        Operation(
            "revokeOAuth2ConsentSessions", "DELETE /admin/oauth2/auth/sessions/consent?subject=a&all=true", status: 204,
            answer: "", repeats: true
        ) { (hydra) throws(HydraClientError) in try await hydra.revokeConsentSessions(subject: "a", .all) },
        Operation(
            "revokeOAuth2ConsentSessions", "DELETE /admin/oauth2/auth/sessions/consent?subject=a&client=c", status: 204,
            answer: "", repeats: true
        ) { (hydra) throws(HydraClientError) in try await hydra.revokeConsentSessions(subject: "a", .ofClient("c")) },
        Operation(
            "revokeOAuth2LoginSessions", "DELETE /admin/oauth2/auth/sessions/login?subject=a", status: 204, answer: "",
            repeats: true
        ) { (hydra) throws(HydraClientError) in try await hydra.revokeLoginSessions(.ofSubject("a")) },
        Operation(
            "revokeOAuth2LoginSessions", "DELETE /admin/oauth2/auth/sessions/login?sid=s", status: 204, answer: "",
            repeats: true
        ) { (hydra) throws(HydraClientError) in try await hydra.revokeLoginSessions(.session("s")) },
    ]

    private static let tokens = [
        Operation(
            "oauth2TokenExchange", "POST /oauth2/token", body: "grant_type=client_credentials\nclient_id=c",
            answer: #"{"access_token":"t"}"#, repeats: false
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.exchangeToken(.clientCredentials(), as: .none(clientID: "c"))
        },
        Operation(
            "introspectOAuth2Token", "POST /admin/oauth2/introspect",
            body: "token=t +&=é\nscope=a b\ntoken_type_hint=refresh_token", answer: #"{"active":false}"#, repeats: true
        ) { (hydra) throws(HydraClientError) in
            _ = try await hydra.introspectToken(
                SecretBytes("t +&=é"), scopes: ScopeSet(spaceSeparated: "a b"), hint: .refreshToken)
        },
        Operation(
            "revokeOAuth2Token", "POST /oauth2/revoke", body: "token=t\nclient_id=c", answer: "", repeats: true
        ) { (hydra) throws(HydraClientError) in
            try await hydra.revokeToken(SecretBytes("t"), as: .none(clientID: "c"))
        },
        Operation(
            "deleteOAuth2Token", "DELETE /admin/oauth2/tokens?client_id=c", status: 204, answer: "", repeats: true
        ) { (hydra) throws(HydraClientError) in try await hydra.deleteTokens(ofClient: "c") },
        Operation(
            "oAuth2Authorize",
            "GET /oauth2/auth?client_id=c&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3Db"
                + "&state=s%26tate&scope=a+b&audience=x&audience=y",
            status: 302, answer: "", repeats: false
        ) { (hydra) throws(HydraClientError) in
            var request = HydraClient.AuthorizationRequest(
                clientID: "c", redirectURI: "https://app.example/cb?a=b", scopes: ScopeSet(spaceSeparated: "a b"),
                pkce: nil, state: "s&tate")
            request.audience = ["x", "y"]
            _ = try await hydra.authorize(request)
        },
    ]

    private static let issuers = [
        Operation(
            "trustOAuth2JwtGrantIssuer", "POST /admin/trust/grants/jwt-bearer/issuers",
            body: #"{"issuer":"https://i.example","scope":[],"jwk":{"kty":"EC","kid":"k"},"#
                + #""expires_at":"2030-01-02T03:04:05Z","allow_any_subject":true}"#,
            status: 201, answer: #"{"id":"i"}"#, repeats: false
        ) { (hydra) throws(HydraClientError) in
            var key = HydraClient.JSONWebKey(keyType: "EC")
            key.keyID = "k"
            _ = try await hydra.trustIssuer(
                TrustOAuth2JWTGrantIssuer(
                    issuer: "https://i.example", subject: .any, scope: [], key: key,
                    expiresAt: Date(timeIntervalSince1970: 1_893_553_445)))
        },
        Operation(
            "getTrustedOAuth2JwtGrantIssuer", "GET /admin/trust/grants/jwt-bearer/issuers/i", answer: #"{"id":"i"}"#,
            repeats: true
        ) { (hydra) throws(HydraClientError) in _ = try await hydra.trustedIssuer(id: "i") },
        Operation(
            "listTrustedOAuth2JwtGrantIssuers", "GET /admin/trust/grants/jwt-bearer/issuers?issuer=i&page_size=3",
            answer: "[]", repeats: true
        ) { (hydra) throws(HydraClientError) in _ = try await hydra.listTrustedIssuers(issuer: "i", pageSize: 3) },
        Operation(
            "deleteTrustedOAuth2JwtGrantIssuer", "DELETE /admin/trust/grants/jwt-bearer/issuers/i", status: 204,
            answer: "", repeats: true
        ) { (hydra) throws(HydraClientError) in try await hydra.deleteTrustedIssuer(id: "i") },
    ]
}
