import Assembly
import FoundationEssentials
import Glibc
import ProxyConfiguration

/// The proxy as the demo needs it: started from a file, found at an address, stopped.
///
/// The one place here that knows how the proxy is assembled.
struct DemoProxy: Sendable {
    /// `http://HOST:PORT` of the first listener.
    let url: String
    private let running: RunningProxy

    /// Throws all that is wrong with a configuration, before anything is started for it.
    ///
    /// What a pipe brings can be read only once, so it is left to the start.
    static func check(configuration path: String) throws(ConfigurationProblems) {
        guard !Self.isPipe(path) else { return }
        _ = try ConfigurationReloader(environment: ProcessInfo.processInfo.environment).load(path)
    }

    static func start(configuration path: String) async throws -> DemoProxy {
        do {
            let running = try await RunningProxy.start(
                configuration: path, options: RunningProxy.Options(environment: ProcessInfo.processInfo.environment))
            return DemoProxy(url: "http://\(running.addresses[0])", running: running)
        } catch let failure as StartFailure {
            throw DemoProblem(failure.description)
        }
    }

    func stop() async { await self.running.stop() }

    private static func isPipe(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }
}
