import Reactor
import ReactorTesting

/// Writes down what it is told, and does what the test wants then.
final class Recorder: EndpointHandler {
    enum Event: Equatable {
        case readable, writable, connected, peerClosed, deadline
        case failed(SystemError.Code)
    }

    private(set) var events: [Event] = []
    /// Everything received, if `reads`.
    private(set) var received: [UInt8] = []
    private(set) var outcomes: [ReceiveOutcome] = []
    var reads = true
    var onEvent: ((Event, Endpoint) -> Void)?
    var text: String { String(decoding: self.received, as: UTF8.self) }
    var sawEnd: Bool { self.outcomes.contains(.endOfStream) }
    var failures: [SystemError.Code] {
        self.events.compactMap { if case .failed(let code) = $0 { code } else { nil } }
            + self.outcomes.compactMap { if case .failed(let error) = $0 { error.code } else { nil } }
    }

    private func note(_ event: Event, _ endpoint: Endpoint) {
        self.events.append(event)
        self.onEvent?(event, endpoint)
    }

    func endpointReadable(_ endpoint: Endpoint) {
        self.note(.readable, endpoint)
        guard self.reads, !endpoint.isClosed else { return }
        let outcome = endpoint.receive()
        self.outcomes.append(outcome)
        let inbound = endpoint.inbound
        for index in inbound.bytes.indices { self.received.append(inbound.bytes[index]) }
        inbound.consumeAll()
        inbound.releaseIfEmpty()
    }

    func endpointWritable(_ endpoint: Endpoint) { self.note(.writable, endpoint) }
    func endpointConnected(_ endpoint: Endpoint) { self.note(.connected, endpoint) }
    func endpointPeerClosed(_ endpoint: Endpoint) { self.note(.peerClosed, endpoint) }
    func endpointFailed(_ endpoint: Endpoint, _ error: SystemError) { self.note(.failed(error.code), endpoint) }
    func endpointDeadline(_ endpoint: Endpoint) { self.note(.deadline, endpoint) }
}

/// One connection: our end, what it is told, and the other end, which the test plays.
typealias RecordedConnection = (endpoint: Endpoint, recorder: Recorder, peer: ScriptedPeer)

extension ScriptedKernel {
    /// A connection whose end on our side is an endpoint of `loop`.
    func connect(to loop: Loop) throws -> RecordedConnection {
        let recorder = Recorder()
        let (socket, peer) = self.makeConnection()
        return (try loop.makeEndpoint(socket: socket, handler: recorder), recorder, peer)
    }
}

/// Makes an endpoint with a recorder of every accepted socket.
final class Acceptor: ListenerHandler {
    private(set) var accepted: [(endpoint: Endpoint, recorder: Recorder)] = []
    private(set) var rests: [SystemError.Code] = []
    var prepare: ((Recorder) -> Void)?
    let loop: Loop

    init(loop: Loop) { self.loop = loop }

    func listenerAccepted(_ listener: Listener, socket: Socket, peer: SocketAddress) {
        let recorder = Recorder()
        self.prepare?(recorder)
        if let endpoint = try? self.loop.makeEndpoint(socket: socket, peer: peer, handler: recorder) {
            self.accepted.append((endpoint, recorder))
        }
    }

    func listenerRests(_ listener: Listener, because error: SystemError) { self.rests.append(error.code) }
}
