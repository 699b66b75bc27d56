import HTTPWire
import ReactorTesting

/// What a client got, held against what it asked and what upstreams answered.
struct AnswersJudged {
    private let client: FuzzedProxy.Client
    private let questions: [FuzzedProxy.Question]
    private let asked: RequestStream
    /// The requests that are owed an answer.
    private let owed: [RequestStream.Request]
    private let answers: ResponseStream

    /// An upstream has spoken out of turn, to this client or nobody knows to whom.
    private let isOutOfStep: Bool

    /// - Parameter number: the client's.
    init(_ client: FuzzedProxy.Client, _ number: Int, in proxy: FuzzedProxy) {
        self.client = client
        self.questions = proxy.questions.filter { $0.client == number }
        self.isOutOfStep =
            self.questions.contains(where: \.service.isOutOfStep)
            || proxy.upstreams.contains { $0.isOutOfStep && $0.isBeingAsked }
        self.asked = RequestStream(client.sent, limits: HeadLimits())
        var owed = self.asked.requests
        if let last = owed.firstIndex(where: { !$0.keepsAlive }) { owed.removeSubrange((last + 1)...) }
        self.owed = owed
        // A head that is refused has a method all the same, and the answer to HEAD no content.
        // Where more or other than empty lines stands before it, it is refused before its method is read.
        var rest = client.sent.dropFirst(self.asked.byteCount)
        for _ in 0..<HeadLimits().emptyLines where rest.starts(with: [0x0D, 0x0A]) { rest = rest.dropFirst(2) }
        let refused: [Method] = rest.starts(with: "HEAD ".utf8) ? [.head] : []
        self.answers = ResponseStream(client.received, methods: owed.map(\.method) + refused, limits: .generous)
    }

    func judge() {
        if case .refused(let error) = self.answers.ending {
            insist(false, "what a client gets parses: \(error.map { "\($0)" } ?? "interim")")
        }
        let isTunnel = self.answers.answers.last?.status == 101
        insist(
            isTunnel || self.answers.ending != .over || self.answers.byteCount == self.client.received.count,
            "nothing follows the last answer of a connection")
        let count = self.answers.answers.count
        // One more for bytes that are no request, and for a head that never came to its end.
        insist(count <= self.owed.count + 1, "no request is answered twice")
        let isLast = self.owed.count < self.asked.requests.count || self.asked.ending == .finished
        insist(count <= self.owed.count || !isLast, "nobody is answered who has not asked")
        guard !self.client.isUnreliable else { return }
        self.judgeContent()
        self.judgeEnd()
    }

    /// Whatever came whole from an upstream reaches the client whole, and nothing else looks whole.
    private func judgeContent() {
        guard !self.isBeyondTelling else { return }
        var passed = self.passedOn[...]
        for (index, question) in self.questions.enumerated() {
            switch question.service.outcome(of: question.place) {
            case .none, .cut(nil): continue
            case .cut(let answer?):
                if passed.first == answer { passed.removeFirst() }
            case .whole(let answer):
                if passed.first == answer {
                    passed.removeFirst()
                } else {
                    insist(
                        self.mayBeGivenUp(index),
                        "what came whole from an upstream reaches the client: \(answer): \(self.text)")
                }
            }
        }
        insist(passed.isEmpty, "what a client gets came whole from its upstream: \(self.text)")
    }

    /// A connection ends in the middle of an answer only where that answer's upstream did not finish it.
    private func judgeEnd() {
        let upstreamHasCut = self.questions.contains { question in
            if case .cut = question.service.outcome(of: question.place) { true } else { false }
        }
        guard !upstreamHasCut, !self.isOutOfStep else { return }
        switch self.answers.ending {
        case .inHead, .inContent: insist(false, "no answer is cut that its upstream did not cut: \(self.text)")
        case .untilClose: insist(!self.client.peer.sawReset, "an answer that ends with the connection ends orderly")
        case .over, .refused: break
        case .whole:
            let whole = self.owed.prefix(while: \.isWhole).count
            insist(
                self.answers.answers.count >= whole,
                "every request is answered: \(self.answers.answers.count) of \(whole): \(self.text)")
        }
    }

    /// The answers that are an upstream's, and whole.
    private var passedOn: [ResponseStream.Answer] {
        var whole = Array(self.answers.answers.prefix(self.answers.wholeCount))
        if self.answers.ending == .untilClose, !self.client.peer.sawReset, let last = self.answers.answers.last {
            whole.append(last)
        }
        return whole.filter { !$0.isOurs && $0.status != 101 }
    }

    /// A request that its client never sent whole may be refused for it although an upstream had answered it.
    private func mayBeGivenUp(_ index: Int) -> Bool {
        let question = self.questions[index]
        return index == self.questions.count - 1 && self.asked.ending != .finished
            && !question.service.requests[question.place].isWhole
    }

    /// An upstream has spoken out of turn, or speaks as the proxy does.
    private var isBeyondTelling: Bool {
        self.isOutOfStep
            || self.questions.contains { question in
                String(decoding: question.service.sent, as: UTF8.self).lowercased().contains("x-request-id")
            }
    }

    private var text: String {
        self.questions.map { "\($0.service.outcome(of: $0.place)); " }.joined()
            + (self.client.peer.sawReset ? "reset behind " : "closed behind ")
            + String(decoding: self.client.received, as: UTF8.self)
    }
}
