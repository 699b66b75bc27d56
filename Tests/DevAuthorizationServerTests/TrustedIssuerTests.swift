import DevAuthorizationServer
import Foundation
import JOSE
import OAuthModel
import Testing

@Suite("Trusted issuers and assertions")
struct TrustedIssuerTests {
    private static let path = "/admin/trust/grants/jwt-bearer/issuers"
    private static let grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    /// An issuer with a key of its own.
    private struct Issuer {
        let signer: JWSSigner
        let url = "https://idp.example.com"

        init(_ name: String = "key-1") throws {
            let key = try OpenSSLPrivateKey(generating: .rsa(bits: 2_048))
            self.signer = JWSSigner(key: key, algorithm: .rs256, keyIdentifier: KeyIdentifier(name))
        }

        func document(_ changes: [(String, JSONValue?)] = []) -> JSONValue {
            var document: JSONObject = [
                "issuer": .string(self.url), "subject": "alice", "scope": ["photos.*"],
                "jwk": .object(self.signer.publicJWK), "expires_at": "2099-01-01T00:00:00Z",
            ]
            for (name, value) in changes { document[name] = value }
            return .object(document)
        }

        func assertion(_ server: ServerUnderTest, _ changes: [(String, JSONValue?)] = []) throws -> String {
            let now = Int64(Date().timeIntervalSince1970)
            var claims: JSONObject = [
                "iss": .string(self.url), "sub": "alice", "aud": [.string(server.running.issuer + "/oauth2/token")],
                "iat": .integer(now), "exp": .integer(now + 300), "jti": .string(UUID().uuidString),
            ]
            for (name, value) in changes { claims[name] = value }
            return try self.signer.sign(claims: claims, type: "JWT")
        }
    }

    @Test("what is missing is missing_required_parameter, what is wrong is 400, and nothing is stored")
    func refusals() async throws {
        try await withServer { server in
            let issuer = try Issuer()
            var nameless = issuer.signer.publicJWK
            nameless["kid"] = nil
            var secret = issuer.signer.publicJWK
            secret["d"] = "AQAB"
            var huge = issuer.signer.publicJWK
            huge["x5c"] = .strings([String(repeating: "a", count: 40_000)])
            let cases: [(String, JSONValue?, String)] = [
                ("issuer", nil, "missing_required_parameter"), ("issuer", "", "missing_required_parameter"),
                ("subject", "", "missing_required_parameter"),
                ("allow_any_subject", true, "missing_required_parameter"),
                ("scope", nil, "missing_required_parameter"), ("expires_at", nil, "missing_required_parameter"),
                ("expires_at", "0001-01-01T00:00:00Z", "missing_required_parameter"),
                ("jwk", nil, "missing_required_parameter"), ("jwk", .object(nameless), "missing_required_parameter"),
                ("jwk", .object(secret), ""), ("jwk", .object(huge), ""), ("jwk", ["kty": "RSA", "kid": "x"], ""),
                ("jwk", "x", ""),
                ("expires_at", "tomorrow", ""), ("expires_at", "2026-02-29T00:00:00Z", ""), ("scope", "photos", ""),
                ("subject", .string(String(repeating: "a", count: 256)), ""),
            ]
            for (name, value, error) in cases {
                let answer = try await server.post(.admin, Self.path, json: issuer.document([(name, value)]))
                #expect(answer.status == 400, "\(name)")
                #expect(error.isEmpty || answer.text("error") == error, "\(name)")
            }
            #expect(try await server.get(.admin, Self.path).json == [])
        }
    }

