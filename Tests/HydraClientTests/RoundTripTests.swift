import Foundation
import HydraClient
import OAuthModel
import Testing

@Suite("What was read is sent back whole")
struct RoundTripTests {
    /// A client of a server to come, with every member that Hydra knows and some that it does not.
    private static let client = #"""
        {"client_id":"a","client_name":"n","redirect_uris":["https://app.example/cb"],"grant_types":["refresh_token"],
        "response_types":["code"],"scope":"x","audience":["b"],"owner":"o","policy_uri":"p","tos_uri":"t",
        "allowed_cors_origins":["https://app.example"],"client_uri":"c","logo_uri":"l","contacts":["e@example.org"],
        "client_secret_expires_at":0,"subject_type":"pairwise","sector_identifier_uri":"s","jwks_uri":"j",
        "jwks":{"keys":[{"kty":"EC","kid":"k","brand_new":[1.10]}],"brand_new":null},
        "token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256",
        "userinfo_signed_response_alg":"RS256","request_object_signing_alg":"PS512","request_uris":["r"],
        "frontchannel_logout_uri":"f","frontchannel_logout_session_required":true,"backchannel_logout_uri":"b",
        "backchannel_logout_session_required":false,"post_logout_redirect_uris":["q"],"access_token_strategy":"jwt",
        "skip_consent":true,"skip_logout_consent":false,"created_at":"2026-01-31T08:00:00Z",
        "updated_at":"2026-01-31T08:00:00.125Z","registration_client_uri":"u","registration_access_token":"ory_at_x",
        "metadata":{"big":9007199254740993,"exact":1.10,"huge":1e400,"minus":-0,"é":"\u0000","e\u0301":{}},
        "authorization_code_grant_access_token_lifespan":"1h0m0s","authorization_code_grant_id_token_lifespan":"1ns",
        "authorization_code_grant_refresh_token_lifespan":"2562047h47m16s854ms775us807ns",
        "client_credentials_grant_access_token_lifespan":"1s500ms","implicit_grant_access_token_lifespan":"1m0s",
        "implicit_grant_id_token_lifespan":"2m0s","jwt_bearer_grant_access_token_lifespan":"3m0s",
        "refresh_token_grant_access_token_lifespan":"4m0s","refresh_token_grant_id_token_lifespan":"5m0s",
        "refresh_token_grant_refresh_token_lifespan":"6m0s","device_authorization_grant_access_token_lifespan":"7m0s",
        "device_authorization_grant_id_token_lifespan":"8m0s","brand_new_grant_access_token_lifespan":"soon",
        "device_authorization_grant_refresh_token_lifespan":"9m0s","brand_new":{"deep":[null,1.50]},"brand_old":null}
        """#

    @Test("a client loses nothing when it is read, changed and set: no member, no digit, no extension")
    func setsClient() async throws {
        let expected = try JSONReader.read(Array(Self.client.utf8))
        try await withHydra { _ in
            .json(Self.client)
        } _: { server, hydra in
            var client = try await hydra.client(id: "a")
            client.owner = "me"
            _ = try await hydra.setClient(id: "a", to: client)
            var changed = try #require(expected.objectValue)
            changed["owner"] = "me"
            let sent = try #require(server.requests.last)
            #expect(sent.method == "PUT")
            #expect(sent.json == .object(changed))
            for digits in [#""exact":1.10"#, #""huge":1e400"#, #""minus":-0"#, "[1.10]", "[null,1.50]"] {
                #expect(sent.body.contains(digits))
            }
        }
    }

    @Test("`created_at` goes along when a client is set: Hydra takes what it is sent, or else now")
    func sendsCreation() async throws {
        try await withHydra { _ in
            .json(#"{"client_id":"a","created_at":"2026-01-31T08:00:00Z"}"#)
        } _: { server, hydra in
            var client = try await hydra.client(id: "a")
            _ = try await hydra.setClient(id: "a", to: client)
            #expect(server.requests.last?.json?.objectValue?["created_at"] == "2026-01-31T08:00:00Z")
            client.createdAt = nil
            _ = try await hydra.setClient(id: "a", to: client)
            #expect(server.requests.last?.json == ["client_id": "a"])
        }
    }

    @Test("the lifespans of a client can be set as they were read, those of a server to come included")
    func setsLifespans() async throws {
        let members = try #require(try JSONReader.read(Array(Self.client.utf8)).objectValue)
        var expected = JSONObject()
        for member in members.members where member.name.hasSuffix("_lifespan") { expected[member.name] = member.value }
        let lifespans = expected
        try await withHydra { _ in
            .json(Self.client)
        } _: { server, hydra in
            var client = try await hydra.client(id: "a")
            #expect(client.additionalMembers.members.members.map(\.name) == ["brand_new", "brand_old"])
            _ = try await hydra.setLifespans(ofClient: "a", to: client.lifespans)
            #expect(server.requests.last?.json == .object(lifespans))
            client.lifespans.additionalMembers["other_grant_access_token_lifespan"] = "1h"
            _ = try await hydra.setClient(id: "a", to: client)
            let sent = server.requests.last?.json?.objectValue
            #expect(sent?["other_grant_access_token_lifespan"] == "1h")
        }
    }

    @Test(
        "a part of a second counts as a whole one: zero would be for ever",
        arguments: [
            (Duration.zero, Int64(0)), (.nanoseconds(1), 1), (.milliseconds(1_500), 2), (.seconds(60), 60),
        ])
    func roundsUp(duration: Duration, seconds: Int64) async throws {
        try await withHydra { _ in
            .json(#"{"redirect_to":"https://h.example/"}"#)
        } _: { server, hydra in
            _ = try await hydra.acceptConsentRequest(
                challenge: "c", AcceptOAuth2ConsentRequest(remember: true, rememberFor: duration))
            #expect(server.requests.last?.json?.objectValue?["remember_for"] == .integer(seconds))
            var request = HydraClient.AuthorizationRequest(
                clientID: "c", redirectURI: nil, scopes: ScopeSet(), pkce: nil)
            request.maxAge = duration
            #expect(try hydra.authorizationURL(for: request).contains("max_age=\(seconds)"))
        }
    }
}
