extension Span<UInt8> {
    /// Whether the bytes are exactly the text's.
    @inlinable
    package func equals(_ text: StaticString) -> Bool {
        self.elementsEqual(text.octets)
    }

    /// Whether the bytes are the text's when ASCII letters lose their case; `lower` must be written in lower case.
    ///
    /// ASCII only: KELVIN SIGN is not `k` here (RFC 9110 §5.1, RFC 9112 §6.1).
    @inlinable
    package func equalsIgnoringCase(_ lower: StaticString) -> Bool {
        let octets = lower.octets
        guard self.count == octets.count else { return false }
        for index in 0..<self.count where self[index].loweredASCII != octets[index] { return false }
        return true
    }

    /// Whether two runs of bytes are the same when ASCII letters lose their case.
    @inlinable
    package func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard self.count == other.count else { return false }
        for index in 0..<self.count where self[index].loweredASCII != other[index].loweredASCII { return false }
        return true
    }

    /// Whether an ASCII octet is among the bytes.
    @inlinable
    package func contains(_ octet: UInt8) -> Bool { self.offset(of: octet, from: 0, to: self.count) < self.count }

    /// Where the first such ASCII octet in `lower..<upper` is; `upper` when there is none.
    @inlinable
    package func offset(of octet: UInt8, from lower: Int, to upper: Int) -> Int {
        var index = lower
        while index &+ 8 <= upper {
            let found = OctetWord(bits: self.word(at: index)).equal(to: octet)
            guard found == 0 else { return index &+ found.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < upper, self[index] != octet { index &+= 1 }
        return index
    }

    /// Whether two runs of bytes are the same.
    @inlinable
    package func elementsEqual(_ other: Span<UInt8>) -> Bool {
        guard self.count == other.count else { return false }
        var index = 0
        while index &+ 8 <= self.count {
            guard self.word(at: index) == other.word(at: index) else { return false }
            index &+= 8
        }
        while index < self.count {
            guard self[index] == other[index] else { return false }
            index &+= 1
        }
        return true
    }
}

extension UInt8 {
    /// The octet with an ASCII capital made small.
    @inlinable @inline(__always)
    package var loweredASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    @inlinable @inline(__always)
    package var isASCIIDigit: Bool { self &- 0x30 < 10 }

    /// SP or HTAB: the only whitespace HTTP knows (RFC 9110 §5.6.3).
    @inlinable @inline(__always)
    package var isWhitespace: Bool { self == 0x20 || self == 0x09 }
}

extension StaticString {
    /// The text's bytes, which live as long as the program.
    @inlinable @inline(__always)
    package var octets: Span<UInt8> {
        @_lifetime(immortal)
        get {
            // The pointer and the count come from one literal in read-only memory that is never freed.
            let literal = unsafe Span<UInt8>(_unsafeStart: self.utf8Start, count: self.utf8CodeUnitCount)
            return unsafe _overrideLifetime(literal, borrowing: ())
        }
    }
}
