extension Loop {
    /// Tells whoever an event is for; how many events, mails among them, that were.
    func deliver(_ index: Int) -> Int {
        let event = unsafe self.events[index]
        if let endpoint = unsafe self.table.endpoint(for: event.token) {
            unsafe endpoint._withUnsafeGuaranteedRef { $0.ready(Readiness(rawValue: event.readiness)) }
            return 1
        }
        switch self.table.member(for: event.token) {
        case .listener(let listener)?: listener.ready()
        case .waker?: return self.readMail()
        case .endpoint?, .vacant?: break
        case nil: return 0
        }
        return 1
    }

    /// Of an event that has been told already: no place has this index.
    private static let nobody = UInt64.max

    /// The events of a busy turn: all messages are received, then all are looked at, then what was posted is sent.
    ///
    /// The kernel's way of a message and ours are each longer than the processor's cache for code. Going from one to the
    /// other with every message, each fetches its code anew; in turns, only once. Answers come before requests: the
    /// connections that they came on may then carry these.
    func deliverTogether(_ count: Int) -> Int {
        var answers = 0
        var delivered = 0
        for index in 0..<count {
            let event = unsafe self.events[index]
            guard let endpoint = unsafe self.table.endpoint(for: event.token) else {
                // What other threads posted before these messages came holds for them: a new configuration, say.
                if case .waker? = self.table.member(for: event.token) {
                    delivered += self.readMail()
                    unsafe self.events[index].token = Self.nobody
                }
                continue
            }
            unsafe endpoint._withUnsafeGuaranteedRef { $0.receiveAhead(Readiness(rawValue: event.readiness)) }
            guard unsafe endpoint._withUnsafeGuaranteedRef({ $0.isOutgoing }) else { continue }
            unsafe self.events.swapAt(index, answers)
            answers += 1
        }
        self.outbox.isOpen = true
        for index in 0..<count { delivered += self.deliver(index) }
        self.outbox.isOpen = false
        self.outbox.send()
        return delivered
    }
}
