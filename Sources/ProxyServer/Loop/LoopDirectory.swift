import Reactor
import Synchronization

/// The mailboxes of all loops, each filled in before its loop runs; how one loop reaches another.
final class LoopDirectory: Sendable {
    let count: Int
    private let mailboxes: Mutex<[Mailbox?]>

    init(count: Int) {
        self.count = count
        self.mailboxes = Mutex(Array(repeating: nil, count: count))
    }

    func register(_ mailbox: Mailbox, at index: UInt16) {
        self.mailboxes.withLock { $0[Int(index)] = mailbox }
    }

    /// Runs `work` on the loop; false when it has stopped, and then nobody is left there to be told.
    @discardableResult
    func post(to index: UInt16, _ work: @escaping @Sendable (LoopContext) -> Void) -> Bool {
        let mailbox = self.mailboxes.withLock { $0[Int(index)] }
        return mailbox?.post { loop in
            if let context = loop.context as? LoopContext { work(context) }
        } ?? false
    }
}
