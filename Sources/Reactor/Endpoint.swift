/// One stream socket of a loop, connected or connecting.
///
/// While ``wantsReading``, the end of the connection comes out of ``receive(upTo:chunk:)``; otherwise it is told by
/// `endpointPeerClosed` or `endpointFailed`. A handler is called for as long as there is something it wants to know,
/// as if epoll were level-triggered. Beneath, epoll reports changes only and the endpoint remembers what they were:
/// wanting and no longer wanting something is a field, not a system call, and epoll need not look at every socket twice.
///
/// Here is what it remembers, wants and receives; `Endpoint+Sending` writes, `Endpoint+Delivery` is the loop's side. What
/// all three need is not private; the loop reads `place` and `isOutgoing` of it, and nobody else touches it.
@safe @usableFromInline package final class Endpoint {
    @usableFromInline package enum State: Sendable { case connecting, open, failed, closed }

    // What every message touches stands together, in the object's first cache lines; checks for overlapping access
    // are left out (nothing here is ever lent `inout` across a call to a handler).
    let kernel: any Kernel
    @safe @exclusivity(unchecked) private var currentHandler: (any EndpointHandler)?
    package let inbound: ReadBuffer
    let descriptor: Int32
    @usableFromInline package internal(set) var state: State
    var isReading = true
    /// The socket may have bytes, an end or an error to receive.
    var isReadable = false
    var isWritingWanted = false
    /// The socket may take bytes: it has not refused any since it last said so.
    var isWritable = true
    var isWatchedForWriting = false
    private var hasReachedEnd = false
    /// An end or an error is to be received behind what is unread, and no event will say so again.
    var isEndKnown = false
    var hasToldPeerClosed = false
    /// What epoll said of the peer's end and of errors, until the handler knows.
    var trouble: Readiness = []
    /// A receive ahead may have brought less than there is by now: the socket has spoken again since.
    var isAheadOld = false
    /// The event under way is the one that a receive ahead was made for.
    var isAheadNew = false
    /// The last reader wanted an ordinary message, and so may the next one.
    var readsMessages = true
    /// Some of what was posted waits for the turn's end.
    var isPosted = false
    /// Connected by us, not accepted.
    let isOutgoing: Bool
    /// Waits in the loop's list of endpoints to go on with.
    var isToGoOn = false
    /// Made when bytes first had to wait: most connections never need one.
    @safe @exclusivity(unchecked) var queue: WriteQueue?
    let timer = TimerEntry()

    let outbox: Outbox
    package let loop: Loop
    /// Who is at the other end, if known.
    package let peer: SocketAddress?
    /// The place in the loop's table; `nil` for an endpoint that never had a socket.
    var place: Loop.Place?

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

    /// The peer has said that it will send no more, whether or not that has been received yet.
    package var peerHasEnded: Bool {
        self.hasReachedEnd || self.hasToldPeerClosed || self.trouble.contains(.peerClosed)
    }

    /// What ``write(_:)`` could not send yet.
    package var outbound: WriteQueue {
        if self.isPosted { self.outbox.send() }
        return self.writeQueue
    }

    /// Nothing of what was written still waits in ``outbound``.
    package var isFlushed: Bool {
        if self.isPosted { self.outbox.send() }
        return !self.hasQueuedBytes
    }

    /// Nothing has been refused by the socket; what was posted in this turn counts as taken.
    package var takesMore: Bool { !self.hasQueuedBytes }

    /// Nothing that has arrived, as far as is known, is still to be received: the last ``receive(upTo:chunk:)`` left room.
    package var isDrained: Bool { !self.isReadable && !self.inbound.hasAhead }

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

    func markFailed() {
        self.state = .failed
        self.isReading = false
        self.isWritingWanted = false
    }
}

@available(*, unavailable) extension Endpoint: Sendable {}
