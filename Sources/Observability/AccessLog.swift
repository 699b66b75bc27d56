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
    /// What can be pending at the end, a disk or a reader that lives takes in far less; one that does not must not keep
    /// the process from ending.
    private static let lastWritesMax: Int = 1_000_000_000

    private struct State {
        var pending: [UInt8] = []
        var isWriterWaiting = false
        var isStopping = false
        var isOver = false
        var reopens = false
        var dropped: UInt64 = 0
    }

    package let format: Format
    /// Share of allowed requests that is logged; refusals always are.
    package let allowedShare: Double
    private let destination: Destination
    private var state = State()
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// The writer waits for lines on it, and who stops the log for the writer's end.
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var thread: pthread_t?
    // The writer's own.
    private var descriptor: Int32
    private var isMidLine: Bool
    private var isFailing = false
    private var report: @Sendable (AccessLogTrouble) -> Void = { _ in }

    package init(format: Format, destination: Destination, allowedShare: Double) throws(AccessLogError) {
        self.format = format
        self.destination = destination
        self.allowedShare = allowedShare
        let descriptor = try Self.open(destination)
        self.descriptor = descriptor
        self.isMidLine = Self.endsMidLine(destination, descriptor) ?? false
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe self.condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(self.mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // Waits are as long as they say, whoever sets the clock.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(self.condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        if self.descriptor > 2 { Glibc.close(self.descriptor) }
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    /// Starts the writing thread; once.
    ///
    /// - Parameter report: told on that thread when lines begin to be lost, and when they no longer are.
    package func start(telling report: @escaping @Sendable (AccessLogTrouble) -> Void = { _ in }) {
        precondition(self.thread == nil, "the writer is started once")
        self.report = report
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
            if self.state.isWriterWaiting { unsafe pthread_cond_broadcast(self.condition) }
        }
    }

    package var dropped: UInt64 { self.locked { self.state.dropped } }

    /// SIGHUP: a file that was moved away is opened anew.
    package func reopen() {
        self.locked {
            self.state.reopens = true
            unsafe pthread_cond_broadcast(self.condition)
        }
    }

    /// Writes what is pending and ends the thread; one that hangs in a write to a pipe that nobody reads is left to
    /// itself.
    package func stop() {
        guard let thread = self.thread else { return }
        self.thread = nil
        let hasEnded = self.locked {
            self.state.isStopping = true
            unsafe pthread_cond_broadcast(self.condition)
            var end = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &end)
            end.tv_nsec += Self.lastWritesMax
            end.tv_sec += end.tv_nsec / 1_000_000_000
            end.tv_nsec %= 1_000_000_000
            while !self.state.isOver {
                if unsafe pthread_cond_timedwait(self.condition, self.mutex, &end) == ETIMEDOUT { break }
            }
            return self.state.isOver
        }
        if hasEnded { pthread_join(thread, nil) } else { pthread_detach(thread) }
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
            if reopens { self.openAnew() }
            if isOver { break }
        }
        self.locked {
            self.state.isOver = true
            unsafe pthread_cond_broadcast(self.condition)
        }
    }

    /// Where it cannot be opened, lines go on to where they went before.
    private func openAnew() {
        do throws(AccessLogError) {
            let fresh = try Self.open(self.destination)
            if self.descriptor > 2 { Glibc.close(self.descriptor) }
            self.descriptor = fresh
            // A line that was cut went with the file that was moved away, and is still there in one that was not.
            self.isMidLine = Self.endsMidLine(self.destination, fresh) ?? self.isMidLine
        } catch {
            self.report(.notReopened(error))
        }
    }

    /// A full disk or a closed pipe costs lines, never requests.
    private func write(_ lines: [UInt8]) {
        let batch = LineBatch(lines, isMidLine: self.isMidLine)
        var offset = 0
        while offset < batch.bytes.count {
            let count = unsafe batch.bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(self.descriptor, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
            }
            if count > 0 {
                offset += count
                self.isMidLine = batch.isMidLine(behind: offset)
            } else if count < 0, errno == EAGAIN {
                // Somebody who shares the pipe has made it non-blocking: wait as a write would.
                var interest = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&interest, 1, -1)
            } else if count == 0 || errno != EINTR {
                let code = count == 0 ? ENOSPC : errno
                let lost = batch.lost(behind: offset)
                self.locked { self.state.dropped &+= lost }
                // Once for all that are lost until a batch goes out whole.
                if !self.isFailing { self.report(.notWritten(code: code)) }
                self.isFailing = true
                return
            }
        }
        if self.isFailing { self.report(.writtenAgain) }
        self.isFailing = false
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
            // A named pipe would be waited for until somebody reads it; asked not to, it says that nobody does (ENXIO).
            let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
            guard descriptor >= 0 else { throw AccessLogError(path: path, code: errno) }
            // The writer is a thread of its own, and waits.
            let flags = fcntl(descriptor, F_GETFL)
            _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
            return descriptor
        }
    }

    /// Whether a file ends within a line, as one does that a full disk has cut; nil where there is no end to look at.
    private static func endsMidLine(_ destination: Destination, _ descriptor: Int32) -> Bool? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard status.st_size > 0 else { return false }
        // The log itself is opened for writing only.
        guard case .file(let path) = destination else { return nil }
        let reader = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard reader >= 0 else { return nil }
        defer { Glibc.close(reader) }
        var last: UInt8 = 0
        guard unsafe pread(reader, &last, 1, status.st_size - 1) == 1 else { return nil }
        return last != 0x0A
    }
}

/// What befalls the access log while the proxy serves (SPEC §9).
package enum AccessLogTrouble: Sendable, Hashable {
    /// Lines are being lost, for this `errno`.
    case notWritten(code: Int32)
    case writtenAgain
    /// SIGHUP found no way to open it.
    case notReopened(AccessLogError)
}

/// The access log cannot be opened where the configuration says.
package struct AccessLogError: Error, Sendable, Hashable {
    package let path: String
    /// An `errno`.
    let code: Int32

    /// What is wrong, in words.
    package var cause: String {
        if self.code == ENXIO { return "it is a pipe that nobody reads (start its reader first), or a socket" }
        return unsafe String(cString: strerror(self.code))
    }
}
