import HTTPWire

/// The answers in a stream of bytes, held against the requests they answer: what a client has received, or what an
/// upstream has said.
struct ResponseStream {
    struct Answer: Equatable {
        let status: UInt16
        var content: [UInt8]
        /// The proxy's own answers name the request; what upstreams say is looked at only where they do not.
        let isOurs: Bool
    }

    /// How the last answer stands in the stream, all others being whole.
    enum Ending: Equatable {
        /// Behind a whole answer, and nothing is left.
        case whole
        /// As `whole`, but it said that no other follows, or opened a tunnel.
        case over
        /// The content ends with the connection: only that can tell whether it is whole.
        case untilClose
        /// In the middle of a head.
        case inHead
        /// In the middle of content.
        case inContent
        /// At what cannot be read as an answer to that request.
        case refused(WireError?)
    }

    /// Final responses whose head is whole; the last one's content may be cut.
    private(set) var answers: [Answer] = []
    /// How many of them are whole.
    private(set) var wholeCount = 0
    private(set) var ending = Ending.whole
    /// Where the last answer ends that is whole.
    private(set) var byteCount = 0
    private var interimCount = 0

    /// A flood of interim responses is no answer.
    private static let interimsMax = 16

    /// - Parameters:
    ///   - methods: those of the requests, in order; whoever answers more is answering a head that was none.
    ///   - most: nothing is read behind this many answers.
    init(_ bytes: [UInt8], methods: [Method], limits: HeadLimits, most: Int = .max) {
        while self.byteCount < bytes.count, self.ending == .whole, self.answers.count < most {
            do throws(WireError) {
                try self.take(Array(bytes[self.byteCount...]), methods, limits)
            } catch {
                self.ending = .refused(error)
            }
        }
    }

    private mutating func take(_ bytes: [UInt8], _ methods: [Method], _ limits: HeadLimits) throws(WireError) {
        var parser = ResponseHeadParser(limits: limits)
        guard try parser.parse(bytes.span) == .complete else {
            self.ending = .inHead
            return
        }
        let index = parser.index
        let method = self.answers.count < methods.count ? methods[self.answers.count] : .other
        if index.isInterim {
            self.interimCount += 1
            let isSound = self.interimCount <= Self.interimsMax && !index.announcesForbiddenContent(for: method)
            if isSound { self.byteCount += index.byteCount } else { self.ending = .refused(nil) }
            return
        }
        self.interimCount = 0
        let isOurs = index.fields.contains { bytes[$0.name].elementsEqual("X-Request-Id".utf8) }
        self.answers.append(Answer(status: index.status, content: [], isOurs: isOurs))
        guard index.status != 101 else {
            self.ending = .over
            return
        }
        let content = Array(bytes[index.byteCount...])
        switch index.framing(for: method) {
        case .none: self.byteCount += index.byteCount
        case .length(let count):
            self.answers[self.answers.count - 1].content = Array(content.prefix(Int(clamping: count)))
            guard count <= UInt64(content.count) else {
                self.ending = .inContent
                return
            }
            self.byteCount += index.byteCount + Int(count)
        case .untilClose:
            self.answers[self.answers.count - 1].content = content
            self.byteCount += bytes.count
            self.ending = .untilClose
            return
        case .chunked:
            guard let count = try self.takeChunks(content, limits) else {
                self.ending = .inContent
                return
            }
            self.byteCount += index.byteCount + count
        }
        self.wholeCount += 1
        if !index.keepsAlive { self.ending = .over }
    }

    /// Nil when they are cut.
    private mutating func takeChunks(_ bytes: [UInt8], _ limits: HeadLimits) throws(WireError) -> Int? {
        let span = bytes.span
        var decoder = ChunkedDecoder(limits: limits)
        var position = 0
        while !decoder.isComplete {
            let (event, consumed) = try decoder.next(span, from: position)
            position += consumed
            switch event {
            case .data(let range): self.answers[self.answers.count - 1].content += bytes[range]
            case .needMore: return nil
            case .end: break
            }
        }
        return position
    }
}
