/// One thread's event loop: sockets, timers and mail, in turns.
///
/// Confined to its thread: created, used and released there (``LoopThread`` creates it and hands it over before its
/// first use). Other threads speak through ``mailbox``.
///
/// Safe: the only memory held by pointer is the array of events, allocated once and as long as every wait is told.
@safe package final class Loop {
    package let kernel: any Kernel
    package let mailbox: Mailbox
    package let buffers = BufferPool()
    /// What the loop's owner keeps with it, so that mail finds it.
    package var context: AnyObject?

    /// The monotonic clock as it was when the turn began.
    package private(set) var now: UInt64
    /// Seconds since 1970, at most one second behind.
    package private(set) var wallSeconds: Int64 = 0

    let poller: Int32
    private let waker: Int32
    private let timers: TimerWheel
    // Read and changed in single steps, never lent across a call to a handler: no check for overlapping access needed.
    @safe @exclusivity(unchecked) var table = Table()
    let outbox = Outbox()
    /// Counts the turns: an event delivered in a turn tells of what happened before the turn began.
    package private(set) var turnNumber: UInt64 = 0
    private var wallRefresh: UInt64 = 0
    private var isStopping = false
    private var isShutDown = false
    private var closedThisTurn: [Endpoint] = []
    private var goingOn: [Endpoint] = []
    private var goingOnNow: [Endpoint] = []
    private var failingLater: [(endpoint: Endpoint, error: SystemError)] = []

    private static let eventsPerTurnMax = 512
    let events: UnsafeMutableBufferPointer<ReadyEvent>

    package init(kernel: any Kernel = LinuxKernel()) throws(SystemError) {
        let poller = kernel.makePoller()
        guard poller >= 0 else { throw SystemError(.poll, result: poller) }
        let waker = kernel.makeWaker()
        guard waker >= 0 else {
            kernel.close(poller)
            throw SystemError(.eventfd, result: waker)
        }
        self.kernel = kernel
        self.poller = poller
        self.waker = waker
        self.mailbox = Mailbox(wakeUp: kernel.wakingUp(waker))
        self.now = kernel.now()
        self.timers = TimerWheel(now: self.now)
        unsafe self.events = .allocate(capacity: Self.eventsPerTurnMax)
        unsafe self.events.initialize(repeating: ReadyEvent())
        let result = kernel.add(waker, to: poller, for: .read, token: self.table.insert(.waker).token)
        guard result >= 0 else {
            self.shutdown()
            throw SystemError(.poll, result: result)
        }
        self.readClocks()
    }

    deinit {
        self.mailbox.close()
        if !self.isShutDown {
            self.kernel.close(self.waker)
            self.kernel.close(self.poller)
        }
        unsafe self.events.deallocate()
    }

    // MARK: Running

    /// Turns until ``stop()``, then closes everything that is still open.
    package func run() {
        while !self.isStopping { self.turn(untilNanoseconds: .max) }
        self.shutdown()
    }

    /// One turn, for tests.
    ///
    /// The number of events, failures, mails and deadlines delivered.
    @discardableResult
    package func runOnce(maximumWait: UInt64 = 0) -> Int {
        precondition(!self.isShutDown, "a loop that was shut down makes no more turns")
        return self.turn(untilNanoseconds: maximumWait)
    }

    /// Ends ``run()`` after this turn.
    ///
    /// Other threads post it.
    package func stop() { self.isStopping = true }

    /// Closes everything without calling a handler; mail is refused from now on.
    package func shutdown() {
        guard !self.isShutDown else { return }
        self.isShutDown = true
        self.mailbox.close()
        for member in self.table.members {
            switch member {
            case .endpoint(let endpoint): endpoint.close()
            case .listener(let listener): listener.close()
            case .waker, .vacant: break
            }
        }
        self.endTurn()
        self.failingLater.removeAll()
        self.goingOn.removeAll()
        self.context = nil
        self.kernel.close(self.waker)
        self.kernel.close(self.poller)
    }

    /// How many endpoints are open or connecting.
    package private(set) var openEndpoints = 0

    @discardableResult
    private func turn(untilNanoseconds maximumWait: UInt64) -> Int {
        let count = unsafe self.kernel.wait(
            self.poller, into: self.events, milliseconds: self.milliseconds(atMost: maximumWait))
        precondition(count >= 0, "epoll_wait fails only on a bad descriptor")
        self.turnNumber &+= 1
        self.readClocks()
        var delivered = self.goingOn.isEmpty ? 0 : self.goOn()
        delivered += count > 1 ? self.deliverTogether(count) : count > 0 ? self.deliver(0) : 0
        delivered += self.timers.advance(to: self.now) { $0.fire() }
        if !self.failingLater.isEmpty { delivered += self.deliverFailures() }
        self.endTurn()
        return delivered
    }

    private func milliseconds(atMost maximumWait: UInt64) -> Int32 {
        guard self.failingLater.isEmpty, self.goingOn.isEmpty else { return 0 }
        let deadline = self.timers.nextDeadline()
        guard deadline != .max || maximumWait != .max else { return -1 }
        let untilDeadline = deadline > self.now ? deadline - self.now : 0
        let wait = min(untilDeadline, maximumWait)
        // Rounded up: waking a moment early would only mean waiting again.
        return Int32(clamping: wait / 1_000_000 + (wait % 1_000_000 == 0 ? 0 : 1))
    }

    private func readClocks() {
        self.now = self.kernel.now()
        guard self.now >= self.wallRefresh else { return }
        let wall = self.kernel.wallClock()
        self.wallSeconds = Int64(wall / 1_000_000_000)
        // Asked again when the second is full.
        self.wallRefresh = self.now + (1_000_000_000 - wall % 1_000_000_000)
    }

    func readMail() -> Int {
        self.kernel.drainWaker(self.waker)
        let mail = self.mailbox.take()
        for work in mail { work(self) }
        return mail.count
    }

    private func goOn() -> Int {
        // Those that are added meanwhile wait for the next turn, so that others come between.
        swap(&self.goingOn, &self.goingOnNow)
        let told = self.goingOnNow.reduce(0) { $0 + ($1.goOn() ? 1 : 0) }
        self.goingOnNow.removeAll(keepingCapacity: true)
        return told
    }

    private func deliverFailures() -> Int {
        let failing = self.failingLater
        self.failingLater = []
        for (endpoint, error) in failing where !endpoint.isClosed { endpoint.failed(error) }
        return failing.count
    }

    private func endTurn() {
        if !self.closedThisTurn.isEmpty {
            for endpoint in self.closedThisTurn { endpoint.releaseMemory() }
            self.closedThisTurn.removeAll(keepingCapacity: true)
        }
        self.buffers.releaseSurplus()
    }

    // MARK: Sockets

    /// Takes an accepted socket on.
    ///
    /// If that fails, the socket is closed.
    package func makeEndpoint(
        socket: Socket, peer: SocketAddress? = nil, handler: any EndpointHandler
    ) throws(SystemError) -> Endpoint {
        if peer?.isUnix != true {
            // Heads and bodies are written as whole as they are known; waiting for more only delays them. A Unix
            // socket, or one whose peer has gone already, has no such option, and that is no harm.
            _ = self.kernel.set(.noDelay, on: socket.descriptor)
        }
        let endpoint = Endpoint(
            loop: self, descriptor: socket.descriptor, peer: peer, state: .open, handler: handler)
        self.openEndpoints += 1
        let result = self.adopt(endpoint)
        guard result >= 0 else {
            endpoint.close()
            throw SystemError(.poll, result: result)
        }
        return endpoint
    }

    /// Begins to connect.
    ///
    /// How it ended is told in a later turn: `endpointConnected` or `endpointFailed`.
    package func connect(to address: SocketAddress, handler: any EndpointHandler) -> Endpoint {
        let descriptor = self.kernel.makeSocket(address.family)
        let endpoint = Endpoint(
            loop: self, descriptor: max(descriptor, -1), peer: address, state: .connecting, handler: handler)
        self.openEndpoints += 1
        guard descriptor >= 0 else {
            self.failLater(endpoint, SystemError(.socket, result: descriptor))
            return endpoint
        }
        if !address.isUnix {
            _ = self.kernel.set(.noDelay, on: descriptor)
            _ = self.kernel.set(.keepAlive, on: descriptor)
        }
        var result = self.kernel.connect(descriptor, to: address)
        if result == SystemError.Code.inProgress.result { result = 0 }
        guard result >= 0 else {
            self.failLater(endpoint, SystemError(.connect, result: result))
            return endpoint
        }
        let added = self.adopt(endpoint)
        if added < 0 { self.failLater(endpoint, SystemError(.poll, result: added)) }
        return endpoint
    }

    /// Accepts from a listening socket until the listener is closed.
    ///
    /// If that fails, the socket is closed.
    package func accept(
        from socket: ListeningSocket, handler: any ListenerHandler
    ) throws(SystemError) -> Listener {
        let listener = Listener(loop: self, socket: socket, handler: handler)
        listener.place = self.table.insert(.listener(listener))
        let result = listener.watch()
        guard result >= 0 else {
            listener.close()
            throw SystemError(.poll, result: result)
        }
        return listener
    }

    /// Closes an accepted socket that nobody wants.
    package func discard(_ socket: Socket) { self.kernel.close(socket.descriptor) }

    private func adopt(_ endpoint: Endpoint) -> Int32 {
        endpoint.attach(at: self.table.insert(.endpoint(endpoint)))
    }

    func goOnLater(_ endpoint: Endpoint) { self.goingOn.append(endpoint) }

    func failLater(_ endpoint: Endpoint, _ error: SystemError) { self.failingLater.append((endpoint, error)) }

    func retire(_ endpoint: Endpoint) {
        self.closedThisTurn.append(endpoint)
        self.openEndpoints -= 1
        if let place = endpoint.place { self.table.remove(place) }
    }

    func retire(_ listener: Listener) {
        if let place = listener.place { self.table.remove(place) }
    }

    // MARK: Timers

    /// Sets the deadline of `entry`, which replaces its old one; `.max` takes it away.
    ///
    /// Moving it later costs nothing.
    package func schedule(_ entry: TimerEntry, at deadline: UInt64) { self.timers.schedule(entry, at: deadline) }

    package func cancel(_ entry: TimerEntry) { self.timers.cancel(entry) }
}

@available(*, unavailable) extension Loop: Sendable {}

/// A connected socket that no loop has taken on yet; may be sent to another loop's thread.
///
/// Whoever holds it makes an endpoint of it or discards it, once.
package struct Socket: Sendable, Hashable {
    package let descriptor: Int32
    package init(descriptor: Int32) { self.descriptor = descriptor }
}
