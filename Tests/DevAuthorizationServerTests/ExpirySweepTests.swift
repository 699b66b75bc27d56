import DevAuthorizationServer
import OAuthModel
import Testing

@Suite("Removing what is over")
struct ExpirySweepTests {
    private static let tables = [
        "access_token", "refresh_token", "authorization_code", "login_session", "login_request", "consent_request",
    ]

    private func counts(_ path: String) throws -> [String: Int] {
        try Dictionary(uniqueKeysWithValues: Self.tables.map { ($0, try StoredRows.count(of: $0, in: path)) })
    }

    @Test("nothing that still counts is swept, and all goes in its time without another row coming")
    func sweeping() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withDatabasePath { path in
            try await withServer({
                $0.clock = { clock.now }
                $0.database = .file(path)
            }) { server in
                let flow = Flow(Browser(server), try await server.makeWebClient())
                let tokens = try await flow.tokens(login: ["remember": true, "remember_for": 3_600])
                let all = try self.counts(path)
                #expect(all == Dictionary(uniqueKeysWithValues: Self.tables.map { ($0, 1) }))
                #expect(try await server.running.sweepExpired() == 0)

                // Token and session had an hour, the login request half of one and is told of for one more.
                clock.advance(by: 3_600)
                #expect(try await server.running.sweepExpired() == 2)
                clock.advance(by: 1_800)
                #expect(try await server.running.sweepExpired() == 1)
                // The code stays so long after its end that a second use is noticed.
                clock.advance(by: 86_400)
                #expect(try await server.running.sweepExpired() == 1)
                #expect(try await server.isActive(tokens.text("refresh_token")))
                #expect(
                    try self.counts(path) == [
                        "access_token": 0, "refresh_token": 1, "authorization_code": 0, "login_session": 0,
                        "login_request": 0, "consent_request": 1,
                    ])
                // The grant goes with the last of its tokens.
                clock.advance(by: 31 * 86_400)
                #expect(try await server.running.sweepExpired() == 2)
                #expect(try self.counts(path).values.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("one round takes more than a batch")
    func batches() async throws {
        let clock = ManualClock(1_800_000_000)
        try await withServer({ $0.clock = { clock.now } }) { server in
            let client = try await server.makeClient()
            for _ in 0..<5 {
                _ = try await server.running.requestToken(client.credentials, scope: "photos.read")
            }
            clock.advance(by: 3_600)
            #expect(try await server.running.sweepExpired(batchRows: 2) == 5)
            #expect(try await server.running.sweepExpired(batchRows: 2) == 0)
        }
    }
}
