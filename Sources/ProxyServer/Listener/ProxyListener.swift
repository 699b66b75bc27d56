import Observability
import ProxyCore
import Reactor

/// What a listener knows of its clients.
struct ListenerSettings: Sendable {
    let trustedPeers: TrustedPeers
}

/// Takes connections in until the cap, then rests until one has gone.
final class ProxyListener: ListenerHandler {
    private var listener: Listener?
    private let settings: ListenerSettings
    private let context: LoopContext

    init(socket: ListeningSocket, settings: ListenerSettings, context: LoopContext) throws(SystemError) {
        self.settings = settings
        self.context = context
        self.listener = try context.loop.accept(from: socket, handler: self)
    }

    func listenerAccepted(_ listener: Listener, socket: Socket, peer: SocketAddress) {
        let instruments = self.context.instruments
        instruments.add(to: .acceptedConnections)
        do {
            try DownstreamConnection.open(
                socket, peer: Self.identity(of: peer, trusted: self.settings.trustedPeers), context: self.context)
        } catch {
            instruments.add(to: .refusedConnections)
            self.context.giveUpPlace()
        }
        instruments.set(self.context.connections.count, .openConnections)
    }

    /// Whoever comes at the cap waits in the kernel's backlog rather than being turned away: the place is taken before the
    /// kernel is asked, since another loop may take the last one meanwhile.
    func listenerMayAccept(_ listener: Listener) -> Bool {
        if self.context.shared.connectionCount.enter(below: self.context.connectionsMax) { return true }
        // Where room came about at this moment the listener is watched again, and asked again.
        self.restAtCap(listener)
        return false
    }

    func listenerAcceptedNobody(_ listener: Listener) { self.context.giveUpPlace() }

    private func restAtCap(_ listener: Listener) {
        // Paused first: who leaves from here on finds a listener to resume.
        listener.pause()
        if !self.context.restsAtCap() { listener.resume() }
    }

    func listenerRests(_ listener: Listener, because: SystemError) {
        self.context.instruments.add(to: .acceptPauses)
    }

    private static func identity(of peer: SocketAddress, trusted: TrustedPeers) -> PeerIdentity {
        switch peer {
        case .unix: PeerIdentity(unixSocket: false, trusted: trusted)
        case .inet4, .inet6:
            // The kernel's own address always reads as one; a stranger's place holder would be trusted by nobody.
            PeerIdentity(addressText: peer.hostText, isTLS: false, trusted: trusted)
                ?? PeerIdentity(unixSocket: false, trusted: .nobody)
        }
    }

    var isPaused: Bool { self.listener?.isPaused ?? false }

    func resume() {
        if let listener, listener.isPaused { listener.resume() }
    }

    func close() {
        self.listener?.close()
        self.listener = nil
    }
}
