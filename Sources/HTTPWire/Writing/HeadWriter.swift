/// Writes heads and chunk frames into one array that it keeps from message to message.
///
/// It writes what it is told: that no value holds a line end is the caller's business, and holds for every span that
/// comes out of a parsed head.
@usableFromInline package struct HeadWriter: Sendable {
    @usableFromInline var storage: [UInt8] = []

    @inlinable
    package init(reserving count: Int = 0) {
        self.storage.reserveCapacity(count)
    }

    /// What was written.
    @inlinable package var bytes: [UInt8] { self.storage }
    @inlinable package var count: Int { self.storage.count }

    /// What was written, borrowed: the way to send it.
    @inlinable package var span: Span<UInt8> {
        @_lifetime(borrow self) get { self.storage.span }
    }

    /// Gives what was written to a closure, borrowed.
    @inlinable
    package func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(self.storage.span)
    }

    /// Forgets what was written and keeps the memory.
    @inlinable
    package mutating func reset() {
        self.storage.removeAll(keepingCapacity: true)
    }

    @inlinable
    package mutating func append(byte: UInt8) {
        self.storage.append(byte)
    }

    @inlinable
    package mutating func append(_ span: Span<UInt8>) {
        // The buffer is used up before the span's borrow ends; appending a buffer is one memory copy.
        unsafe span.withUnsafeBufferPointer { unsafe self.storage.append(contentsOf: $0) }
    }

    @inlinable
    package mutating func append(_ bytes: [UInt8]) {
        self.storage.append(contentsOf: bytes)
    }

    @inlinable
    package mutating func append(_ text: StaticString) {
        self.append(text.octets)
    }

    @inlinable
    package mutating func append(utf8 text: String) {
        self.storage.append(contentsOf: text.utf8)
    }

    @inlinable
    package mutating func appendCRLF() {
        self.storage.append(0x0D)
        self.storage.append(0x0A)
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
            self.storage.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
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
