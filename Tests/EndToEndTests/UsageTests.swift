import Foundation
import Testing

@Suite("Exit codes of the programs (SPEC §2)") struct UsageTests {
    @Test(
        "Wrong usage is 2, and what would be right goes to standard error",
        arguments: [
            ("bearergate", []), ("bearergate", ["serve"]), ("bearergate", ["nothing"]), ("bearergate-dev", []),
            ("bearergate-dev", ["nothing"]),
        ] as [(String, [String])])
    func wrongUsage(program: String, arguments: [String]) throws {
        let result = try self.run(program, arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.complaint.contains("USAGE: \(program)") || result.complaint.contains("Usage: \(program)"))
    }

    @Test("Help that was asked for is an answer", arguments: ["bearergate", "bearergate-dev"])
    func help(program: String) throws {
        let result = try self.run(program, ["--help"])
        #expect(result.status == 0)
        #expect(result.output.contains("USAGE: \(program)"))
        #expect(result.complaint.isEmpty)
    }

    /// The program as built beside these tests.
    private func run(
        _ program: String, _ arguments: [String]
    ) throws -> (status: Int32, output: String, complaint: String) {
        let tests = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appending(path: program)
        process.arguments = arguments
        let (output, complaint) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = complaint
        try process.run()
        // Neither text fills a pipe, so one may wait while the other is read.
        let texts = try [output, complaint].map { pipe in
            String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        }
        process.waitUntilExit()
        return (process.terminationStatus, texts[0], texts[1])
    }
}
