package enum ReceiveOutcome: Sendable, Hashable {
    /// So many bytes more; `drained`: the socket had no more than that.
    case bytes(Int, drained: Bool)
    case wouldBlock
    /// The peer has shut down its writing.
    case endOfStream
    /// As many bytes are unread as the caller allows.
    case full
    case failed(SystemError)
}

package enum SendOutcome: Sendable, Hashable {
    /// So many bytes were taken, perhaps fewer than offered.
    case sent(Int)
    case wouldBlock
    case failed(SystemError)
}

package enum WriteOutcome: Sendable, Hashable {
    case sent
    /// The rest waits in the endpoint's queue.
    case queued
    /// More would wait than ``WriteQueue/limit``: a part may be lost, so the connection is of no further use.
    case overflow
    case failed(SystemError)
}

package enum FlushOutcome: Sendable, Hashable {
    case drained
    /// Some is left; so many bytes went.
    case pending(sent: Int)
    case failed(SystemError)
}
