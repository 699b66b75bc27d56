/// Where a connection stands: what it has been asked, and whether a `100 Continue` is owed (RFC 9110 §10.1.1).
///
/// Decides; `ListenerConnection` performs.
struct ConnectionSteps: Sendable {
    struct Action: Sendable, Hashable {
        /// The time begins anew.
        var isNewStep = true
        var saysContinue = false
    }

    /// Heads that came and were not answered.
    private var unanswered = 0
    private var isReading = false
    private var owesContinue = false

    /// A head has come whole; next is its body.
    mutating func head(expectsContinue: Bool) -> Action {
        self.unanswered += 1
        self.isReading = true
        // An answer that is still owed to an earlier request goes first.
        self.owesContinue = expectsContinue && self.unanswered > 1
        return Action(saysContinue: expectsContinue && self.unanswered == 1)
    }

    /// Whoever sends its body waits for nothing; a body that comes in drops has no longer for it.
    mutating func body() { self.owesContinue = false }

    mutating func end() -> Action {
        self.owesContinue = false
        self.isReading = false
        return Action()
    }

    mutating func answered() -> Action {
        self.unanswered = max(0, self.unanswered - 1)
        let saysContinue = self.owesContinue && self.unanswered == 1
        if saysContinue { self.owesContinue = false }
        // A refusal may go out before the body is there, which gets no more time for it.
        return Action(isNewStep: !self.isReading || saysContinue, saysContinue: saysContinue)
    }
}
