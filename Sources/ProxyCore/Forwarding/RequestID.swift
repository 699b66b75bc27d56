package import HTTPWire

/// What names one request in the upstream's log, in ours and in our own answers.
package enum RequestID: Sendable, Hashable, CustomStringConvertible {
    /// 128 random bits of ours.
    case made(high: UInt64, low: UInt64)
    /// A trusted peer's.
    case kept([UInt8])

    /// A trusted peer's id, when there is one that can be kept (SPEC §5).
    package static func kept(from head: borrowing RequestHead, peer: PeerIdentity) -> RequestID? {
        guard peer.isTrusted, let field = head.index.fieldIndex.only(.xRequestID) else { return nil }
        let value = head.value(field)
        guard Self.isKeepable(value) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.count)
        for index in 0..<value.count { bytes.append(value[index]) }
        return .kept(bytes)
    }

    /// Longer ones are no ids, and our log lines are bounded.
    package static let keptBytesMax = 64

    private static func isKeepable(_ value: Span<UInt8>) -> Bool {
        guard 1...Self.keptBytesMax ~= value.count else { return false }
        for index in 0..<value.count where !(0x21...0x7E ~= value[index]) { return false }
        return true
    }

    package var description: String {
        switch self {
        case .made(let high, let low):
            String(decoding: Self.digits(high) + Self.digits(low), as: UTF8.self)
        case .kept(let bytes):
            String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func digits(_ word: UInt64) -> [UInt8] {
        (0..<16).map { Self.digit(word, $0) }
    }

    private static func digit(_ word: UInt64, _ index: Int) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - index * 4)) & 0xF
        return nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }

    /// The digits of four bytes, all eight at once: each nibble gets an octet, and those above 9 the way to `a`.
    private static func hexadecimal(_ word: UInt64) -> UInt64 {
        var nibbles = (word | word << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// Writes the id as its 32 lower-case hexadecimal digits, or as it was kept.
    package func write(into writer: inout HeadWriter) {
        switch self {
        case .made(let high, let low):
            writer.append(bigEndian: Self.hexadecimal(high >> 32))
            writer.append(bigEndian: Self.hexadecimal(high & 0xFFFF_FFFF))
            writer.append(bigEndian: Self.hexadecimal(low >> 32))
            writer.append(bigEndian: Self.hexadecimal(low & 0xFFFF_FFFF))
        case .kept(let bytes):
            writer.append(bytes)
        }
    }
}

/// Makes request ids: 128 bits that do not repeat.
///
/// One a loop, seeded from the system's randomness: a system call a request would cost more than the whole head.
package struct RequestIDGenerator: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator that starts from the system's randomness.
    package static func random() -> RequestIDGenerator {
        var system = SystemRandomNumberGenerator()
        return RequestIDGenerator(seed: (system.next(), system.next(), system.next(), system.next()))
    }

    /// A generator with a known beginning, for tests.
    package init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        self.state = seed
        // All zeros would stay all zeros.
        self.state.0 |= 1
    }

    package mutating func next() -> RequestID {
        let high = self.word()
        return .made(high: high, low: self.word())
    }

    /// xoshiro256**: statistically sound; ids are names, not secrets.
    private mutating func word() -> UInt64 {
        let product = self.state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = self.state.1 << 17
        self.state.2 ^= self.state.0
        self.state.3 ^= self.state.1
        self.state.1 ^= self.state.2
        self.state.0 ^= self.state.3
        self.state.2 ^= shifted
        self.state.3 = self.state.3 << 45 | self.state.3 >> 19
        return result
    }
}
