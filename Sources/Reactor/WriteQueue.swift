/// Bytes the socket would not take yet.
///
/// Filled by ``Endpoint/write(_:)`` and emptied in the background. What is streamed should not come here: it waits
/// in the other side's ``ReadBuffer``, whose reading stops. That keeps the queue as short as a head or an answer of ours.
package final class WriteQueue {
    /// Far above any head or answer of the proxy's own: a queue that reaches it belongs to a peer that reads nothing.
    package static let defaultLimit = 1024 * 1024

    let buffer: ReadBuffer
    /// How many bytes may wait.
    package var limit = WriteQueue.defaultLimit

    init(pool: BufferPool) { self.buffer = ReadBuffer(pool: pool) }

    package var byteCount: Int { self.buffer.count }
    package var isEmpty: Bool { self.buffer.isEmpty }

    /// What waits, until the queue changes.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let buffer = self.buffer
            return unsafe _overrideLifetime(buffer.bytes, borrowing: self)  // the buffer is ours for life
        }
    }

    /// Adds a copy of `bytes`; `false`, and nothing is added, if the limit would be passed.
    package func enqueue(_ bytes: Span<UInt8>) -> Bool {
        guard self.buffer.count + bytes.count <= self.limit else { return false }
        return self.buffer.append(bytes, maximum: self.limit)
    }
}

@available(*, unavailable) extension WriteQueue: Sendable {}
