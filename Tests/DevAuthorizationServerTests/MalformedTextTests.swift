import DevAuthorizationServer
import Foundation
import JOSE
import OAuthModel
import Testing

@Suite("Text that is not what it seems")
struct MalformedTextTests {
    @Test("a name with U+0000 is refused wherever it comes from, and is nobody else's name")
    func nul() async throws {
        try await withServer { server in
            let client = try await server.makeClient()
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let login = try await flow.loginChallenge()
            let accept = "\(Flow.requests)/login/accept?login_challenge=\(login)"
            #expect(try await server.put(accept, json: ["subject": "alice\u{0}evil"]).status == 400)
            let scopes: JSONValue = ["grant_scope": ["photos.read\u{0}x"]]
            #expect(
                try await server.put("\(Flow.requests)/consent/accept?consent_challenge=x", json: scopes).status == 400)
            let named: JSONValue = ["client_name": "a\u{0}b"]
            #expect(try await server.post(.admin, "/admin/clients", json: named).status == 400)
            #expect(try await server.get(.admin, "/admin/clients/\(client.id)%00x").status == 400)
            #expect(try await server.get(.admin, "/admin/clients?owner=a%00b").status == 400)
            let disguised = Client(id: client.id + "\u{0}x", secret: client.secret, answer: client.answer)
            #expect(try await server.token(disguised).status == 400)
            let tokens = try await server.post(
                .public, "/oauth2/token",
                form: [("grant_type", "client_credentials"), ("scope", "photos.read\u{0}")],
                credentials: client.credentials)
            #expect(tokens.status == 400)
        }
    }

    @Test("an issuer that may speak of one subject cannot speak of another that begins like it")
    func nulInAssertions() async throws {
        try await withServer { server in
            let key = try OpenSSLPrivateKey(generating: .rsa(bits: 2_048))
            let signer = JWSSigner(key: key, algorithm: .rs256, keyIdentifier: KeyIdentifier("key-1"))
            let grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            let trusted: JSONValue = [
                "issuer": "https://idp.example", "subject": "alice", "scope": [], "jwk": .object(signer.publicJWK),
                "expires_at": "2099-01-01T00:00:00Z",
            ]
            let path = "/admin/trust/grants/jwt-bearer/issuers"
            #expect(try await server.post(.admin, path, json: trusted).status == 201)
            let client = try await server.makeClient(["grant_types": [.string(grantType)]])
            for (subject, status) in [("alice\u{0}evil", 400), ("alice", 200)] {
                let now = Int64(Date().timeIntervalSince1970)
                let assertion = try signer.sign(
                    claims: [
                        "iss": "https://idp.example", "sub": .string(subject), "jti": .string("jti-\(status)"),
                        "aud": .string(server.running.issuer + "/oauth2/token"), "iat": .integer(now),
                        "exp": .integer(now + 300),
                    ], type: "JWT")
                let answer = try await server.post(
                    .public, "/oauth2/token", form: [("grant_type", grantType), ("assertion", assertion)],
                    credentials: client.credentials)
                #expect(answer.status == status)
            }
        }
    }

    @Test("RFC 6749 §3.2: a parameter that is repeated is invalid_request, and nothing is issued or ended")
    func repeatedInForms() async throws {
        try await withServer { server in
            let client = try await server.makeClient(["audience": ["https://a.example", "https://b.example"]])
            let token = try await server.token(client).text("access_token")
            let grant = ("grant_type", "client_credentials")
            for form in [
                [grant, grant], [grant, ("scope", "photos.read"), ("scope", "photos.write")],
                [grant, ("client_id", client.id), ("client_id", "other")], [grant, ("x", ""), ("x", "")],
            ] {
                let answer = try await server.post(
                    .public, "/oauth2/token", form: form, credentials: client.credentials)
                #expect(answer.status == 400)
                #expect(answer.text("error") == "invalid_request")
            }
            let twice = [("token", token), ("token", "other")]
            let revoked = try await server.post(.public, "/oauth2/revoke", form: twice, credentials: client.credentials)
            #expect(revoked.status == 400)
            #expect(try await server.post(.admin, "/admin/oauth2/introspect", form: twice).status == 400)
            #expect(try await server.isActive(token))
            let audiences = [("audience", "https://a.example"), ("audience", "https://b.example")]
            #expect(try await server.token(client, audiences).status == 200)
        }
    }

    @Test(
        "RFC 6749 §3.1: a repeated parameter is told the client, unless it is about where the client is",
        arguments: [
            ("client_id", true), ("redirect_uri", true), ("state", true), ("response_mode", true),
            ("response_type", true), ("scope", false), ("code_challenge", false), ("prompt", false),
            ("login_verifier", false),
        ])
    func repeatedInRequests(name: String, staysAtHome: Bool) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let value = flow.parameters.first { $0.0 == name }?.1 ?? "query"
            let more = flow.parameters.contains { $0.0 == name } ? [(name, value)] : [(name, value), (name, value)]
            let place = Place(try await flow.browser.visit(flow.address(more)).field("Location"))
            #expect(place["error"] == "invalid_request")
            let home = server.running.publicURL + "/oauth2/fallbacks/error"
            #expect(place.base == (staysAtHome ? home : Flow.callback))
            // Half in the address and half in the form is one request all the same.
            let posted = try await flow.browser.visit("/oauth2/auth?\(name)=x", form: flow.parameters + more.prefix(1))
            #expect(Place(posted.field("Location"))["error"] == "invalid_request")
        }
    }

    @Test(
        "RFC 6749 §3.3: what is no scope token is refused even under a wildcard",
        arguments: ["a\tb", "a\nb", "\"", "\\", "a\u{A0}b", "a\u{2028}b"])
    func scopeTokens(scope: String) async throws {
        try await withServer { server in
            let client = try await server.makeClient(["scope": "*"])
            #expect(try await server.token(client, [("scope", scope)]).text("error") == "invalid_scope")
            let web = try await server.makeWebClient(["scope": "*"])
            let flow = Flow(Browser(server), web, [("scope", scope)])
            #expect(try await flow.begin()["error"] == "invalid_scope")
        }
    }

    @Test("a scope asked for twice is granted once, and of too many none")
    func repeatedScopes() async throws {
        try await withServer { server in
            let client = try await server.makeClient(["scope": "*", "audience": ["https://a.example"]])
            let asked = [("scope", "b a b a"), ("audience", "https://a.example https://a.example")]
            let answer = try await server.token(client, asked)
            #expect(answer.text("scope") == "b a")
            #expect(try await server.introspect(answer.text("access_token"))["aud"] == ["https://a.example"])
            let audiences = (0...256).map { "https://a.example/\($0)" }.joined(separator: " ")
            #expect(try await server.token(client, [("audience", audiences)]).text("error") == "invalid_request")
            let many = (0...256).map { "s\($0)" }.joined(separator: " ")
            #expect(try await server.token(client, [("scope", many)]).text("error") == "invalid_scope")
        }
    }

    @Test("a scope beyond ASCII is asked for and granted as it was registered, and not as it looks")
    func scopesBeyondASCII() async throws {
        try await withServer { server in
            let client = try await server.makeClient(["scope": "caf\u{E9} \u{E9}.*"])
            for scope in ["caf\u{E9}", "\u{E9}.\u{FC}"] {
                let answer = try await server.token(client, [("scope", scope)])
                #expect(answer.text("scope").utf8.elementsEqual(scope.utf8))
                let told = try await server.introspect(answer.text("access_token"))["scope"]?.stringValue ?? ""
                #expect(told.utf8.elementsEqual(scope.utf8))
            }
            #expect(try await server.token(client, [("scope", "cafe\u{301}")]).text("error") == "invalid_scope")
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let path = "\(Flow.requests)/consent/accept?consent_challenge=\(try await flow.consentChallenge())"
            #expect(try await server.put(path, json: ["grant_scope": ["openid", "caf\u{E9}"]]).status == 200)
        }
    }

    @Test("a consent cannot grant what a token could not say", arguments: ["a b", "", "a\tb", "a\u{A0}b"])
    func grantedScopes(scope: String) async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let path = "\(Flow.requests)/consent/accept?consent_challenge=\(try await flow.consentChallenge())"
            #expect(try await server.put(path, json: ["grant_scope": ["openid", .string(scope)]]).status == 400)
            let twice: JSONValue = [
                "grant_scope": ["photos.read", "photos.read"],
                "grant_access_token_audience": ["https://a.example", "https://a.example"],
            ]
            let answer = try await server.put(path, json: twice)
            let code = Place(try await flow.browser.walk(answer.text("redirect_to")))["code"]
            let tokens = try await flow.exchange(try #require(code))
            #expect(tokens.text("scope") == "photos.read")
            #expect(try await server.introspect(tokens.text("access_token"))["aud"] == ["https://a.example"])
        }
    }

    @Test(
        "a query that cannot be read is 400: no list is longer, and nothing is ended, than was asked for",
        arguments: [
            ("GET", "/admin/clients?owner=%ff"), ("GET", "/admin/trust/grants/jwt-bearer/issuers?issuer=%ff"),
            ("GET", "/admin/oauth2/auth/sessions/consent?subject=alice&login_session_id=%ff"),
            ("DELETE", "/admin/oauth2/tokens?client_id=a&x=%ff"),
            ("DELETE", "/admin/oauth2/auth/sessions/login?subject=alice&sid=%ff"),
        ])
    func unreadableQueries(method: String, path: String) async throws {
        try await withServer { server in
            let answer = try await server.call(.admin, method, path)
            #expect(answer.status == 400)
        }
    }

    @Test(
        "an address is read as browsers read it: no other host passes for the one that is registered",
        arguments: [
            "https://evil.example/\u{301}@good.example/", "https://evil.example?\u{301}@good.example/",
            "https://evil.example\\@good.example/", "https:\u{301}//good.example/", "https://good.example:444/",
            "http://good.example/",
        ])
    func addresses(address: String) async throws {
        try await withServer { server in
            let client: JSONValue = [
                "redirect_uris": ["https://good.example/"], "post_logout_redirect_uris": [.string(address)],
            ]
            let answer = try await server.post(.admin, "/admin/clients", json: client)
            #expect(answer.status == 400)
        }
    }

    @Test("no browser is sent to an address that is a program, not even by a client's own logout")
    func programs() async throws {
        try await withServer { server in
            let client: JSONValue = [
                "redirect_uris": ["javascript://a.example/%0aalert(1)"],
                "post_logout_redirect_uris": ["javascript://a.example/%0aalert(1)"],
            ]
            let answer = try await server.post(.admin, "/admin/clients", json: client)
            #expect(answer.status == 400)
        }
    }

    @Test(
        "a client's key set is a list of keys, and none of them is private",
        arguments: [
            ["keys": "x"], ["x": 1], ["keys": [1]], ["keys": [["kty": "RSA", "n": "AQ", "e": "AQAB", "d": "AQ"]]],
            ["keys": [["kty": "oct", "k": "AQ"]]],
        ] as [JSONObject])
    func keySets(keySet: JSONObject) async throws {
        try await withServer { server in
            let answer = try await server.post(.admin, "/admin/clients", json: ["jwks": .object(keySet)])
            #expect(answer.status == 400)
            #expect(answer.text("error") == "invalid_client_metadata")
        }
    }

    @Test(
        "an issuer is an http or https address of host and path, and nothing else",
        arguments: [
            "ftp://a.example", "http://u:p@a.example", "http://a.example/?x", "http://a.example/#x", "a.example",
        ])
    func issuers(issuer: String) async throws {
        var options = DevAuthorizationServer.Options.forTests
        options.issuer = issuer
        let error = await #expect(throws: DevAuthorizationServerError.self) {
            _ = try await DevAuthorizationServer(options).start()
        }
        #expect(error?.code == .invalidOption)
    }
}