    @Test("an issuer is kept, listed and removed; the same again, or another key of its name, is 409")
    func lifecycle() async throws {
        try await withServer { server in
            let issuer = try Issuer()
            let made = try await server.post(.admin, Self.path, json: issuer.document())
            #expect(made.status == 201)
            #expect(made["public_key"] == ["set": .string(issuer.url), "kid": "key-1"])
            #expect(made["expires_at"] == "2099-01-01T00:00:00Z")
            #expect(made["jwk"] == nil)
            #expect(made.field("Location") == "/trust/grants/jwt-bearer/issuers/" + made.text("id"))
            #expect(try await server.post(.admin, Self.path, json: issuer.document()).status == 409)
            let impostor = try Issuer().document([("subject", "bob")])
            #expect(try await server.post(.admin, Self.path, json: impostor).status == 409)
            let second = try await server.post(.admin, Self.path, json: issuer.document([("subject", "bob")]))
            #expect(second.status == 201)
            #expect(try await server.get(.admin, "\(Self.path)/\(made.text("id"))")["issuer"] == .string(issuer.url))
            let listed = try await server.get(.admin, "\(Self.path)?issuer=\(issuer.url)&page_size=1")
            #expect(listed.json.arrayValue?.count == 1)
            #expect(listed.field("Link").contains("rel=\"next\""))
            #expect(try await server.get(.admin, "\(Self.path)?issuer=https://nobody.example").json == [])
            #expect(try await server.call(.admin, "DELETE", "\(Self.path)/\(made.text("id"))").status == 204)
            // The key went with it, and so did the other entry of that key.
            for id in [made.text("id"), second.text("id")] {
                #expect(try await server.get(.admin, "\(Self.path)/\(id)").status == 404)
                #expect(try await server.call(.admin, "DELETE", "\(Self.path)/\(id)").status == 404)
            }
        }
    }

