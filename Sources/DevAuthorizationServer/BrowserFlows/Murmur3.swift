/// 32-bit MurmurHash3, by which Hydra tells the cookies of clients apart; nothing rests on it.
enum Murmur3 {
    static func hash(_ text: String) -> UInt32 {
        let bytes = Array(text.utf8)
        var hash: UInt32 = 0
        var index = 0
        while index + 4 <= bytes.count {
            hash ^= Self.mixed(Self.word(bytes[index..<(index + 4)]))
            hash = (hash << 13 | hash >> 19) &* 5 &+ 0xE654_6B64
            index += 4
        }
        hash ^= Self.mixed(Self.word(bytes[index...]))
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
        hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
        return hash ^ hash >> 16
    }

    /// Up to four bytes, the first one lowest.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func mixed(_ word: UInt32) -> UInt32 {
        let product = word &* 0xCC9E_2D51
        return (product << 15 | product >> 17) &* 0x1B87_3593
    }
}
