import DevAuthorizationServer
import JOSE
import OAuthModel
import Testing

@Suite("Logout tokens (OpenID Connect Back-Channel Logout 1.0)")
struct LogoutTokenTests {
    private static let event = "http://schemas.openid.net/event/backchannel-logout"

    @Test("a client is told of a session's end by a token that only this server can have made (§2.4, §2.5)")
    func logoutToken() async throws {
        let clock = ManualClock(1_800_000_000)
        try await ClientSite.with(.status(200)) { site in
            try await withServer({ $0.clock = { clock.now } }) { server in
                let flow = try await self.loggedIn(server, notifying: site.origin + "/told?by=us")
                let session = try await self.logOut(server, flow)

                let visit = try #require(site.visits.first)
                #expect(site.visits.count == 1)
                #expect(visit.method == "POST")
                #expect(visit.path == "/told?by=us")
                #expect(visit.type == "application/x-www-form-urlencoded")
                #expect(visit.form.keys.sorted() == ["logout_token"])
                let token = visit.form["logout_token"] ?? ""

                let keys = try JSONWebKeySet.read(try await server.get(.public, "/.well-known/jwks.json").body)
                let jws = try CompactJWS(parsing: token.utf8.span, byteCountMax: 4_096)
                let verified = try JWSVerifier.verify(jws, keys: keys, algorithms: [.rs256])
                let claims = try #require(try JSONReader.read(verified.payload).objectValue)
                #expect(claims["iss"] == .string(server.running.issuer))
                #expect(claims["aud"] == [.string(flow.client.id)])
                #expect(claims["iat"] == 1_800_000_000)
                #expect(claims["exp"] == 1_800_000_120)
                #expect(claims["jti"]?.stringValue?.isEmpty == false)
                #expect(claims["events"] == [Self.event: [:]])
                #expect(claims["sid"] == .string(session))
                // It would pass for an ID token.
                #expect(claims["nonce"] == nil)
            }
        }
    }

    @Test("a client that refuses, sends too much or redirects changes nothing of the logout")
    func refusals() async throws {
        let answers: [ClientSite.Answer] = [
            .status(400), .status(500), .status(200, body: [UInt8](repeating: 0x20, count: 1 << 20)),
            .status(307, [("Location", "/elsewhere")]),
        ]
        try await ClientSite.with(.status(200)) { site in
            try await withServer { server in
                for answer in answers {
                    site.answer(answer)
                    let flow = try await self.loggedIn(server, notifying: site.origin + "/told")
                    _ = try await self.logOut(server, flow)
                    #expect(!(try await server.skips(flow)))
                }
                #expect(site.visits.map(\.path) == answers.map { _ in "/told" })
            }
        }
    }

    @Test("a session that an administrator ends is told of once, and one that is not there never")
    func revokedSessions() async throws {
        try await ClientSite.with(.status(200)) { site in
            try await withServer { server in
                let path = "/admin/oauth2/auth/sessions"
                let flow = try await self.loggedIn(server, notifying: site.origin + "/told")
                let challenge = try await flow.loginChallenge()
                let request = try await server.get(.admin, "\(Flow.requests)/login?login_challenge=\(challenge)")
                let session = request.text("session_id")
                // A login that was not remembered has a name too, but no session.
                _ = try await Flow(Browser(server), flow.client, subject: "bob").run()
                let consents = try await server.get(.admin, "\(path)/consent?subject=bob").json.arrayValue
                let consent = consents?.first?.objectValue?["consent_request"]?.objectValue
                let passing = try #require(consent?["login_session_id"]?.stringValue)
                for (id, visits) in [(passing, 0), ("no-such-session", 0), (session, 1), (session, 1)] {
                    let answer = try await server.call(.admin, "DELETE", "\(path)/login?sid=\(id)")
                    #expect(answer.status == 204)
                    #expect(site.visits.count == visits)
                }
            }
        }
    }

    private func loggedIn(_ server: ServerUnderTest, notifying address: String) async throws -> Flow {
        let client = try await server.makeWebClient([
            "backchannel_logout_uri": .string(address), "backchannel_logout_session_required": true,
        ])
        let flow = Flow(Browser(server), client, [("nonce", "a-nonce-of-the-client")])
        _ = try await flow.tokens(login: ["remember": true])
        return flow
    }

    /// The session that is over.
    private func logOut(_ server: ServerUnderTest, _ flow: Flow) async throws -> String {
        let place = Place(try await flow.browser.walk("/oauth2/sessions/logout"))
        let challenge = try #require(place["logout_challenge"])
        let path = "\(Flow.requests)/logout"
        let session = try await server.get(.admin, "\(path)?logout_challenge=\(challenge)").text("sid")
        let accepted = try await server.put("\(path)/accept?logout_challenge=\(challenge)", json: nil)
        _ = try await flow.browser.walk(accepted.text("redirect_to"))
        return session
    }
}
