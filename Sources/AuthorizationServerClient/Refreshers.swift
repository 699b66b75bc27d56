package import ProxyCore
import Synchronization

/// The tasks that keep keys and endpoints of all configured servers fresh, across reloads.
///
/// A server whose state outlives a reload keeps its task; each has its own, so one that fails never holds up another.
package final class Refreshers: Sendable {
    private struct Running: Sendable {
        let keys: KeySetRefresher?
        let tasks: [Task<Void, Never>]
        let discovers: Task<Void, Never>?
    }

    private struct State {
        var running: [ObjectIdentifier: Running] = [:]
        /// Retired ones whose last fetch is still under way; awaited at the end.
        var retired: [Task<Void, Never>] = []
        var isStopped = false
    }

    private let connections: AuthorizationServerConnections
    private let counts: KeySetRefreshCounts
    private let surroundings: RefreshSurroundings
    private let state = Mutex(State())

    package init(
        connections: AuthorizationServerConnections, counts: KeySetRefreshCounts, surroundings: RefreshSurroundings
    ) {
        self.connections = connections
        self.counts = counts
        self.surroundings = surroundings
    }

    /// Makes these the servers that are looked after: at start and after each reload.
    ///
    /// `plaintext` are the names of those whose discovered endpoints may be `http` beyond loopback.
    package func adopt(_ servers: [AuthorizationServer], plaintext: Set<String> = []) {
        self.state.withLock { state in
            guard !state.isStopped else { return }
            let kept = Set(servers.map { ObjectIdentifier($0.state) })
            for (identity, running) in state.running where !kept.contains(identity) {
                running.keys?.retire()
                running.discovers?.cancel()
                state.retired += running.tasks
                state.running[identity] = nil
            }
            for server in servers { self.readKeyFile(of: server) }
            for server in servers where state.running[ObjectIdentifier(server.state)] == nil {
                state.running[ObjectIdentifier(server.state)] = self.start(
                    server, allowsPlaintext: plaintext.contains(server.settings.name))
            }
            // A retired one ends within its fetch's timeout; more than a few reloads' worth need not be remembered.
            if state.retired.count > Self.retiredMax {
                state.retired.removeFirst(state.retired.count - Self.retiredMax)
            }
        }
    }

    /// Gives up what is under way; requests that wait for keys are told.
    package func stop() async {
        let tasks = self.state.withLock { state in
            state.isStopped = true
            let tasks = state.running.values.flatMap { $0.tasks + [$0.discovers].compactMap(\.self) } + state.retired
            state.running = [:]
            state.retired = []
            return tasks
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Who looks after a server's keys.
    func keyRefresher(of server: AuthorizationServer) -> KeySetRefresher? {
        self.state.withLock { $0.running[ObjectIdentifier(server.state)]?.keys }
    }

    /// Whoever reloads has replaced files: a key file among them is in force when the reload is over.
    ///
    /// A key that was taken out because it was stolen must not open the door to whoever comes right behind it. A server
    /// without keys lets nobody in meanwhile: its refresher reads them, and tells what is wrong with them.
    private func readKeyFile(of server: AuthorizationServer) {
        let now = self.surroundings.clock().monotonic
        guard let jwt = server.settings.jwt, case .file(let path) = jwt.source else { return }
        guard server.state.keySnapshot(at: now) != nil else { return server.state.refetchKeys() }
        do throws(AuthorizationServerError) {
            let keys = try KeySetFile(path: path, policy: jwt.keyPolicy).keys()
            let waiters = server.state.keysReplaced(by: keys, at: now)
            if !waiters.isEmpty { self.surroundings.wake(waiters) }
        } catch {
            // It was good a moment ago, when the configuration was read.
        }
        // Its refresher tells of the file what there is to tell, and sees one that was replaced meanwhile.
        server.state.refetchKeys()
    }

    private func start(_ server: AuthorizationServer, allowsPlaintext: Bool) -> Running {
        var keys: KeySetRefresher?
        var tasks: [Task<Void, Never>] = []
        if let jwt = server.settings.jwt {
            let refresher = KeySetRefresher(
                server: server, timeout: jwt.timeout,
                source: KeySetSource(
                    jwt, of: server, connections: self.connections, allowsPlaintext: allowsPlaintext),
                counts: self.counts, surroundings: self.surroundings)
            keys = refresher
            tasks.append(Task { await refresher.run() })
        }
        var discovers: Task<Void, Never>?
        if let introspection = server.settings.introspection, introspection.discovers, introspection.endpoint == nil {
            let discoverer = EndpointDiscoverer(
                server: server,
                discovery: MetadataDiscovery(connections: self.connections, allowsPlaintext: allowsPlaintext),
                surroundings: self.surroundings)
            discovers = Task { await discoverer.run() }
        }
        return Running(keys: keys, tasks: tasks, discovers: discovers)
    }

    private static let retiredMax = 64
}
