import Glibc

/// A value that threads change and wait for.
///
/// Unchecked: the value is touched only while the mutex is held.
package final class Monitor<Value>: @unchecked Sendable {
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init(_ value: Value) {
        self.value = value
        pthread_mutex_init(self.mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(self.condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(self.condition)
        pthread_mutex_destroy(self.mutex)
        self.condition.deallocate()
        self.mutex.deallocate()
    }

    package var current: Value { self.withLock { $0 } }

    /// Reads or changes the value, and wakes whoever waits for it.
    @discardableResult
    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(self.mutex)
        defer {
            pthread_cond_broadcast(self.condition)
            pthread_mutex_unlock(self.mutex)
        }
        return try body(&self.value)
    }

    /// Waits until `condition` returns something.
    package func wait<Result>(
        for what: String, until deadline: Deadline = .patient, _ condition: (inout Value) -> Result?
    ) throws(TimedOut) -> Result {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while true {
            if let result = condition(&self.value) {
                pthread_cond_broadcast(self.condition)
                return result
            }
            var time = deadline.asTimespec
            if pthread_cond_timedwait(self.condition, self.mutex, &time) == ETIMEDOUT, condition(&self.value) == nil {
                throw TimedOut(what)
            }
        }
    }

    package func wait(
        for what: String, until deadline: Deadline = .patient, while isUnmet: (Value) -> Bool
    ) throws(TimedOut) {
        try self.wait(for: what, until: deadline) { isUnmet($0) ? nil : () }
    }
}
