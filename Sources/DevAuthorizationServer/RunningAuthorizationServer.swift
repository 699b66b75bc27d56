import ServiceLifecycle

/// A server that answers, until it is stopped.
public struct RunningAuthorizationServer: Sendable {
    /// The host as given.
    public let host: String
    /// The port that was bound for the public API.
    public let publicPort: Int
    /// The port that was bound for the admin API.
    public let adminPort: Int
    /// The issuer as tokens name it.
    public let issuer: String
    let core: ServerCore
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        host: String, publicPort: Int, adminPort: Int, core: ServerCore, group: ServiceGroup,
        task: Task<Void, any Error>
    ) {
        self.host = host
        self.publicPort = publicPort
        self.adminPort = adminPort
        self.issuer = core.issuer
        self.core = core
        self.group = group
        self.task = task
    }

    /// `http://HOST:PORT` of the public API.
    public var publicURL: String { DevAuthorizationServer.url(host: self.host, port: self.publicPort) }

    /// `http://HOST:PORT` of the admin API.
    public var adminURL: String { DevAuthorizationServer.url(host: self.host, port: self.adminPort) }

    /// Removes what is over, as the server does by itself from time to time; how many rows that were.
    package func sweepExpired() async throws -> Int { try await self.core.sweepExpired() }

    /// The same by transactions of so many rows of a kind.
    package func sweepExpired(batchRows: Int) async throws -> Int {
        try await self.core.sweepExpired(batchRows: batchRows)
    }

    /// Finishes what is being answered, lets go of the ports and closes the database.
    ///
    /// Once is enough; twice does no harm.
    public func stop() async {
        await self.group.triggerGracefulShutdown()
        _ = await self.task.result
    }

    /// Returns when the server was stopped, and throws what ended it otherwise.
    public func waitUntilStopped() async throws {
        try await self.task.value
    }
}
