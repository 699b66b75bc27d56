import Foundation
import UnixSignals

/// What the commands say, and how they wait to be told to end.
enum Terminal {
    /// At once, even into a pipe: a script may be waiting for the line.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// One line on standard error.
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data("bearergate-dev: \(line)\n".utf8))
    }

    /// Problems of a file on standard error, each a line that begins with its place, as editors read them.
    static func list(_ problems: String) {
        FileHandle.standardError.write(Data((problems + "\n").utf8))
    }

    /// Returns at SIGINT, SIGTERM or the task's cancellation.
    static func waitForEnd() async {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }
}
