import OAuthModel

/// A place in a configuration file, both counted from 1; columns count Unicode scalars, as editors do.
package struct Position: Sendable, Hashable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Where a problem of the whole file is shown.
    package static let start = Position(line: 1, column: 1)

    package static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing wrong with a configuration: where it stands, what is wrong and what would be right.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable { case error, warning }

    package var severity: Severity
    package var file: String
    package var position: Position
    package var message: String
    /// What would be right.
    package var remedy: String

    package init(severity: Severity, file: String, position: Position, message: String, remedy: String) {
        self.severity = severity
        self.file = file
        self.position = position
        // Both may name what stands in the file.
        self.message = onOneLine(message)
        self.remedy = onOneLine(remedy)
    }

    /// The line that `check` and `serve` print.
    package var description: String {
        "\(self.file):\(self.position.line):\(self.position.column): \(self.severity.rawValue): "
            + "\(self.message) (\(self.remedy))"
    }
}

/// Why a configuration was not accepted: every error in the order of the file, the warnings with them.
package struct ConfigurationProblems: Error, Sendable, Hashable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]
    /// The file itself could not be read: wrong usage rather than a wrong configuration.
    package var isUnreadable: Bool

    package init(_ problems: [ConfigurationProblem], isUnreadable: Bool = false) {
        self.problems = problems
        self.isUnreadable = isUnreadable
    }

    package var errors: [ConfigurationProblem] { self.problems.filter { $0.severity == .error } }
    package var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

/// Gathers what is wrong while a file is read, so that one run reports everything.
///
/// Confined to the reading of one file on one thread.
package final class ProblemCollector {
    package let file: String
    private var found: [ConfigurationProblem] = []
    private var known: Set<ConfigurationProblem> = []
    private var warningCount = 0

    /// More than this in one file is not read by anybody, and a hostile file could hold millions.
    private static let problemsMax = 1_000
    /// Warnings leave room: an error that nobody is told of would be one that nobody mends.
    private static let warningsMax = 500

    package init(file: String) {
        self.file = file
    }

    package func error(_ message: String, at position: Position, remedy: String) {
        self.add(.error, message, at: position, remedy: remedy)
    }

    package func warning(_ message: String, at position: Position, remedy: String) {
        self.add(.warning, message, at: position, remedy: remedy)
    }

    /// Whether there was one, kept or not.
    package private(set) var hasErrors = false
    package var count: Int { self.found.count }

    /// What was found, in the order of the file.
    package var problems: [ConfigurationProblem] {
        self.found.enumerated()
            .sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
            .map(\.element)
    }

    private func add(
        _ severity: ConfigurationProblem.Severity, _ message: String, at position: Position, remedy: String
    ) {
        if severity == .error { self.hasErrors = true }
        guard self.found.count < Self.problemsMax, severity == .error || self.warningCount < Self.warningsMax
        else { return }
        let problem = ConfigurationProblem(
            severity: severity, file: self.file, position: position, message: message, remedy: remedy)
        guard self.known.insert(problem).inserted else { return }
        self.found.append(problem)
        if severity == .warning { self.warningCount += 1 }
    }
}

@available(*, unavailable)
extension ProblemCollector: Sendable {}

/// Text of the file as a message may show it: in backticks, on one line, not endless, and without the user and password
/// of a URL that has them.
package func shown(_ text: String) -> String {
    let text = withoutUserInformation(text)
    let beginning = onOneLine(String(text.unicodeScalars.prefix(80)))
    return "`" + beginning + (text.unicodeScalars.count > 80 ? "…`" : "`")
}

/// A key of the file as a message may show it; nil for what is no plain word: it may be a secret whose colon lacks its
/// space (`token:s3cret`).
package func shownKey(_ key: String) -> String? { NearestWord.isPlainWord(key) ? "`\(key)`" : nil }

/// Leaves out what stands between the scheme, if there is one, and the last `@` (RFC 3986 §3.2.1): a password, or a token
/// as the user.
///
/// The last one, since a password that is not escaped may hold `@` and `/`. A path of its own has neither user nor
/// password, and `/users/@me` is a usual one, also without its slash.
func withoutUserInformation(_ text: String) -> String {
    let utf8 = text.utf8
    guard let at = utf8.lastIndex(of: UInt8(ascii: "@")) else { return text }
    let isPath = utf8.starts(with: "/".utf8) && !utf8.starts(with: "//".utf8)
    guard !isPath else { return text }
    guard let colon = utf8.firstIndex(of: UInt8(ascii: ":")), colon < at else {
        return utf8[..<at].contains(UInt8(ascii: "/")) ? text : "…" + text[at...]
    }
    let mark = utf8[colon...].prefix(3)
    let start = mark.elementsEqual("://".utf8) ? mark.endIndex : text.startIndex
    return text[..<start] + "…" + text[at...]
}

/// The text without anything that a terminal obeys or that ends a line.
private func onOneLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        let isPrintable =
            scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)
            && scalar != "\u{2028}" && scalar != "\u{2029}"
        result.unicodeScalars.append(isPrintable ? scalar : "\u{FFFD}")
    }
    return result
}
