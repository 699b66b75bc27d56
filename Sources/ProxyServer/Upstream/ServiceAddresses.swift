import ProxyCore
import Reactor

/// The addresses of one service as last resolved, for one loop.
///
/// Names are resolved at start, every `resolve_interval` and at once after a failed connect; while DNS is away the last
/// good addresses go on serving (SPEC §5).
final class ServiceAddresses {
    private(set) var addresses: [SocketAddress]
    /// Whose connections go to them; nil when it has retired, and keeps none that could lead elsewhere.
    var pool: ServicePool?
    /// Nil where there is nothing to resolve.
    let host: String?
    /// A failure is said, if it is the first answer from now on.
    var saysFailure = false
    private var next = 0
    private let port: UInt16
    private let context: LoopContext
    private(set) var isResolving = false
    /// Told once, when the first answer (or failure) for a name is there; as many as its pool may open.
    private(set) var waiting: [ServiceConnection] = []

    init(endpoint: ServiceEndpoint, context: LoopContext) {
        self.context = context
        switch endpoint.address {
        case .unix(let path):
            self.addresses = [.unix(path: path)]
            self.host = nil
            self.port = 0
        case .network(let host, let port):
            self.port = port
            if let literal = SocketAddress(literalHost: host, port: port) {
                self.addresses = [literal]
                self.host = nil
            } else {
                self.addresses = []
                self.host = host
            }
        }
    }

    /// Where to try now: all addresses once, beginning behind the one that was tried last.
    func rotation() -> [SocketAddress] {
        guard self.addresses.count > 1 else { return self.addresses }
        self.next = (self.next + 1) % self.addresses.count
        return Array(self.addresses[self.next...] + self.addresses[..<self.next])
    }

    /// Asks again for a name's addresses; one question at a time.
    func refresh() { self.ask(because: .due) }

    /// Asks again at once: somebody cannot connect.
    ///
    /// Whatever fails meanwhile, a name is looked up once a second at most (``Resolver/urgentPause``).
    func refreshNow() { self.ask(because: .urgent(at: self.context.loop.now)) }

    private func ask(because occasion: Resolver.Occasion) {
        guard let host, !self.isResolving else { return }
        let reply = Confined(self, to: self.context.loop)
        let mailbox = self.context.loop.mailbox
        let isAsked = self.context.resolver.resolve(host, port: self.port, because: occasion, replyTo: mailbox) {
            loop, answer in reply.open(on: loop).adopt(answer)
        }
        // A full resolver queue is a failed look-up, told later like any other: whoever waits does not wait for nobody.
        self.isResolving = isAsked || mailbox.post { loop in reply.open(on: loop).adopt(.failure(.temporary)) }
    }

    func wait(_ connection: ServiceConnection) {
        self.waiting.append(connection)
        self.refreshNow()
    }

    func stopWaiting(_ connection: ServiceConnection) {
        guard let position = self.waiting.firstIndex(where: { $0 === connection }) else { return }
        self.waiting.remove(at: position)
    }

    private func adopt(_ answer: Resolver.Answer) {
        self.isResolving = false
        switch answer {
        case .success(let found): if !found.isEmpty { self.replace(by: found) }
        case .failure(let error): self.say(error)
        }
        self.saysFailure = false
        let told = self.waiting
        self.waiting = []
        for connection in told { connection.addressesArrived() }
    }

    private func replace(by found: [SocketAddress]) {
        let former = self.addresses
        self.addresses = found
        // As many as are kept at all may not be all that there are: such an answer takes none away.
        guard found.count < Resolver.addressesMax, former.contains(where: { !found.contains($0) }) else { return }
        self.pool?.lostAddresses()
    }

    private func say(_ error: ResolverError) {
        guard self.saysFailure, self.addresses.isEmpty, let host, let pool else { return }
        self.context.shared.report(UnresolvedName(host: host, service: pool.name, cause: error))
    }
}
