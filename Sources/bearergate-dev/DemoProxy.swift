/// The proxy as the demo needs it: started from a file, found at an address, stopped.
///
/// The one place here that knows how the proxy is assembled.
struct DemoProxy: Sendable {
    /// `http://HOST:PORT` of the first listener.
    let url: String
    private let end: @Sendable () async -> Void

    static func start(configuration path: String) async throws -> DemoProxy {
        throw DemoProblem("this build has no proxy to start with \(path)")
    }

    func stop() async { await self.end() }
}
