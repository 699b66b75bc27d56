import ArgumentParser
import DevAuthorizationServer
import Glibc
import ProxyConfiguration

/// `bearergate-dev`: what a developer wants beside the proxy.
@main
struct BearergateDev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bearergate-dev",
        abstract: "An authorization server, an echo upstream and a demo, for development.",
        subcommands: [AuthorizationServerCommand.self, EchoUpstreamCommand.self, DemoCommand.self])

    /// A command without a subcommand asks for nothing: wrong usage, not a call for help.
    mutating func run() async throws {
        Terminal.complain("a subcommand is missing\n\n\(Self.helpMessage())")
        throw ExitCode(2)
    }

    /// Exit codes as of `bearergate`: 0 fine, 1 the answer is no, 2 wrong usage or something that cannot be used.
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
        } catch let error as DevAuthorizationServerError {
            Terminal.complain(error.message)
            Self.exit(withError: ExitCode(2))
        } catch let error as ConfigurationProblems {
            Terminal.list(error.description)
            Self.exit(withError: ExitCode(2))
        } catch let error as DemoProblem {
            Terminal.complain(error.message)
            Self.exit(withError: ExitCode(2))
        } catch  where Self.exitCode(for: error) == .validationFailure {
            Terminal.complain(Self.fullMessage(for: error))
            Self.exit(withError: ExitCode(2))
        } catch {
            Self.exit(withError: error)
        }
    }
}
