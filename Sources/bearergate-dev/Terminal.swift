import Foundation
import UnixSignals

/// What the commands say, and how they wait to be told to end.
enum Terminal {
    /// At once, even into a pipe: a script may be waiting for the line.
    static func say(_ line: String) { Self.write(line, to: .standardOutput) }

    /// One line on standard error.
    static func complain(_ line: String) { Self.write("bearergate-dev: \(line)", to: .standardError) }

    /// Problems of a file on standard error, each a line that begins with its place, as editors read them.
    static func list(_ problems: String) { Self.write(problems, to: .standardError) }

    /// What the authorization server says of itself, on standard error.
    static func announce(_ line: String) { Self.write(line, to: .standardError) }

    /// Returns at SIGINT, SIGTERM or the task's cancellation.
    static func waitForEnd() async {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }

    /// A reader that went away is no reason to fail; the other `write` of a handle would end the process for it.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }
}
