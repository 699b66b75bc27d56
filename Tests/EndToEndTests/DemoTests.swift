import Foundation
import TestSupport
import Testing

@Suite("The demo (SPEC §2)")
struct DemoTests {
    @Test(
        "a configuration of no use is exit code 2 before anything starts, and a line with its place for each problem",
        arguments: [("version: 2\nfoo: 1\n", "2:1: error: unknown key `foo`"), ("", "1:1: error: the file is empty")])
    func refused(configuration: String, problem: String) throws {
        let folder = try ScratchFolder()
        let file = folder.file("bearergate.yaml")
        try Data(configuration.utf8).write(to: URL(filePath: file))
        let run = try Self.run(file)
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        let lines = run.complaint.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("\(file):\(problem)") }, "\(run.complaint)")
        #expect(lines.allSatisfy { $0.hasPrefix("\(file):") }, "\(run.complaint)")
    }

    @Test("a configuration that does not exist is exit code 2, with its place")
    func missing() throws {
        let run = try Self.run("/nowhere/bearergate.yaml")
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        #expect(run.complaint.hasPrefix("/nowhere/bearergate.yaml:1:1: error: the configuration file does not exist"))
    }

    private static func run(_ file: String) throws -> ProgramRun {
        try ProgramRun(
            "bearergate-dev",
            ["demo", "--config", file, "--public-port", "0", "--admin-port", "0", "--upstream-port", "0"])
    }
}
