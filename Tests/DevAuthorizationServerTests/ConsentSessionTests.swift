import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Consents")
struct ConsentSessionTests {
    private static let path = "/admin/oauth2/auth/sessions/consent"
    private static let login: JSONObject = ["remember": true]
    private static let remembered: JSONObject = ["remember": true]

    private func isSkipped(_ flow: Flow) async throws -> Bool {
        let challenge = try await flow.consentChallenge(login: Self.login)
        return try await flow.server.get(.admin, "\(Flow.requests)/consent?consent_challenge=\(challenge)")["skip"]
            == true
    }

    @Test("consent is asked for again unless it was remembered and covers every scope")
    func skip() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient(["scope": "openid photos.* photos.read"])
            let browser = Browser(server)
            let reading = Flow(browser, client, [("scope", "openid photos.read")])
            _ = try await reading.run(login: Self.login)
            #expect(!(try await self.isSkipped(reading)))
            _ = try await reading.run(login: Self.login, consent: Self.remembered)
            #expect(try await self.isSkipped(reading))
            #expect(try await self.isSkipped(Flow(browser, client, [("scope", "openid")])))
            #expect(!(try await self.isSkipped(Flow(browser, client, [("scope", "photos.write")]))))
            #expect(!(try await self.isSkipped(Flow(browser, client, [("prompt", "consent")]))))
            #expect(!(try await self.isSkipped(Flow(Browser(server), client, subject: "bob"))))
            let other = try await server.makeWebClient()
            #expect(!(try await self.isSkipped(Flow(browser, other))))
            // The latest one counts, though an earlier one covered more; a pattern covers what is below it.
            _ = try await Flow(browser, client, [("scope", "openid"), ("prompt", "consent")]).run(
                login: Self.login, consent: Self.remembered)
            #expect(!(try await self.isSkipped(reading)))
            _ = try await Flow(browser, client, [("scope", "photos.*")]).run(
                login: Self.login, consent: Self.remembered)
            #expect(try await self.isSkipped(Flow(browser, client, [("scope", "photos.write.all")])))
        }
    }

    @Test("a remembered consent lasts as long as it was given for")
    func lifespan() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            _ = try await flow.run(login: Self.login, consent: ["remember": true, "remember_for": 60])
            clock.advance(by: 59)
            #expect(try await self.isSkipped(flow))
            #expect(try await server.get(.admin, Self.path + "?subject=alice").json.arrayValue?.count == 1)
            clock.advance(by: 1)
            #expect(!(try await self.isSkipped(flow)))
            #expect(try await server.get(.admin, Self.path + "?subject=alice").json == [])
        }
    }

    @Test("the latest remembered consent counts when it has ended, and none before it comes back when rows are swept")
    func sweptConsents() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withDatabasePath { path in
            try await withServer({
                $0.clock = { clock.now }
                $0.database = .file(path)
            }) { server in
                let flow = Flow(Browser(server), try await server.makeWebClient())
                _ = try await flow.run(login: Self.login, consent: ["remember": true, "remember_for": 10_000_000])
                let again = Flow(flow.browser, flow.client, [("prompt", "consent")])
                for _ in 0..<2 {
                    _ = try await again.run(login: Self.login, consent: ["remember": true, "remember_for": 60])
                }
                // Past the month that a grant stays.
                clock.advance(by: 32 * 86_400)
                #expect(try await server.running.sweepExpired() > 0)
                #expect(try StoredRows.count(of: "consent_request", in: path) == 2)
                #expect(!(try await self.isSkipped(flow)))
                // With the first one over, nothing is left to be held back.
                clock.advance(by: 120 * 86_400)
                _ = try await server.running.sweepExpired()
                _ = try await server.running.sweepExpired()
                #expect(try StoredRows.count(of: "consent_request", in: path) == 0)
            }
        }
    }

    @Test("with prompt=none both have to be there, and pages pass unseen")
    func promptNone() async throws {
        try await withServer { server in
            let client = try await server.makeWebClient()
            let flow = Flow(Browser(server), client)
            let silent = Flow(flow.browser, client, [("prompt", "none")])
            _ = try await flow.run(login: Self.login)
            let login = try await silent.acceptLogin(try await silent.loginChallenge())
            #expect(Place(try await silent.browser.walk(login))["error"] == "consent_required")
            _ = try await flow.run(login: Self.login, consent: Self.remembered)
            #expect(try await self.isSkipped(silent))
            #expect(try await silent.run()["code"] != nil)
        }
    }

    @Test("for a public client a consent stands in only where nobody can read the answer", arguments: [true, false])
    func publicClients(isSecure: Bool) async throws {
        try await withServer { server in
            let uri = isSecure ? "https://app.example/cb" : "http://app.example/cb"
            let client = try await server.makeWebClient([
                "token_endpoint_auth_method": "none", "redirect_uris": [.string(uri)],
            ])
            let flow = Flow(Browser(server), client, [("redirect_uri", uri)])
            _ = try await flow.run(login: Self.login, consent: Self.remembered)
            #expect(try await self.isSkipped(flow) == isSecure)
            let silent = Flow(flow.browser, client, [("redirect_uri", uri), ("prompt", "none")])
            let login = try await silent.acceptLogin(try await silent.loginChallenge())
            let place = Place(try await silent.browser.walk(login))
            #expect(place["error"] == (isSecure ? nil : "consent_required"))
        }
    }

    @Test("the list shows what was granted, newest first, and neither rejections, nor skips, nor secrets")
    func list() async throws {
        try await withServer { server in
            #expect(try await server.get(.admin, Self.path).status == 400)
            #expect(try await server.get(.admin, Self.path + "?subject=nobody").json == [])
            let client = try await server.makeWebClient(["audience": ["https://api.example.com"]])
            let flow = Flow(Browser(server), client, [("audience", "https://api.example.com")])
            _ = try await flow.run(
                login: Self.login,
                consent: [
                    "remember": true, "remember_for": 600, "grant_scope": ["photos.read"], "context": ["k": 1],
                    "grant_access_token_audience": ["https://api.example.com"],
                    "session": ["access_token": ["tier": "pro"], "id_token": ["email": "a@b.c"]],
                ])
            let refused = try await flow.consentChallenge(login: Self.login)
            _ = try await flow.decide("consent/reject?consent_challenge=\(refused)", [:])
            _ = try await Flow(flow.browser, client, [("scope", "photos.read")]).run(login: Self.login)
            let other = Flow(Browser(server), try await server.makeWebClient())
            _ = try await other.run(consent: ["grant_scope": []])

            let answer = try await server.get(.admin, Self.path + "?subject=alice")
            #expect(answer.field("X-Total-Count") == "2")
            let entries = answer.json.arrayValue?.compactMap(\.objectValue) ?? []
            #expect(entries.count == 2)
            #expect(entries.first?["grant_scope"] == [])
            let entry = try #require(entries.last)
            let expected: JSONObject = [
                "remember": true, "remember_for": 600, "grant_scope": ["photos.read"], "context": ["k": 1],
                "grant_access_token_audience": ["https://api.example.com"],
                "session": ["access_token": ["tier": "pro"], "id_token": ["email": "a@b.c"]],
            ]
            for member in expected.members { #expect(entry[member.name] == member.value, "\(member.name)") }
            let time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/
            #expect((entry["handled_at"]?.stringValue ?? "").wholeMatch(of: time) != nil)
            let request = entry["consent_request"]?.objectValue
            #expect(request?["client"]?.objectValue?["client_id"] == .string(client.id))
            #expect(request?["client"]?.objectValue?["client_secret"] == nil)
            let session = request?["login_session_id"]?.stringValue ?? ""
            for (id, count) in [(session, 1), ("other", 0)] {
                let found = try await server.get(.admin, Self.path + "?subject=alice&login_session_id=\(id)")
                #expect(found.json.arrayValue?.count == count)
            }
            let page = try await server.get(.admin, Self.path + "?subject=alice&page_size=1")
            #expect(page.field("Link").contains("rel=\"next\""))
        }
    }

    @Test("revoking needs a subject, and a client or all of them; a wrong request ends nothing")
    func refusedRevocations() async throws {
        try await withServer { server in
            let flow = Flow(Browser(server), try await server.makeWebClient())
            _ = try await flow.run()
            for query in ["", "?all=true", "?subject=alice", "?subject=alice&all=false", "?subject=&all=true"] {
                #expect(try await server.call(.admin, "DELETE", Self.path + query).status == 400)
            }
            #expect(try await server.call(.admin, "DELETE", Self.path + "?subject=nobody&all=true").status == 204)
            #expect(try await server.get(.admin, Self.path + "?subject=alice").json.arrayValue?.count == 1)
        }
    }

    @Test("revoking ends the consents of that client, its requests under way, and what was remembered")
    func revocation() async throws {
        try await withServer { server in
            let browser = Browser(server)
            let one = Flow(browser, try await server.makeWebClient())
            let two = Flow(browser, try await server.makeWebClient())
            for flow in [one, two] { _ = try await flow.run(login: Self.login, consent: Self.remembered) }
            let underWay = try await one.consentChallenge(login: Self.login)
            let given = try await one.acceptConsent(try await one.consentChallenge(login: Self.login))
            let path = "\(Self.path)?subject=alice&client=\(one.client.id)&all=true"
            #expect(try await server.call(.admin, "DELETE", path).status == 204)
            #expect(try await server.get(.admin, Self.path + "?subject=alice").json.arrayValue?.count == 1)
            #expect(
                try await server.get(.admin, "\(Flow.requests)/consent?consent_challenge=\(underWay)").status == 404)
            #expect(Place(try await browser.walk(given))["error"] == "access_denied")
            #expect(!(try await self.isSkipped(one)))
            #expect(try await self.isSkipped(two))
            #expect(try await server.call(.admin, "DELETE", "\(Self.path)?subject=alice&all=True").status == 204)
            #expect(!(try await self.isSkipped(two)))
        }
    }
}
