import HTTPWire
import Observability
import ProxyCore
import Reactor

/// The connections of one loop to one service: what is idle is used again, newest first.
final class ServicePool {
    struct Settings {
        var connectTimeout: Nanoseconds
        var idleConnectionsMax: Int
        var idleTimeout: Nanoseconds
        var connectionsMax: Int
        var responseLimits: HeadLimits
        /// Idle connections are asked once more before they are used: a system call, for answers that decide who gets in.
        var asksBeforeReuse = false
    }

    enum Lease {
        /// Open: send at once.
        case ready(ServiceConnection)
        /// The user will be told.
        case connecting(ServiceConnection)
        case full
    }

    let name: String
    let endpoint: ServiceEndpoint
    var settings: Settings {
        didSet { if self.settings.responseLimits != oldValue.responseLimits { self.limitsEpoch += 1 } }
    }
    /// Counts the times that the limits of its answers have changed.
    private(set) var limitsEpoch = 0
    let context: LoopContext
    let addresses: ServiceAddresses
    /// Where an upstream's connections are counted; nil for an authorization server's.
    private let instruments: UpstreamInstruments?
    private var idle: [ServiceConnection] = []
    private(set) var openCount = 0
    /// Counts the times that the name has lost addresses; each connection knows the last one that it has outlived.
    private(set) var addressEpoch = 0
    /// A pool that no generation names any more keeps nothing for later.
    private var isRetired = false
    /// How many of its connections a retired pool has in the figures.
    private var retiredCount = 0

    var idleCount: Int { self.idle.count }
    var busyCount: Int { self.openCount - self.idle.count }

    init(
        name: String, endpoint: ServiceEndpoint, settings: Settings, instruments: UpstreamInstruments?,
        context: LoopContext
    ) {
        self.name = name
        self.endpoint = endpoint
        self.settings = settings
        self.instruments = instruments
        self.context = context
        self.addresses = ServiceAddresses(endpoint: endpoint, context: context)
        self.addresses.pool = self
    }

    /// - Parameter fresh: no reused connection, because one has just failed us.
    func lease(to user: any ServiceConnectionUser, fresh: Bool = false) -> Lease {
        if !fresh, let connection = self.takeIdle() {
            connection.lease(to: user)
            self.report()
            return .ready(connection)
        }
        // One that lies idle, and was not wanted, makes room for a fresh one.
        if self.openCount >= self.settings.connectionsMax { self.idle.first?.discard() }
        guard self.openCount < self.settings.connectionsMax else { return .full }
        self.openCount += 1
        self.report()
        let connection = ServiceConnection(pool: self, user: user)
        connection.connect(
            to: self.addresses.rotation(), deadline: self.context.loop.now + self.settings.connectTimeout)
        return .connecting(connection)
    }

    private func takeIdle() -> ServiceConnection? {
        while let connection = self.idle.popLast() {
            guard self.settings.asksBeforeReuse, !connection.isSilent() else { return connection }
            connection.discard()
        }
        return nil
    }

    /// The exchange is over and left the connection in step.
    func giveBack(_ connection: ServiceConnection) {
        guard !self.isRetired, !self.context.isStopping, !connection.isOutOfStep,
            connection.addressEpoch == self.addressEpoch || self.stillLeads(to: connection),
            self.idle.count < self.settings.idleConnectionsMax,
            let endpoint = connection.endpoint, endpoint.isOpen, !endpoint.reachedEnd, endpoint.inbound.isEmpty,
            endpoint.isFlushed,
            Self.hasNothingMore(endpoint)
        else { return connection.discard() }
        connection.park(endpoint, until: self.context.loop.now + self.settings.idleTimeout)
        self.idle.append(connection)
        self.report()
    }

    /// A successor may write the same figures: what is left of a retired pool is counted beside them until it has gone.
    private func report() {
        guard self.isRetired else {
            self.instruments?.set(idle: self.idleCount, busy: self.busyCount)
            return
        }
        self.instruments?.addRetired(self.openCount - self.retiredCount)
        self.retiredCount = self.openCount
    }

    /// Whether the answer that was read is all that came: a byte behind it would be taken for the next one's answer.
    ///
    /// Asked of the socket only where the last bytes of the answer filled the buffer to the brim.
    private static func hasNothingMore(_ endpoint: Endpoint) -> Bool {
        guard !endpoint.isDrained else { return true }
        guard case .wouldBlock = endpoint.receive() else { return false }
        return true
    }

    /// The name has lost addresses: what lies idle elsewhere is closed, what is busy is looked at when it comes back.
    func lostAddresses() {
        self.addressEpoch += 1
        for connection in self.idle where !self.stillLeads(to: connection) { connection.discard() }
    }

    /// Whether the name has the connection's address; looked for once in each epoch.
    private func stillLeads(to connection: ServiceConnection) -> Bool {
        connection.addressEpoch = self.addressEpoch
        guard let peer = connection.endpoint?.peer else { return false }
        return self.addresses.addresses.contains(peer)
    }

    /// A connection of ours has been closed, by whomever.
    func closed(_ connection: ServiceConnection) {
        if let position = self.idle.lastIndex(where: { $0 === connection }) { self.idle.remove(at: position) }
        self.openCount -= 1
        self.report()
    }

    func retire() {
        guard !self.isRetired else { return }
        self.isRetired = true
        self.addresses.pool = nil
        self.instruments?.set(idle: 0, busy: 0)
        for connection in self.idle { connection.discard() }
        self.report()
    }
}
