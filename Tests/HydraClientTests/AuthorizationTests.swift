import HydraClient
import OAuthModel
import Testing

@Suite("The authorization endpoint")
struct AuthorizationTests {
    @Test("the address has every parameter, encoded, behind the query of the base (RFC 6749 §3.1)")
    func buildsURL() throws {
        let hydra = try HydraClient(
            HydraClient.Configuration(publicURL: "https://h.example/auth/?tenant=a%26b"))
        var request = HydraClient.AuthorizationRequest(
            clientID: "c&d", redirectURI: "https://app.example/cb?x=y#z", scopes: ScopeSet(spaceSeparated: "a b"),
            pkce: HydraClient.PKCE(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), state: "é st+te")
        request.nonce = "n"
        request.prompt = ["login", "consent"]
        request.maxAge = .seconds(60)
        request.idTokenHint = SecretBytes("h")
        request.loginHint = "a@b"
        request.acrValues = ["1", "2"]
        request.uiLocales = ["de"]
        request.display = "page"
        request.responseMode = "query"
        request.audience = ["https://api.example"]
        request.additionalParameters = [.init(name: "x", value: "=")]
        #expect(
            try hydra.authorizationURL(for: request)
                == "https://h.example/auth/oauth2/auth?tenant=a%26b&client_id=c%26d&response_type=code"
                + "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3Dy%23z&state=%C3%A9+st%2Bte"
                + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
                + "&response_mode=query&nonce=n&prompt=login+consent&max_age=60&id_token_hint=h&login_hint=a%40b"
                + "&acr_values=1+2&ui_locales=de&display=page&scope=a+b&audience=https%3A%2F%2Fapi.example&x=%3D")
        #expect(
            try hydra.logoutURL(
                idTokenHint: SecretBytes("t"), postLogoutRedirectURI: "https://app.example/", state: "s")
                == "https://h.example/auth/oauth2/sessions/logout?tenant=a%26b&id_token_hint=t"
                + "&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F&state=s")
    }

    @Test("a state that is not given is made, long enough for Hydra and like no other")
    func makesState() {
        let states = (0..<100).map { _ in
            HydraClient.AuthorizationRequest(clientID: "c", redirectURI: nil, scopes: ScopeSet(), pkce: nil).state
        }
        #expect(Set(states).count == 100)
        #expect(states.allSatisfy { $0.utf8.count >= 22 })
    }

    @Test("one step is gone, and where it leads is told, not followed", arguments: [302, 303])
    func goesOneStep(status: Int) async throws {
        try await withHydra { request in
            .answer(
                status,
                [
                    ("Location", "https://login.example/?login_challenge=a%2Bb&login_challenge=c#f"),
                    ("Set-Cookie", "one=1; Path=/"), ("Set-Cookie", "two=2"),
                ])
        } _: { server, hydra in
            let request = HydraClient.AuthorizationRequest(
                clientID: "c", redirectURI: nil, scopes: ScopeSet(), pkce: nil)
            let redirect = try await hydra.authorize(request, cookie: SecretBytes("a=b; c=d"))
            #expect(redirect.status == status)
            #expect(redirect.location == "https://login.example/?login_challenge=a%2Bb&login_challenge=c#f")
            #expect(redirect.parameter("login_challenge")?.text == "a+b")
            #expect(redirect.parameter("code") == nil)
            #expect(redirect.setCookies.map(\.text) == ["one=1; Path=/", "two=2"])
            #expect(server.requests.map { $0.values("cookie") } == [["a=b; c=d"]])
        }
    }

    @Test(
        "an answer that is no such redirect is an error",
        arguments: [
            (ScriptedHydra.Reaction.answer(200, body: "<html>"), HydraClientError.Code.unexpectedStatus),
            (.answer(302), .unexpectedMember),
            (.answer(302, [("Location", "/a"), ("Location", "/b")]), .unexpectedMember),
            (.answer(307, [("Location", "/")]), .redirected),
        ])
    func refusesAnswer(reaction: ScriptedHydra.Reaction, code: HydraClientError.Code) async throws {
        try await withHydra { _ in
            reaction
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.authorize(
                    HydraClient.AuthorizationRequest(clientID: "c", redirectURI: nil, scopes: ScopeSet(), pkce: nil))
            }
            #expect(error?.code == code)
        }
    }

    @Test("a page in place of a redirect is told as one, and what it holds is not")
    func tellsPage() async throws {
        try await withHydra { _ in
            .answer(200, [("Content-Type", "text/html")], body: "<input name=\"code\" value=\"ory_ac_a.b\">")
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.authorize(
                    resuming: OAuth2RedirectTo(server.origin + "/oauth2/auth?consent_verifier=v"))
            }
            #expect(error?.stage == .status)
            #expect(error?.code == .unexpectedStatus)
            #expect(error?.status == 200)
            #expect(error?.message.contains("a page that a browser has to show") == true)
            #expect(error?.description.contains("ory_ac_") == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        "a step that would carry cookie and verifier to somebody else is not gone",
        arguments: [
            "https://evil.example/oauth2/auth", "", "/oauth2/auth?login_verifier=v", "BASE.evil.example/oauth2/auth",
            "BASE@evil.example/", "BASE:1/oauth2/auth",
            "BASE/a/../../oauth2/auth", "BASE/a/%2e%2E/oauth2/auth", "BASE/./oauth2/auth",
        ])
    func staysWithServer(address: String) async throws {
        try await withHydra { _ in
            .answer(302, [("Location", "/")])
        } _: { server, hydra in
            let target = address.replacing("BASE", with: server.origin)
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.authorize(resuming: OAuth2RedirectTo(target))
            }
            #expect(error?.code == .invalidArgument)
            #expect(server.requests.isEmpty)
        }
    }

    @Test("the next step is gone as the server wrote it")
    func resumes() async throws {
        try await withHydra { _ in
            .answer(303, [("Location", "https://app.example/?code=c")])
        } _: { server, hydra in
            let redirect = OAuth2RedirectTo(server.origin + "/oauth2/auth?a=b%20c&login_verifier=v")
            let answer = try await hydra.authorize(resuming: redirect)
            #expect(answer.parameter("code")?.text == "c")
            #expect(server.requests.map(\.target) == ["/oauth2/auth?a=b%20c&login_verifier=v"])
        }
    }

    @Test(
        "what the browser brings back is refused unless it is an answer to this request",
        arguments: [
            ("https://app.example/cb", HydraClientError.Code.invalidState), ("/cb?code=c", .invalidState),
            ("/cb?code=c&state=other", .invalidState), ("/cb?code=c&state=", .invalidState),
            ("/cb?code=c&state=12345678&state=12345678", .unexpectedMember),
            ("/cb?code=c&code=d&state=12345678", .unexpectedMember), ("/cb?state=12345678", .unexpectedMember),
            ("/cb?code=&state=12345678", .unexpectedMember), ("/cb?code=%&state=12345678", .unexpectedMember),
            ("/cb?error=access_denied&error_description=No.&state=12345678", .accessDenied),
            ("/cb?error=access_denied&code=c&state=12345678", .accessDenied),
        ])
    func refusesResponse(address: String, code: HydraClientError.Code) {
        #expect {
            _ = try HydraClient.AuthorizationResponse(redirectedTo: address, expectingState: "12345678")
        } throws: {
            ($0 as? HydraClientError)?.code == code
        }
    }

    @Test(
        "a state that was lost is like no other: an empty one is not compared",
        arguments: ["/cb?code=c&state=", "/cb?code=c"])
    func refusesLostState(address: String) {
        #expect {
            _ = try HydraClient.AuthorizationResponse(redirectedTo: address, expectingState: "")
        } throws: {
            ($0 as? HydraClientError)?.code == .invalidState
        }
    }

    @Test("a code is taken from what the browser brings back")
    func takesCode() throws {
        let response = try HydraClient.AuthorizationResponse(
            redirectedTo: "https://app.example/cb?x=y&code=ory_ac_a.b&scope=a+b&state=1234+%26&iss=h#f",
            expectingState: "1234 &")
        #expect(response.code.text == "ory_ac_a.b")
        #expect(response.scopes == ScopeSet(spaceSeparated: "a b"))
    }
}
