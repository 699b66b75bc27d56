/// The memory of one loop's buffers, in size classes that are powers of two.
///
/// An idle connection holds none; a busy one takes the block that was given back last, which is still in the cache.
/// Safe: blocks are handed out once, and memory goes back to the system only between turns of the loop, so even a
/// span that a handler kept too long within its turn reads stale bytes and never unmapped ones.
@safe package final class BufferPool {
    /// The smallest block: a head with a body behind it fits, and a page-aligned read of it is one system call.
    package static let smallestClass = 16 * 1024
    /// What one class may keep unused: a burst of a few hundred busy connections, not its peak for ever.
    static let idleBytesPerClassMax = 8 * 1024 * 1024

    /// Up to 1 MiB; larger blocks are exceptional and go straight back to the system.
    private static let classes = 7
    /// A list a class, threaded through the unused blocks' own first bytes.
    @safe @exclusivity(unchecked) private var free: InlineArray<7, UnsafeMutableRawPointer?> = unsafe .init(
        repeating: nil)
    @safe @exclusivity(unchecked) private var idle: InlineArray<7, Int> = .init(repeating: 0)
    private var surplus: [UnsafeMutableRawPointer] = unsafe []
    private var inUse = 0

    init() {}

    deinit {
        for index in 0..<Self.classes { while let block = unsafe self.popFree(index) { unsafe block.deallocate() } }
        while let block = unsafe self.surplus.popLast() { unsafe block.deallocate() }
    }

    /// Bytes handed out at the moment.
    package var bytesInUse: Int { self.inUse }

    /// Bytes kept for reuse.
    package var bytesIdle: Int {
        (0..<Self.classes).reduce(0) { $0 + self.idle[$1] * (Self.smallestClass << $1) }
    }

    /// The size of the class that holds `count` bytes.
    static func capacity(for count: Int) -> Int {
        guard count > Self.smallestClass else { return Self.smallestClass }
        return 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }

    /// - Parameter capacity: a value of ``capacity(for:)``.
    func take(_ capacity: Int) -> UnsafeMutableRawPointer {
        self.inUse += capacity
        let index = Self.index(of: capacity)
        if index < Self.classes, let block = unsafe self.popFree(index) { return unsafe block }
        return UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    func give(_ block: UnsafeMutableRawPointer, capacity: Int) {
        self.inUse -= capacity
        let index = Self.index(of: capacity)
        guard index < Self.classes, self.idle[index] * capacity < Self.idleBytesPerClassMax else {
            unsafe self.surplus.append(block)
            return
        }
        // Every block is at least smallestClass long and aligned to 64: a pointer fits in front.
        unsafe block.storeBytes(of: self.free[index], as: UnsafeMutableRawPointer?.self)
        unsafe self.free[index] = unsafe block
        self.idle[index] += 1
    }

    private func popFree(_ index: Int) -> UnsafeMutableRawPointer? {
        guard let block = unsafe self.free[index] else { return nil }
        // Written by give when the block was put on the list.
        unsafe self.free[index] = unsafe block.load(as: UnsafeMutableRawPointer?.self)
        self.idle[index] -= 1
        return unsafe block
    }

    /// Ends a turn: memory nobody will want soon goes back to the system.
    func releaseSurplus() {
        guard unsafe !self.surplus.isEmpty else { return }
        while let block = unsafe self.surplus.popLast() { unsafe block.deallocate() }
    }

    private static func index(of capacity: Int) -> Int {
        capacity.trailingZeroBitCount - Self.smallestClass.trailingZeroBitCount
    }
}

@available(*, unavailable) extension BufferPool: Sendable {}
