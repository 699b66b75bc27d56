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
}
