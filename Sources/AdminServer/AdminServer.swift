import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
package import OAuthModel
import ServiceLifecycle

/// The admin API on its own listener (SPEC §6): health, metrics, the compiled routes, reload.
///
/// ```swift
/// let admin = try await AdminServer(options, state: process).start()
/// print(admin.address)
/// await admin.stop()
/// ```
package struct AdminServer<State: AdminState>: Sendable {
    package let options: AdminServerOptions
    private let state: State
    var times = AdminTimes()

    package init(_ options: AdminServerOptions, state: State) {
        self.options = options
        self.state = state
    }

    private enum Event: Sendable {
        case bound(port: Int?)
        case ended((any Error)?)
    }

    /// Returns once connections are accepted.
    package func start() async throws(AdminServerError) -> RunningAdminServer {
        try await self.refuseLiveSocket()
        let (events, announce) = AsyncStream.makeStream(of: Event.self)
        let access = AdminAccess(
            isLocal: self.options.address.isLocal, token: self.options.token, hosts: self.options.hosts)
        let connections = AdminConnections(connectionsMax: Self.connectionsMax)
        let times = self.times
        let application = Application(
            responder: AdminResponder(access: access, state: self.state),
            server: HTTPServerBuilder { responder in
                AdminChannel(
                    http: HTTP1Channel(responder: responder, configuration: Self.channel), connections: connections,
                    access: access, times: times)
            },
            configuration: ApplicationConfiguration(
                address: self.options.address.bindAddress, backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.socketsMax, logger: Self.logger)),
            onServerRunning: { channel in announce.yield(.bound(port: channel.localAddress?.port)) },
            logger: Self.logger)
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application)], gracefulShutdownSignals: [], logger: Self.logger)
        configuration.maximumGracefulShutdownDuration = Self.stopMax
        let group = ServiceGroup(configuration: configuration)
        let task = Task {
            do {
                try await group.run()
                announce.yield(.ended(nil))
            } catch {
                announce.yield(.ended(error))
            }
            announce.finish()
        }
        for await event in events {
            switch event {
            case .bound(let port):
                return RunningAdminServer(address: self.options.address.bound(to: port), group: group, task: task)
            case .ended(let failure):
                throw self.cannotListen(failure)
            }
        }
        // The caller was cancelled while it waited.
        await group.triggerGracefulShutdown()
        await task.value
        throw self.cannotListen(nil)
    }

    /// A Unix socket that somebody answers on is not taken over; one that a dead process left behind is.
    private func refuseLiveSocket() async throws(AdminServerError) {
        guard case .unix(let path) = self.options.address else { return }
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        do {
            let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            try? await channel.close()
        } catch let error as IOError where Self.nobodyListens.contains(error.errnoCode) {
            return
        } catch {
            // A full backlog, say, or a socket of another user: somebody may well listen there.
            throw AdminServerError(
                address: self.options.address.description,
                reason: "whether another process answers there cannot be told: \(error)", isAddressInUse: true)
        }
        throw AdminServerError(
            address: self.options.address.description, reason: "another process answers there", isAddressInUse: true)
    }

    private func cannotListen(_ failure: (any Error)?) -> AdminServerError {
        let isInUse = (failure as? IOError)?.errnoCode == Self.addressInUse
        let reason =
            if isInUse {
                "the address is in use"
            } else if failure is UnixDomainSocketPathWrongType {
                "there is a file that is no socket"
            } else {
                failure.map { "\($0)" } ?? "stopped before it began"
            }
        return AdminServerError(
            address: self.options.address.description, reason: reason, isAddressInUse: isInUse)
    }

    private static var channel: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: .seconds(30),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100))
    }

    /// Probes, scrapers and a few people: more at once is somebody holding connections, and the one that has been silent
    /// longest goes for the next.
    static var connectionsMax: Int { 128 }
    /// With those that are being closed; beyond it the next one waits for that.
    private static var socketsMax: Int { 2 * self.connectionsMax }
    private static var backlog: Int { 128 }
    /// What is being answered takes milliseconds; a connection that is half way through a request is cut then.
    private static var stopMax: Duration { .seconds(1) }
    /// `EADDRINUSE` on Linux.
    private static var addressInUse: CInt { 98 }
    /// No such file, or a socket that a dead process left behind.
    private static var nobodyListens: [CInt] { [2, 111] }

    /// Silent: what goes wrong here is answered to the caller, and a failed start is thrown.
    private static var logger: Logger { Logger(label: "admin") { _ in SwiftLogNoOpLogHandler() } }
}

package struct AdminServerOptions: Sendable {
    package var address: AdminAddress
    /// What callers from elsewhere present as bearer token.
    package var token: SecretBytes?
    /// Names that `Host` may carry besides IP literals and `localhost`.
    package var hosts: [String]

    package init(address: AdminAddress, token: SecretBytes? = nil, hosts: [String] = []) {
        self.address = address
        self.token = token
        self.hosts = hosts
    }
}

/// An admin API that answers, until it is stopped.
package struct RunningAdminServer: Sendable {
    /// As bound: a port 0 has become a real one.
    package let address: AdminAddress
    private let group: ServiceGroup
    private let task: Task<Void, Never>

    init(address: AdminAddress, group: ServiceGroup, task: Task<Void, Never>) {
        self.address = address
        self.group = group
        self.task = task
    }

    /// Lets go of the address, finishes what is being answered, closes all connections.
    ///
    /// In order, not by cancelling the task: that would drop connections just taken in, which the library below answers
    /// with a trap.
    package func stop() async {
        await self.group.triggerGracefulShutdown()
        await self.task.value
    }
}
