import HTTPWire

/// Reads a whole client stream with the room's own pieces, the way a connection does: bytes come in cuts, what is
/// consumed is dropped, and reading ends with the first error or the last request the connection may carry.
struct WireReader {
    struct Message: Equatable {
        var method: Method
        var target: [UInt8]
        var fieldLines: [[UInt8]]
        var framing: BodyFraming
        var expectsContinue: Bool
        var body: [UInt8] = []
        var trailerLines: [[UInt8]] = []
    }

    enum Ending: Equatable {
        /// Everything was read and nothing is pending.
        case finished
        /// The last message does not end within the bytes.
        case incomplete
        /// The last request was the connection's last; what follows is not read.
        case closed
        case refused(WireError)
    }

    struct Outcome: Equatable {
        var messages: [Message] = []
        /// A head was complete but its content is not.
        var pending: Message?
        var ending = Ending.finished
    }

    private var parser: RequestHeadParser
    private let limits: HeadLimits
    private var buffer: [UInt8] = []
    private var outcome = Outcome()
    private var decoder: ChunkedDecoder?
    private var lengthLeft: UInt64 = 0
    private var keepsAlive = true

    init(limits: HeadLimits) {
        self.limits = limits
        self.parser = RequestHeadParser(limits: limits)
    }

    /// The outcome of a stream that comes in pieces ending at these offsets.
    static func read(_ stream: [UInt8], cutAt cuts: [Int] = [], limits: HeadLimits = HeadLimits()) -> Outcome {
        var reader = WireReader(limits: limits)
        var start = 0
        for end in cuts + [stream.count] where end > start {
            reader.buffer.append(contentsOf: stream[start..<end])
            start = end
            do throws(WireError) {
                while try reader.step() {}
            } catch {
                reader.outcome.ending = .refused(error)
                return reader.outcome
            }
            if reader.outcome.ending == .closed { return reader.outcome }
        }
        let isIdle = reader.outcome.pending == nil && reader.buffer.isEmpty
        reader.outcome.ending = isIdle ? .finished : .incomplete
        return reader.outcome
    }

    /// One piece of progress; false when more bytes are needed or none are wanted.
    private mutating func step() throws(WireError) -> Bool {
        if self.outcome.ending == .closed { return false }
        return self.outcome.pending == nil ? try self.stepHead() : try self.stepContent()
    }

    private mutating func stepHead() throws(WireError) -> Bool {
        let received = self.buffer
        guard try self.parser.parse(received.span) == .complete else { return false }
        let head = RequestHead(bytes: received.span, index: self.parser.index)
        self.outcome.pending = Message(
            method: head.method, target: Array(copying: head.target),
            fieldLines: head.fields.map { Array(received[Int($0.line.lower)..<Int($0.line.upper)]) },
            framing: head.framing, expectsContinue: head.expectsContinue)
        self.keepsAlive = head.keepsAlive
        switch head.framing {
        case .none: self.lengthLeft = 0
        case .length(let count): self.lengthLeft = count
        case .chunked: self.decoder = ChunkedDecoder(limits: self.limits)
        case .untilClose: preconditionFailure("a request never ends with the connection")
        }
        self.buffer.removeFirst(head.index.byteCount)
        self.parser.reset()
        if self.decoder == nil && self.lengthLeft == 0 { self.finish() }
        return true
    }

    private mutating func stepContent() throws(WireError) -> Bool {
        guard var decoder = self.decoder else {
            let count = Int(min(self.lengthLeft, UInt64(self.buffer.count)))
            self.outcome.pending?.body.append(contentsOf: self.buffer[..<count])
            self.buffer.removeFirst(count)
            self.lengthLeft -= UInt64(count)
            guard self.lengthLeft == 0 else { return false }
            self.finish()
            return true
        }
        let received = self.buffer
        let (event, consumed) = try decoder.next(received.span, from: 0)
        self.decoder = decoder
        defer { self.buffer.removeFirst(consumed) }
        switch event {
        case .data(let range):
            self.outcome.pending?.body.append(contentsOf: self.buffer[Int(range.lower)..<Int(range.upper)])
            return true
        case .needMore:
            return false
        case .end(let trailers):
            for field in trailers {
                let line = self.buffer[Int(field.line.lower)..<Int(field.line.upper)]
                self.outcome.pending?.trailerLines.append(Array(line))
            }
            self.decoder = nil
            self.finish()
            return true
        }
    }

    private mutating func finish() {
        if let message = self.outcome.pending { self.outcome.messages.append(message) }
        self.outcome.pending = nil
        if !self.keepsAlive { self.outcome.ending = .closed }
    }
}

extension Array<UInt8> {
    init(copying span: Span<UInt8>) {
        self = (0..<span.count).map { span[$0] }
    }
}
