import HTTPWire
import OAuthModel
import Observability
import ProxyCore
import Reactor

/// Confined to its loop's thread: created, used and released there.
///
/// Connections, pools and calls hold it strongly, and it them: an unowned reference costs an atomic operation at each
/// look, several dozen a request. Closing a connection takes it out; `release` takes the rest out at the end.
final class LoopContext {
    let loop: Loop
    let index: UInt16
    let shared: ProcessContext
    // Each names the other, so one of them comes second: nil only inside `init` and behind the loop's last turn.
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    private(set) var current: GenerationContext!
    /// Counts the times that the limits of heads have changed: connections outlive reloads.
    private(set) var limitsEpoch = 0
    /// Of the current generation; a copy, because every request sets a deadline.
    private(set) var timeouts: Timeouts
    var connections: ConnectionTable
    /// Heads are written here and sent from here; what the socket does not take is queued by the endpoint.
    var writer = HeadWriter()
    private var requestIDs: RequestIDGenerator
    private(set) var listeners: [ProxyListener] = []
    private(set) var drain: DrainPhase = .serving
    /// The time for finishing is over, also for what has come since.
    private var isCut = false
    private(set) var flights: [FlightKey: IntrospectionCall] = [:]
    private var dateSecond: Int64 = .min
    private var dateBytes: [UInt8] = []
    private var timestampSecond: Int64 = .min
    private var timestampBytes: [UInt8] = []
    private var openStreams = 0
    private var sampleSum = 0.0
    private let resolveTimer = TimerEntry()
    private var drained: (() -> Void)?

    var resolver: Resolver { self.shared.resolver }
    var isStopping: Bool { self.drain == .refusing }
    var instruments: LoopInstruments { self.current.instruments.loop }

    init(loop: Loop, index: UInt16, shared: ProcessContext, generation: ProxyGeneration) {
        self.loop = loop
        self.index = index
        self.shared = shared
        self.timeouts = generation.timeouts
        self.connections = ConnectionTable(loop: index)
        self.requestIDs = RequestIDGenerator.random()
        self.adopt(generation)
        self.resolveTimer.handler = self
        loop.context = self
    }

    var now: Instant {
        Instant(monotonic: self.loop.now, wall: NumericDate(seconds: self.loop.wallSeconds))
    }

    /// `Date` (RFC 9110 §6.6.1), written anew once a second.
    var date: [UInt8] {
        if self.dateSecond != self.loop.wallSeconds {
            self.dateSecond = self.loop.wallSeconds
            self.dateBytes = HTTPDate(secondsSinceEpoch: self.dateSecond).span.copied()
        }
        return self.dateBytes
    }

    // MARK: The writer

    /// Sends what the writer holds, from `offset` on; what does not fit is queued.
    func writeOut(to endpoint: Endpoint, from offset: Int = 0) -> WriteOutcome {
        self.writer.withSpan { endpoint.write($0.extracting(offset..<$0.count)) }
    }

    /// Sends what the writer holds, a whole message, by the end of this turn.
    func post(to endpoint: Endpoint) -> WriteOutcome { self.writer.withSpan { endpoint.post($0) } }

    /// The same with the rest of the message behind it: the first `count` bytes of `buffer`, which are few.
    func post(to endpoint: Endpoint, with buffer: ReadBuffer, count: Int) -> WriteOutcome {
        self.writer.append(buffer.bytes.extracting(0..<count))
        return self.writer.withSpan { endpoint.post($0) }
    }

    /// Sends what the writer holds and the first `count` bytes of `buffer` behind it, in one system call.
    func sendOut(to endpoint: Endpoint, with buffer: ReadBuffer, count: Int) -> SendOutcome {
        guard count <= Self.copiedBytesMax else {
            return self.writer.withSpan { endpoint.send($0, buffer.bytes.extracting(0..<count)) }
        }
        let written = self.writer.count
        self.writer.append(buffer.bytes.extracting(0..<count))
        defer { self.writer.truncate(to: written) }
        return endpoint.send(self.writer.span)
    }

