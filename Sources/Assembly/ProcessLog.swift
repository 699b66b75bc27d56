package import Observability

/// What the process says of itself, on standard error: starts, reloads, refreshes, troubles.
///
/// Few lines, each written at once; the access log has its own way.
package struct ProcessLog: Sendable {
    package enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, notice, warning, error
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
        package var text: StaticString {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .notice: "notice"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    private let format: AccessLog.Format
    private let minimum: Level
    private let write: @Sendable ([UInt8]) -> Void

    package init(
        format: AccessLog.Format, minimum: Level,
        write: @escaping @Sendable ([UInt8]) -> Void = Self.toStandardError
    ) {
        self.format = format
        self.minimum = minimum
        self.write = write
    }

    /// One line: a constant message, and what varies as named values; never a token or a secret.
    package func say(_ level: Level, _ message: StaticString, _ values: [(StaticString, String)] = []) {
        guard level >= self.minimum else { return }
        var line = AccessLogLine(format: self.format)
        line.add("time", WallClock.timestamp())
        line.add("level", level.text)
        line.add("message", message)
        for (name, value) in values { line.add(name, value) }
        self.write(line.finish())
    }

    /// Nobody who reads it, or no longer does, holds up the process or its end.
    package static func toStandardError(_ line: [UInt8]) { ImpatientWriter.standardError.write(line) }
}
