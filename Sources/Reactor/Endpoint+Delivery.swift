extension Endpoint {
    /// Puts the endpoint under watch.
    ///
    /// Its first event comes in a later turn.
    func attach(at place: Loop.Place) -> Int32 {
        self.place = place
        self.timer.endpoint = self
        self.isWatchedForWriting = self.state == .connecting
        return self.kernel.add(self.descriptor, to: self.loop.poller, for: self.watched, token: place.token)
    }

    /// Memory back to the pool, at the end of the turn in which the endpoint was closed: what a handler may still be
    /// looking at stays where it is until then.
    func releaseMemory() {
        self.inbound.release()
        self.queue?.buffer.release()
    }

    func deadlinePassed() { self.handler?.endpointDeadline(self) }

    func failed(_ error: SystemError) {
        self.markFailed()
        self.handler?.endpointFailed(self, error)
    }

    /// Receives an ordinary message before its reader is called, so that the kernel's part of a turn's messages is done
    /// in one go, and ours in another: each finds its code in the processor's cache but the first time.
    func receiveAhead(_ readiness: Readiness) {
        guard readiness.subtracting(.write) == .read, self.isReading, self.state == .open, self.readsMessages,
            !self.isWriting, !self.inbound.hasAhead
        else { return }
        unsafe self.inbound.fillAhead { unsafe self.kernel.receive(self.descriptor, into: $0) }
        self.isAheadNew = true
    }

    /// Epoll has reported a change.
    func ready(_ readiness: Readiness) {
        if self.inbound.hasAhead, !self.isAheadNew { self.isAheadOld = true }
        self.isAheadNew = false
        // The ordinary message; a socket that was full once also says each time that it is not.
        if readiness.subtracting(.write) == .read, self.isReading, self.state == .open, !self.isWriting {
            self.isReadable = true
            if readiness.contains(.write) { self.isWritable = true }
            self.handler?.endpointReadable(self)
            if self.isReadable, self.isReading { self.goOnLater() }
            return
        }
        if readiness.contains(.write) { self.isWritable = true }
        if !readiness.isDisjoint(with: [.read, .peerClosed, .hangUp, .error]) { self.isReadable = true }
        self.trouble.formUnion(readiness.intersection([.peerClosed, .hangUp, .error]))
        if !self.trouble.isEmpty { self.isEndKnown = true }
        if self.state == .connecting { self.finishConnecting(readiness) }
        guard self.state == .open else { return }
        // Unix sockets report every read of the peer as a chance to write, which nobody waits for.
        if readiness == .write, !self.isWriting { self.watchForWriting(false) }
        self.advance()
    }

    /// Tells what could not be told in the turn in which it became known; whether there was anything.
    func goOn() -> Bool {
        self.isToGoOn = false
        guard self.state == .open else { return false }
        return self.advance()
    }

    private func finishConnecting(_ readiness: Readiness) {
        guard !readiness.isDisjoint(with: [.write, .error, .hangUp]) else { return }
        let error = self.kernel.takePendingError(of: self.descriptor)
        guard error == 0, readiness.contains(.write) else {
            self.failed(SystemError(.connect, error == 0 ? .connectionReset : .init(rawValue: error)))
            return
        }
        self.state = .open
        self.handler?.endpointConnected(self)
    }

    /// Tells the handler what it wants to know and what is known.
    @discardableResult
    private func advance() -> Bool {
        var hasTold = false
        if self.isReading, self.isReadable {
            hasTold = true
            self.handler?.endpointReadable(self)
            guard self.state == .open else { return true }
        }
        // A reader comes to errors and to the end by itself; nobody else would learn of them.
        if !self.isReading, self.trouble.contains(.error) {
            self.trouble.remove(.error)
            let error = self.kernel.takePendingError(of: self.descriptor)
            if error != 0 {
                self.failed(SystemError(.connection, .init(rawValue: error)))
                return true
            }
        }
        if self.isWriting, self.isWritable || self.trouble.contains(.hangUp) {
            hasTold = true
            switch self.flush() {
            case .drained: self.handler?.endpointWritable(self)
            case .pending(let sent): if sent > 0 { self.handler?.endpointProgressed(self) }
            case .failed(let error): self.failed(error)
            }
            guard self.state == .open else { return true }
        }
        if !self.isReading, !self.trouble.isEmpty {
            self.trouble = []
            if !self.hasToldPeerClosed {
                self.hasToldPeerClosed = true
                hasTold = true
                self.handler?.endpointPeerClosed(self)
                guard self.state == .open else { return true }
            }
        }
        if (self.isReading && self.isReadable) || (self.isWritingWanted && self.isWritable) { self.goOnLater() }
        return hasTold
    }

    var isWriting: Bool { self.isWritingWanted || self.hasQueuedBytes }

    func goOnLater() {
        guard !self.isToGoOn, self.state == .open else { return }
        self.isToGoOn = true
        self.loop.goOnLater(self)
    }

    func awaitWritable() {
        guard self.state == .open else { return }
        if self.isWritable { self.goOnLater() } else { self.watchForWriting(true) }
    }

    private var watched: Readiness {
        self.isWatchedForWriting ? [.read, .peerClosed, .write, .edges] : [.read, .peerClosed, .edges]
    }

    /// Modifying makes epoll look anew, so a socket that is writable again by now is reported all the same.
    private func watchForWriting(_ isWatched: Bool) {
        guard let place = self.place, self.isWatchedForWriting != isWatched else { return }
        self.isWatchedForWriting = isWatched
        let result = self.kernel.modify(
            self.descriptor, in: self.loop.poller, for: self.watched, token: place.token)
        if result < 0 { self.loop.failLater(self, SystemError(.poll, result: result)) }
    }
}
