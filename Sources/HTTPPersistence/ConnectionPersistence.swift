/// Which request of a connection is its last, and so which answer (RFC 9112 §9.3, §9.6).
///
/// Decides; the connection's handler performs. Hummingbird knows less of it: it ends a connection for one spelling of
/// `Connection: close`, and never for HTTP/1.0.
package struct ConnectionPersistence: Sendable {
    private enum LastRequest: Sendable { case awaited, coming, whole }

    private var last = LastRequest.awaited
    /// Heads that came and were not answered.
    private var unanswered = 0

    package init() {}

    /// An answer is owed.
    package var isAnswering: Bool { self.unanswered > 0 }

    /// What comes now is behind the last request, and not looked at.
    package var isOver: Bool { self.last == .whole }

    /// The answer that is owed next is the last one, and has to say so.
    package var isAnsweringLast: Bool { self.last != .awaited && self.unanswered == 1 }

    /// The head of a request has come.
    ///
    /// - Parameters:
    ///   - keepsAlive: the client has not said that the connection ends (RFC 9112 §9.3).
    ///   - isHTTP10: to such a client staying would have to be offered (RFC 9112, appendix C.2.2), and is not.
    ///   - mayLeaveHTTP: it is CONNECT, or names a protocol to upgrade to; the decoder reads nothing behind it.
    /// - Returns: whether it is the last one.
    package mutating func head(keepsAlive: Bool, isHTTP10: Bool, mayLeaveHTTP: Bool) -> Bool {
        self.unanswered += 1
        guard !keepsAlive || isHTTP10 || mayLeaveHTTP else { return false }
        self.last = .coming
        return true
    }

    /// A request is there whole.
    package mutating func end() {
        if self.last == .coming { self.last = .whole }
    }

    /// An answer has gone out whole; one to what is no request, and has no head, may be among them.
    package mutating func answered() { self.unanswered = max(0, self.unanswered - 1) }
}
