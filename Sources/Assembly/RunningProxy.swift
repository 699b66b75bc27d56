package import AdminServer
import AuthorizationServerClient
import Glibc
import OAuthModel
import Observability
import ProxyConfiguration
import ProxyCore
import ProxyServer
import Reactor
import Synchronization

/// The whole proxy of one process: configuration, loops, refreshers, admin API, logs; started, reloaded and drained
/// as one.
package final class RunningProxy: Sendable {
    package struct Options: Sendable {
        /// What `{env: NAME}` looks into.
        package var environment: [String: String]
        /// Several proxies in one process, or tests: leave the process's limits alone.
        package var raisesDescriptorLimit: Bool
        package var logWriter: @Sendable ([UInt8]) -> Void

        package init(
            environment: [String: String], raisesDescriptorLimit: Bool = true,
            logWriter: @escaping @Sendable ([UInt8]) -> Void = ProcessLog.toStandardError
        ) {
            self.environment = environment
            self.raisesDescriptorLimit = raisesDescriptorLimit
            self.logWriter = logWriter
        }
    }

    private struct State {
        var generation: ProxyGeneration
        var isDraining = false
        var hasEnded = false
    }

    private let path: String
    private let reloader: ConfigurationReloader
    private let server: ProxyServer
    let registry: InstrumentRegistry
    let accessLog: AccessLog?
    private let log: ProcessLog
    private let notices: HeldNotices
    private let connections: AuthorizationServerConnections
    private let refreshers: Refreshers
    let refreshCounts: KeySetRefreshCounts
    let startedAt: Instant
    private let state: Mutex<State>
    private let reloading = Mutex<Void>(())
    private let reloads = ReloadTurns()
    private let processSettings: ProcessSettings
    /// What the limit of open files allows.
    private let connectionsMax: Int?
    private let admin = Mutex<RunningAdminServer?>(nil)

    /// Addresses as bound, `HOST:PORT` or `unix:PATH`, in the order of the file.
    package let addresses: [String]
    package var adminAddress: String? { self.admin.withLock { $0?.address.description } }

    // MARK: Starting

    /// For a process that does nothing but serve: its memory, where secrets are, goes into no core file.
    ///
    /// - Returns: whether the system agreed.
    package static func keepMemoryPrivate() -> Bool { CoreFiles.forbid() }

    /// For a process that does nothing but serve, once it does: the code that only its start took leaves its memory.
    package static func forgetStart() { ResidentCode.unmapUnused() }

    /// Reads the file and starts everything; when anything cannot be had, nothing stays open.
    ///
    /// - Throws: `ConfigurationProblems`, or `StartFailure` with one clear line.
    package static func start(configuration path: String, options: Options) async throws -> RunningProxy {
        let reloader = ConfigurationReloader(environment: options.environment)
        let configuration = try reloader.load(path)
        let connections = AuthorizationServerConnections()
        let proxy: RunningProxy
        do {
            proxy = try RunningProxy(
                path: path, reloader: reloader, configuration: configuration, connections: connections,
                options: options)
        } catch {
            await connections.shutdown()
            throw error
        }
        do {
            if let failure = await proxy.server.startUpFailure() {
                throw StartFailure("cannot begin to listen: \(failure) (free memory or descriptors, then start again)")
            }
            try await proxy.startAdmin(configuration.admin)
        } catch {
            await proxy.end()
            throw error
        }
        // The admin API may have had the file read again meanwhile.
        proxy.reloading.withLock { _ in
            guard proxy.facts.generation.number == configuration.generation.number else { return }
            proxy.refreshers.adopt(
                configuration.generation.authorizationServers, plaintext: configuration.plaintextServers)
        }
        // Only now: a start that fails says the one thing that it failed for.
        proxy.warn(of: configuration.warnings)
        proxy.warnOfFewerConnections(configured: configuration.generation.limits.connections)
        proxy.notices.release()
        proxy.log.say(
            .notice, "serving",
            [
                ("listeners", proxy.addresses.joined(separator: " ")), ("admin", proxy.adminAddress ?? "off"),
                ("routes", "\(configuration.generation.routes.count)"), ("workers", "\(proxy.server.loopCount)"),
            ])
        return proxy
    }

    private init(
        path: String, reloader: ConfigurationReloader, configuration: CompiledConfiguration,
        connections: AuthorizationServerConnections, options: Options
    ) throws {
        self.path = path
        self.reloader = reloader
        self.processSettings = ProcessSettings(configuration)
        let format: AccessLog.Format = configuration.log.format == .json ? .json : .text
        let log = ProcessLog(
            format: format, minimum: ProcessLog.Level(configuration.log.level), write: options.logWriter)
        self.log = log
        let notices = HeldNotices { log.say($0) }
        self.notices = notices
        let generation = configuration.generation
        let loopCount = configuration.workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        self.registry = InstrumentRegistry(loopCount: loopCount)
        self.registry.noteReload(succeeded: true, generation: generation.number)
        self.accessLog = try Self.openAccessLog(configuration.log, format: format)
        let connectionsMax =
            options.raisesDescriptorLimit ? Descriptors.connectionsMax(limit: Descriptors.raiseLimit()) : nil
        self.connectionsMax = connectionsMax
        self.connections = connections
        do throws(ProxyServer.BindError) {
            self.server = try ProxyServer.start(
                generation,
                options: ProxyServer.Options(
                    listeners: try configuration.listeners.map(Self.listener), loopCount: loopCount,
                    registry: self.registry, accessLog: self.accessLog,
                    remoteIntrospection: IntrospectionEndpoint(connections: connections),
                    connectionsMax: connectionsMax,
                    // Off the loop: who reads the log may let its writer wait.
                    report: { notice in Task { notices.take(notice) } }))
        } catch {
            throw StartFailure(Self.explain(error))
        }
        self.addresses = self.server.addresses.map(\.description)
        self.refreshCounts = KeySetRefreshCounts()
        let server = self.server
        self.refreshers = Refreshers(
            connections: connections, counts: self.refreshCounts,
            surroundings: RefreshSurroundings(
                clock: WallClock.now, wake: { server.resume($0) }, report: { log.say($0) }))
        self.startedAt = WallClock.now()
        self.state = Mutex(State(generation: generation))
        self.accessLog?.start { log.say($0) }
    }

    private func warn(of problems: [ConfigurationProblem]) {
        for problem in problems {
            self.log.say(.warning, "configuration", [("problem", problem.description)])
        }
    }

    private func warnOfFewerConnections(configured: Int) {
        guard let allowed = self.connectionsMax, allowed < configured else { return }
        self.log.say(
            .warning, "fewer connections than configured: the limit of open files allows no more",
            [("configured", "\(configured)"), ("connections", "\(allowed)")])
    }

    private static func openAccessLog(_ settings: LogSettings, format: AccessLog.Format) throws -> AccessLog? {
        let destination: AccessLog.Destination
        switch settings.access {
        case .off: return nil
        case .standardOutput: destination = .standardOutput
        case .file(let path): destination = .file(path)
        }
        do throws(AccessLogError) {
            return try AccessLog(format: format, destination: destination, allowedShare: settings.sampleAllowed)
        } catch {
            throw StartFailure(
                "cannot write the access log \(error.path): \(error.cause) (let this user write there, or name another "
                    + "file in `log.access`)")
        }
    }

    private static func listener(_ settings: ListenerSettings) throws(ProxyServer.BindError)
        -> ProxyServer.ListenerOptions
    {
        let address: SocketAddress
        switch settings.address {
        case .unix(let path): address = .unix(path: path)
        case .network(let host, let port):
            // The configuration accepts nothing but IP literals here.
            guard let literal = SocketAddress(literalHost: host, port: port) else {
                preconditionFailure("a validated listener address is an IP literal")
            }
            address = literal
        }
        return ProxyServer.ListenerOptions(
            address: address, socketMode: settings.socketMode, trustedPeers: settings.trustedPeers)
    }

    private static func explain(_ error: ProxyServer.BindError) -> String {
        let address = error.address.description
        switch error.cause.code {
        case _ where error.cause.code.isExhaustion || [.thread, .poll, .eventfd].contains(error.cause.call):
            return "cannot begin to listen: \(error.cause) (free memory or descriptors, or write fewer `workers`)"
        case .addressInUse:
            return "cannot listen on \(address): the address is in use (stop the program that has it, or name another "
                + "address under `listeners`)"
        case .notASocket:
            return "cannot listen on \(address): there is a file that is no socket (move it away, or name another path "
                + "under `listeners`)"
        case .permissionDenied where error.address.isUnix, .notFound where error.address.isUnix:
            return "cannot listen on \(address): \(error.cause) (make its folder, one that this user may write to, or "
                + "name another path under `listeners`)"
        case .permissionDenied:
            return "cannot listen on \(address): permission denied (ports below 1024 need a privilege; name another "
                + "address under `listeners`)"
        default:
            return "cannot listen on \(address): \(error.cause) (name an address of this machine under `listeners`)"
        }
    }

    private func startAdmin(_ settings: AdminSettings?) async throws {
        guard let settings else { return }
        do throws(AdminServerError) {
            let running = try await AdminServer(settings.options, state: self).start()
            self.admin.withLock { $0 = running }
        } catch {
            let remedy = error.isAddressInUse ? "stop the program that has it, or name" : "name"
            throw StartFailure("\(error) (\(remedy) another address in `admin.address`)")
        }
    }

    var facts: (generation: ProxyGeneration, isDraining: Bool) {
        self.state.withLock { ($0.generation, $0.isDraining) }
    }
    var isListening: Bool { self.server.isListening }

    /// Read in one step with the generation: a reload in between would make counters go back.
    func serverFigures(at now: UInt64) -> [PrometheusText.Server] {
        self.state.withLock { state in
            state.generation.authorizationServers.map { server in
                let name = server.settings.name
                return PrometheusText.Server(
                    server, refreshes: self.refreshCounts.outcomes(of: name),
                    formerly: self.registry.formerCacheCounts(of: name), at: now)
            }
        }
    }

    // MARK: While it runs

    /// Reads the file again; a bad one changes nothing (SPEC §9).
    private func readAgain() -> ReloadOutcome {
        // A start that is not over yet adopts what it has read in one step.
        self.reloading.withLock { _ in self.adoptWhatIsWritten() }
    }

    private func adoptWhatIsWritten() -> ReloadOutcome {
        let previous = self.state.withLock { $0.generation }
        do throws(ConfigurationProblems) {
            let configuration = try self.reloader.load(self.path, previous: previous)
            self.state.withLock { state in
                self.registry.noteSuccession(
                    of: state.generation.authorizationServers, by: configuration.generation.authorizationServers)
                state.generation = configuration.generation
            }
            self.server.adopt(configuration.generation)
            self.refreshers.adopt(
                configuration.generation.authorizationServers, plaintext: configuration.plaintextServers)
            self.registry.noteReload(succeeded: true, generation: configuration.generation.number)
            let warnings = configuration.warnings + self.processSettings.kept(against: configuration, in: self.path)
            self.warn(of: warnings)
            self.warnOfFewerConnections(configured: configuration.generation.limits.connections)
            self.log.say(
                .notice, "configuration reloaded",
                [
                    ("generation", "\(configuration.generation.number)"),
                    ("routes", "\(configuration.generation.routes.count)"),
                ])
            return .adopted(generation: configuration.generation.number, warnings: warnings.map(\.description))
        } catch {
            self.registry.noteReload(succeeded: false, generation: previous.number)
            for problem in error.problems {
                self.log.say(.error, "configuration not reloaded", [("problem", problem.description)])
            }
            return .refused(problems: error.errors.map(\.description))
        }
    }

    /// SIGHUP, and `POST /reload`: log files are opened anew at once, and the configuration is read again behind it.
    ///
    /// Never waits.
    ///
    /// - Parameter report: told once what came of it.
    package func hangUp(reportingTo report: (@Sendable (ReloadOutcome) -> Void)? = nil) {
        self.accessLog?.reopen()
        self.reloads.ask(report) { self.readAgain() }
    }

    // MARK: Stopping

    /// SIGTERM: not ready first, then no new connections, then what is left is cut (SPEC §9).
    ///
    /// - Parameters:
    ///   - ending: told when all waits are over and the rest is given back.
    ///   - hurry: asked once; returns when somebody wants every wait to end at once (a second SIGTERM), or when cancelled.
    package func drain(
        ending: @Sendable () -> Void = {}, hurry: @escaping @Sendable () async -> Void
    ) async {
        let timeouts = self.state.withLock { state in
            state.isDraining = true
            return state.generation.timeouts
        }
        self.log.say(.notice, "draining")
        self.server.beginDrain()
        await withTaskGroup { group in
            group.addTask { await self.drainInOrder(timeouts) }
            group.addTask { await hurry() }
            _ = await group.next()
            // Either the drain is over, or the hurry ends its waits.
            group.cancelAll()
        }
        ending()
        await self.end()
        self.log.say(.notice, "stopped")
    }

    /// Waits as configured; cancelled, it waits no longer.
    private func drainInOrder(_ timeouts: Timeouts) async {
        try? await Task.sleep(nanoseconds: timeouts.drainDelay)
        let server = self.server
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await server.refuseNew()
                return true
            }
            group.addTask {
                try? await Task.sleep(nanoseconds: timeouts.drain)
                return false
            }
            // Out of time, or in a hurry: what is still in flight is cut.
            if await group.next() == false { server.cut() }
            group.cancelAll()
        }
    }

    /// Stops at once and gives everything back; once, whoever asks again.
    package func stop() async {
        self.state.withLock { $0.isDraining = true }
        await self.end()
    }

    private func end() async {
        let isFirst = self.state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        guard isFirst else { return }
        let admin = self.admin.withLock { $0.take() }
        await admin?.stop()
        await self.refreshers.stop()
        self.server.stop()
        await self.connections.shutdown()
        self.accessLog?.stop()
    }
}

