package import ProxyCore

/// Reads, checks and compiles a configuration file, for the first time or again.
///
/// A file with errors changes nothing: the generation that serves goes on serving.
package struct ConfigurationReloader: Sendable {
    /// What `{env: NAME}` looks into.
    private let environment: [String: String]

    package init(environment: [String: String]) {
        self.environment = environment
    }

    /// The file as a new generation; states of servers whose settings are as they were come from the previous one.
    package func load(
        _ path: String, previous: ProxyGeneration? = nil
    ) throws(ConfigurationProblems) -> CompiledConfiguration {
        let problems = ProblemCollector(file: path)
        let bytes: [UInt8]
        do {
            bytes = try ConfigurationFiles.read(path, bytesMax: YAMLText.bytesMax, takesPipe: true)
        } catch {
            problems.error(
                "the configuration file \(error.summary)", at: .start, remedy: "name a file that can be read")
            throw ConfigurationProblems(problems.problems, isUnreadable: true)
        }
        return try self.compile(
            bytes, folder: ConfigurationFiles.folder(of: path), previous: previous, problems: problems)
    }

    /// The same for text that is in memory already; `folder` is where relative paths begin.
    package func load(
        text: String, file: String = "bearergate.yaml", folder: String = "", previous: ProxyGeneration? = nil
    ) throws(ConfigurationProblems) -> CompiledConfiguration {
        try self.compile(Array(text.utf8), folder: folder, previous: previous, problems: ProblemCollector(file: file))
    }

    private func compile(
        _ bytes: [UInt8], folder: String, previous: ProxyGeneration?, problems: ProblemCollector
    ) throws(ConfigurationProblems) -> CompiledConfiguration {
        guard let file = ProxyConfigurationFile(yaml: bytes, problems: problems) else {
            throw ConfigurationProblems(problems.problems)
        }
        let validation = Validation(
            file: file, problems: problems, folder: folder, environment: self.environment, previous: previous)
        guard let compiled = validation.compiled() else { throw ConfigurationProblems(problems.problems) }
        return compiled
    }
}
