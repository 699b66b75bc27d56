import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Listeners")
struct ListenerTests {
    @Test(
        "a known path with another method is 405 and says which it answers",
        arguments: [
            (ServerUnderTest.Side.public, "/oauth2/token", ["GET", "PUT", "DELETE", "PATCH"], "POST"),
            (.public, "/oauth2/revoke", ["GET"], "POST"),
            (.public, "/.well-known/jwks.json", ["POST", "DELETE"], "GET, HEAD"),
            (.public, "/.well-known/openid-configuration", ["POST"], "GET, HEAD"),
            (.public, "/health/ready", ["POST"], "GET, HEAD"), (.public, "/userinfo", ["PUT"], "GET, HEAD, POST"),
            (.admin, "/admin/clients", ["DELETE", "PUT"], "POST, GET, HEAD"),
            (.admin, "/admin/clients/x", ["POST"], "GET, HEAD, PUT, PATCH, DELETE"),
            (.admin, "/admin/oauth2/introspect", ["GET"], "POST"),
            (.admin, "/version", ["POST"], "GET, HEAD"),
        ])
    func wrongMethods(side: ServerUnderTest.Side, path: String, methods: [String], allow: String) async throws {
        try await withServer { server in
            for method in methods {
                let answer = try await server.call(side, method, path)
                #expect(answer.status == 405, "\(method)")
                #expect(answer.field("Allow") == allow, "\(method)")
                #expect(!answer.text("error").isEmpty, "\(method)")
            }
        }
    }

    @Test(
        "RFC 9110 §9.2.1: HEAD is answered where GET changes nothing, and nowhere else",
        arguments: [
            (ServerUnderTest.Side.public, "/oauth2/auth", 405), (.public, "/oauth2/sessions/logout", 405),
            (.public, "/oauth2/fallbacks/login", 405), (.public, "/oauth2/fallbacks/consent", 405),
            (.public, "/oauth2/fallbacks/logout", 405), (.public, "/userinfo", 401), (.public, "/health/ready", 200),
            (.public, "/.well-known/openid-configuration", 200), (.admin, "/admin/clients", 200),
            (.admin, "/version", 200),
        ])
    func headRequests(side: ServerUnderTest.Side, path: String, status: Int) async throws {
        try await withServer { server in
            let port = side == .public ? server.running.publicPort : server.running.adminPort
            let answer = try await RawConnection.answer(to: "HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n", at: port)
            #expect(answer.status == status)
        }
    }

