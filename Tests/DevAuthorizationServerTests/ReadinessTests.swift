import DevAuthorizationServer
import Foundation
import OAuthModel
import Testing

@Suite("Readiness")
struct ReadinessTests {
    private static let refusing = """
        CREATE TRIGGER full_disk BEFORE INSERT ON readiness BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
        """

    private func withFile(
        answersStand: Duration = .zero, _ body: (ServerUnderTest, String) async throws -> Void
    ) async throws {
        try await withDatabasePath { path in
            try await withServer({
                $0.database = .file(path)
                $0.readinessLifespan = answersStand
            }) { server in
                try await body(server, path)
            }
        }
    }

    @Test("a database that answers and keeps no writes is not ready, until it does again")
    func writesFail() async throws {
        try await self.withFile { server, path in
            #expect(try await server.get(.admin, "/health/ready").status == 200)
            try StoredRows.execute(Self.refusing, in: path)
            for side in [ServerUnderTest.Side.public, .admin] {
                let answer = try await server.get(side, "/health/ready")
                #expect(answer.status == 503)
                #expect(answer["errors"]?.objectValue?["database"]?.stringValue?.isEmpty == false)
                #expect(try await server.get(side, "/health/alive").status == 200)
            }
            try StoredRows.execute("DROP TRIGGER full_disk", in: path)
            #expect(try await server.get(.admin, "/health/ready").status == 200)
        }
    }

    @Test("a file that was removed, or that another took the place of, is not ready")
    func fileGone() async throws {
        try await self.withFile { server, path in
            #expect(try await server.get(.admin, "/health/ready").status == 200)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
            #expect(try await server.get(.admin, "/health/ready").status == 503)
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            #expect(try await server.get(.admin, "/health/ready").status == 503)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
            #expect(try await server.get(.admin, "/health/ready").status == 200)
        }
    }

    @Test("however many probes come, the database is written to once in a while")
    func bounded() async throws {
        try await self.withFile(answersStand: .seconds(3_600)) { server, path in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await server.get(.public, "/health/ready").status } }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try StoredRows.count(of: "readiness WHERE writes = 1", in: path) == 1)
        }
    }
}
