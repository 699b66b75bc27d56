/// Writes heads and chunk frames into one array that it keeps from message to message.
///
/// It writes what it is told: that no value holds a line end is the caller's business, and holds for every span that
/// comes out of a parsed head.
@usableFromInline package struct HeadWriter: Sendable {
    /// As long as anything written so far; what lies behind `count` is left over from longer messages.
    ///
    /// Growing an array by its end costs a check of its capacity, its count and its owner each time; here the room is
    /// there already and a write is a copy into it.
    @usableFromInline var storage: [UInt8]
    /// Bytes written.
    @usableFromInline package internal(set) var count = 0

    @inlinable
    package init(reserving count: Int = 0) {
        self.storage = Array(repeating: 0, count: count)
    }

    /// What was written.
    @inlinable package var bytes: [UInt8] { Array(self.storage[0..<self.count]) }

    /// What was written, borrowed: the way to send it.
    @inlinable package var span: Span<UInt8> {
        @_lifetime(borrow self) get { self.storage.span.extracting(0..<self.count) }
    }

    /// Gives what was written to a closure, borrowed.
    @inlinable
    package func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(self.storage.span.extracting(0..<self.count))
    }

    /// Forgets what was written and keeps the memory.
    @inlinable
    package mutating func reset() {
        self.count = 0
    }

    /// Makes room behind what was written; at least doubles, so that a long message is copied few times.
    @usableFromInline
    mutating func grow(by count: Int) {
        let wanted = max(self.count + count, self.storage.count * 2, Self.roomAtFirst)
        self.storage.append(contentsOf: repeatElement(0, count: wanted - self.storage.count))
    }

    /// Enough for nearly every head.
    private static let roomAtFirst = 2_048

    @inlinable
    package mutating func append(byte: UInt8) {
        if self.count == self.storage.count { self.grow(by: 1) }
        self.storage[self.count] = byte
        self.count &+= 1
    }

    @inlinable
    package mutating func append(_ span: Span<UInt8>) {
        let end = self.count + span.count
        if end > self.storage.count { self.grow(by: span.count) }
        let start = self.count
        // One memory copy between two spans whose bounds were just made sure of; neither pointer outlives it.
        unsafe self.storage.withUnsafeMutableBytes { room in
            unsafe span.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[start..<end]).copyMemory(from: $0)
            }
        }
        self.count = end
    }

    @inlinable
    package mutating func append(_ bytes: [UInt8]) {
        self.append(bytes.span)
    }

    @inlinable
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
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number
        var start = 20
        repeat {
            start -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[start] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        self.append(digits.span.extracting(start..<20))
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
