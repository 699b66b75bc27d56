/// Bytes received and not yet consumed, in one piece of the loop's memory.
///
/// Safe: the block is owned here alone, every offset is kept within it, and spans borrow the buffer. A span shows
/// what it is meant to only until the next call that changes the buffer.
@safe @usableFromInline package final class ReadBuffer {
    /// The block an ordinary message starts in.
    package static let readChunk = BufferPool.smallestClass
    /// The block of a body under way: fewer system calls, and still small beside a socket's own buffers.
    package static let bulk = 512 * 1024
    /// Less room than this behind unread bytes is not worth a system call; the bytes are moved to the front.
    static let worthwhileRoom = 2048

    private let pool: BufferPool
    @usableFromInline private(set) var block: UnsafeMutableRawPointer?
    private var size = 0
    @usableFromInline var start = 0
    @usableFromInline var end = 0
    /// What a receive ahead of its reader has answered; bytes lie behind `end` and do not count as unread yet.
    private var aheadResult = 0
    /// How much room that receive had; 0: there was none.
    private var aheadRoom = 0

    init(pool: BufferPool) { self.pool = pool }

    deinit { if let block = unsafe self.block { unsafe self.pool.give(block, capacity: self.capacity) } }

    /// How many bytes the block has room for; 0 while there is none.
    package var capacity: Int { self.size }
    @inlinable package var count: Int { self.end - self.start }
    @inlinable package var isEmpty: Bool { self.start == self.end }
    /// Room behind the last byte.
    package var freeSpace: Int { self.capacity - self.end }

    /// The unread bytes, until the next call that changes the buffer.
    @inlinable package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            guard let block = unsafe self.block else { return Span() }
            // start...end lies in the block and was written by the kernel or by append.
            let unread = unsafe UnsafeRawBufferPointer(start: block + self.start, count: self.end - self.start)
            let span = unsafe Span<UInt8>(_bytes: unread.bytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Takes `count` bytes off the front.
    @inlinable
    package func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.end - self.start, "only received bytes can be consumed")
        self.start += count
        if self.start == self.end {
            self.start = 0
            self.end = 0
        }
    }

    @inlinable
    package func consumeAll() { self.consume(self.count) }

    /// Gives the memory back to the loop if no byte is unread: an idle connection holds none.
    package func releaseIfEmpty() {
        if self.isEmpty, self.aheadRoom == 0 { self.release() }
    }

    /// Makes room for `minimum` bytes behind the unread ones: moves them to the front, or to a larger block of at most
    /// the class of `maximum`.
    ///
    /// `false` if that is not enough.
    @discardableResult
    package func ensureSpace(minimum: Int, maximum: Int) -> Bool {
        guard self.freeSpace < minimum else { return true }
        let needed = self.count + minimum
        if needed <= self.capacity {
            self.compact()
            return true
        }
        let larger = BufferPool.capacity(for: needed)
        guard larger <= BufferPool.capacity(for: maximum) else { return false }
        self.move(toBlockOf: larger)
        return true
    }

    /// Appends a copy of `bytes`, growing up to the class of `maximum`; takes all of them or none.
    func append(_ bytes: Span<UInt8>, maximum: Int) -> Bool {
        guard self.ensureSpace(minimum: bytes.count, maximum: maximum) else { return false }
        unsafe bytes.withUnsafeBytes { source in
            guard let block = unsafe self.block, let from = source.baseAddress else { return }
            // ensureSpace has made room for exactly this many bytes.
            unsafe (block + self.end).copyMemory(from: from, byteCount: source.count)
        }
        self.end += bytes.count
        return true
    }

    /// Lends the free room to `fill`, which answers how many bytes it wrote (or a negative error), and keeps those.
    ///
    /// `chunk` is the block an empty buffer starts with, `maximum` how many unread bytes there may come to be. `nil`
    /// if they are all there already.
    func fill(upTo maximum: Int, chunk: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) -> (
        result: Int, room: Int
    )? {
        if self.isEmpty {
            let wanted = BufferPool.capacity(for: chunk)
            if self.capacity < wanted { self.move(toBlockOf: wanted) }
        } else if self.freeSpace < Self.worthwhileRoom {
            if !self.ensureSpace(minimum: Self.worthwhileRoom, maximum: maximum) { self.compact() }
        }
        let room = self.freeSpace
        guard room > 0, let block = unsafe self.block else { return nil }
        let result = unsafe fill(UnsafeMutableRawBufferPointer(start: block + self.end, count: room))
        if result > 0 {
            precondition(result <= room, "the kernel wrote past the room it was given")
            self.end += result
        }
        return (result, room)
    }

    /// A receive ahead of its reader has answered, and the reader has not asked yet.
    var hasAhead: Bool { self.aheadRoom > 0 }

    /// Lends the room of an empty buffer to `fill` and keeps the answer until `takeAhead`.
    ///
    /// That there was nothing is not kept: whoever asks later wants to know of what there is by then.
    func fillAhead(_ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        guard self.isEmpty, self.aheadRoom == 0,
            let (result, room) = unsafe self.fill(
                upTo: Self.readChunk, chunk: Self.readChunk, fill)
        else { return }
        guard result != Int(SystemError.Code.wouldBlock.result) else { return self.releaseIfEmpty() }
        // Not unread until the reader asks.
        if result > 0 { self.end -= result }
        self.aheadResult = result
        self.aheadRoom = room
    }

    /// What `fillAhead` was answered, as `fill` would have said it, once.
    func takeAhead() -> (result: Int, room: Int)? {
        guard self.aheadRoom > 0 else { return nil }
        let answer = (self.aheadResult, self.aheadRoom)
        self.aheadRoom = 0
        if answer.0 > 0 { self.end += answer.0 }
        return answer
    }

    /// Forgets what is unread and gives the memory back.
    func release() {
        self.aheadRoom = 0
        guard let block = unsafe self.block else { return }
        unsafe self.pool.give(block, capacity: self.capacity)
        unsafe self.block = nil
        self.size = 0
        self.start = 0
        self.end = 0
    }

    private func compact() {
        guard self.start > 0, let block = unsafe self.block else { return }
        let count = self.count
        // Both ranges lie in the block; copyMemory allows them to overlap.
        unsafe block.copyMemory(from: block + self.start, byteCount: count)
        self.start = 0
        self.end = count
    }

    private func move(toBlockOf capacity: Int) {
        let count = self.count
        let larger = unsafe self.pool.take(capacity)
        if let block = unsafe self.block {
            // The new block is larger than the old one, so the unread bytes fit.
            unsafe larger.copyMemory(from: block + self.start, byteCount: count)
            unsafe self.pool.give(block, capacity: self.capacity)
        }
        unsafe self.block = unsafe larger
        self.size = capacity
        self.start = 0
        self.end = count
    }
}

@available(*, unavailable) extension ReadBuffer: Sendable {}