    /// So few bytes are copied behind the head in less time than the kernel needs for a list of two pieces.
    static let copiedBytesMax = 4_096

    func makeRequestID() -> RequestID { self.requestIDs.next() }

    /// When the wall clock will read `end`, on the monotonic one.
    func deadline(for end: NumericDate) -> UInt64 {
        let left = end.seconds - self.loop.wallSeconds
        guard left > 0 else { return self.loop.now }
        // A century is as good as for ever, and far from overflowing.
        return self.loop.now + .seconds(min(UInt64(left), 3_153_600_000))
    }

    /// `time` of a log line (RFC 3339 §5.6), written anew once a second.
    var timestamp: [UInt8] {
        if self.timestampSecond != self.loop.wallSeconds {
            self.timestampSecond = self.loop.wallSeconds
            self.timestampBytes = [UInt8](RFC3339DateTime(clamping: self.timestampSecond).description.utf8)
        }
        return self.timestampBytes
    }

    /// Whether this allowed request is one of the share that is logged.
    func isSampled(_ share: Double) -> Bool {
        guard share < 1 else { return true }
        // Every request adds its share; it is logged when the sum passes a whole one.
        self.sampleSum += share
        guard self.sampleSum >= 1 else { return false }
        self.sampleSum -= 1
        return true
    }

    func tunnelBegan() {
        self.openStreams += 1
        self.instruments.set(self.openStreams, .openStreams)
    }

    func tunnelEnded() {
        self.openStreams -= 1
        self.instruments.set(self.openStreams, .openStreams)
    }

    // MARK: Generations

    /// Makes `generation` the one that new exchanges begin with.
    func adopt(_ generation: ProxyGeneration) {
        let instruments = self.shared.registry.instruments(for: generation, loop: Int(self.index))
        if self.current?.generation.limits.head != generation.limits.head { self.limitsEpoch += 1 }
        self.current = GenerationContext(
            generation: generation, instruments: instruments, context: self, previous: self.current)
        self.timeouts = generation.timeouts
        for pool in self.current.allPools where pool.addresses.addresses.isEmpty { pool.addresses.refresh() }
        // The cap may have been raised.
        self.resumeListeners()
        // It is the process's, so one loop says it for all.
        if self.index == 0 { self.instruments.set(self.connectionsMax, .connectionsMax) }
        self.loop.schedule(self.resolveTimer, at: self.loop.now + generation.resolveInterval)
    }

    // MARK: Listeners

    func listen(on socket: ListeningSocket, as settings: ListenerSettings) throws(SystemError) {
        self.listeners.append(try ProxyListener(socket: socket, settings: settings, context: self))
    }

    /// Connections come and go: a listener that rests at the cap takes up again below it.
    func connectionClosed(_ id: WaiterID) {
        self.connections.release(id)
        self.instruments.set(self.connections.count, .openConnections)
        self.giveUpPlace()
        self.finishDrainIfEmpty()
    }

    /// One connection less in the whole process: loops that rest at the cap are told, whichever has one waiting.
    func giveUpPlace() {
        guard self.shared.connectionCount.leave() else { return }
        for index in 0..<self.shared.directory.count where index != Int(self.index) {
            self.shared.directory.post(to: UInt16(index)) { $0.resumeListeners() }
        }
        self.resumeListeners()
    }

    private func resumeListeners() {
        guard self.current != nil, self.listeners.contains(where: \.isPaused), !self.restsAtCap() else { return }
        for listener in self.listeners { listener.resume() }
    }

    /// Whether no more may be taken in; then this loop is told when that changes.
    func restsAtCap() -> Bool {
        let cap = self.connectionsMax
        let count = self.shared.connectionCount
        return !count.hasRoom(below: cap) && count.restsUntilRoom(below: cap)
    }

    /// Of all loops together: `limits.connections`, or what the process's limits allow.
    var connectionsMax: Int {
        let configured = self.current.generation.limits.connections
        return max(1, min(configured, self.shared.connectionsMax ?? configured))
    }

