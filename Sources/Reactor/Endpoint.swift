/// One stream socket of a loop, connected or connecting.
///
/// While ``wantsReading``, the end of the connection comes out of ``receive(upTo:chunk:)``; otherwise it is told by
/// `endpointPeerClosed` or `endpointFailed`. A handler is called for as long as there is something it wants to know,
/// as if epoll were level-triggered. Beneath, epoll reports changes only and the endpoint remembers what they were:
/// wanting and no longer wanting something is a field, not a system call, and epoll need not look at every socket twice.
@safe @usableFromInline package final class Endpoint {
    @usableFromInline package enum State: Sendable { case connecting, open, failed, closed }

    // What every message touches stands together, in the object's first cache lines; checks for overlapping access
    // are left out (nothing here is ever lent `inout` across a call to a handler).
    private let kernel: any Kernel
    @safe @exclusivity(unchecked) private var currentHandler: (any EndpointHandler)?
    package let inbound: ReadBuffer
    private let descriptor: Int32
    @usableFromInline package private(set) var state: State
    private var isReading = true
    /// The socket may have bytes, an end or an error to receive.
    @usableFromInline private(set) var isReadable = false
    private var isWritingWanted = false
    /// The socket may take bytes: it has not refused any since it last said so.
    private var isWritable = true
    private var isWatchedForWriting = false
    private var hasReachedEnd = false
    /// An end or an error is to be received behind what is unread, and no event will say so again.
    private var isEndKnown = false
    private var hasToldPeerClosed = false
    /// What epoll said of the peer's end and of errors, until the handler knows.
    private var trouble: Readiness = []
    /// A receive ahead may have brought less than there is by now: the socket has spoken again since.
    private var isAheadOld = false
    /// The event under way is the one that a receive ahead was made for.
    private var isAheadNew = false
    /// The last reader wanted an ordinary message, and so may the next one.
    private var readsMessages = true
    /// Some of what was posted waits for the turn's end.
    private var isPosted = false
    /// Connected by us, not accepted.
    let isOutgoing: Bool
    /// Waits in the loop's list of endpoints to go on with.
    private var isToGoOn = false
    /// Made when bytes first had to wait: most connections never need one.
    @safe @exclusivity(unchecked) private var queue: WriteQueue?
    private let timer = TimerEntry()

    private let outbox: Outbox
    package let loop: Loop
    /// Who is at the other end, if known.
    package let peer: SocketAddress?
    /// The place in the loop's table; `nil` for an endpoint that never had a socket.
    private(set) var place: Loop.Place?

    init(
        loop: Loop, descriptor: Int32, peer: SocketAddress?, state: State, handler: any EndpointHandler
    ) {
        self.loop = loop
        self.outbox = loop.outbox
        self.kernel = loop.kernel
        self.descriptor = descriptor
        self.peer = peer
        self.isOutgoing = state == .connecting
        self.state = state
        self.currentHandler = handler
        self.inbound = ReadBuffer(pool: loop.buffers)
    }

    /// Held until the endpoint is closed.
    package var handler: (any EndpointHandler)? {
        get { self.currentHandler }
        set { self.currentHandler = self.isClosed ? nil : newValue }
    }

    /// The peer's end of stream has been received.
    package var reachedEnd: Bool { self.hasReachedEnd }

    /// What ``write(_:)`` could not send yet.
    package var outbound: WriteQueue {
        if self.isPosted { self.outbox.send() }
        return self.writeQueue
    }

    private var writeQueue: WriteQueue {
        if let queue = self.queue { return queue }
        let queue = WriteQueue(pool: self.loop.buffers)
        self.queue = queue
        return queue
    }

    /// Nothing of what was written still waits in ``outbound``.
    package var isFlushed: Bool {
        if self.isPosted { self.outbox.send() }
        return !self.hasQueuedBytes
    }

    /// Nothing has been refused by the socket; what was posted in this turn counts as taken.
    package var takesMore: Bool { !self.hasQueuedBytes }

    /// Nothing that has arrived, as far as is known, is still to be received: the last ``receive(upTo:chunk:)`` left room.
    @inlinable package var isDrained: Bool { !self.isReadable }

    @inlinable package var isOpen: Bool { self.state == .open }
    @inlinable package var isClosed: Bool { self.state == .closed }

    // MARK: What is wanted

    /// Whether `endpointReadable` is to be called.
    ///
    /// Ends by itself with the stream.
    package var wantsReading: Bool {
        get { self.isReading }
        set {
            self.isReading = newValue && !self.hasReachedEnd && (self.state == .open || self.state == .connecting)
            // Either there is something to read already, or a reader no longer comes to the end by itself.
            if self.isReading ? self.isReadable : !self.trouble.isEmpty { self.goOnLater() }
        }
    }

    /// Whether `endpointWritable` is to be called.
    ///
    /// Not needed for what ``write(_:)`` has queued.
    package var wantsWriting: Bool {
        get { self.isWritingWanted }
        set {
            self.isWritingWanted = newValue && (self.state == .open || self.state == .connecting)
            if self.isWritingWanted { self.awaitWritable() }
        }
    }

    /// When `endpointDeadline` is called, unless it is moved; `.max` for never.
    ///
    /// At most 50 ms late, never early.
    package var deadline: UInt64 {
        get { self.timer.deadline }
        set { if self.state != .closed { self.loop.schedule(self.timer, at: newValue) } }
    }

    // MARK: Receiving

    /// Moves what has arrived into ``inbound``, with one system call.
    /// - Parameters:
    ///   - maximum: how many unread bytes there may come to be; rounded up to a size class.
    ///   - chunk: the block that an empty buffer starts with.
    package func receive(
        upTo maximum: Int = ReadBuffer.readChunk, chunk: Int = ReadBuffer.readChunk
    ) -> ReceiveOutcome {
        guard self.state == .open || self.state == .failed else {
            return .failed(SystemError(.receive, .badDescriptor))
        }
        self.readsMessages = chunk == ReadBuffer.readChunk
        guard
            let (result, room) = unsafe self.inbound.takeAhead()
                ?? self.inbound.fill(
                    upTo: maximum, chunk: chunk, { unsafe self.kernel.receive(self.descriptor, into: $0) })
        else { return .full }
        // A receive made ahead knows nothing of what came behind it.
        let hasEmptied = result < room && !self.isAheadOld
        self.isAheadOld = false
        if result > 0 {
            // A short read has emptied the socket; what comes later is a new event. A known end is still to be read.
            if hasEmptied, !self.isEndKnown { self.isReadable = false }
            return .bytes(result, drained: hasEmptied)
        }
        if hasEmptied { self.isReadable = false }
        self.inbound.releaseIfEmpty()
        if result == 0 {
            self.hasReachedEnd = true
            self.hasToldPeerClosed = true
            self.isReading = false
            self.trouble.remove(.peerClosed)
            return .endOfStream
        }
        let error = SystemError(.receive, result: result)
        if error.code == .wouldBlock { return .wouldBlock }
        self.markFailed()
        return .failed(error)
    }

    // MARK: Sending

    /// Offers bytes to the socket, with one system call.
    ///
    /// `.wouldBlock` also while ``outbound`` holds older bytes.
    package func send(_ bytes: Span<UInt8>) -> SendOutcome {
        guard let refusal = self.refusalToSend else {
            guard !bytes.isEmpty else { return .sent(0) }
            return self.outcome(
                unsafe bytes.withUnsafeBytes { unsafe self.kernel.send(self.descriptor, $0) }, of: bytes.count)
        }
        return refusal
    }

    /// Offers two pieces to the socket, with one system call.
    package func send(_ first: Span<UInt8>, _ second: Span<UInt8>) -> SendOutcome {
        if second.isEmpty { return self.send(first) }
        if first.isEmpty { return self.send(second) }
        if let refusal = self.refusalToSend { return refusal }
        let result = unsafe first.withUnsafeBytes { head in
            unsafe second.withUnsafeBytes { rest in unsafe self.kernel.send(self.descriptor, head, rest) }
        }
        return self.outcome(result, of: first.count + second.count)
    }

    /// Sends by the end of this turn, behind what other endpoints still receive in it; `.sent` says no more than that.
    ///
    /// For whole messages: whoever sends on at once, or must know how much was taken, writes.
    package func post(_ bytes: Span<UInt8>) -> WriteOutcome {
        guard self.state == .open, !self.hasQueuedBytes, self.outbox.put(bytes, for: self) else {
            return self.write(bytes)
        }
        self.isPosted = true
        return .sent
    }

    /// What was posted goes out; what the socket does not take is queued, and an error is told in this turn or the next.
    func sendPosted(_ bytes: Span<UInt8>) {
        self.isPosted = false
        switch self.write(bytes) {
        case .sent, .queued: break
        case .overflow: self.loop.failLater(self, SystemError(.send, .noBuffers))
        case .failed(let error): self.loop.failLater(self, error)
        }
    }

    private var refusalToSend: SendOutcome? {
        if self.isPosted { self.outbox.send() }
        guard self.state == .open else {
            return self.state == .connecting ? .wouldBlock : .failed(SystemError(.send, .notConnected))
        }
        return self.hasQueuedBytes ? .wouldBlock : nil
    }

    private func outcome(_ result: Int, of offered: Int) -> SendOutcome {
        if result >= 0 {
            if result < offered { self.isWritable = false }
            return .sent(result)
        }
        let error = SystemError(.send, result: result)
        if error.code == .wouldBlock {
            self.isWritable = false
            return .wouldBlock
        }
        self.markFailed()
        return .failed(error)
    }

    /// Sends, and queues what the socket does not take; `endpointWritable` is called when that has gone.
    package func write(_ bytes: Span<UInt8>) -> WriteOutcome { self.write(bytes, Span()) }

    package func write(_ first: Span<UInt8>, _ second: Span<UInt8>) -> WriteOutcome {
        let taken: Int
        switch self.send(first, second) {
        case .sent(let count) where count == first.count + second.count: return .sent
        case .sent(let count): taken = count
        case .wouldBlock: taken = 0
        case .failed(let error): return .failed(error)
        }
        let ofFirst = min(taken, first.count)
        guard
            self.writeQueue.enqueue(first.extracting(droppingFirst: ofFirst)),
            self.writeQueue.enqueue(second.extracting(droppingFirst: taken - ofFirst))
        else { return .overflow }
        self.awaitWritable()
        return .queued
    }

    /// Sends what is queued; if some is left, the loop goes on with it in the background.
    package func flush() -> FlushOutcome {
        guard let queue = self.queue else { return .drained }
        while !queue.isEmpty {
            guard self.state == .open else {
                return self.state == .connecting ? .pending : .failed(SystemError(.send, .notConnected))
            }
            let buffer = queue.buffer
            let result = unsafe buffer.bytes.withUnsafeBytes { unsafe self.kernel.send(self.descriptor, $0) }
            switch self.outcome(result, of: buffer.count) {
            case .sent(let count):
                // A short send means a full socket: asking again would only be told so.
                let isShort = count < buffer.count
                buffer.consume(count)
                guard isShort else { continue }
            case .wouldBlock: break
            case .failed(let error): return .failed(error)
            }
            self.awaitWritable()
            return .pending
        }
        queue.buffer.releaseIfEmpty()
        return .drained
    }

    // MARK: Ending

    /// Tells the peer that nothing more will come (a FIN).
    ///
    /// What is queued in ``outbound`` must have been flushed.
    package func shutdownWriting() {
        if self.isPosted { self.outbox.send() }
        guard self.state == .open else { return }
        // Fails only if the connection is gone already, which reading or the next event tells.
        _ = self.kernel.shutdownWriting(self.descriptor)
    }

    /// Closes the socket.
    ///
    /// No event is delivered any more, the handler is let go, unsent bytes are dropped.
    package func close() {
        guard self.state != .closed else { return }
        if self.isPosted { self.outbox.send() }
        self.state = .closed
        self.isReading = false
        self.isWritingWanted = false
        self.loop.cancel(self.timer)
        self.timer.endpoint = nil
        self.handler = nil
        self.loop.retire(self)
        // Closing takes the socket out of epoll.
        if self.descriptor >= 0 { self.kernel.close(self.descriptor) }
    }

    /// Closes with a reset, so that the peer cannot take what it has for a whole message.
    package func reset() {
        guard self.state != .closed else { return }
        if self.isPosted { self.outbox.send() }
        if self.descriptor >= 0 { _ = self.kernel.set(.lingerZero, on: self.descriptor) }
        self.close()
    }

    private func markFailed() {
        self.state = .failed
        self.isReading = false
        self.isWritingWanted = false
    }

    // MARK: The loop's side

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
            case .pending: break
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

    private var isWriting: Bool { self.isWritingWanted || self.hasQueuedBytes }

    private var hasQueuedBytes: Bool { self.queue.map { !$0.isEmpty } ?? false }

    private func goOnLater() {
        guard !self.isToGoOn, self.state == .open else { return }
        self.isToGoOn = true
        self.loop.goOnLater(self)
    }

    private func awaitWritable() {
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

@available(*, unavailable) extension Endpoint: Sendable {}
