import ArgumentParser
import Assembly
import Glibc

/// `bearergate`: the sidecar and its tools.
@main
struct Bearergate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bearergate",
        abstract: "A reverse proxy that asks the authorization server about bearer tokens before it forwards.",
        discussion: """
            Example:
              bearergate check --config bearergate.yaml && bearergate serve --config bearergate.yaml

            Exit codes: 0 fine, 1 the answer is no, 2 wrong usage or unreadable input.
            """,
        version: BuildVersion.text,
        subcommands: [Serve.self, Check.self])

    /// A command without a subcommand asks for nothing: wrong usage, not a call for help.
    mutating func run() async throws {
        Complaint.write("bearergate: a subcommand is missing\n\n\(Self.helpMessage())")
        throw ExitCode(2)
    }

    static func main() async {
        // Whoever reads our output may leave; the exit code still says how it went.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch  where Self.exitCode(for: error) == .validationFailure {
            Complaint.write(Self.fullMessage(for: error))
            Self.exit(withError: ExitCode(2))
        } catch {
            Self.exit(withError: error)
        }
    }
}
