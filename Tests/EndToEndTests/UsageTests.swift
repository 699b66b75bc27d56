import Foundation
import TestSupport
import Testing

@Suite("Exit codes of the programs (SPEC §2)") struct UsageTests {
    @Test(
        "Wrong usage is 2, and what would be right goes to standard error",
        arguments: [
            ("bearergate", []), ("bearergate", ["serve"]), ("bearergate", ["nothing"]), ("bearergate-dev", []),
            ("bearergate-dev", ["nothing"]),
        ] as [(String, [String])])
    func wrongUsage(program: String, arguments: [String]) throws {
        let result = try ProgramRun(program, arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.complaint.contains("USAGE: \(program)") || result.complaint.contains("Usage: \(program)"))
    }

    @Test("Help that was asked for is an answer", arguments: ["bearergate", "bearergate-dev"])
    func help(program: String) throws {
        let result = try ProgramRun(program, ["--help"])
        #expect(result.status == 0)
        #expect(result.output.contains("USAGE: \(program)"))
        #expect(result.complaint.isEmpty)
    }

    @Test(
        "A reader that has left changes no exit code, and ends no program by a signal",
        arguments: [
            ("bearergate", [], 2, 2), ("bearergate", ["serve", "--config", "/nowhere.yaml"], 2, 2),
            ("bearergate", ["check", "--config", "/nowhere.yaml"], 2, 2),
            ("bearergate", ["check", "--print-schema"], 1, 0), ("bearergate", ["--help"], 1, 0),
            ("bearergate-dev", [], 2, 2), ("bearergate-dev", ["--help"], 1, 0),
            ("bearergate-dev", ["demo", "--config", "/nowhere.yaml"], 2, 2),
            ("bearergate-dev", ["authorization-server", "--seed", "/nowhere.yaml"], 2, 2),
        ] as [(String, [String], Int32, Int32)])
    func unread(program: String, arguments: [String], descriptor: Int32, exitCode: Int32) throws {
        #expect(try UnreadRun(program, arguments, unread: descriptor).exitCode == exitCode)
    }

    @Test(
        "`check` says by its exit code what nobody reads",
        arguments: [("version: 2\n", 2, 1), (Self.sound, 1, 0)] as [(String, Int32, Int32)])
    func unreadCheck(text: String, descriptor: Int32, exitCode: Int32) throws {
        let folder = try ScratchFolder()
        let file = folder.file("bearergate.yaml")
        try Data(text.utf8).write(to: URL(filePath: file))
        #expect(try UnreadRun("bearergate", ["check", "--config", file], unread: descriptor).exitCode == exitCode)
    }

    @Test("The development server goes on when nobody reads what it announces")
    func unreadAnnouncement() throws {
        let folder = try ScratchFolder()
        let file = folder.file("bearergate.yaml")
        try Data(Self.sound.utf8).write(to: URL(filePath: file))
        // The demo announces its server, and ends by itself because the upstream's port is taken.
        let upstream = try StubUpstream()
        defer { upstream.stop() }
        let port = try #require(upstream.address.url.split(separator: ":").last)
        let run = try UnreadRun(
            "bearergate-dev",
            ["demo", "--config", file, "--public-port", "0", "--admin-port", "0", "--upstream-port", "\(port)"],
            unread: 2)
        #expect(run.exitCode == 2)
    }

    @Test("A reload that waits for a file holds up no stop")
    func stopsWhileReloading() throws {
        let folder = try ScratchFolder()
        let (file, token, socket) = (folder.file("bearergate.yaml"), folder.file("token"), folder.file("admin.sock"))
        let admin = "admin: {address: \"unix:\(socket)\", token: {file: token}}\n"
        let timeouts = "timeouts: {drain_delay: 0s, drain: 1s}\n"
        try Data((Self.sound + admin + timeouts).utf8).write(to: URL(filePath: file))
        try Data("s3cret".utf8).write(to: URL(filePath: token))
        let began = Deadline.now
        let run = try ProgramRun("bearergate", ["serve", "--config", file]) { process in
            let id = process.processIdentifier
            try eventually("the start") { (try? RawHTTPConnection(to: .unix(path: socket)))?.close() != nil }
            // A pipe that somebody keeps open and writes nothing to.
            unlink(token)
            try #require(mkfifo(token, 0o600) == 0)
            let writer = open(token, O_RDWR | O_CLOEXEC)
            defer { close(writer) }
            kill(id, SIGHUP)
            let descriptors = "/proc/\(id)/fd"
            try eventually("the reload") {
                try FileManager.default.contentsOfDirectory(atPath: descriptors).contains {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\($0)")) == token
                }
            }
            kill(id, SIGTERM)
            process.waitUntilExit()
        }
        #expect(run.status == 0, "\(run.complaint)")
        // The pipe would be waited for longer.
        #expect(Deadline.now - began < 9_000_000_000)
    }

    private static let sound = StandardConfiguration {
        $0.upstreamURL = "http://127.0.0.1:9"
        $0.authorizationServerURL = "http://127.0.0.1:9"
    }.text
}