    @Test(
        "an unknown path is 404, and each listener answers only its own",
        arguments: [
            (ServerUnderTest.Side.public, "/nothing"), (.public, "/"), (.public, "/oauth2/token/"),
            (.public, "/oauth2//token"), (.public, "/admin/clients"), (.public, "/admin/oauth2/introspect"),
            (.public, "/version"), (.admin, "/admin"), (.admin, "/admin/clients/a/b"), (.admin, "/admin/clients/"),
            (.admin, "/.well-known/jwks.json"), (.admin, "/admin/nothing"),
        ])
    func unknownPaths(side: ServerUnderTest.Side, path: String) async throws {
        try await withServer { server in
            let answer = try await server.get(side, path)
            #expect(answer.status == 404)
            #expect(answer.text("error") == "Not Found")
            #expect(
                try await server.get(side, path, fields: ["Accept": "text/html"]).field("Content-Type")
                    .hasPrefix("text/html"))
        }
    }

    @Test("a broken escape in the path is 400")
    func brokenEscapes() async throws {
        try await withServer { server in
            let answer = try await server.get(.admin, "/admin/clients/a%FFb")
            #expect(answer.status == 400)
        }
    }

    @Test(
        "the old unprefixed admin paths lead to the new ones",
        arguments: [("/clients?owner=a", "/admin/clients?owner=a"), ("/oauth2/introspect", "/admin/oauth2/introspect")])
    func oldPaths(path: String, location: String) async throws {
        try await withServer { server in
            let answer = try await server.get(.admin, path)
            #expect(answer.status == 307)
            #expect(answer.field("Location") == location)
        }
    }

    @Test("health answers on both listeners, the version on the admin one")
    func health() async throws {
        try await withServer { server in
            for side in [ServerUnderTest.Side.public, .admin] {
                for path in ["/health/alive", "/health/ready"] {
                    let answer = try await server.get(side, path)
                    #expect(answer.status == 200)
                    #expect(answer.json == ["status": "ok"])
                }
            }
            #expect(!(try await server.get(.admin, "/version").text("version").isEmpty))
        }
    }

    @Test("discovery names the issuer byte for byte and endpoints under it", arguments: [nil, "http://a.example/x/"])
    func discovery(issuer: String?) async throws {
        try await withServer({ $0.issuer = issuer }) { server in
            let base = issuer.map { String($0.dropLast()) } ?? server.running.publicURL
            for path in [
                "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
                "/.well-known/oauth-authorization-server" + (issuer == nil ? "" : "/x"),
            ] {
                let answer = try await server.get(.public, path)
                #expect(answer["issuer"] == .string(issuer ?? server.running.publicURL))
                for (name, path) in [
                    ("authorization_endpoint", "/oauth2/auth"), ("token_endpoint", "/oauth2/token"),
                    ("revocation_endpoint", "/oauth2/revoke"), ("jwks_uri", "/.well-known/jwks.json"),
                    ("userinfo_endpoint", "/userinfo"), ("end_session_endpoint", "/oauth2/sessions/logout"),
                ] { #expect(answer[name] == .string(base + path)) }
                #expect(answer["code_challenge_methods_supported"] == ["S256"])
                #expect(answer["introspection_endpoint"] == nil)
                // RFC 8414 §2: where assertions are taken, their algorithms have to be told.
                for endpoint in ["token", "revocation"] {
                    let methods = answer["\(endpoint)_endpoint_auth_methods_supported"]?.stringListValue
                    #expect(methods?.contains("private_key_jwt") == true)
                    let names = answer["\(endpoint)_endpoint_auth_signing_alg_values_supported"]?.stringListValue
                    #expect(names?.contains("RS256") == true && names?.contains("none") == false)
                }
            }
        }
    }

    @Test(
        "RFC 8414 §3.1: behind the well-known path stands the issuer's own, and no other",
        arguments: [
            (nil as String?, ["/x", "/"], [""]), ("http://a.example/", ["/x", "/"], [""]),
            ("http://a.example/x/", ["/y", "/x/", "/x/y", "/"], ["", "/x", "/%78"]),
            ("http://a.example/x/{y}", ["/x", "/x/z", "/x/{y}/z"], ["", "/x/%7By%7D"]),
        ])
    func issuerPaths(issuer: String?, foreign: [String], own: [String]) async throws {
        try await withServer({ $0.issuer = issuer }) { server in
            let wellKnown = "/.well-known/oauth-authorization-server"
            for path in foreign {
                let answer = try await server.get(.public, wellKnown + path.replacing("{", with: "%7B"))
                #expect(answer.status == 404, "\(path)")
            }
            for path in own {
                let answer = try await server.get(.public, wellKnown + path)
                #expect(answer.status == 200, "\(path)")
            }
        }
    }

    @Test("the key set has no private parts")
    func keySet() async throws {
        try await withServer { server in
            let keys = try await server.get(.public, "/.well-known/jwks.json")["keys"]?.arrayValue ?? []
            #expect(!keys.isEmpty)
            for key in keys {
                let members = key.objectValue?.members.map(\.name) ?? []
                #expect(Set(members) == ["kty", "n", "e", "kid", "alg", "use"])
                #expect(key.objectValue?["alg"] == "RS256")
                #expect(key.objectValue?["use"] == "sig")
            }
        }
    }

    @Test("a port that is taken is one clear error, and nothing is left half started")
    func portInUse() async throws {
        try await withServer { server in
            for takesPublicPort in [true, false] {
                var options = DevAuthorizationServer.Options.forTests
                options.publicPort = takesPublicPort ? server.running.publicPort : 0
                options.adminPort = takesPublicPort ? 0 : server.running.adminPort
                let error = await #expect(throws: DevAuthorizationServerError.self) {
                    _ = try await DevAuthorizationServer(options).start()
                }
                #expect(error?.code == .cannotListen)
                #expect(error?.message.contains("in use") == true)
            }
        }
    }

    @Test(
        "options that cannot be served are refused before anything is bound",
        arguments: ["", "issuer", "/path", "http://", "https://a.example/?q", "https://a.example/#f"])
    func badIssuers(issuer: String) async throws {
        var options = DevAuthorizationServer.Options.forTests
        options.issuer = issuer
        let error = await #expect(throws: DevAuthorizationServerError.self) {
            _ = try await DevAuthorizationServer(options).start()
        }
        #expect(error?.code == .invalidOption)
    }

    @Test("stopping twice is fine, and the ports are free again")
    func stopping() async throws {
        let first = try await DevAuthorizationServer(.forTests).start()
        await first.stop()
        await first.stop()
        try await first.waitUntilStopped()
        var options = DevAuthorizationServer.Options.forTests
        options.publicPort = first.publicPort
        options.adminPort = first.adminPort
        let second = try await DevAuthorizationServer(options).start()
        #expect(second.publicPort == first.publicPort)
        await second.stop()
    }
}

@Suite("Calls without HTTP")
struct CallTests {
    @Test("a refusal is an error with the server's words")
    func refused() async throws {
        try await withServer { server in
            let error = await #expect(throws: DevAuthorizationServerError.self) {
                _ = try await server.running.createClient(["client_secret": "short"])
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("client_secret") == true)
        }
    }

    @Test("a client and a token made this way are good on the wire")
    func goodOnTheWire() async throws {
        try await withServer { server in
            let client = try await server.running.createClient([
                "client_id": "demo", "client_secret": "demo-secret", "grant_types": ["client_credentials"],
                "scope": "notes:read", "audience": ["https://api.example.com"],
            ])
            #expect(client["client_id"] == "demo")
            let token = try await server.running.requestToken(
                ClientCredentials(clientID: "demo", secret: SecretBytes("demo-secret")), scope: "notes:read",
                audience: ["https://api.example.com"])
            let answer = try await server.introspect(token["access_token"]?.stringValue ?? "")
            #expect(answer["scope"] == "notes:read")
            #expect(answer["aud"] == ["https://api.example.com"])
        }
    }
}
