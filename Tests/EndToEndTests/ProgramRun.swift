import Foundation

/// One run of a program as built beside these tests, and what it said.
struct ProgramRun {
    let status: Int32
    let output: String
    let complaint: String

    /// - Parameter whileRunning: done before its end is waited for.
    init(_ program: String, _ arguments: [String], whileRunning: (Process) throws -> Void = { _ in }) throws {
        let process = Process()
        process.executableURL = try Self.executable(program)
        process.arguments = arguments
        let (output, complaint) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = complaint
        try process.run()
        do {
            try whileRunning(process)
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
        // Neither text fills a pipe, so one may wait while the other is read.
        let texts = try [output, complaint].map { pipe in
            String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        }
        process.waitUntilExit()
        self.status = process.terminationStatus
        self.output = texts[0]
        self.complaint = texts[1]
    }

    /// Where a program lies that was built beside these tests.
    static func executable(_ program: String) throws -> URL {
        let tests = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return tests.deletingLastPathComponent().appending(path: program)
    }
}
