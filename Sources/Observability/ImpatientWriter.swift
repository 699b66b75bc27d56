import Glibc
import Synchronization

/// Writes few lines at once to where somebody may not be reading, such as standard error: whoever has something to say
/// is never held up for longer than `patience`, and what nobody takes is dropped and counted.
package final class ImpatientWriter: Sendable {
    /// Standard error of this process.
    package static let standardError = ImpatientWriter(descriptor: 2)

    /// A reader that is busy comes back within this; nobody notices a pause of this length.
    private static let patience: Int32 = 100
    /// A pipe that is writable takes this much without blocking (PIPE_BUF, pipe(7)).
    private static let pieceBytesMax = 4_096

    private struct State {
        /// The last line was not taken: no more waiting until somebody reads again.
        var isStuck = false
        var isMidLine = false
        var dropped: UInt64 = 0
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Lines that nobody took.
    package var dropped: UInt64 { self.state.withLock { $0.dropped } }

    /// One line or several, the last newline included.
    package func write(_ lines: [UInt8]) {
        self.state.withLock { state in
            let batch = LineBatch(lines, isMidLine: state.isMidLine)
            var offset = 0
            while offset < batch.bytes.count {
                let count = self.writePiece(of: batch.bytes, from: offset, waiting: state.isStuck ? 0 : Self.patience)
                state.isStuck = count == nil
                guard let count else {
                    state.dropped &+= batch.lost(behind: offset)
                    return
                }
                offset += count
                state.isMidLine = batch.isMidLine(behind: offset)
            }
        }
    }

    /// - Returns: how much was taken; nil when it was nothing.
    private func writePiece(of batch: [UInt8], from offset: Int, waiting milliseconds: Int32) -> Int? {
        while true {
            var interest = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
            let ready = unsafe poll(&interest, 1, milliseconds)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = unsafe batch.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    self.descriptor, bytes.baseAddress.map { unsafe $0 + offset },
                    min(Self.pieceBytesMax, batch.count - offset))
            }
            if count < 0, errno == EINTR { continue }
            return count > 0 ? count : nil
        }
    }
}
