import ArgumentParser
import FoundationEssentials
import Glibc
import ProxyConfiguration

/// `bearergate check`: every problem of a configuration file, without serving anything.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reports every problem of a configuration file, with line, column and what would be right.",
        discussion: """
            Prints one line a problem to standard error:

                bearergate.yaml:19:5: error: unknown key `scope` in `routes[0]` (did you mean `scopes`?)

            Warns of shadowed routes, scopes that nothing asks for, unused upstreams and servers.
            Exits 0 without errors (warnings are none), 1 with errors, 2 when the file cannot be read.

            Example:

                bearergate check --config bearergate.yaml
            """)

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Flag(name: .long, help: "Print the JSON Schema of the configuration file for editors, and check nothing.")
    var printSchema = false

    func validate() throws {
        guard self.printSchema || self.config != nil else {
            throw ValidationError("Missing expected argument '--config <file>'")
        }
    }

    func run() throws {
        if self.printSchema {
            print(ConfigurationSchema.json(), terminator: "")
            return
        }
        guard let config = self.config else { return }
        let report = CheckReport(checking: config, environment: ProcessInfo.processInfo.environment)
        Self.printToStandardError(report.problems.map { "\($0)\n" }.joined())
        if let summary = report.summary { print(summary) }
        guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
    }

    /// All of it, also into a pipe that takes it in pieces; a reader that went away is no reason to fail.
    private static func printToStandardError(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if written < 0, errno == EAGAIN {
                // Somebody who shares the pipe has made it non-blocking: wait as a write would.
                var interest = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                _ = poll(&interest, 1, -1)
            } else if written == 0 || errno != EINTR {
                return
            }
        }
    }
}
