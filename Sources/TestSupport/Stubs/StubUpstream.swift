/// An upstream that records what reaches it and answers by script.
package final class StubUpstream: Sendable {
    package typealias Handler = @Sendable (StubExchange) throws -> Void

    /// What has arrived of every request, in the order of their heads; a body grows as it is read.
    package let received = Monitor<[RawMessage]>([])
    package let server: StubServer

    package init(at address: TestAddress = .port(0), _ handler: @escaping Handler = StubUpstream.echo) throws {
        let received = self.received
        self.server = try StubServer(at: address) { socket in
            var isOpen = true
            var reader = MessageReader()
            while isOpen {
                do {
                    guard let head = try reader.readHead({ StubExchange.pull(socket) }) else { return }
                    let index = received.withLock { received -> Int in
                        received.append(head)
                        return received.count - 1
                    }
                    let exchange = StubExchange(head: head, socket: socket, reader: reader) { message in
                        received.withLock { $0[index] = message }
                    }
                    try handler(exchange)
                    if !exchange.hasEnded { try exchange.readBody() }
                    isOpen = !exchange.hasEnded
                    reader = exchange.reader
                } catch MessageReader.Trouble.end {
                    return
                } catch {
                    received.withLock { $0.append(RawMessage(startLine: "malformed: \(error)")) }
                    return
                }
            }
        }
    }

    package var address: TestAddress { self.server.address }
    package var requests: [RawMessage] { self.received.withLock { $0 } }
    package var targets: [String] { self.requests.map(\.target) }

    package func waitForRequests(_ count: Int, until deadline: Deadline = .patient) throws {
        try self.received.wait(for: "\(count) requests", until: deadline) { $0.count < count }
    }

    package func stop() { self.server.stop() }

    /// 200 with what was sent, the target in `X-Echo-Target`; a handshake is answered 101, and bytes are echoed.
    package static let echo: Handler = { exchange in
        if exchange.head.value("upgrade") != nil, exchange.head.target.hasPrefix("/ws/chat") {
            return try exchange.echoTunnel()
        }
        if exchange.head.value("expect") != nil { exchange.send("HTTP/1.1 100 Continue\r\n\r\n") }
        let body = try exchange.readBody()
        exchange.respond(
            200, ["X-Echo-Target": exchange.head.target, "Content-Type": "application/octet-stream"], body: body)
    }
}

/// One request at a stub, and what the script does with it.
package final class StubExchange {
    package private(set) var head: RawMessage
    package let socket: RawSocket
    fileprivate(set) var reader: MessageReader
    private let record: (RawMessage) -> Void
    private var isBodyRead = false
    /// The connection is over with this exchange.
    package private(set) var hasEnded = false

    fileprivate init(
        head: RawMessage, socket: RawSocket, reader: MessageReader, record: @escaping (RawMessage) -> Void
    ) {
        self.head = head
        self.socket = socket
        self.reader = reader
        self.record = record
    }

    package var method: String { self.head.method }
    package var target: String { self.head.target }

    // MARK: Reading

    /// The whole body; what came of it is recorded even when it is cut, and then the script ends.
    @discardableResult
    package func readBody() throws -> [UInt8] {
        guard !self.isBodyRead else { return self.head.body }
        self.isBodyRead = true
        defer { self.record(self.head) }
        var message = self.head
        defer { self.head = message }
        try self.reader.readBody(into: &message, isResponse: false) { Self.pull(self.socket) }
        guard message.isComplete else { throw MessageReader.Trouble.end }
        return message.body
    }

    /// Bytes as they come; nil at the end.
    package func readSome() -> [UInt8]? {
        let held = self.reader.takeAll()
        return held.isEmpty ? Self.pull(self.socket) : held
    }

    /// Waits for the proxy to end the connection, and tells how it did.
    package func waitForEnd(until deadline: Deadline = .patient) -> RawSocket.Received {
        while true {
            let received = self.socket.receive(until: deadline)
            switch received {
            case .bytes: continue
            case .timedOut where !deadline.isPassed: continue
            case .end, .reset, .timedOut: return received
            }
        }
    }

    fileprivate static func pull(_ socket: RawSocket) -> [UInt8]? {
        while true {
            switch socket.receive(until: .after(seconds: 600)) {
            case .bytes(let bytes): return bytes
            case .end, .reset: return nil
            case .timedOut: continue
            }
        }
    }

    // MARK: Answering

    @discardableResult
    package func send(_ bytes: [UInt8], until deadline: Deadline = .patient) -> Int {
        self.socket.send(bytes, until: deadline)
    }

    @discardableResult
    package func send(_ text: String) -> Int { self.send(Array(text.utf8)) }

    /// A whole answer with `Content-Length`; HEAD gets the same without body.
    package func respond(
        _ status: Int = 200, _ fields: KeyValuePairs<String, String> = [:], body: [UInt8] = []
    ) {
        var text = "HTTP/1.1 \(status) Stub\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        let hasNoLength = status == 204 || status == 304
        text += hasNoLength ? "\r\n" : "Content-Length: \(body.count)\r\n\r\n"
        self.send(Array(text.utf8) + (self.method == "HEAD" || hasNoLength ? [] : body))
    }

    package func respond(_ status: Int = 200, _ fields: KeyValuePairs<String, String> = [:], text: String) {
        self.respond(status, fields, body: Array(text.utf8))
    }

    /// Accepts the handshake, then sends back whatever comes until the other side ends.
    package func echoTunnel(greeting: String = "") throws {
        self.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + greeting)
        self.isBodyRead = true
        while let bytes = self.readSome() { self.send(bytes) }
        self.close()
    }

    package func close() {
        self.hasEnded = true
        self.socket.close()
    }

    /// Says that nothing more comes, and goes on reading.
    package func finishWriting() { self.socket.finishWriting() }

    package func reset() {
        self.hasEnded = true
        self.socket.reset()
    }
}

@available(*, unavailable) extension StubExchange: Sendable {}
