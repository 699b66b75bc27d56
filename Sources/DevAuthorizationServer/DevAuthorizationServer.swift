import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// An authorization server with Hydra's API for a laptop or a test: two listeners, SQLite inside.
///
/// ```swift
/// var options = DevAuthorizationServer.Options()
/// options.publicPort = 0
/// options.adminPort = 0
/// let server = try await DevAuthorizationServer(options).start()
/// print(server.publicURL, server.adminURL)
/// await server.stop()
/// ```
/// Not for production: the admin API asks nobody who they are, and nothing here speaks TLS. What keeps web pages in a
/// developer's browser from the admin API is at ``Options/host``.
public struct DevAuthorizationServer: Sendable {
    public let options: Options

    public init(_ options: Options = Options()) {
        self.options = options
    }

    /// The version told at `/version`: Hydra's release whose behaviour this follows, and that it is not Hydra.
    static let version = "v2.1.2-bearergate-dev"

    /// Runs until SIGINT, SIGTERM or the task's cancellation.
    public func run() async throws { try await self.run(endingWith: [.sigint, .sigterm]) }

    func run(endingWith signals: [UnixSignal]) async throws {
        let running: RunningAuthorizationServer
        do {
            running = try await self.start(endingWith: signals)
        } catch is CancellationError {
            // Told to end before it had begun: the end is the same as later.
            return
        }
        try await withTaskCancellationHandler {
            try await running.waitUntilStopped()
        } onCancel: {
            Task { await running.stop() }
        }
    }

    /// Starts the server and returns once both listeners accept connections.
    ///
    /// Cancelled before that, it throws `CancellationError`, and nothing is left running.
    public func start() async throws -> RunningAuthorizationServer {
        try await self.start(endingWith: [])
    }

    /// Called when all is there but the listeners; where a test cancels a start.
    var beforeListening: @Sendable () -> Void = {}

    private enum Event: Sendable {
        case publicBound(Int)
        case adminBound(Int)
        case ended((any Error)?)
    }

    private func start(endingWith signals: [UnixSignal]) async throws -> RunningAuthorizationServer {
        try self.checkOptions()
        try self.checkPages()
        let core = try await self.openCore()
        let (events, announce) = AsyncStream.makeStream(of: Event.self)
        let host = self.options.host
        let services: [any Service] = [
            self.application(.publicAPI(core), port: self.options.publicPort) { _, port in
                core.publicListenerBound(at: Self.url(host: host, port: port))
                announce.yield(.publicBound(port))
            },
            self.application(.adminAPI(core), port: self.options.adminPort) { address, port in
                core.adminListenerBound(isOnLoopback: address?.isLoopback ?? true)
                announce.yield(.adminBound(port))
            },
            ExpirySweep(core: core),
        ]
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: signals, logger: Self.serviceLogger)
        configuration.maximumGracefulShutdownDuration = Self.shutdownLimit
        let group = ServiceGroup(configuration: configuration)
        self.beforeListening()
        let task = Task {
            var failure: (any Error)?
            do { try await group.run() } catch { failure = error }
            try? await core.close()
            announce.yield(.ended(failure))
            announce.finish()
            if let failure { throw failure }
        }

