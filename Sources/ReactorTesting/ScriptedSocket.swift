package import Reactor

/// The kernel's side of one connection of the loop under test.
final class ScriptedSocket {
    enum Phase { case fresh, listening, connecting, connected, reset }

    let family: SocketAddress.Family
    var phase = Phase.fresh { didSet { self.changes += 1 } }
    var localAddress: SocketAddress?
    var options: Set<SocketOption> = []
    /// What an accepted socket has of the listening one, of the options that tests look at.
    static let inheritedOptions: Set<SocketOption> = [.keepAlive]

    // Listening
    var backlog: [(socket: ScriptedSocket, peer: SocketAddress)] = []

    // Connected
    var incoming: [UInt8] = []
    var hasPeerFinished = false { didSet { self.changes += 1 } }
    var hasShutDownWriting = false
    var pendingError: SystemError.Code?
    var outgoing: [UInt8] = []
    /// How many bytes the peer's window takes before it reads.
    var window = Int.max { didSet { self.changes += 1 } }
    var isClosed = false
    var wasResetByLoop = false

    /// Counts what an edge-triggered poller reports: something came that was not there before.
    var changes = 0

    init(family: SocketAddress.Family) { self.family = family }

    /// As tcp_poll and unix_poll of Linux decide it.
    var readiness: Readiness {
        var readiness: Readiness = []
        if self.pendingError != nil { readiness.insert(.error) }
        switch self.phase {
        case .fresh: readiness.formUnion([.write, .hangUp])
        case .listening: if !self.backlog.isEmpty { readiness.insert(.read) }
        case .connecting: break
        case .reset: readiness.formUnion([.read, .write, .peerClosed, .hangUp])
        case .connected:
            if !self.incoming.isEmpty || self.hasPeerFinished { readiness.insert(.read) }
            if self.hasPeerFinished { readiness.insert(.peerClosed) }
            if self.hasPeerFinished, self.hasShutDownWriting { readiness.insert(.hangUp) }
            if self.outgoing.count < self.window || self.hasShutDownWriting { readiness.insert(.write) }
        }
        return readiness
    }

    func takePendingError() -> SystemError.Code? {
        defer { self.pendingError = nil }
        return self.pendingError
    }

    func fail(_ code: SystemError.Code) {
        self.phase = .reset
        self.pendingError = code
    }
}

/// The other end of a connection: the test plays the client of a listener, or the upstream of an outgoing one.
package final class ScriptedPeer {
    let socket: ScriptedSocket
    /// The address the loop sees for this peer.
    package let address: SocketAddress

    init(socket: ScriptedSocket, address: SocketAddress) {
        self.socket = socket
        self.address = address
    }

    /// Bytes for the loop to receive.
    package func send(_ bytes: some Sequence<UInt8>) {
        self.socket.incoming.append(contentsOf: bytes)
        self.socket.changes += 1
    }

    package func send(_ text: String) { self.send(text.utf8) }

    /// Everything the loop has sent and ``take()`` has not taken.
    package var received: [UInt8] { self.socket.outgoing }

    /// Takes what the loop has sent, which opens the window again.
    package func take() -> [UInt8] {
        defer {
            self.socket.outgoing.removeAll()
            self.socket.changes += 1
        }
        return self.socket.outgoing
    }

    package func takeText() -> String { String(decoding: self.take(), as: UTF8.self) }

    /// How many unread bytes this peer takes; sends beyond it would block.
    package var window: Int {
        get { self.socket.window }
        set { self.socket.window = newValue }
    }

    /// Shuts down writing: the loop sees the end of the stream behind what was sent.
    package func finish() { self.socket.hasPeerFinished = true }

    /// Resets the connection.
    ///
    /// What was sent before can still be received.
    package func reset() { self.fail(.connectionReset) }

    /// Lets the connection die of another error, such as a timeout.
    package func fail(_ code: SystemError.Code) { self.socket.fail(code) }

    /// The loop has shut down its writing or closed: a real peer would read the end of the stream.
    package var sawEnd: Bool { self.socket.hasShutDownWriting || (self.socket.isClosed && !self.socket.wasResetByLoop) }

    /// The loop has closed with a reset, or with bytes unread, which is one.
    package var sawReset: Bool { self.socket.wasResetByLoop }

    package var isClosedByLoop: Bool { self.socket.isClosed }

    /// The loop would learn that this peer has vanished, should it.
    package var isKeptAlive: Bool { self.socket.options.contains(.keepAlive) }

    /// How many bytes the loop has not received yet.
    package var unreadByLoop: Int { self.socket.incoming.count }
}
