import CLinux
import Synchronization

/// A thread of the operating system, with signals blocked: they belong to the main thread.
final class SystemThread: Sendable {
    private let identifier: UInt
    private let isLeft = Atomic(false)

    private init(identifier: UInt) { self.identifier = identifier }

    static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) -> SystemThread {
        final class Start: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var identifier: UInt = 0
        // The new thread owns the retained box; it is released there, or here if there is no new thread.
        let start = unsafe Unmanaged.passRetained(Start(body))
        let error = unsafe name.withCString { name in
            unsafe clinux_thread_start(
                &identifier, name,
                { context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
                }, start.toOpaque())
        }
        guard error == 0 else {
            unsafe start.release()
            throw SystemError(.thread, .init(rawValue: error))
        }
        return SystemThread(identifier: identifier)
    }

    /// Waits until the thread has ended.
    ///
    /// Once; later calls return at once.
    func join() {
        if !self.isLeft.exchange(true, ordering: .relaxed) { clinux_thread_join(self.identifier) }
    }

    /// Nobody will wait for the thread.
    func detach() {
        if !self.isLeft.exchange(true, ordering: .relaxed) { clinux_thread_detach(self.identifier) }
    }

    deinit { self.detach() }
}
