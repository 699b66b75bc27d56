/// A half-open range of offsets into the bytes of one message.
///
/// Four bytes a bound: a head is bounded by `HeadLimits`, so an offset never needs more, and an index of a hundred
/// fields stays in a few cache lines.
@usableFromInline package struct ByteRange: Sendable, Hashable {
    @usableFromInline package var lower: UInt32
    @usableFromInline package var upper: UInt32

    @inlinable
    package init(lower: UInt32, upper: UInt32) {
        self.lower = lower
        self.upper = upper
    }

    /// A range from offsets as spans count them; an offset beyond four bytes is our own mistake and traps.
    @inlinable
    package init(_ lower: Int, _ upper: Int) {
        self.lower = UInt32(lower)
        self.upper = UInt32(upper)
    }

    @inlinable package var count: Int { Int(self.upper) - Int(self.lower) }
    @inlinable package var isEmpty: Bool { self.lower == self.upper }

    @usableFromInline package static let empty = ByteRange(lower: 0, upper: 0)
}

extension Span<UInt8> {
    /// The bytes of a range, still borrowed from the same memory.
    @inlinable
    @_lifetime(copy self)
    package func slice(_ range: ByteRange) -> Span<UInt8> {
        self.extracting(Int(range.lower)..<Int(range.upper))
    }
}