    // MARK: Waiters

    /// Tells waiters of a landed flight or of keys, each on its own loop.
    func resume(_ waiters: [WaiterID], with landing: Landing) {
        var others: [UInt16: [WaiterID]] = [:]
        for waiter in waiters {
            if waiter.loop == self.index {
                self.connections.connection(for: waiter)?.resume(with: landing)
            } else {
                others[waiter.loop, default: []].append(waiter)
            }
        }
        for (index, told) in others { self.shared.directory.post(to: index) { $0.resume(told, with: landing) } }
    }

    // MARK: Flights

    /// Asks the authorization server; the call lives until it lands, whatever becomes of who began it.
    func introspect(
        _ pending: PendingValidation, flight: FlightID, token: BearerToken, in generation: GenerationContext
    ) {
        let call = IntrospectionCall(
            pending: pending, flight: flight, token: token, generation: generation, context: self)
        self.flights[call.key] = call
        call.begin()
    }

    func landed(_ call: IntrospectionCall) { self.flights[call.key] = nil }

    /// The end of one call lets others go, or ends their wait: each on the loop that will perform it.
    func perform(_ departures: AuthorizationServerGuard.Departures, of state: AuthorizationServerState) {
        for (ticket, permit) in departures.start {
            self.onLoop(ticket.loop) { $0.flights[FlightKey(state, ticket.flight)]?.proceed(with: permit) }
        }
        let retryAfter = departures.retryAfter
        for ticket in departures.refuse {
            self.onLoop(ticket.loop) { $0.flights[FlightKey(state, ticket.flight)]?.refused(retryAfter: retryAfter) }
        }
    }

    /// Always through the mailbox: what one call sets in motion never runs in the middle of another.
    private func onLoop(_ index: UInt16, _ work: @escaping @Sendable (LoopContext) -> Void) {
        self.shared.directory.post(to: index, work)
    }

    // MARK: Drain

    /// SIGTERM: everything is served as before, with `Connection: close`, until `refuse` is called (SPEC §9).
    func beginDrain() {
        guard self.drain == .serving else { return }
        self.drain = .announcing
    }

    /// The listeners close, idle connections end, what is in flight goes on; `done` is called when nothing is left.
    func refuse(done: @escaping () -> Void) {
        guard self.drain != .refusing else { return }
        self.drain = .refusing
        self.drained = done
        for listener in self.listeners { listener.close() }
        self.listeners = []
        for connection in self.connections.all { if self.isCut { connection.cut() } else { connection.drain() } }
        for pool in self.current.allPools { pool.retire() }
        self.finishDrainIfEmpty()
    }

    /// What is left is cut.
    func cut() {
        self.isCut = true
        for connection in self.connections.all { connection.cut() }
    }

    /// The loop is over: lets go of everything that refers back here.
    func release() {
        for connection in self.connections.all { connection.cut() }
        for listener in self.listeners { listener.close() }
        self.listeners = []
        for call in self.flights.values { call.abandon() }
        self.flights = [:]
        self.drained = nil
        self.loop.cancel(self.resolveTimer)
        guard let current else { return }
        for pool in current.allPools { pool.retire() }
        self.current = nil
    }

    private func finishDrainIfEmpty() {
        guard self.drain == .refusing, self.connections.count == 0, let drained = self.drained else { return }
        self.drained = nil
        drained()
    }
}

@available(*, unavailable) extension LoopContext: Sendable {}

/// How far a shutdown has come.
enum DrainPhase {
    case serving
    /// Answers carry `Connection: close`; new connections are welcome.
    case announcing
    /// No new connections, no new requests.
    case refusing
}

extension LoopContext: TimerHandler {
    func deadlinePassed(_ entry: TimerEntry) {
        for pool in self.current.allPools { pool.addresses.refresh() }
        self.loop.schedule(self.resolveTimer, at: self.loop.now + self.current.generation.resolveInterval)
    }
}
