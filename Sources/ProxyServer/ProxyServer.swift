package import Observability
package import ProxyCore
package import Reactor
import Synchronization

/// The running proxy: its loops, their listeners, and the few things the outside may tell them.
package final class ProxyServer: Sendable {
    package struct ListenerOptions: Sendable {
        package var address: SocketAddress
        /// Of a Unix socket.
        package var socketMode: UInt16?
        package var trustedPeers: TrustedPeers

        package init(address: SocketAddress, socketMode: UInt16? = nil, trustedPeers: TrustedPeers = .nobody) {
            self.address = address
            self.socketMode = socketMode
            self.trustedPeers = trustedPeers
        }
    }

    package struct Options: Sendable {
        package var listeners: [ListenerOptions]
        package var loopCount: Int
        package var registry: InstrumentRegistry
        package var accessLog: AccessLog?
        package var fingerprintKey: FingerprintKey
        package var remoteIntrospection: (any RemoteIntrospection)?
        /// At most this many client connections, whatever the configuration says: what the process's limits allow.
        package var connectionsMax: Int?
        package var kernel: @Sendable () -> any Kernel
        /// Told, on a loop, what somebody should mend; it must not block.
        package var report: @Sendable (UnresolvedName) -> Void

        package init(
            listeners: [ListenerOptions], loopCount: Int, registry: InstrumentRegistry, accessLog: AccessLog? = nil,
            fingerprintKey: FingerprintKey = .random(), remoteIntrospection: (any RemoteIntrospection)? = nil,
            connectionsMax: Int? = nil,
            kernel: @escaping @Sendable () -> any Kernel = { LinuxKernel() },
            report: @escaping @Sendable (UnresolvedName) -> Void = { _ in }
        ) {
            self.listeners = listeners
            self.loopCount = loopCount
            self.registry = registry
            self.accessLog = accessLog
            self.fingerprintKey = fingerprintKey
            self.remoteIntrospection = remoteIntrospection
            self.connectionsMax = connectionsMax
            self.kernel = kernel
            self.report = report
        }
    }

    /// A listener's address cannot be had.
    package struct BindError: Error, Sendable {
        package let address: SocketAddress
        package let cause: SystemError
    }

    /// As bound, in the order of the options: a port 0 has become a real one.
    package let addresses: [SocketAddress]
    private let threads: [LoopThread]
    private let startUp: StartUp
    private let directory: LoopDirectory
    private let resolver: Resolver

    /// Binds every listener, then starts the loops; when one cannot be had, nothing is left open or running.
    package static func start(_ generation: ProxyGeneration, options: Options) throws(BindError) -> ProxyServer {
        var opened: [[ListeningSocket]] = []
        for listener in options.listeners {
            do throws(SystemError) {
                let sockets = try ListeningSocket.open(
                    at: listener.address, count: options.loopCount,
                    options: ListenOptions(unixMode: listener.socketMode))
                opened.append(sockets)
            } catch {
                for socket in opened.joined() { socket.discard() }
                throw BindError(address: listener.address, cause: error)
            }
        }
        let addresses = opened.map { $0[0].address }
        return try ProxyServer(generation, options: options, sockets: opened, addresses: addresses)
    }

    private init(
        _ generation: ProxyGeneration, options: Options, sockets: [[ListeningSocket]], addresses: [SocketAddress]
    ) throws(BindError) {
        self.addresses = addresses
        self.resolver = Resolver()
        let directory = LoopDirectory(count: options.loopCount)
        self.directory = directory
        let shared = ProcessContext(
            registry: options.registry, resolver: self.resolver, accessLog: options.accessLog,
            fingerprintKey: options.fingerprintKey, remoteIntrospection: options.remoteIntrospection,
            directory: directory, connectionsMax: options.connectionsMax, report: options.report)
        let startUp = StartUp(loops: options.loopCount)
        self.startUp = startUp
        var threads: [LoopThread] = []
        for index in 0..<options.loopCount {
            let settings = options.listeners.map { ListenerSettings(trustedPeers: $0.trustedPeers) }
            do throws(SystemError) {
                let thread = try LoopThread.start(
                    name: "loop-\(index)", kernel: options.kernel,
                    registering: { directory.register($0, at: UInt16(index)) }
                ) { loop in
                    let context = LoopContext(
                        loop: loop, index: UInt16(index), shared: shared, generation: generation)
                    do throws(SystemError) {
                        for (position, listener) in sockets.enumerated() {
                            try context.listen(on: listener[index], as: settings[position])
                        }
                        startUp.arrive(nil)
                    } catch {
                        startUp.arrive(error)
                    }
                }
                threads.append(thread)
            } catch {
                for thread in threads { thread.stop() }
                for thread in threads { thread.join() }
                self.resolver.stop()
                throw BindError(address: addresses[0], cause: error)
            }
        }
        self.threads = threads
    }

    /// Every loop takes connections in; false for the first instants.
    package var isListening: Bool { self.startUp.isComplete }

    /// Waits until every loop has begun; why one could not, if so: the process is of no use then.
    package func startUpFailure() async -> SystemError? { await self.startUp.outcome() }

    package var loopCount: Int { self.threads.count }

    // MARK: While it runs

    /// New exchanges begin with `generation`; those under way keep theirs.
    package func adopt(_ generation: ProxyGeneration) { self.everywhere { $0.adopt(generation) } }

    /// Tells those who wait for keys, each on its own loop.
    package func resume(_ waiters: [WaiterID]) {
        var byLoop: [UInt16: [WaiterID]] = [:]
        for waiter in waiters { byLoop[waiter.loop, default: []].append(waiter) }
        for (index, told) in byLoop { self.directory.post(to: index) { $0.resume(told, with: .keys) } }
    }

    // MARK: Stopping (SPEC §9)

    /// Everything is served as before, with `Connection: close`.
    package func beginDrain() { self.everywhere { $0.beginDrain() } }

    /// Listeners close, what is in flight goes on; returns when nothing is in flight any more.
    package func refuseNew() async {
        let gate = Countdown(self.threads.count)
        for index in 0..<self.threads.count {
            let isPosted = self.directory.post(to: UInt16(index)) { context in context.refuse { gate.arrive() } }
            if !isPosted { gate.arrive() }
        }
        await gate.wait()
    }

    /// Cuts what is left.
    package func cut() { self.everywhere { $0.cut() } }

    /// Ends the loops and waits for their threads.
    package func stop() {
        self.everywhere { $0.release() }
        for thread in self.threads { thread.stop() }
        for thread in self.threads { thread.join() }
        self.resolver.stop()
    }

    private func everywhere(_ work: @escaping @Sendable (LoopContext) -> Void) {
        for index in 0..<self.threads.count { self.directory.post(to: UInt16(index), work) }
    }
}

