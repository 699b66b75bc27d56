import ProxyConfiguration
import ProxyCore

/// A configuration file.
///
/// It is compiled, or refused with at least one error; every problem stands within the text and says what would be right; and
/// two readings say the same.
enum ConfigurationTarget {
    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.utf8.count { $0 == 0x0A } + 1 + text.unicodeScalars.count { self.breaks.contains($0) }
        let first = Self.load(text)
        switch first {
        case .failure(let problems):
            insist(!problems.errors.isEmpty, "who refuses a file says why")
            self.insistOnProblems(problems.problems, lines: lines)
        case .success(let compiled):
            insist(compiled.warnings.allSatisfy { $0.severity == .warning }, "a file with an error is not compiled")
            self.insistOnProblems(compiled.warnings, lines: lines)
            let names = compiled.generation.routes.map(\.name)
            insist(!names.isEmpty && Set(names).count == names.count, "routes have names of their own")
            insist(!compiled.listeners.isEmpty, "something is listened on")
            for route in compiled.generation.routes {
                insist(!route.paths.isEmpty, "a route has a path")
                insist(
                    route.access == .public || route.authorizationServer != nil, "who asks for tokens can check them")
            }
        }
        switch (first, Self.load(text)) {
        case (.success, .success): break
        case (.failure(let one), .failure(let other)): insist(one == other, "a file means the same twice")
        default: insist(false, "a file means the same twice")
        }
    }

    private static func load(_ text: String) -> Result<CompiledConfiguration, ConfigurationProblems> {
        Result { () throws(ConfigurationProblems) in
            try ConfigurationReloader(environment: ["SECRET": "s3cr3t-s3cr3t"]).load(text: text)
        }
    }

    private static func insistOnProblems(_ problems: [ConfigurationProblem], lines: Int) {
        for problem in problems {
            insist(
                (1...lines + 1).contains(problem.position.line) && problem.position.column >= 1,
                "a problem stands within the file: \(problem)")
            insist(!problem.message.isEmpty && !problem.remedy.isEmpty, "a problem says what would be right")
            insist(
                !problem.description.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F },
                "a problem is one line of text")
            insist(!problem.description.contains("s3cr3t"), "no secret is printed")
        }
    }

    /// Line breaks that YAML knows besides LF (YAML 1.1 §4.2).
    private static let breaks: Set<Unicode.Scalar> = ["\r", "\u{85}", "\u{2028}", "\u{2029}"]
}
