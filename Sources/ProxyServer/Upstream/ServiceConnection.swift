import HTTPWire
import ProxyCore
import Reactor

/// What went wrong with a connection to a service, before anybody decides what that means.
enum ServiceFailure {
    case connect
    /// This machine has no descriptor or memory left for a connection: no fault of the service's.
    case exhausted
    case resolve
    case connectTimeout
    case reset
}

/// Whoever has leased a connection to a service: a request on its way, or an introspection call.
protocol ServiceConnectionUser: AnyObject {
    func serviceConnected(_ connection: ServiceConnection)
    func serviceReadable(_ connection: ServiceConnection)
    func serviceWritable(_ connection: ServiceConnection)
    /// It has taken some of what is queued, and not all.
    func serviceProgressed(_ connection: ServiceConnection)
    func servicePeerClosed(_ connection: ServiceConnection)
    /// It has died while nobody was reading; what came before can still be received.
    func serviceBroke(_ connection: ServiceConnection)
    func serviceFailed(_ connection: ServiceConnection, _ failure: ServiceFailure)
    func serviceDeadline(_ connection: ServiceConnection)
}

extension ServiceConnectionUser {
    func serviceProgressed(_ connection: ServiceConnection) {}
    func serviceBroke(_ connection: ServiceConnection) { connection.fail(.reset) }
}

/// One connection to an upstream or an authorization server: connecting, idle in its pool, or leased to a user.
final class ServiceConnection: EndpointHandler {
    private(set) var endpoint: Endpoint?
    let pool: ServicePool
    /// Nil while idle.
    var user: (any ServiceConnectionUser)?
    /// It has carried an exchange before: a death before the first byte of an answer may be mere staleness.
    private(set) var isReused = false
    private var parkedInTurn: UInt64 = 0
    private var leasedInTurn: UInt64 = 0
    private var connectedInTurn: UInt64 = 0
    /// It spoke before it was asked: what it says now is this user's, and its real answer must not be the next user's.
    private(set) var isOutOfStep = false
    var parser: ResponseHeadParser
    private var limitsEpoch: Int
    private var untried: [SocketAddress] = []
    private var connectDeadline: UInt64 = .max
    private var isConnecting = false
    /// When the connection was last held against its name's addresses, as the pool counts.
    var addressEpoch = 0
    /// While a name is being looked up there is no socket yet to watch the deadline.
    private var lookUpTimer: TimerEntry?
    private var isDiscarded = false

    init(pool: ServicePool, user: any ServiceConnectionUser) {
        self.pool = pool
        self.user = user
        self.parser = ResponseHeadParser(limits: pool.settings.responseLimits)
        self.limitsEpoch = pool.limitsEpoch
    }

    // MARK: Connecting

    /// Tries every address in turn until `deadline`.
    func connect(to addresses: [SocketAddress], deadline: UInt64) {
        self.isConnecting = true
        self.connectDeadline = deadline
        self.untried = addresses
        self.addressEpoch = self.pool.addressEpoch
        guard !addresses.isEmpty else {
            let timer = TimerEntry(handler: self)
            self.lookUpTimer = timer
            self.pool.context.loop.schedule(timer, at: deadline)
            return self.pool.addresses.wait(self)
        }
        self.tryNext()
    }

    /// The name has been looked up, for better or worse.
    func addressesArrived() {
        guard self.isConnecting, self.endpoint == nil, self.user != nil else { return }
        self.endLookUp()
        self.untried = self.pool.addresses.rotation()
        self.addressEpoch = self.pool.addressEpoch
        guard !self.untried.isEmpty else { return self.fail(.resolve) }
        self.tryNext()
    }

    private func endLookUp() {
        guard let timer = self.lookUpTimer.take() else { return }
        self.pool.context.loop.cancel(timer)
        self.pool.addresses.stopWaiting(self)
    }

    private func tryNext() {
        let loop = self.pool.context.loop
        guard loop.now < self.connectDeadline else { return self.fail(.connectTimeout) }
        let share = (self.connectDeadline - loop.now) / UInt64(self.untried.count)
        let endpoint = loop.connect(to: self.untried.removeFirst(), handler: self)
        endpoint.deadline = loop.now + share
        self.endpoint = endpoint
    }

