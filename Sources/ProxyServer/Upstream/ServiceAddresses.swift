import ProxyCore
import Reactor

/// The addresses of one service as last resolved, for one loop.
///
/// Names are resolved at start, every `resolve_interval` and at once after a failed connect; while DNS is away the last
/// good addresses go on serving (SPEC §5).
final class ServiceAddresses {
    private(set) var addresses: [SocketAddress]
    private var next = 0
    private let host: String?
    private let port: UInt16
    private let context: LoopContext
    private(set) var isResolving = false
    /// Told once, when the first answer (or failure) for a name is there.
    private var waiting: [ServiceConnection] = []

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
    func refresh() {
        guard let host, !self.isResolving else { return }
        let reply = Confined(self, to: self.context.loop)
        self.isResolving = self.context.resolver.resolve(host, port: self.port, replyTo: self.context.loop.mailbox) {
            loop, result in reply.open(on: loop).adopt(result)
        }
        // A full resolver queue is a failed look-up: whoever waits is told instead of waiting for nobody.
        if !self.isResolving { self.adopt(.failure(.temporary)) }
    }

    func wait(_ connection: ServiceConnection) {
        self.waiting.append(connection)
        self.refresh()
    }

    private func adopt(_ result: Result<[SocketAddress], ResolverError>) {
        self.isResolving = false
        if case .success(let found) = result, !found.isEmpty { self.addresses = found }
        let told = self.waiting
        self.waiting = []
        for connection in told { connection.addressesArrived() }
    }
}
