/// Writes heads and chunk frames into one block of memory that it keeps from message to message.
///
/// It writes what it is told: that no value holds a line end is the caller's business, and holds for every span that
/// comes out of a parsed head. It cannot be copied: an array's question of who else holds it, asked at each of two dozen
/// writes a request, cost as much as the writing.
///
/// Safe: the block belongs to this writer alone, and every write makes sure of its room first.
@safe @usableFromInline package struct HeadWriter: ~Copyable {
    /// What lies behind `count` is room, or left over from longer messages.
    @usableFromInline var room: UnsafeMutableRawBufferPointer
    /// How long the block is.
    @usableFromInline var capacity: Int
    /// Bytes written.
    @usableFromInline package internal(set) var count = 0

    /// One that has nothing to write, which is what most are made for, takes no memory.
    @inlinable
    package init(reserving count: Int = 0) {
        unsafe self.room =
            count > 0 ? .allocate(byteCount: count, alignment: 1) : UnsafeMutableRawBufferPointer(start: nil, count: 0)
        self.capacity = count
    }

    deinit { unsafe self.room.deallocate() }

    /// What was written, as an array of its own.
    @inlinable package var bytes: [UInt8] { unsafe Array(self.room[..<self.count]) }

    /// What was written, borrowed: the way to send it.
    @inlinable package var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // 0..<count was written, and the block stays where it is until the next write.
            let written = unsafe Span<UInt8>(_unsafeBytes: self.room[..<self.count])
            return unsafe _overrideLifetime(written, borrowing: self)
        }
    }

    /// Gives what was written to a closure, borrowed.
    @inlinable
    package func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(self.span)
    }

    /// Forgets what was written and keeps the memory.
    @inlinable
    package mutating func reset() {
        self.count = 0
    }

    /// Forgets what was written behind the first `count` bytes.
    @inlinable
    package mutating func truncate(to count: Int) {
        self.count = min(self.count, max(0, count))
    }

    /// Makes room behind what was written; at least doubles, so that a long message is copied few times.
    @usableFromInline
    mutating func grow(by count: Int) {
        let capacity = max(self.count + count, self.capacity * 2, Self.roomAtFirst)
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: self.room[..<self.count]))
        unsafe self.room.deallocate()
        unsafe self.room = unsafe larger
        self.capacity = capacity
    }

    /// Enough for nearly every head.
    private static let roomAtFirst = 2_048

    @inlinable @inline(__always)
    package mutating func append(byte: UInt8) {
        if self.count == self.capacity { self.grow(by: 1) }
        unsafe self.room[self.count] = byte
        self.count &+= 1
    }

    @inlinable @inline(__always)
    package mutating func append(_ span: Span<UInt8>) {
        let end = self.count + span.count
        if end > self.capacity { self.grow(by: span.count) }
        // One memory copy into room that was just made sure of; the pointer does not outlive it.
        unsafe span.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: self.room[self.count..<end]).copyMemory(from: $0)
        }
        self.count = end
    }

    /// Writes eight octets, the first one in the highest byte.
    @inlinable @inline(__always)
    package mutating func append(bigEndian word: UInt64) {
        if self.count + 8 > self.capacity { self.grow(by: 8) }
        unsafe self.room.storeBytes(of: word.bigEndian, toByteOffset: self.count, as: UInt64.self)
        self.count &+= 8
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: [UInt8]) {
        self.append(bytes.span)
    }

    @inlinable @inline(__always)
    package mutating func append(_ text: StaticString) {
        self.append(text.octets)
    }

    @inlinable
    package mutating func append(utf8 text: String) {
        let bytes = Array(text.utf8)
        self.append(bytes.span)
    }

    @inlinable
    package mutating func appendCRLF() {
        self.append("\r\n")
    }

    /// A number in decimal digits without leading zeros.
    @usableFromInline
    package mutating func appendDecimal(_ number: UInt64) {
        var digits = 1
        var power: UInt64 = 10
        // Twenty digits are the most, and there the power would overflow.
        while digits < 20, number >= power {
            digits &+= 1
            power = power &* 10
        }
        if self.count + digits > self.capacity { self.grow(by: digits) }
        var rest = number
        var position = self.count + digits
        self.count = position
        repeat {
            position &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            unsafe self.room[position] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
    }

    /// A number in lower-case hexadecimal digits without leading zeros, as chunk sizes are written.
    package mutating func appendHexadecimal(_ number: UInt64) {
        var shift = max(0, (63 - number.leadingZeroBitCount) / 4) * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number &>> UInt64(shift)) & 0x0F
            self.append(byte: digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
            shift -= 4
        }
    }

    /// `Name: value` CRLF.
    @inlinable
    package mutating func appendField(_ name: StaticString, _ value: Span<UInt8>) {
        self.append(name)
        self.append(": ")
        self.append(value)
        self.appendCRLF()
    }

    /// `Name: value` CRLF.
    @inlinable
    package mutating func appendField(_ name: StaticString, _ value: StaticString) {
        self.appendField(name, value.octets)
    }

    /// `Name: value` CRLF.
    @inlinable
    package mutating func appendField(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        self.append(name)
        self.append(": ")
        self.append(value)
        self.appendCRLF()
    }

    /// `Name: digits` CRLF.
    @inlinable
    package mutating func appendField(_ name: StaticString, decimal value: UInt64) {
        self.append(name)
        self.append(": ")
        self.appendDecimal(value)
        self.appendCRLF()
    }
}