/// What of a configuration belongs to the process and not to a generation: bound, opened or started once.
private struct ProcessSettings {
    private let listeners: [ListenAddress]
    private let socketModes: [UInt16]
    private let trustedPeers: [TrustedPeers]
    private let admin: AdminSettings?
    private let workers: Int?
    private let log: LogSettings

    init(_ configuration: CompiledConfiguration) {
        self.listeners = configuration.listeners.map(\.address)
        self.socketModes = configuration.listeners.map(\.socketMode)
        self.trustedPeers = configuration.listeners.map(\.trustedPeers)
        self.admin = configuration.admin
        self.workers = configuration.workers
        self.log = configuration.log
    }

    /// A warning for each key whose new value is not in force: who takes a token or a network away must not believe that
    /// it is gone.
    func kept(against configuration: CompiledConfiguration, in file: String) -> [ConfigurationProblem] {
        let wanted = Self(configuration)
        let isKept = [
            ("listeners", self.listeners != wanted.listeners || self.socketModes != wanted.socketModes),
            // Of other listeners others are trusted.
            (
                "listeners[].trusted_peers",
                self.listeners == wanted.listeners && self.trustedPeers != wanted.trustedPeers
            ),
            ("admin", self.admin != wanted.admin), ("workers", self.workers != wanted.workers),
            ("log", self.log != wanted.log),
        ]
        return isKept.filter(\.1).map { key, _ in
            ConfigurationProblem(
                severity: .warning, file: file, position: .start,
                message: "`\(key)` has changed, and what it was at the start is still in force", remedy: "restart")
        }
    }
}
