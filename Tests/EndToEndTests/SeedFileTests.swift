import Foundation
import TestSupport
import Testing

@Suite("The development server's seed")
struct SeedFileTests {
    @Test(
        "a seed that cannot be used is exit code 2, and each problem is a line with its place and what would be right",
        arguments: [
            ("clinets: []\n", ["1:1: error: unknown key `clinets` (did you mean `clients`?)"]),
            ("users: 5\n", ["1:8: error: a number where a list belongs (write one `- …` for each)"]),
            ("users:\n", ["1:1: error: this key has no value (write a value or leave the key out)"]),
            ("- a\n", ["1:1: error: the seed is no mapping"]), ("", ["1:1: error: the file is empty"]),
            (
                "users: [ada, {nam: bob}, ada, \"\", {name: 7, claims: []}]\n",
                [
                    "1:14: error: the key `name` is missing or empty",
                    "1:15: error: unknown key `nam` (did you mean `name`?)",
                    "1:26: error: a user of this name is above already", "1:31: error: a user's name is empty",
                    "1:42: error: a number where a text belongs (put it in quotes)",
                    "1:53: error: a list where a mapping belongs",
                ]
            ),
            (
                """
                clients:
                  - client_id: a
                    redirect_uri: [x]
                    client_secret: 123456
                  - client_id: b
                    scope: [openid]
                    skip_consent: yes
                  - client_id: c
                    redirect_uris: [relative]
                  - {client_id: d, client_secret:hunter2}
                  - client_id: c
                  - {client_id: e, client_id: f}
                  - {client_id: g, grant_types: [client_credentials]}
                trusted_issuers:
                  - {issuer: x, jwks: {}}

                """,
                [
                    "3:5: error: unknown key `redirect_uri` (did you mean `redirect_uris`?)",
                    "4:20: error: a number where a text belongs (put it in quotes)",
                    "6:12: error: a list where a text belongs (write one text)",
                    "7:19: error: a text where true or false belongs (write `true` or `false`)",
                    "8:5: error: refused: A redirect URI is invalid.",
                    "10:20: error: unknown key that is no plain word",
                    "11:16: error: a client with this id is above already",
                    "12:6: error: the key `client_id` is written more than once",
                    "13:5: error: `client_secret` is missing: nobody would know it (write `client_secret: …`, or",
                    "15:5: error: the key `expires_at` is missing or empty",
                    "15:17: error: unknown key `jwks` (did you mean `jwk`?)",
                ]
            ),
            ("a: &x 1\n", ["1:4: error: anchors and aliases are not read"]),
            (
                "users: [{<<: {name: a}}]\n",
                ["1:10: error: merge keys are not read (write the keys out, or write it out"]
            ),
            ("users: [!x a]\n", ["1:9: error: tags are not read"]),
            ("users: [a]\n---\nusers: [b]\n", ["2:1: error: not YAML: "]),
        ] as [(String, [String])])
    func refused(seed: String, problems: [String]) throws {
        let result = try self.start(seed: Data(seed.utf8))
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        for problem in problems {
            #expect(
                result.complaint.split(separator: "\n").contains { $0.hasPrefix(result.path + ":" + problem) },
                "\(problem) in \(result.complaint)")
        }
        for secret in ["123456", "hunter2"] { #expect(!result.complaint.contains(secret)) }
    }

    @Test("bytes that are not UTF-8, and more than 4 MiB of them, are refused")
    func bytes() throws {
        #expect(try self.start(seed: Data([0x61, 0xFF])).complaint.contains(":1:1: error: the file is not UTF-8"))
        let long = try self.start(seed: Data(repeating: UInt8(ascii: "#"), count: 5 << 20))
        #expect(long.status == 2)
        #expect(long.complaint.contains(":1:1: error: the seed is longer than 4194304 bytes"))
    }

    @Test("a file that is not there is exit code 2")
    func missing() throws {
        let result = try ProgramRun("bearergate-dev", ["authorization-server", "--seed", "/nowhere/seed.yaml"])
        #expect(result.status == 2)
        #expect(result.complaint.hasPrefix("/nowhere/seed.yaml:1:1: error: the seed does not exist"))
    }

    @Test("the seed that the help shows is read")
    func helpExample() throws {
        let help = try ProgramRun("bearergate-dev", ["authorization-server", "--help"]).output
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasSuffix("clients:") })
        let end = try #require(lines[start...].firstIndex { $0.contains("users: [") })
        let example = lines[start...end].joined(separator: "\n") + "\n"
        // What is read is put in place; an address that nobody can bind ends the server after that.
        let result = try self.start(seed: Data(example.utf8))
        #expect(!result.complaint.contains("error:"), "\(result.complaint)")
    }

    @Test("a signal while the seed is put in place is an end like any other: exit code 0, and nothing to complain of")
    func signalled() throws {
        // In a file each of them costs the hashing of its secret.
        let clients = (0..<200).map { "  - {client_id: seeded-\($0), client_secret: a-secret}\n" }.joined()
        let folder = try ScratchFolder()
        let (seed, database) = (folder.file("seed.yaml"), folder.file("server.sqlite"))
        let log = folder.file("server.sqlite-wal")
        _ = folder.file("server.sqlite-shm")
        try Data(("clients:\n" + clients).utf8).write(to: URL(filePath: seed))
        let run = try ProgramRun(
            "bearergate-dev",
            [
                "authorization-server", "--public-port", "0", "--admin-port", "0", "--database", database, "--seed",
                seed,
            ]
        ) { process in
            try eventually("the first client is stored") {
                (try? Data(contentsOf: URL(filePath: log)))?.range(of: Data("seeded-0".utf8)) != nil
            }
            process.terminate()
        }
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        #expect(run.complaint.isEmpty, "\(run.complaint)")
    }

    /// Starts the server with a seed on an address that cannot be bound, so that it ends whatever it makes of the seed.
    private func start(seed: Data) throws -> (status: Int32, output: String, complaint: String, path: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "seed-\(UUID().uuidString).yaml")
        try seed.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let run = try ProgramRun(
            "bearergate-dev",
            [
                "authorization-server", "--host", "203.0.113.1", "--public-port", "0", "--admin-port", "0", "--seed",
                file.path,
            ])
        return (run.status, run.output, run.complaint, file.path)
    }
}
