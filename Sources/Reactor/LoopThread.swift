/// A loop and the thread it runs on.
package final class LoopThread: Sendable {
    package let mailbox: Mailbox
    private let thread: SystemThread

    private init(mailbox: Mailbox, thread: SystemThread) {
        self.mailbox = mailbox
        self.thread = thread
    }

    /// - Parameters:
    ///   - name: at most 15 bytes are kept, as `top -H` shows them.
    ///   - registering: is given the mailbox before the thread runs, so that what the loop sets in motion in its first
    ///     turn finds the way back.
    ///   - prepare: runs on the new thread before the first turn, to make what the loop's owner keeps there.
    package static func start(
        name: String, kernel: @Sendable () -> any Kernel = { LinuxKernel() },
        registering: (Mailbox) -> Void = { _ in },
        _ prepare: @escaping @Sendable (Loop) -> Void
    ) throws(SystemError) -> LoopThread {
        let handover = Handover(loop: try Loop(kernel: kernel()))
        let mailbox = handover.loop.mailbox
        registering(mailbox)
        let thread = try SystemThread.start(name: name) {
            let loop = handover.loop
            LargePages.preferHere()
            prepare(loop)
            loop.run()
        }
        return LoopThread(mailbox: mailbox, thread: thread)
    }

    /// Ends the loop after its current turn, from any thread.
    package func stop() { self.mailbox.post { $0.stop() } }

    /// Waits until the thread has ended.
    package func join() { self.thread.join() }

    /// A loop on its way to its thread.
    ///
    /// Unchecked: made on the starting thread and not touched there afterwards; starting a thread orders what was
    /// written before it.
    private struct Handover: @unchecked Sendable { let loop: Loop }
}
