import Glibc
import Synchronization

/// Where access log lines go: loops hand over finished lines, one thread writes them.
///
/// A loop never waits for a disk or a pipe: beyond `pendingBytesMax` lines are dropped and counted.
/// Unchecked: what is mutable is behind `state`'s lock, and the condition variable is used with it only.
@safe package final class AccessLog: @unchecked Sendable {
    package enum Format: Sendable, Hashable { case json, text }
    package enum Destination: Sendable, Hashable { case standardOutput, file(String) }

    /// About 20,000 lines: a second of a busy proxy; more means that nobody takes them.
    private static let pendingBytesMax = 4 << 20

    private struct State {
        var pending: [UInt8] = []
        var isWriterWaiting = false
        var isStopping = false
        var reopens = false
        var dropped: UInt64 = 0
    }

    package let format: Format
    /// Share of allowed requests that is logged; refusals always are.
    package let allowedShare: Double
    private let destination: Destination
    private var state = State()
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var thread: pthread_t?
    private var descriptor: Int32

    package init(format: Format, destination: Destination, allowedShare: Double) throws(AccessLogError) {
        self.format = format
        self.destination = destination
        self.allowedShare = allowedShare
        self.descriptor = try Self.open(destination)
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe self.condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(self.mutex, nil)
        unsafe pthread_cond_init(self.condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    /// Starts the writing thread; once.
    package func start() {
        precondition(self.thread == nil, "the writer is started once")
        var made = pthread_t()
        // The thread holds its own reference until it ends.
        let me = unsafe Unmanaged.passRetained(self).toOpaque()
        let failed = unsafe pthread_create(
            &made, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let log = unsafe Unmanaged<AccessLog>.fromOpaque(argument).takeRetainedValue()
                log.run()
                return nil
            }, me)
        precondition(failed == 0, "a thread can be started at start-up")
        self.thread = made
    }

    /// Takes one line, newline included; never waits.
    package func append(_ line: [UInt8]) {
        self.locked {
            guard self.state.pending.count + line.count <= Self.pendingBytesMax else {
                self.state.dropped &+= 1
                return
            }
            self.state.pending.append(contentsOf: line)
            // One wake-up a batch: a writer that is busy looks again by itself.
            if self.state.isWriterWaiting { unsafe pthread_cond_signal(self.condition) }
        }
    }

    package var dropped: UInt64 { self.locked { self.state.dropped } }

    /// SIGHUP: a file that was moved away is opened anew.
    package func reopen() {
        self.locked {
            self.state.reopens = true
            unsafe pthread_cond_signal(self.condition)
        }
    }

    /// Writes what is pending and ends the thread.
    package func stop() {
        self.locked {
            self.state.isStopping = true
            unsafe pthread_cond_signal(self.condition)
        }
        if let thread = self.thread { pthread_join(thread, nil) }
        self.thread = nil
    }

    // MARK: The writer

    private func run() {
        while true {
            var batch: [UInt8] = []
            var isOver = false
            var reopens = false
            unsafe pthread_mutex_lock(self.mutex)
            while self.state.pending.isEmpty, !self.state.isStopping, !self.state.reopens {
                self.state.isWriterWaiting = true
                unsafe pthread_cond_wait(self.condition, self.mutex)
                self.state.isWriterWaiting = false
            }
            swap(&batch, &self.state.pending)
            reopens = self.state.reopens
            self.state.reopens = false
            isOver = self.state.isStopping && batch.isEmpty
            unsafe pthread_mutex_unlock(self.mutex)
            if !batch.isEmpty { self.write(batch) }
            if reopens, let fresh = try? Self.open(self.destination) {
                if self.descriptor > 2 { Glibc.close(self.descriptor) }
                self.descriptor = fresh
            }
            if isOver { return }
        }
    }

    /// A full disk or a closed pipe costs lines, never requests.
    private func write(_ batch: [UInt8]) {
        var offset = 0
        while offset < batch.count {
            let count = unsafe batch.withUnsafeBytes { bytes in
                unsafe Glibc.write(self.descriptor, bytes.baseAddress.map { unsafe $0 + offset }, batch.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                self.locked { self.state.dropped &+= 1 }
                return
            }
            offset += count
        }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        return body()
    }

    private static func open(_ destination: Destination) throws(AccessLogError) -> Int32 {
        switch destination {
        case .standardOutput: return 1
        case .file(let path):
            let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw AccessLogError.cannotOpen(path: path, code: errno) }
            return descriptor
        }
    }
}

/// The access log cannot be written where the configuration says.
package enum AccessLogError: Error, Sendable, Hashable {
    case cannotOpen(path: String, code: Int32)
}
