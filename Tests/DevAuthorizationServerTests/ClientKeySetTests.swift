import DevAuthorizationServer
import Foundation
import JOSE
import OAuthModel
import Testing

@Suite("A client's keys at its jwks_uri (private_key_jwt)")
struct ClientKeySetTests {
    /// A client that signs with a key and publishes it at its own server.
    private struct Signer {
        let server: ServerUnderTest
        let clientID: String
        var key: JWSSigner

        /// What comes of asking for a token with a new assertion.
        func ask(at seconds: Int64 = Int64(Date().timeIntervalSince1970)) async throws -> Answer {
            let claims: JSONObject = [
                "iss": .string(self.clientID), "sub": .string(self.clientID),
                "aud": [.string(self.server.running.issuer + "/oauth2/token")], "iat": .integer(seconds),
                "exp": .integer(seconds + 300), "jti": .string(UUID().uuidString),
            ]
            return try await self.server.post(
                .public, "/oauth2/token",
                form: [
                    ("grant_type", "client_credentials"),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", try self.key.sign(claims: claims, type: "JWT")),
                ])
        }
    }

    private static func key(_ name: String) throws -> JWSSigner {
        JWSSigner(
            key: try OpenSSLPrivateKey(generating: .rsa(bits: 2_048)), algorithm: .rs256,
            keyIdentifier: KeyIdentifier(name))
    }

    private static func set(_ keys: JWSSigner...) -> ClientSite.Answer {
        .status(200, body: JSONWriter.write(["keys": .array(keys.map { .object($0.publicJWK) })] as JSONValue))
    }

    private func signer(_ server: ServerUnderTest, _ key: JWSSigner, at address: String) async throws -> Signer {
        let client = try await server.makeClient([
            "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": .string(address),
        ])
        return Signer(server: server, clientID: client.id, key: key)
    }

    @Test("a key that does not say it is for signatures proves nobody, as with Hydra", arguments: [true, false])
    func undeclaredUse(isInline: Bool) async throws {
        let key = try Self.key("k")
        var members = key.publicJWK
        members["use"] = nil
        let set: JSONValue = ["keys": [.object(members)]]
        try await ClientSite.with(.status(200, body: JSONWriter.write(set))) { site in
            try await withServer { server in
                var document: JSONObject = ["token_endpoint_auth_method": "private_key_jwt"]
                if isInline { document["jwks"] = set } else { document["jwks_uri"] = .string(site.origin + "/set") }
                let client = try await server.makeClient(document)
                let answer = try await Signer(server: server, clientID: client.id, key: key).ask()
                #expect(answer.status == 401 && answer.text("error") == "invalid_client")
            }
        }
    }

    @Test("whatever the client's server does, the client is told invalid_client and why; nobody sees a 5xx")
    func brokenServers() async throws {
        let key = try Self.key("k")
        let body = JSONWriter.write(["keys": [.object(key.publicJWK)]] as JSONValue)
        let cases: [(ClientSite.Answer, String)] = [
            (.status(404), "404"), (.status(500, body: body), "500"),
            (.status(200, body: Array("<html>".utf8)), "not_json"),
            (.status(200, body: Array("{}".utf8)), "not_a_key_set"),
            (.status(200, body: body + [UInt8](repeating: 0x20, count: 131_072)), "longer than"),
            (.status(302, [("Location", "/elsewhere")], body: body), "302"), (.unfinished, "in time"),
        ]
        try await ClientSite.with(.status(200)) { site in
            try await withServer { server in
                for (index, (answer, reason)) in cases.enumerated() {
                    site.answer(answer)
                    let answered = try await self.signer(server, key, at: site.origin + "/\(index)").ask()
                    #expect(answered.status == 401, "\(reason)")
                    #expect(answered.text("error") == "invalid_client")
                    #expect(answered.text("error_description").contains(reason), "\(reason)")
                }
                #expect(site.visits.map(\.path) == cases.indices.map { "/\($0)" })
            }
        }
    }

    @Test(
        "an address that others can listen to, or that carries a password, is not asked",
        arguments: [
            "http://keys.example/set", "http://127.0.0.1.example/set", "http://user:word@127.0.0.1:1/set",
            "ftp://127.0.0.1/set", "http+unix://socket/set", "/set", "keys",
        ])
    func addresses(address: String) async throws {
        try await withServer { server in
            let answer = try await self.signer(server, try Self.key("k"), at: address).ask()
            #expect(answer.status == 401)
            #expect(answer.text("error") == "invalid_client")
            #expect(answer.text("error_description").contains("jwks_uri"))
        }
    }

    @Test("a server that is not there is invalid_client")
    func nobody() async throws {
        try await withServer { server in
            let answer = try await self.signer(server, try Self.key("k"), at: "http://127.0.0.1:1/set").ask()
            #expect(answer.status == 401)
            #expect(answer.text("error_description").contains("cannot be reached"))
        }
    }

    @Test("a set is fetched once and kept; a new key is found, a stranger's key makes no more than one request a while")
    func rotation() async throws {
        let clock = ManualClock(1_800_000_000)
        let (first, second) = (try Self.key("first"), try Self.key("second"))
        try await ClientSite.with(Self.set(first)) { site in
            try await withServer({ $0.clock = { clock.now } }) { server in
                var signer = try await self.signer(server, first, at: site.origin + "/set")
                func status() async throws -> Int {
                    try await signer.ask(at: Int64(clock.now.timeIntervalSince1970)).status
                }
                for _ in 0..<3 { #expect(try await status() == 200) }
                #expect(site.visits.map(\.path) == ["/set"])

                signer.key = second
                for _ in 0..<3 { #expect(try await status() == 401) }
                #expect(site.visits.count == 1)
                site.answer(Self.set(first, second))
                clock.advance(by: 10)
                for _ in 0..<3 { #expect(try await status() == 200) }
                #expect(site.visits.count == 2)

                // What is known outlives a failure to learn more, but not its own time.
                site.answer(.status(500))
                signer.key = try Self.key("stranger")
                clock.advance(by: 10)
                for _ in 0..<3 { #expect(try await status() == 401) }
                #expect(site.visits.count == 3)
                signer.key = second
                #expect(try await status() == 200)
                clock.advance(by: 300)
                for _ in 0..<3 { #expect(try await status() == 401) }
                #expect(site.visits.count == 4)
                site.answer(Self.set(second))
                clock.advance(by: 10)
                #expect(try await status() == 200)
            }
        }
    }

    @Test("however many ask at once, one request is under way")
    func together() async throws {
        let key = try Self.key("k")
        try await ClientSite.with(Self.set(key)) { site in
            try await withServer { server in
                let signer = try await self.signer(server, key, at: site.origin + "/set")
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 { group.addTask { try await signer.ask().status } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses == Array(repeating: 200, count: 8))
                #expect(site.visits.count == 1)
            }
        }
    }
}