    private func attemptFailed(_ failure: ServiceFailure) {
        self.endpoint?.close()
        self.endpoint = nil
        self.pool.addresses.refreshNow()
        if self.untried.isEmpty { self.fail(failure) } else { self.tryNext() }
    }

    /// It is closed for good, and its user told why.
    func fail(_ failure: ServiceFailure) {
        let user = self.user
        self.discard()
        user?.serviceFailed(self, failure)
    }

    // MARK: Leasing

    /// Back into the pool's hands, clean: nothing unread, nothing unsent.
    func park(_ endpoint: Endpoint, until deadline: UInt64) {
        self.user = nil
        self.isReused = true
        self.parkedInTurn = self.pool.context.loop.turnNumber
        self.parser.reset()
        endpoint.inbound.releaseIfEmpty()
        endpoint.wantsReading = true
        endpoint.deadline = deadline
    }

    /// Whether the socket, asked now, has nothing to tell.
    func isSilent() -> Bool {
        guard let endpoint, case .wouldBlock = endpoint.receive() else { return false }
        return true
    }

    func lease(to user: any ServiceConnectionUser) {
        self.user = user
        self.leasedInTurn = self.pool.context.loop.turnNumber
        self.endpoint?.deadline = .max
        if self.limitsEpoch != self.pool.limitsEpoch { self.adoptLimits() }
    }

    private func adoptLimits() {
        self.limitsEpoch = self.pool.limitsEpoch
        self.parser = ResponseHeadParser(limits: self.pool.settings.responseLimits)
    }

    /// The exchange is over and left the connection in step.
    func giveBack() { self.pool.giveBack(self) }

    /// Closes the connection for good; idempotent.
    func discard() {
        guard !self.isDiscarded else { return }
        self.isDiscarded = true
        self.user = nil
        self.isConnecting = false
        self.endLookUp()
        self.endpoint?.close()
        self.endpoint = nil
        self.pool.closed(self)
    }

    // MARK: EndpointHandler

    func endpointConnected(_ endpoint: Endpoint) {
        self.isConnecting = false
        self.connectedInTurn = self.pool.context.loop.turnNumber
        endpoint.deadline = .max
        self.user?.serviceConnected(self)
    }

    /// An event of the turn in which an idle connection was leased tells of what came before the request was sent, and
    /// that answers nothing.
    ///
    /// Where it was parked in the same turn the event may be about the answer before: all of that had been read by then.
    private var hasSpokenUnasked: Bool {
        let turn = self.pool.context.loop.turnNumber
        return self.isReused && self.leasedInTurn == turn && self.parkedInTurn != turn
    }

    func endpointReadable(_ endpoint: Endpoint) {
        // An idle connection has nothing to say: whatever it says, or its end, ends its use (RFC 9112 §9.5).
        guard let user else { return self.discard() }
        guard !self.hasSpokenUnasked else { return self.fail(.reset) }
        // In the turn of connecting, whatever is there was sent before the request, by a server that greets or refuses.
        if self.connectedInTurn == self.pool.context.loop.turnNumber { self.isOutOfStep = true }
        user.serviceReadable(self)
    }

    func endpointWritable(_ endpoint: Endpoint) { self.user?.serviceWritable(self) }

    func endpointProgressed(_ endpoint: Endpoint) { self.user?.serviceProgressed(self) }

    func endpointPeerClosed(_ endpoint: Endpoint) {
        guard let user else { return self.discard() }
        user.servicePeerClosed(self)
    }

    func endpointFailed(_ endpoint: Endpoint, _ error: SystemError) {
        if self.isConnecting { return self.attemptFailed(error.code.isExhaustion ? .exhausted : .connect) }
        guard let user else { return self.discard() }
        user.serviceBroke(self)
    }

    func endpointDeadline(_ endpoint: Endpoint) {
        if self.isConnecting { return self.attemptFailed(.connectTimeout) }
        guard let user else { return self.discard() }
        user.serviceDeadline(self)
    }
}

extension ServiceConnection: TimerHandler {
    func deadlinePassed(_ entry: TimerEntry) { self.fail(.connectTimeout) }
}
