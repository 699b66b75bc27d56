import DevAuthorizationServer
import Foundation
import OAuthModel
import Testing

@Suite("Introspection")
struct IntrospectionTests {
    @Test("what is no token of ours is exactly inactive, with status 200")
    func notTokens() async throws {
        try await withServer { server in
            let made = try await server.makeClient()
            let token = try await server.token(made).text("access_token")
            let halves = token.split(separator: ".").map(String.init)
            let jwt = try await server.token(try await server.makeClient(["access_token_strategy": "jwt"]))
                .text("access_token")
            let candidates = [
                "", " ", "nonsense", ".", "a.b", "a.b.c", "ory_at_", "ory_at_.", "ory_rt_x.y", token + "x", " " + token,
                halves[0] + "." + String(halves[1].reversed()), halves[0].dropLast(4) + "AAAA." + halves[1],
                "ory_at_" + token, token + "." + token, jwt + "A", String(jwt.dropLast()), "ory_at_" + jwt,
                String(repeating: "x", count: 100_000),
            ]
            for candidate in candidates {
                let answer = try await server.introspect(candidate)
                #expect(answer.status == 200, "\(candidate.prefix(40))")
                #expect(answer.json == ["active": false], "\(candidate.prefix(40))")
            }
            let withoutToken = try await server.post(.admin, "/admin/oauth2/introspect", form: [("scope", "a")])
            #expect(withoutToken.status == 200)
            #expect(withoutToken.json == ["active": false])
        }
    }

    @Test(
        "a body without any form field is invalid_request",
        arguments: [
            ("application/x-www-form-urlencoded", ""), ("application/json", #"{"token":"a"}"#), ("", "token=a"),
        ])
    func emptyBodies(type: String, body: String) async throws {
        try await withServer { server in
            let answer = try await server.call(
                .admin, "POST", "/admin/oauth2/introspect?token=a", body: Array(body.utf8),
                fields: ["Content-Type": type])
            #expect(answer.status == 400)
            #expect(answer.text("error") == "invalid_request")
            let isNoForm = answer.text("error_description").contains("The body is no form: send it as")
            #expect(isNoForm == !body.isEmpty)
        }
    }

    @Test("an active answer has the contract's members and no others")
    func activeAnswer() async throws {
        let clock = ManualClock(1_769_846_400.9)
        try await withServer({
            $0.clock = { clock.now }
            $0.issuer = "https://issuer.example/hydra/"
        }) { server in
            let made = try await server.makeClient()
            let token = try await server.token(made, [("scope", "photos.read photos.write")]).text("access_token")
            let expected: JSONObject = [
                "active": true, "client_id": .string(made.id), "sub": .string(made.id), "exp": 1_769_850_000,
                "iat": 1_769_846_400, "nbf": 1_769_846_400, "aud": [], "iss": "https://issuer.example/hydra/",
                "token_type": "Bearer", "token_use": "access_token", "scope": "photos.read photos.write",
            ]
            let answer = try await server.introspect(token)
            #expect(answer.json == .object(expected))
            #expect(answer.field("Content-Type").hasPrefix("application/json"))
            #expect(answer.field("Cache-Control").contains("no-store"))

            var unscoped = expected
            unscoped["scope"] = nil
            let plain = try await server.token(made).text("access_token")
            #expect(try await server.introspect(plain).json == .object(unscoped))
        }
    }

    @Test("the prefix may be missing and an Authorization field is not looked at, as in Hydra")
    func tolerated() async throws {
        try await withServer { server in
            let token = try await server.token(try await server.makeClient()).text("access_token")
            #expect(try await server.isActive(String(token.dropFirst("ory_at_".count))))
            let answer = try await server.call(
                .admin, "POST", "/admin/oauth2/introspect",
                body: Array("token_type_hint=refresh_token&token=\(token)".utf8),
                fields: ["Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer x"])
            #expect(answer["active"] == true)
        }
    }

    @Test(
        "a required scope that was not granted makes it inactive",
        arguments: [
            ("photos.write", false), ("photos.read photos.write", false), ("photos", false), ("PHOTOS.READ", false),
            ("photos.read", true), ("", true), ("  photos.read  ", true), ("photos.read\tphotos.read", false),
        ])
    func requiredScope(scope: String, isActive: Bool) async throws {
        try await withServer { server in
            let token = try await server.token(try await server.makeClient(), [("scope", "photos.read")])
            let answer = try await server.introspect(token.text("access_token"), scope: scope)
            #expect(answer["active"] == .bool(isActive))
            if !isActive { #expect(answer.json == ["active": false]) }
        }
    }

    @Test("a token is inactive from its exp on")
    func expiry() async throws {
        let clock = ManualClock(1_769_846_400)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let made = try await server.makeClient(["client_credentials_grant_access_token_lifespan": "10s"])
            let token = try await server.token(made).text("access_token")
            clock.advance(by: 9.999)
            #expect(try await server.isActive(token))
            clock.advance(by: 0.001)
            #expect(try await server.introspect(token).json == ["active": false])
        }
    }
}
