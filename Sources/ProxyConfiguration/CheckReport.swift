import ProxyCore

/// What `bearergate check` says of a file, and how it exits.
package struct CheckReport: Sendable {
    /// One line a problem, errors and warnings, in the order of the file.
    package let problems: [ConfigurationProblem]
    /// What is said when there is no error; nil otherwise.
    package let summary: String?
    /// 0 without errors, 1 with some, 2 when the file could not be read at all.
    package let exitCode: Int32

    /// Checks the file at a path; `environment` is what `{env: NAME}` looks into.
    package init(checking path: String, environment: [String: String]) {
        do {
            let configuration = try ConfigurationReloader(environment: environment).load(path)
            let generation = configuration.generation
            self.problems = configuration.warnings
            self.summary =
                "\(path): \(generation.routes.count) routes, \(generation.upstreams.count) upstreams, "
                + "\(generation.authorizationServers.count) authorization servers, no errors"
            self.exitCode = 0
        } catch {
            self.problems = error.problems
            self.summary = nil
            self.exitCode = error.isUnreadable ? 2 : 1
        }
    }
}
