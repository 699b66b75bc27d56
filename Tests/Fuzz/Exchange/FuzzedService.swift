import HTTPWire
import ReactorTesting

/// The other end of a connection that the proxy has opened: an upstream, or the authorization server.
final class FuzzedService {
    /// What became of an answer on its way from an upstream.
    enum Outcome {
        /// It has not begun: the proxy may answer for itself.
        case none
        case whole(ResponseStream.Answer)
        /// It has begun and is not whole, or nobody can tell: then this is what there is of it.
        case cut(ResponseStream.Answer?)
    }

    let peer: ScriptedPeer
    private(set) var received: [UInt8] = []
    private(set) var sent: [UInt8] = []
    private(set) var requests: [RequestStream.Request] = []
    /// There is the beginning of a head behind them.
    private(set) var isBeingAsked = false
    /// How many of its requests have been answered with what everybody says in the end.
    var answered = 0
    private var hasFinished = false
    private var hasReset = false
    /// How much of what it sent was asked for by then; nil for all of it.
    private var askedCount: Int?

    init(_ peer: ScriptedPeer) { self.peer = peer }

    /// It said something that nobody had asked for: what it says from then on may answer anybody, or nobody.
    var isOutOfStep: Bool { self.askedCount != nil }

    /// Takes what has come.
    ///
    /// - Returns: the places of the requests that are new.
    @discardableResult
    func listen() -> Range<Int> {
        let count = self.requests.count
        let bytes = self.peer.take()
        guard !bytes.isEmpty else { return count..<count }
        self.received += bytes
        let stream = RequestStream(self.received, limits: .generous)
        self.requests = stream.requests
        self.isBeingAsked = stream.ending != .finished
        return count..<max(count, self.requests.count)
    }

    /// Who has been closed, or has ended its side, says no more.
    private var isMute: Bool { self.peer.isClosedByLoop || self.hasFinished || self.hasReset }

    func say(_ bytes: [UInt8]) {
        guard !self.isMute else { return }
        self.sent += bytes
        self.peer.send(bytes)
        guard self.askedCount == nil else { return }
        let answers = self.answers
        if answers.wholeCount == self.requests.count, answers.byteCount < self.sent.count {
            self.askedCount = answers.byteCount
        }
    }

    func finish() {
        if !self.isMute { self.hasFinished = true }
        self.peer.finish()
    }

    func reset() {
        if !self.peer.isClosedByLoop { self.hasReset = true }
        self.peer.reset()
    }

    private var answers: ResponseStream {
        ResponseStream(
            Array(self.sent.prefix(self.askedCount ?? .max)), methods: self.requests.map(\.method),
            limits: HeadLimits(),
            most: self.requests.count)
    }

    /// What became of the answer to the request at that place.
    func outcome(of place: Int) -> Outcome {
        let answers = self.answers
        guard place < answers.answers.count, answers.answers[place].status != 101 else { return .none }
        let answer = answers.answers[place]
        if place < answers.wholeCount { return .whole(answer) }
        guard answers.ending == .untilClose, self.hasFinished else { return .cut(nil) }
        // A reset behind the end may have come before the end was read.
        return self.hasReset ? .cut(answer) : .whole(answer)
    }
}