    @Test("an entry that has expired is absent: the same again is kept in its place, and so is another key of its name")
    func expiredEntries() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let issuer = try Issuer()
            let brief: (String, JSONValue?) = ("expires_at", "2027-01-15T08:01:00Z")
            let made = try await server.post(.admin, Self.path, json: issuer.document([brief]))
            #expect(made.status == 201)
            clock.advance(by: 59)
            #expect(try await server.post(.admin, Self.path, json: issuer.document()).status == 409)
            clock.advance(by: 1)
            let again = try await server.post(.admin, Self.path, json: issuer.document([brief]))
            #expect(again.status == 201)
            #expect(try await server.post(.admin, Self.path, json: try Issuer().document()).status == 201)
            #expect(try await server.post(.admin, Self.path, json: issuer.document()).status == 409)
            #expect(try await server.get(.admin, Self.path).json.arrayValue?.count == 1)
        }
    }

    @Test("a key that is written in another way is the same key, for another subject too, and stays as it was first")
    func sameKeyWrittenOtherwise() async throws {
        try await withServer { server in
            let issuer = try Issuer()
            var otherwise = issuer.signer.publicJWK
            otherwise["x-note"] = "the same"
            let changes: [(String, JSONValue?)] = [("jwk", .object(otherwise))]
            #expect(try await server.post(.admin, Self.path, json: issuer.document()).status == 201)
            #expect(try await server.post(.admin, Self.path, json: issuer.document(changes)).status == 409)
            let other = try await server.post(
                .admin, Self.path, json: issuer.document(changes + [("subject", "bob")]))
            #expect(other.status == 201)
            let third = try await server.post(.admin, Self.path, json: issuer.document([("subject", "carol")]))
            #expect(third.status == 201)
            let impostor = try Issuer().document([("subject", "dave")])
            #expect(try await server.post(.admin, Self.path, json: impostor).status == 409)
            let client = try await server.makeClient(["grant_types": [.string(Self.grantType)]])
            let answer = try await server.post(
                .public, "/oauth2/token",
                form: [
                    ("grant_type", Self.grantType), ("assertion", try issuer.assertion(server, [("sub", "bob")])),
                ], credentials: client.credentials)
            #expect(answer.status == 200)
        }
    }

    @Test(
        "of two entries that share a key, the one for this very subject says what it may have",
        arguments: [true, false])
    func subjectsOwnEntry(generalIsFirst: Bool) async throws {
        try await withServer { server in
            let issuer = try Issuer()
            let general = issuer.document([("subject", nil), ("allow_any_subject", true), ("scope", ["music"])])
            let own = issuer.document()
            for document in generalIsFirst ? [general, own] : [own, general] {
                #expect(try await server.post(.admin, Self.path, json: document).status == 201)
            }
            let client = try await server.makeClient(["grant_types": [.string(Self.grantType)]])
            for (subject, scope, status) in [
                ("alice", "photos.read", 200), ("alice", "music", 400), ("bob", "music", 200),
                ("bob", "photos.read", 400),
            ] {
                let assertion = try issuer.assertion(server, [("sub", .string(subject))])
                let answer = try await server.post(
                    .public, "/oauth2/token",
                    form: [("grant_type", Self.grantType), ("assertion", assertion), ("scope", scope)],
                    credentials: client.credentials)
                #expect(answer.status == status, "\(subject) \(scope)")
            }
        }
    }

    @Test("an assertion that is not good now, here and of a trusted key is invalid_grant; a good one works once")
    func assertions() async throws {
        try await withServer { server in
            let issuer = try Issuer()
            _ = try await server.post(.admin, Self.path, json: issuer.document())
            let late = try Issuer("late")
            _ = try await server.post(
                .admin, Self.path, json: late.document([("subject", "carol"), ("expires_at", "2020-01-01T00:00:00Z")]))
            let client = try await server.makeClient(["grant_types": [.string(Self.grantType)]])
            func bring(_ assertion: String, scope: String = "photos.read") async throws -> Answer {
                try await server.post(
                    .public, "/oauth2/token",
                    form: [("grant_type", Self.grantType), ("assertion", assertion), ("scope", scope)],
                    credentials: client.credentials)
            }
            let now = Int64(Date().timeIntervalSince1970)
            let cases: [(String, JSONValue?)] = [
                ("sub", "bob"), ("sub", ""), ("sub", nil), ("iss", "https://other.example"), ("iss", nil),
                ("aud", ["https://other.example/token"]), ("aud", nil), ("exp", .integer(now - 1)), ("exp", nil),
                ("exp", "soon"), ("exp", .integer(now + 721 * 3_600)), ("iat", nil), ("iat", .integer(now + 600)),
                ("iat", .integer(.min)), ("nbf", .integer(now + 600)), ("nbf", "x"), ("jti", ""), ("jti", nil),
            ]
            for (name, value) in cases {
                let answer = try await bring(try issuer.assertion(server, [(name, value)]))
                #expect(answer.status == 400, "\(name)")
                #expect(answer.text("error") == "invalid_grant", "\(name)")
            }
            let unsigned = try issuer.assertion(server).split(separator: ".").dropLast().joined(separator: ".") + "."
            for assertion in [
                "x", "a.b.c", unsigned, try Issuer().assertion(server), try late.assertion(server, [("sub", "carol")]),
            ] {
                #expect(try await bring(assertion).text("error") == "invalid_grant")
            }
            #expect(try await bring("").text("error") == "invalid_request")
            #expect(try await bring(try issuer.assertion(server), scope: "music").text("error") == "invalid_scope")
            let good = try issuer.assertion(server)
            let answer = try await bring(good)
            #expect(answer.status == 200)
            #expect(answer["refresh_token"] == nil)
            let token = try await server.introspect(answer.text("access_token"))
            #expect(token["sub"] == "alice")
            #expect(token["scope"] == "photos.read")
            #expect(token["aud"] == [.string(server.running.issuer + "/oauth2/token")])
            #expect(try await bring(good).text("error") == "jti_known")
        }
    }

    @Test(
        "a NumericDate may have a fraction, which never makes an assertion good for longer (RFC 7519 §2)",
        arguments: [
            ("exp", -1, false), ("exp", 0, false), ("nbf", 1, false), ("iat", 61, false), ("exp", 300, true),
            ("nbf", -2, true), ("iat", -2, true),
        ] as [(String, Int64, Bool)])
    func fractions(name: String, offset: Int64, isGood: Bool) async throws {
        // A clock that stands: what is good or not is a matter of half a second.
        let clock = ManualClock(Date().timeIntervalSince1970.rounded(.down))
        try await withServer({ $0.clock = { clock.now } }) { server in
            let issuer = try Issuer()
            _ = try await server.post(.admin, Self.path, json: issuer.document())
            let client = try await server.makeClient(["grant_types": [.string(Self.grantType)]])
            let now = Int64(clock.now.timeIntervalSince1970)
            let time = try #require(JSONNumber("\(now + offset).5"))
            let assertion = try issuer.assertion(
                server, [("iat", .integer(now)), ("exp", .integer(now + 300)), (name, .number(time))])
            let answer = try await server.post(
                .public, "/oauth2/token", form: [("grant_type", Self.grantType), ("assertion", assertion)],
                credentials: client.credentials)
            #expect(answer.status == (isGood ? 200 : 400))
        }
    }

    @Test("an issuer may have many keys: the one that the header names is found")
    func manyKeys() async throws {
        try await withServer { server in
            let issuer = try Issuer("the-last")
            for number in 0..<20 {
                var key = issuer.signer.publicJWK
                key["kid"] = .string("key-\(number)")
                _ = try await server.post(.admin, Self.path, json: issuer.document([("jwk", .object(key))]))
            }
            let made = try await server.post(.admin, Self.path, json: issuer.document())
            #expect(made.status == 201)
            let client = try await server.makeClient(["grant_types": [.string(Self.grantType)]])
            let answer = try await server.post(
                .public, "/oauth2/token",
                form: [("grant_type", Self.grantType), ("assertion", try issuer.assertion(server))],
                credentials: client.credentials)
            #expect(answer.status == 200)
        }
    }

    @Test("a client with private_key_jwt proves itself once with each assertion, and in no other way")
    func clientAssertions() async throws {
        try await withServer { server in
            let issuer = try Issuer()
            let client = try await server.makeClient([
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": ["keys": [.object(issuer.signer.publicJWK)]],
            ])
            let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            func ask(_ assertion: String, type: String = type, more: [(String, String)] = []) async throws -> Answer {
                try await server.post(
                    .public, "/oauth2/token",
                    form: [
                        ("grant_type", "client_credentials"), ("client_assertion_type", type),
                        ("client_assertion", assertion),
                    ] + more)
            }
            let own: [(String, JSONValue?)] = [("iss", .string(client.id)), ("sub", .string(client.id))]
            let good = try issuer.assertion(server, own)
            for type in ["other", ""] {
                #expect(try await ask(good, type: type).text("error") == "invalid_request")
            }
            #expect(try await ask("").text("error") == "invalid_request")
            #expect(try await ask(good, more: [("client_secret", "a-secret")]).status == 401)
            #expect(try await ask(good, more: [("client_id", "other")]).status == 401)
            let now = Int64(Date().timeIntervalSince1970)
            for change in [("iss", "other"), ("aud", ["x"]), ("exp", .integer(now - 1)), ("jti", nil)]
                as [(String, JSONValue?)]
            {
                #expect(try await ask(try issuer.assertion(server, own + [change])).status == 401, "\(change.0)")
            }
            #expect(try await ask(try Issuer().assertion(server, own)).status == 401)
            // What has no value was left out (RFC 6749 §3.2).
            #expect(try await ask(good, more: [("client_id", ""), ("client_secret", "")]).status == 200)
            #expect(try await ask(good).text("error") == "jti_known")
            #expect(try await server.token(Client(id: client.id, secret: "x", answer: client.answer)).status == 401)
        }
    }
}
