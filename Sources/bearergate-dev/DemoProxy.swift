import Assembly
import FoundationEssentials
import ProxyConfiguration

/// The proxy as the demo needs it: started from a file, found at an address, stopped.
///
/// The one place here that knows how the proxy is assembled.
struct DemoProxy: Sendable {
    /// `http://HOST:PORT` of the first listener.
    let url: String
    private let running: RunningProxy

    static func start(configuration path: String) async throws -> DemoProxy {
        do {
            let running = try await RunningProxy.start(
                configuration: path, options: RunningProxy.Options(environment: ProcessInfo.processInfo.environment))
            return DemoProxy(url: "http://\(running.addresses[0])", running: running)
        } catch let problems as ConfigurationProblems {
            throw DemoProblem(problems.description)
        } catch let failure as StartFailure {
            throw DemoProblem(failure.description)
        }
    }

    func stop() async { await self.running.stop() }
}