/// What the loops report as they begin.
private final class StartUp: Sendable {
    private let failure = Mutex<SystemError?>(nil)
    private let arrivals: Countdown

    init(loops: Int) { self.arrivals = Countdown(loops) }

    func arrive(_ failure: SystemError?) {
        if let failure { self.failure.withLock { $0 = failure } }
        self.arrivals.arrive()
    }

    var isComplete: Bool { self.arrivals.isComplete && self.failure.withLock { $0 } == nil }

    func outcome() async -> SystemError? {
        await self.arrivals.wait()
        return self.failure.withLock { $0 }
    }
}

/// Waits until a number of others have arrived.
private final class Countdown: Sendable {
    private struct State {
        var left: Int
        var waiting: CheckedContinuation<Void, Never>?
    }
    private let state: Mutex<State>

    init(_ count: Int) { self.state = Mutex(State(left: count)) }

    func arrive() {
        let waiting = self.state.withLock { state in
            state.left -= 1
            return state.left == 0 ? state.waiting.take() : nil
        }
        waiting?.resume()
    }

    var isComplete: Bool { self.state.withLock { $0.left <= 0 } }

    /// For one waiter at a time.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isDone = self.state.withLock { state in
                if state.left > 0 { state.waiting = continuation }
                return state.left <= 0
            }
            if isDone { continuation.resume() }
        }
    }
}
