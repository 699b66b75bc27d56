/// Eight octets looked at together, the first one in the lowest byte.
///
/// The parser spends its time on two questions, "is this still a name" and "is this still a value"; asking them for
/// eight octets at once is what keeps a head under a third of a microsecond. Masks answer with the top bit of each
/// octet; where a comment says "lowest exact", only the lowest set bit may be relied on.
@usableFromInline package struct OctetWord {
    @usableFromInline var bits: UInt64

    @inlinable @inline(__always)
    package init(bits: UInt64) { self.bits = bits }

    @inlinable package static var top: UInt64 { 0x8080_8080_8080_8080 }

    /// Octets equal to `octet` (lowest exact).
    @inlinable @inline(__always)
    func equal(to octet: UInt8) -> UInt64 {
        let difference = self.bits ^ (0x0101_0101_0101_0101 &* UInt64(octet))
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// Octets that a field value cannot simply contain: C0 controls, HTAB among them, and DEL (lowest exact).
    @inlinable @inline(__always)
    var controls: UInt64 {
        let below = (self.bits &- 0x2020_2020_2020_2020) & ~self.bits & 0x8080_8080_8080_8080
        return below | self.equal(to: 0x7F)
    }

    /// Octets that are an ASCII letter, a digit or `-` (every bit exact): nearly all field names are made of these.
    @inlinable @inline(__always)
    var wordOctets: UInt64 {
        let seven = self.bits & 0x7F7F_7F7F_7F7F_7F7F
        let lower = seven | 0x2020_2020_2020_2020
        // Adding 0x80 − first sets the top bit from `first` on, adding 0x7F − last sets it behind `last`; nothing
        // carries into the next octet because seven bits plus less than 0x80 stay under 0x100.
        let letters = (lower &+ 0x1F1F_1F1F_1F1F_1F1F) & ~(lower &+ 0x0505_0505_0505_0505)
        let digits = (seven &+ 0x5050_5050_5050_5050) & ~(seven &+ 0x4646_4646_4646_4646)
        let hyphens = ~((seven ^ 0x2D2D_2D2D_2D2D_2D2D) &+ 0x7F7F_7F7F_7F7F_7F7F)
        return (letters | digits | hyphens) & ~self.bits & 0x8080_8080_8080_8080
    }

    /// Octets that are unreserved (RFC 3986 §2.3) or `/` (every bit exact): most paths and hosts are made of these.
    @inlinable @inline(__always)
    package var pathOctets: UInt64 {
        let seven = self.bits & 0x7F7F_7F7F_7F7F_7F7F
        let lower = seven | 0x2020_2020_2020_2020
        let letters = (lower &+ 0x1F1F_1F1F_1F1F_1F1F) & ~(lower &+ 0x0505_0505_0505_0505)
        // `-`, `.`, `/` and the digits stand in a row.
        let digits = (seven &+ 0x5353_5353_5353_5353) & ~(seven &+ 0x4646_4646_4646_4646)
        let underscores = ~((seven ^ 0x5F5F_5F5F_5F5F_5F5F) &+ 0x7F7F_7F7F_7F7F_7F7F)
        let tildes = ~((seven ^ 0x7E7E_7E7E_7E7E_7E7E) &+ 0x7F7F_7F7F_7F7F_7F7F)
        return (letters | digits | underscores | tildes) & ~self.bits & 0x8080_8080_8080_8080
    }

    /// Octets equal to an ASCII `octet` (every bit exact).
    @inlinable @inline(__always)
    package func exactlyEqual(to octet: UInt8) -> UInt64 {
        let difference = self.bits ^ (0x0101_0101_0101_0101 &* UInt64(octet))
        return ~(((difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | difference) & 0x8080_8080_8080_8080
    }
}

extension Span<UInt8> {
    /// Where the run of unreserved octets and `/` that begins at `lower` ends, at `upper` at the latest.
    @inlinable
    package func endOfPathOctets(from lower: Int, to upper: Int) -> Int {
        var position = lower
        while position &+ 8 <= upper {
            let others = ~OctetWord(bits: self.word(at: position)).pathOctets & OctetWord.top
            guard others == 0 else { return position &+ others.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        if position < upper, upper &- lower >= 8 {
            // The last eight, some of which are known to belong to the run.
            let others = ~OctetWord(bits: self.word(at: upper &- 8)).pathOctets & OctetWord.top
            return others == 0 ? upper : upper &- 8 &+ others.trailingZeroBitCount &>> 3
        }
        while position < upper && (OctetSet.unreserved.contains(self[position]) || self[position] == 0x2F) {
            position &+= 1
        }
        return position
    }
}

extension Span<UInt8> {
    /// Whether thirty-two octets from `offset` on, which the span must hold, are free of controls (see
    /// ``OctetWord/controls``): four words at once, for values as long as a token.
    @inlinable @inline(__always)
    func isPlain32(at offset: Int) -> Bool {
        typealias Words = SIMD4<UInt64>
        // Unsafe by name only: the load checks its bounds, and every bit pattern is four words. No octet's place matters.
        let words = unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Words.self)
        let difference = words ^ Words(repeating: 0x7F7F_7F7F_7F7F_7F7F)
        let below = (words &- Words(repeating: 0x2020_2020_2020_2020)) & ~words
        let delete = (difference &- Words(repeating: 0x0101_0101_0101_0101)) & ~difference
        let found = (below | delete) & Words(repeating: OctetWord.top)
        return found[0] | found[1] | found[2] | found[3] == 0
    }

    /// Eight octets from `offset` on; the span must hold them all.
    @inlinable @inline(__always)
    package func word(at offset: Int) -> UInt64 {
        // Unsafe by name only: the load checks its bounds, and every bit pattern is a UInt64.
        let loaded = unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return UInt64(littleEndian: loaded)
    }
}
