/// Lines on their way to where writing may stop in the middle of one.
struct LineBatch {
    let bytes: [UInt8]
    /// Where its own lines begin.
    private let start: Int

    /// - Parameters:
    ///   - lines: the last newline included.
    ///   - isMidLine: the line before was cut: what follows must not be taken for its rest.
    init(_ lines: [UInt8], isMidLine: Bool) {
        self.bytes = isMidLine ? [0x0A] + lines : lines
        self.start = isMidLine ? 1 : 0
    }

    /// Whether a line is cut when `count` bytes, of which there is at least one, are out.
    func isMidLine(behind count: Int) -> Bool { self.bytes[count - 1] != 0x0A }

    /// How many of its lines are not out whole when `count` bytes are.
    func lost(behind count: Int) -> UInt64 {
        UInt64(self.bytes[max(count, self.start)...].count { $0 == 0x0A })
    }
}
