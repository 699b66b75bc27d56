/// The memory of one loop's buffers, in size classes that are powers of two.
///
/// An idle connection holds none; a busy one takes the block that was given back last, which is still in the cache.
/// Safe: blocks are handed out once, and memory goes back to the system only between turns of the loop, so even a
/// span that a handler kept too long within its turn reads stale bytes and never unmapped ones.
@safe package final class BufferPool {
    /// The smallest block: a head with a body behind it fits, and a page-aligned read of it is one system call.
    package static let smallestClass = 16 * 1024
    /// The largest block kept for reuse; larger ones are exceptional and go straight back to the system.
    static let largestPooledClass = 1024 * 1024
    /// What one class may keep unused: a burst of a few hundred busy connections, not its peak for ever.
    static let idleBytesPerClassMax = 8 * 1024 * 1024

    private static let classes = 7
    private var free: [[UnsafeMutableRawPointer]] = unsafe Array(repeating: [], count: BufferPool.classes)
    private var surplus: [UnsafeMutableRawPointer] = unsafe []
    /// Bytes handed out at the moment.
    package private(set) var bytesInUse = 0

    init() {}

    deinit {
        for unsafe list in unsafe self.free { for unsafe block in unsafe list { unsafe block.deallocate() } }
        for unsafe block in unsafe self.surplus { unsafe block.deallocate() }
    }

    /// The size of the class that holds `count` bytes.
    static func capacity(for count: Int) -> Int {
        guard count > Self.smallestClass else { return Self.smallestClass }
        return 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }

    /// - Parameter capacity: a value of ``capacity(for:)``.
    func take(_ capacity: Int) -> UnsafeMutableRawPointer {
        self.bytesInUse += capacity
        let index = Self.index(of: capacity)
        if index < Self.classes, let block = unsafe self.free[index].popLast() { return unsafe block }
        return UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    func give(_ block: UnsafeMutableRawPointer, capacity: Int) {
        self.bytesInUse -= capacity
        let index = Self.index(of: capacity)
        if index < Self.classes, unsafe self.free[index].count * capacity < Self.idleBytesPerClassMax {
            unsafe self.free[index].append(block)
        } else {
            unsafe self.surplus.append(block)
        }
    }

    /// Ends a turn: memory nobody will want soon goes back to the system.
    func releaseSurplus() {
        guard unsafe !self.surplus.isEmpty else { return }
        for unsafe block in unsafe self.surplus { unsafe block.deallocate() }
        unsafe self.surplus.removeAll()
    }

    /// Bytes kept for reuse.
    package var bytesIdle: Int {
        (0..<Self.classes).reduce(0) { unsafe $0 + self.free[$1].count * (Self.smallestClass << $1) }
    }

    private static func index(of capacity: Int) -> Int {
        capacity.trailingZeroBitCount - Self.smallestClass.trailingZeroBitCount
    }
}

@available(*, unavailable) extension BufferPool: Sendable {}