        var publicPort: Int?
        var adminPort: Int?
        for await event in events {
            switch event {
            case .publicBound(let port): publicPort = port
            case .adminBound(let port): adminPort = port
            case .ended(let failure?):
                throw self.cannotListen(failure, publicIsBound: publicPort != nil, adminIsBound: adminPort != nil)
            case .ended(nil):
                // A signal came before there was anything to end.
                throw CancellationError()
            }
            guard let publicPort, let adminPort else { continue }
            // Nobody would stop what the caller is not told of.
            guard !Task.isCancelled else { break }
            let running = RunningAuthorizationServer(
                host: host, publicPort: publicPort, adminPort: adminPort, core: core, group: group, task: task)
            do {
                try await running.seed(self.options.seed)
            } catch {
                // A signal came while the seed was put in place: the end is the same as for one that comes later.
                guard !core.isClosed else { return running }
                // What the cancellation broke off tells of something else.
                guard !Task.isCancelled else { break }
                await running.stop()
                throw error
            }
            self.introduce(running)
            return running
        }
        // The caller was cancelled on the way.
        await group.triggerGracefulShutdown()
        _ = await task.result
        throw CancellationError()
    }

    private func checkOptions() throws {
        guard self.options.accessTokenLifespan >= .seconds(1),
            self.options.accessTokenLifespan <= .seconds(3_153_600_000)
        else { throw DevAuthorizationServerError(.invalidOption, "tokens live at least a second, at most 100 years") }
        if let issuer = self.options.issuer, !Self.canBeIssuer(issuer) {
            throw DevAuthorizationServerError(
                .invalidOption, "the issuer '\(issuer)' is no address such as http://127.0.0.1:4444")
        }
    }

    /// Host and path, and nothing that would be lost or wrong in the addresses under it (RFC 8414 §2).
    private static func canBeIssuer(_ text: String) -> Bool {
        guard let address = WebAddress(text), address.origin != nil, ["http", "https"].contains(address.scheme) else {
            return false
        }
        return !text.utf8.contains(UInt8(ascii: "?")) && !address.namesUser
    }

    private func checkPages() throws {
        let pages = [
            ("login page", self.options.loginURL), ("consent page", self.options.consentURL),
            ("logout page", self.options.logoutURL),
        ]
        for (name, url) in pages {
            guard let url else { continue }
            guard let address = WebAddress(url), address.origin != nil, ["http", "https"].contains(address.scheme)
            else {
                throw DevAuthorizationServerError(
                    .invalidOption, "the \(name) '\(url)' is no address such as http://127.0.0.1:3000/login")
            }
        }
        let names = self.options.users.map(\.name)
        for name in names where !Identifiers.isUsable(name) {
            throw DevAuthorizationServerError(.invalidOption, "the user name '\(name)' cannot be a subject")
        }
        // By bytes, as subjects are compared.
        guard Set(names.map { Array($0.utf8) }).count == names.count else {
            throw DevAuthorizationServerError(.invalidOption, "two users have one name")
        }
    }

    private func openCore() async throws -> ServerCore {
        do {
            return try await ServerCore(self.options)
        } catch let error as DevAuthorizationServerError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw DevAuthorizationServerError(
                .databaseUnusable, "cannot use the database \(self.databaseName): \(error)", cause: error)
        }
    }

    private func application(
        _ table: EndpointTable, port: Int, bound: @escaping @Sendable (SocketAddress?, Int) -> Void
    ) -> Application<EndpointTable> {
        let stepLimit = TimeAmount(self.options.stepLimit)
        return Application(
            responder: table,
            server: HTTPServerBuilder { responder in
                ListenerChannel(http: HTTP1Channel(responder: responder), stepLimit: stepLimit)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(self.options.host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    self.options.connectionsMax, logger: Self.serviceLogger)),
            onServerRunning: { channel in bound(channel.localAddress, channel.localAddress?.port ?? port) },
            logger: Self.serviceLogger)
    }

    private func cannotListen(
        _ failure: any Error, publicIsBound: Bool, adminIsBound: Bool
    ) -> DevAuthorizationServerError {
        // The listener that has its port is not the one that failed.
        let ports =
            switch (publicIsBound, adminIsBound) {
            case (true, false): "port \(self.options.adminPort)"
            case (false, true): "port \(self.options.publicPort)"
            case (false, false), (true, true): "ports \(self.options.publicPort) and \(self.options.adminPort)"
            }
        let reason = (failure as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(failure)"
        return DevAuthorizationServerError(
            .cannotListen, "cannot listen on \(self.options.host), \(ports): \(reason)", cause: failure)
    }

    private func introduce(_ running: RunningAuthorizationServer) {
        self.options.announce(
            "Authorization server for development and tests, never for production: its admin API is open to whoever "
                + "reaches it.")
        self.options.announce("public \(running.publicURL)  admin \(running.adminURL)  issuer \(running.issuer)")
        self.options.announce("database \(self.databaseName)")
    }

    private var databaseName: String {
        switch self.options.database {
        case .memory: "in memory"
        case .file(let path): path
        }
    }

    static func url(host: String, port: Int) -> String {
        host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }

    /// What fails behind a request.
    static let logger: Logger = {
        var logger = Logger(label: "authorization-server")
        logger.logLevel = .error
        return logger
    }()

    /// The libraries below are silent: they call it an error when a listener that is closing is closed.
    private static let serviceLogger: Logger = {
        var logger = Logger(label: "authorization-server")
        logger.logLevel = .critical
        return logger
    }()

    /// Answers take milliseconds; what is not done by then hangs.
    private static let shutdownLimit = Duration.seconds(5)
}
