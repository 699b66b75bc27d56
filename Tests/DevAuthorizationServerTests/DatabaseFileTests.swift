import DevAuthorizationServer
import Foundation
import OAuthModel
import Testing

@Suite("Database file")
struct DatabaseFileTests {
    @Test("what was acknowledged is there for whoever opens the file next, though the first owner never closed it")
    func abandonedFile() async throws {
        try await withDatabasePath { path in
            try await withServer({ $0.database = .file(path) }) { first in
                let made = try await first.makeClient()
                let token = try await first.token(made, [("scope", "photos.read")]).text("access_token")
                let gone = try await first.token(made).text("access_token")
                _ = try await first.post(
                    .public, "/oauth2/revoke", form: [("token", gone)], credentials: made.credentials)

                // What kill -9 leaves behind: the files as they are now, with no one's farewell in them.
                let left = path + ".left"
                for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: left + suffix)
                }
                for file in [path, left] {
                    try await withServer({ $0.database = .file(file) }) { second in
                        #expect(try await second.isActive(token))
                        #expect(try await second.introspect(gone).json == ["active": false])
                        #expect(try await second.token(made).status == 200)
                        let firstKeys = try await first.get(.public, "/.well-known/jwks.json").json
                        #expect(try await second.get(.public, "/.well-known/jwks.json").json == firstKeys)
                    }
                }
            }
        }
    }

    @Test("two servers on one file write at once and lose nothing")
    func concurrentWriters() async throws {
        try await withDatabasePath { path in
            try await withServer({ $0.database = .file(path) }) { one in
                try await withServer({ $0.database = .file(path) }) { other in
                    let made = try await one.makeClient(["token_endpoint_auth_method": "client_secret_post"])
                    let ids = try await withThrowingTaskGroup(of: String.self) { group in
                        for number in 0..<40 {
                            group.addTask {
                                // Public clients: no secret is hashed, so the writes come close together.
                                let server = number.isMultiple(of: 2) ? one : other
                                return try await server.makeClient(["token_endpoint_auth_method": "none"]).id
                            }
                        }
                        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                    }
                    #expect(ids.count == 40)
                    for server in [one, other] {
                        let listed = try await server.get(.admin, "/admin/clients?page_size=1000").json.arrayValue ?? []
                        #expect(
                            Set(listed.compactMap { $0.objectValue?["client_id"]?.stringValue }) == ids.union([made.id])
                        )
                    }
                    let keys = try await one.get(.public, "/.well-known/jwks.json").json
                    #expect(try await other.get(.public, "/.well-known/jwks.json").json == keys)
                }
            }
        }
    }

    @Test("a file that another process holds is 503 to who wants to write, and is written again afterwards")
    func heldFile() async throws {
        try await withDatabasePath { path in
            try await withServer({
                $0.database = .file(path)
                $0.lockWait = .milliseconds(50)
            }) { server in
                let holder = try StoredRows.hold(path)
                let client: JSONValue = ["token_endpoint_auth_method": "none"]
                let refused = try await server.post(.admin, "/admin/clients", json: client)
                #expect(refused.status == 503)
                #expect(refused.text("error") == "temporarily_unavailable")
                #expect(refused.text("error_description").contains("Another process holds the database."))
                try holder.letGo()
                #expect(try await server.post(.admin, "/admin/clients", json: client).status == 201)
            }
        }
    }

    @Test("a server that has stopped says so to who has it still in hand")
    func stopped() async throws {
        try await withServer { server in
            await server.running.stop()
            let error = await #expect(throws: DevAuthorizationServerError.self) {
                try await server.running.createClient(["token_endpoint_auth_method": "none"])
            }
            #expect(error?.message.contains("503") == true)
            #expect(error?.message.contains("stopping") == true)
        }
    }

    @Test("of many that bring one code to two servers on one file at once exactly one wins, and the grant ends")
    func oneCode() async throws {
        try await withDatabasePath { path in
            try await withServer({ $0.database = .file(path) }) { one in
                try await withServer({ $0.database = .file(path) }) { other in
                    let flow = Flow(Browser(one), try await one.makeWebClient())
                    let place = try await flow.run()
                    let code = try #require(place["code"])
                    let form = [
                        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Flow.callback),
                        ("code_verifier", Flow.verifier),
                    ]
                    let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                        for number in 0..<10 {
                            group.addTask {
                                try await (number.isMultiple(of: 2) ? one : other).post(
                                    .public, "/oauth2/token", form: form, credentials: flow.client.credentials)
                            }
                        }
                        return try await group.reduce(into: [Answer]()) { $0.append($1) }
                    }
                    let won = answers.filter { $0.status == 200 }
                    #expect(won.count == 1)
                    #expect(answers.count { $0.status == 400 && $0.text("error") == "invalid_grant" } == 9)
                    for server in [one, other] {
                        #expect(!(try await server.isActive(won.first?.text("access_token") ?? "")))
                    }
                }
            }
        }
    }

    @Test("neither tokens nor secrets are in the file, a guess at a secret costs work, and it is its owner's alone")
    func nothingToSteal() async throws {
        try await withDatabasePath { path in
            let (token, secret) = try await withServer({ $0.database = .file(path) }) { server in
                let made = try await server.makeClient(["client_secret": "a-secret-to-look-for"])
                let changed = try await server.makeClient()
                let answer = try await server.call(
                    .admin, "PATCH", "/admin/clients/" + changed.id,
                    body: Array(#"[{"op": "replace", "path": "/client_secret", "value": "a-second-secret"}]"#.utf8),
                    fields: ["Content-Type": "application/json"])
                #expect(answer.status == 200)
                return (try await server.token(made).text("access_token"), made.secret)
            }
            let contents = try Data(contentsOf: URL(fileURLWithPath: path))
            for text in [token, String(token.dropFirst("ory_at_".count)), secret, "a-second-secret"] {
                #expect(contents.range(of: Data(text.utf8)) == nil)
            }
            let hashes = try StoredRows.texts("SELECT secret_hash FROM client", in: path)
            #expect(hashes.count == 2)
            #expect(hashes.allSatisfy { $0.hasPrefix("$scrypt$ln=14,r=8,p=1$") })
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("expired tokens leave the file as new ones come")
    func sweeping() async throws {
        let clock = ManualClock(1_769_846_400)
        try await withDatabasePath { path in
            try await withServer({
                $0.database = .file(path)
                $0.clock = { clock.now }
                $0.accessTokenLifespan = .seconds(10)
            }) { server in
                let made = try await server.makeClient()
                for _ in 0..<3 { _ = try await server.token(made) }
                clock.advance(by: 10)
                _ = try await server.token(made)
                #expect(try StoredRows.count(of: "access_token", in: path) == 1)
            }
        }
    }

    @Test("a file that is no database, and one that cannot be made, are one clear error")
    func unusableFiles() async throws {
        try await withDatabasePath { path in
            try Data(repeating: 0x41, count: 4_096).write(to: URL(fileURLWithPath: path))
            for file in [path, path + "/below/a/file"] {
                var options = DevAuthorizationServer.Options.forTests
                options.database = .file(file)
                let error = await #expect(throws: DevAuthorizationServerError.self) {
                    _ = try await DevAuthorizationServer(options).start()
                }
                #expect(error?.code == .databaseUnusable)
                #expect(error?.message.contains(file) == true)
            }
        }
    }
}

@Suite("A database of somebody else")
struct ForeignDatabaseTests {
    @Test(
        "another program's database is refused and left as it is, and so is one of a later release",
        arguments: [
            "CREATE TABLE cookie (name TEXT)", "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)",
            "later",
        ])
    func foreign(change: String) async throws {
        try await withDatabasePath { path in
            if change == "later" {
                try await withServer({ $0.database = .file(path) }) { _ in }
                try StoredRows.execute("INSERT INTO grdb_migrations VALUES ('99: what is to come')", in: path)
            } else {
                try StoredRows.execute(change, in: path)
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            let before = try StoredRows.count(of: "sqlite_master", in: path)
            var options = DevAuthorizationServer.Options.forTests
            options.database = .file(path)
            let error = await #expect(throws: DevAuthorizationServerError.self) {
                _ = try await DevAuthorizationServer(options).start()
            }
            #expect(error?.code == .databaseUnusable)
            #expect(error?.message.contains(change == "later" ? "a later release" : "another program's") == true)
            #expect(try StoredRows.count(of: "sqlite_master", in: path) == before)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o640)
        }
    }

    @Test("a file that all may read becomes its owner's alone before there are keys in it")
    func mode() async throws {
        try await withDatabasePath { path in
            #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o644]))
            try await withServer({ $0.database = .file(path) }) { _ in
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600)
            }
        }
    }
}

@Suite("A database that fails")
struct FailingDatabaseTests {
    @Test("a failed revocation is 503, never a 200 that revoked nothing; other endpoints are 500; readiness says so")
    func failing() async throws {
        try await withDatabasePath { path in
            try await withServer({ $0.database = .file(path) }) { server in
                let made = try await server.makeClient()
                let token = try await server.token(made).text("access_token")
                try StoredRows.drop("access_token", in: path)
                let revoked = try await server.post(
                    .public, "/oauth2/revoke", form: [("token", token)], credentials: made.credentials)
                #expect(revoked.status == 503)
                #expect(revoked.text("error") == "temporarily_unavailable")
                for answer in [try await server.introspect(token), try await server.token(made)] {
                    #expect(answer.status == 500)
                    #expect(answer.text("error") == "server_error")
                    #expect(!String(decoding: answer.body, as: UTF8.self).contains("access_token"))
                }
                try StoredRows.drop("system_secret", in: path)
                #expect(try await server.get(.admin, "/health/ready").status == 503)
                #expect(try await server.get(.admin, "/health/alive").status == 200)
            }
        }
    }
}
