package protocol ListenerHandler: AnyObject {
    /// Asked before each accept; who says yes keeps a place for whoever comes, who says no may have paused the listener.
    func listenerMayAccept(_ listener: Listener) -> Bool
    /// Nobody came for the place that was kept.
    func listenerAcceptedNobody(_ listener: Listener)
    /// Takes the socket on (``Loop/makeEndpoint(socket:peer:handler:)``), sends it to another loop, or discards it.
    func listenerAccepted(_ listener: Listener, socket: Socket, peer: SocketAddress)
    /// No descriptor or memory was left for another connection; accepting goes on by itself after a rest.
    func listenerRests(_ listener: Listener, because error: SystemError)
}

extension ListenerHandler {
    package func listenerMayAccept(_ listener: Listener) -> Bool { true }
    package func listenerAcceptedNobody(_ listener: Listener) {}
}

/// Accepts connections on a loop.
package final class Listener {
    package let address: SocketAddress
    package private(set) var isPaused = false
    package private(set) var isClosed = false

    /// One wake-up's share: connections that are open already must not wait behind a flood of new ones.
    static let acceptsPerTurnMax = 64
    /// How long accepting rests when descriptors or memory run out; without a rest epoll would report the waiting
    /// connection at once again.
    static let rest: UInt64 = 100_000_000

    private let loop: Loop
    private let socket: ListeningSocket
    private var handler: (any ListenerHandler)?
    private let restTimer = TimerEntry()
    private var isWatched = false
    var place: Loop.Place?

    init(loop: Loop, socket: ListeningSocket, handler: any ListenerHandler) {
        self.loop = loop
        self.socket = socket
        self.address = socket.address
        self.handler = handler
        self.restTimer.handler = self
    }

    /// Accepts no more until ``resume()``; the kernel's backlog fills meanwhile.
    package func pause() {
        self.isPaused = true
        self.unwatch()
    }

    package func resume() {
        guard self.isPaused, !self.isClosed else { return }
        self.isPaused = false
        if self.restTimer.deadline == .max { self.watchOrRest() }
    }

    /// Closes the socket; the first of the listeners on a Unix socket also removes its file, if it is still ours.
    package func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.unwatch()
        self.loop.cancel(self.restTimer)
        self.loop.retire(self)
        self.handler = nil
        self.socket.discard(kernel: self.loop.kernel)
    }

    func watch() -> Int32 {
        guard let place = self.place else { return 0 }
        // A Unix socket is shared by all loops: one connection should wake one of them.
        let readiness: Readiness = self.address.isUnix ? [.read, .exclusive] : .read
        let result = self.loop.kernel.add(
            self.socket.descriptor, to: self.loop.poller, for: readiness, token: place.token)
        self.isWatched = result >= 0
        return result
    }

    /// Taken out of epoll rather than disarmed: duplicates of a Unix socket would keep it in after closing, and an
    /// exclusive entry cannot be modified.
    private func unwatch() {
        guard self.isWatched else { return }
        self.isWatched = false
        _ = self.loop.kernel.remove(self.socket.descriptor, from: self.loop.poller)
    }

    func ready() {
        for _ in 0..<Self.acceptsPerTurnMax {
            guard self.isWatched, let handler, handler.listenerMayAccept(self) else { return }
            var peer = SocketAddress.unix(path: "")
            let result = self.loop.kernel.accept(self.socket.descriptor, peer: &peer)
            if result >= 0 {
                handler.listenerAccepted(self, socket: Socket(descriptor: result), peer: peer)
                continue
            }
            handler.listenerAcceptedNobody(self)
            let error = SystemError(.accept, result: result)
            switch error.code {
            case .wouldBlock: return
            case .badDescriptor, .invalidArgument: return self.takeRest(because: error)
            case let code where code.isExhaustion: return self.takeRest(because: error)
            // The connection that was waiting failed by itself, such as ECONNABORTED; the next one need not.
            default: continue
            }
        }
    }

    private func takeRest(because error: SystemError) {
        self.unwatch()
        self.loop.schedule(self.restTimer, at: self.loop.now + Self.rest)
        self.handler?.listenerRests(self, because: error)
    }

    private func watchOrRest() {
        let result = self.watch()
        if result < 0 { self.takeRest(because: SystemError(.poll, result: result)) }
    }
}

extension Listener: TimerHandler {
    package func deadlinePassed(_ entry: TimerEntry) {
        if !self.isPaused, !self.isClosed { self.watchOrRest() }
    }
}

@available(*, unavailable) extension Listener: Sendable {}
