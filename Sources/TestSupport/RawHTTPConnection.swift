/// A client's connection to the proxy that sends what it is told, well formed or not.
package final class RawHTTPConnection {
    package let socket: RawSocket
    private var reader = MessageReader()
    /// How the stream ended, once it has.
    package private(set) var end: RawSocket.Received?

    package init(to address: TestAddress) throws { self.socket = try RawSocket.connected(to: address) }

    // MARK: Sending

    /// Sends everything; what the proxy sends meanwhile is kept.
    ///
    /// - Returns: how many bytes the connection took.
    @discardableResult
    package func send(_ bytes: some Collection<UInt8>, until deadline: Deadline = .patient) -> Int {
        self.socket.send(bytes, until: deadline) { self.keep($0) }
    }

    @discardableResult
    package func send(_ text: String) -> Int { self.send(Array(text.utf8)) }

    package func finishWriting() { self.socket.finishWriting() }
    package func reset() { self.socket.reset() }
    package func close() { self.socket.close() }

    // MARK: Reading

    /// The next response: interim ones count, a body is read to its end.
    ///
    /// - Parameter method: of the request it answers; HEAD has no body.
    /// - Returns: nil when the connection ended before the first byte of one.
    package func readResponse(to method: String = "GET", until deadline: Deadline = .patient) throws -> RawMessage? {
        guard var message = try self.readResponseHead(until: deadline) else { return nil }
        try self.readBody(of: &message, to: method, until: deadline)
        return message
    }

    package func readResponseHead(until deadline: Deadline = .patient) throws -> RawMessage? {
        try self.reading(deadline) { reader, pull in try reader.readHead(pull) }
    }

    package func readBody(
        of message: inout RawMessage, to method: String = "GET", until deadline: Deadline = .patient
    ) throws {
        let status = message.status
        let hasNoBody = method == "HEAD" || (100..<200).contains(status) || status == 204 || status == 304
        try self.reading(deadline) { reader, pull in
            try reader.readBody(into: &message, isResponse: true, hasNoBody: hasNoBody, pull)
        }
    }

    /// The next response that is not interim.
    package func readFinalResponse(
        to method: String = "GET", until deadline: Deadline = .patient
    ) throws -> RawMessage? {
        while let response = try self.readResponse(to: method, until: deadline) {
            if response.status >= 200 || response.status == 101 { return response }
        }
        return nil
    }

    /// Exactly `count` bytes, or fewer when the stream ends.
    package func read(exactly count: Int, until deadline: Deadline = .patient) throws -> [UInt8] {
        var bytes = self.reader.takeAll()
        while bytes.count < count {
            guard let more = try self.more(until: deadline) else { break }
            bytes.append(contentsOf: more)
        }
        if bytes.count > count { self.reader.append(Array(bytes[count...])) }
        return Array(bytes.prefix(count))
    }

    /// Everything until the connection ends.
    package func readToEnd(until deadline: Deadline = .patient) throws -> [UInt8] {
        var bytes = self.reader.takeAll()
        while let more = try self.more(until: deadline) { bytes.append(contentsOf: more) }
        return bytes
    }

    /// Looks for bytes for a moment at most: for what should not be there.
    package func pollOnce(seconds: Double) { self.keep(self.socket.receive(until: .after(seconds: seconds))) }
    package var hasUnread: Bool { !self.reader.buffer.isEmpty }

    private func reading<Result>(
        _ deadline: Deadline, _ body: (inout MessageReader, () -> [UInt8]?) throws -> Result
    ) throws -> Result {
        var timedOut: TimedOut?
        let result = try body(&self.reader) {
            do throws(TimedOut) {
                return try self.more(until: deadline)
            } catch {
                timedOut = error
                return nil
            }
        }
        if let timedOut { throw timedOut }
        return result
    }

    private func more(until deadline: Deadline) throws(TimedOut) -> [UInt8]? {
        while self.end == nil {
            let received = self.socket.receive(until: deadline)
            switch received {
            case .bytes(let bytes): return bytes
            case .end, .reset: self.end = received
            case .timedOut: if deadline.isPassed { throw TimedOut("bytes from the proxy") }
            }
        }
        return nil
    }

    private func keep(_ received: RawSocket.Received) {
        switch received {
        case .bytes(let bytes): self.reader.append(bytes)
        case .end, .reset: self.end = received
        case .timedOut: break
        }
    }
}

@available(*, unavailable) extension RawHTTPConnection: Sendable {}
