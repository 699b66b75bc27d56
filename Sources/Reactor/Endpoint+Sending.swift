extension Endpoint {
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
        // A failure has been told, or will be; once is enough.
        guard self.state == .open else { return }
        switch self.write(bytes) {
        case .sent, .queued: break
        case .overflow:
            self.markFailed()
            self.loop.failLater(self, SystemError(.send, .noBuffers))
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

    func outcome(_ result: Int, of offered: Int) -> SendOutcome {
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
        var sent = 0
        while !queue.isEmpty {
            guard self.state == .open else {
                return self.state == .connecting ? .pending(sent: sent) : .failed(SystemError(.send, .notConnected))
            }
            let buffer = queue.buffer
            let result = unsafe buffer.bytes.withUnsafeBytes { unsafe self.kernel.send(self.descriptor, $0) }
            switch self.outcome(result, of: buffer.count) {
            case .sent(let count):
                // A short send means a full socket: asking again would only be told so.
                let isShort = count < buffer.count
                buffer.consume(count)
                sent += count
                guard isShort else { continue }
            case .wouldBlock: break
            case .failed(let error): return .failed(error)
            }
            self.awaitWritable()
            return .pending(sent: sent)
        }
        queue.buffer.releaseIfEmpty()
        return .drained
    }

    var writeQueue: WriteQueue {
        if let queue = self.queue { return queue }
        let queue = WriteQueue(pool: self.loop.buffers)
        self.queue = queue
        return queue
    }

    var hasQueuedBytes: Bool { self.queue.map { !$0.isEmpty } ?? false }
}
