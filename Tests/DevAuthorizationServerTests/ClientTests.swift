import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Clients")
struct ClientTests {
    @Test(
        "a client that breaks a rule is refused with the contract's code and not stored",
        arguments: [
            (#"{"client_secret":"short"}"#, "invalid_client_metadata"),
            (#"{"redirect_uris":["http://127.0.0.1/cb#frag"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["callback"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["https://a.example/%4"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://a:port/"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://a:80:90/"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://[::1/cb"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://[::1]x/"]}"#, "invalid_redirect_uri"),
            (
                #"{"redirect_uris":["https://a.example/cb"],"post_logout_redirect_uris":["https://b.example/x"]}"#,
                "invalid_client_metadata"
            ),
            (
                #"{"redirect_uris":["com.example.app:/cb"],"post_logout_redirect_uris":["com.example.other:/bye"]}"#,
                "invalid_client_metadata"
            ),
            (
                #"{"redirect_uris":["com.example.app:/cb"],"post_logout_redirect_uris":["com.example.app://a/bye"]}"#,
                "invalid_client_metadata"
            ),
            (
                #"{"redirect_uris":["https:a.example/cb"],"post_logout_redirect_uris":["https:b.example/bye"]}"#,
                "invalid_client_metadata"
            ),
            (#"{"redirect_uris":["/cb"],"post_logout_redirect_uris":["/bye"]}"#, "invalid_client_metadata"),
            (
                #"{"redirect_uris":["javascript:a"],"post_logout_redirect_uris":["javascript:b"]}"#,
                "invalid_client_metadata"
            ),
            (#"{"token_endpoint_auth_method":"private_key_jwt"}"#, "invalid_client_metadata"),
            (
                #"{"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://a.example/k","token_endpoint_auth_signing_alg":"HS256"}"#,
                "invalid_client_metadata"
            ),
            (#"{"jwks":{"keys":[]},"jwks_uri":"https://a.example/k"}"#, "invalid_client_metadata"),
            (#"{"subject_type":"nonsense"}"#, "invalid_client_metadata"),
            (#"{"userinfo_signed_response_alg":"HS256"}"#, "invalid_client_metadata"),
            (#"{"access_token_strategy":"paper"}"#, "invalid_client_metadata"),
            (#"{"allowed_cors_origins":["https://a.example/path"]}"#, "invalid_client_metadata"),
            (#"{"allowed_cors_origins":["ftp://a.example"]}"#, "invalid_client_metadata"),
            (#"{"client_id":"line\nbreak"}"#, "invalid_client_metadata"),
            (#"{"client_id":"."}"#, "invalid_client_metadata"), (#"{"client_id":".."}"#, "invalid_client_metadata"),
            (#"{"sector_identifier_uri":"http://a.example/s"}"#, "invalid_client_metadata"),
            (#"{"sector_identifier_uri":"https:s"}"#, "invalid_client_metadata"),
            (#"{"sector_identifier_uri":"https://:443/s"}"#, "invalid_client_metadata"),
            (#"{"client_id":"\#(String(repeating: "x", count: 256))"}"#, "invalid_client_metadata"),
        ])
    func refusesBadMetadata(body: String, error: String) async throws {
        try await withServer { server in
            let answer = try await server.call(.admin, "POST", "/admin/clients", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.text("error") == error)
            #expect(!answer.text("error_description").isEmpty)
            #expect(try await server.get(.admin, "/admin/clients").json == [])
        }
    }

    @Test(
        "a body that is not a client's JSON is 400 with an error body",
        arguments: [
            "{nope", "", "[]", "null", #"{"client_id":"a","client_id":"b"}"#, #"{"redirect_uris":"https://a.example"}"#,
            #"{"scope":7}"#, #"{"skip_consent":"yes"}"#, #"{"jwks":[]}"#, #"{"grant_types":[1]}"#,
            #"{"client_credentials_grant_access_token_lifespan":"soon"}"#,
            #"{"client_credentials_grant_access_token_lifespan":"-1h"}"#,
        ])
    func refusesMalformedBodies(body: String) async throws {
        try await withServer { server in
            let answer = try await server.call(.admin, "POST", "/admin/clients", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.text("error") == "The request was malformed or contained invalid parameters")
            #expect(try await server.get(.admin, "/admin/clients").json == [])
        }
    }

    @Test("a body over 1 MiB is 413")
    func refusesHugeBodies() async throws {
        try await withServer { server in
            let body = Array((#"{"client_name":""# + String(repeating: "x", count: 1 << 20) + #""}"#).utf8)
            let answer = try await server.call(.admin, "POST", "/admin/clients", body: body)
            #expect(answer.status == 413)
        }
    }

    @Test("an id that is taken is 409, and the first client keeps it")
    func refusesDuplicates() async throws {
        try await withServer { server in
            let first = try await server.makeClient(["client_id": "mine", "client_name": "first"])
            let second = try await server.post(.admin, "/admin/clients", json: ["client_id": "mine"])
            #expect(second.status == 409)
            #expect(
                second.text("error")
                    == "Unable to insert or update resource because a resource with that value exists already")
            #expect(try await server.get(.admin, "/admin/clients/mine").text("client_name") == "first")
            #expect(try await server.token(first).status == 200)
        }
    }

    @Test("get and delete of an unknown client are 404 with an empty description")
    func unknownClients() async throws {
        try await withServer { server in
            for method in ["GET", "DELETE"] {
                let answer = try await server.call(.admin, method, "/admin/clients/nobody")
                #expect(answer.status == 404)
                #expect(answer.json == ["error": "Unable to locate the resource", "error_description": ""])
            }
        }
    }

    @Test("a native app's address without a host has the scheme in common with its redirect URI (RFC 8252 §7.1)")
    func nativeAddresses() async throws {
        try await withServer { server in
            let made = try await server.makeClient([
                "redirect_uris": ["com.example.app:/cb"], "post_logout_redirect_uris": ["COM.example.app:/bye"],
            ])
            #expect(made.answer["post_logout_redirect_uris"] == ["COM.example.app:/bye"])
        }
    }

    @Test("what is left out is filled in as Hydra fills it in")
    func createDefaults() async throws {
        let clock = ManualClock(1_769_846_400.75)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let made = try await server.post(.admin, "/admin/clients", json: [:])
            #expect(made.status == 201)
            #expect(made.field("Content-Type") == "application/json; charset=utf-8")
            #expect(made.field("Location") == "/admin/clients/" + made.text("client_id"))
            #expect(made.field("Cache-Control").contains("no-store"))
            for name in ["client_name", "owner", "policy_uri", "tos_uri", "client_uri", "logo_uri"] {
                #expect(made[name] == "", "\(name)")
            }
            for name in [
                "redirect_uris", "grant_types", "response_types", "audience", "allowed_cors_origins", "contacts",
            ] {
                #expect(made[name] == [], "\(name)")
            }
            #expect(made["scope"] == "offline_access offline openid")
            #expect(made["token_endpoint_auth_method"] == "client_secret_basic")
            #expect(made["subject_type"] == "public")
            #expect(made["userinfo_signed_response_alg"] == "none")
            #expect(made["client_secret_expires_at"] == 0)
            #expect(made["skip_consent"] == false)
            #expect(made["jwks"] == [:])
            #expect(made["metadata"] == [:])
            #expect(made["created_at"] == "2026-01-31T08:00:00Z")
            #expect(made["updated_at"] == "2026-01-31T08:00:00Z")
            #expect(made["client_credentials_grant_access_token_lifespan"] == .null)
            #expect(made["jwks_uri"] == nil)
            #expect(made["access_token_strategy"] == nil)
            #expect(made.text("client_id").utf8.count == 36)
            let secret = made.text("client_secret")
            #expect(secret.utf8.count == 26)
            #expect(secret.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.~".contains($0)) })
            #expect(made.text("registration_access_token").hasPrefix("ory_at_"))
            #expect(
                made.text("registration_client_uri")
                    == server.running.publicURL + "/oauth2/register/" + made.text("client_id"))
        }
    }

    @Test("every member comes back as it was sent, and unknown ones and nulls are nothing")
    func roundTrip() async throws {
        let sent: JSONObject = [
            "client_id": "a/b c", "client_name": "Näme", "client_secret": "a-given-secret", "owner": "me",
            "redirect_uris": ["https://a.example/cb", "myapp:/cb"], "grant_types": ["client_credentials"],
            "response_types": ["code"], "scope": "a b.*", "audience": ["https://api.example.com"],
            "policy_uri": "p", "tos_uri": "t", "client_uri": "c", "logo_uri": "l", "contacts": ["x@example.com"],
            "allowed_cors_origins": ["https://a.example/", "http://b.example:8080"],
            "token_endpoint_auth_method": "client_secret_post", "subject_type": "public",
            "userinfo_signed_response_alg": "RS256", "jwks": ["keys": []], "metadata": ["team": ["a", 1, .null]],
            "skip_consent": true, "access_token_strategy": "JWT",
            "post_logout_redirect_uris": ["https://a.example/bye"], "frontchannel_logout_session_required": true,
            "backchannel_logout_uri": "https://a.example/back",
            "client_credentials_grant_access_token_lifespan": "90m", "implicit_grant_id_token_lifespan": "1.5s",
            "contacts_unknown": "ignored", "jwks_uri": .null,
        ]
        try await withServer { server in
            let made = try await server.post(.admin, "/admin/clients", json: .object(sent))
            #expect(made.status == 201)
            #expect(made["client_secret"] == "a-given-secret")
            #expect(made.field("Location") == "/admin/clients/a%2Fb%20c")
            let got = try await server.get(.admin, "/admin/clients/a%2Fb%20c")
            #expect(got.status == 200)
            var expected = sent
            expected["allowed_cors_origins"] = ["https://a.example", "http://b.example:8080"]
            expected["access_token_strategy"] = "jwt"
            expected["client_credentials_grant_access_token_lifespan"] = "1h30m0s"
            expected["implicit_grant_id_token_lifespan"] = "1s500ms"
            for name in ["contacts_unknown", "jwks_uri", "client_secret"] { expected[name] = nil }
            for member in expected.members { #expect(got[member.name] == member.value, "\(member.name)") }
            for name in ["client_secret", "contacts_unknown", "jwks_uri", "registration_access_token"] {
                #expect(got[name] == nil, "\(name)")
            }
        }
    }

    @Test("a public client gets no secret")
    func publicClient() async throws {
        try await withServer { server in
            let made = try await server.makeClient(["token_endpoint_auth_method": "none"])
            #expect(made.answer["client_secret"] == nil)
        }
    }

    @Test("lists filter exactly, keep the order of creation and show no secret")
    func listFilters() async throws {
        try await withServer { server in
            for (id, name, owner) in [("c", "n", "me"), ("a", "m", "me"), ("b", "n", "you")] {
                _ = try await server.makeClient([
                    "client_id": .string(id), "client_name": .string(name), "owner": .string(owner),
                ])
            }
            for (query, expected) in [
                ("", ["c", "a", "b"]), ("?owner=me", ["c", "a"]), ("?client_name=n", ["c", "b"]),
                ("?client_name=n&owner=you", ["b"]), ("?client_name=N", []), ("?owner=", ["c", "a", "b"]),
            ] {
                let answer = try await server.get(.admin, "/admin/clients" + query)
                #expect(answer.status == 200)
                #expect(Self.ids(answer) == expected, "\(query)")
                #expect(answer.field("X-Total-Count") == String(expected.count))
                for client in answer.json.arrayValue ?? [] { #expect(client.objectValue?["client_secret"] == nil) }
            }
        }
    }

    @Test("pages follow rel=next to the end, each client once, and next is absent on the last page")
    func listPages() async throws {
        try await withServer { server in
            for id in ["1", "2", "3", "4", "5", "6"] {
                _ = try await server.makeClient(["client_id": .string(id), "owner": .string(id == "6" ? "you" : "me")])
            }
            var path: String? = "/admin/clients?owner=me&page_size=2"
            var pages: [[String]] = []
            while let next = path {
                let answer = try await server.get(.admin, next)
                pages.append(Self.ids(answer))
                #expect(answer.field("Link").contains(#"rel="first""#))
                path = Self.next(answer)
            }
            #expect(pages == [["1", "2"], ["3", "4"], ["5"]])
        }
    }

    @Test(
        "page sizes are clamped, and what cannot be read counts as not given",
        arguments: [
            ("?page_size=0", 1), ("?page_size=-3", 1), ("?page_size=many", 3), ("?page_size=5000", 3),
            ("?page_token=nonsense", 3), ("?page_token=eyJvZmZzZXQiOiItMSIsInYiOjJ9", 3),
            ("?page_token=eyJvZmZzZXQiOiI5OTk5OTk5OTk5OTk5OTk5OTk5IiwidiI6Mn0", 3),
        ])
    func pageSizes(query: String, count: Int) async throws {
        try await withServer { server in
            for _ in 0..<3 { _ = try await server.makeClient(["token_endpoint_auth_method": "none"]) }
            let answer = try await server.get(.admin, "/admin/clients" + query)
            #expect(answer.status == 200)
            #expect(answer.json.arrayValue?.count == count)
        }
    }

    @Test("deleting a client ends its tokens and leaves the others'")
    func delete() async throws {
        try await withServer { server in
            let made = try await server.makeClient()
            let other = try await server.makeClient()
            let token = try await server.token(made).text("access_token")
            let kept = try await server.token(other).text("access_token")
            let deleted = try await server.call(.admin, "DELETE", "/admin/clients/" + made.id)
            #expect(deleted.status == 204)
            #expect(deleted.body.isEmpty)
            #expect(try await server.get(.admin, "/admin/clients/" + made.id).status == 404)
            #expect(try await server.introspect(token).json == ["active": false])
            #expect(try await server.isActive(kept))
            #expect(try await server.token(made).status == 401)
        }
    }

    private static func ids(_ answer: Answer) -> [String] {
        (answer.json.arrayValue ?? []).compactMap { $0.objectValue?["client_id"]?.stringValue }
    }

    private static func next(_ answer: Answer) -> String? {
        for link in answer.field("Link").split(separator: ",") where link.contains(#"rel="next""#) {
            return String(link.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" })
        }
        return nil
    }
}

@Suite("Long lists")
struct LongListTests {
    @Test("thousands of post-logout URIs are each found among the origins of thousands of redirect URIs")
    func postLogoutOrigins() async throws {
        try await withServer { server in
            let number = 3_000
            let document: JSONValue = [
                "redirect_uris": .strings((0..<number).map { "https://h\($0).example/cb" }),
                "post_logout_redirect_uris": .strings((0..<number).reversed().map { "https://h\($0).example/x" }),
                "token_endpoint_auth_method": "none",
            ]
            let answer = try await server.post(.admin, "/admin/clients", json: document)
            #expect(answer.status == 201)
        }
    }

    @Test("more scopes than can be granted are asked about, or granted, by nobody")
    func scopes() async throws {
        try await withServer { server in
            let words = (0..<257).map { "scope-\($0)" }
            let client = try await server.makeClient()
            let token = try await server.token(client).text("access_token")
            #expect(try await server.introspect(token, scope: words.joined(separator: " ")).status == 400)
            let flow = Flow(Browser(server), try await server.makeWebClient())
            let challenge = try await flow.consentChallenge()
            for name in ["grant_scope", "grant_access_token_audience"] {
                let answer = try await server.put(
                    "\(Flow.requests)/consent/accept?consent_challenge=\(challenge)", json: [name: .strings(words)])
                #expect(answer.status == 400)
            }
        }
    }
}
