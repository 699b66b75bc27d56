import ReactorTesting

/// Choices that a target makes for an input, from the input itself: the same bytes always go the same way, and a seed stays
/// what it is, with nothing of ours in front.
struct Choices {
    private var random: SeededRandom

    /// FNV-1a: any change of any byte makes another seed.
    init(_ bytes: [UInt8]) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        self.random = SeededRandom(seed: hash)
    }

    mutating func chance(oneIn count: Int) -> Bool { self.random.chance(oneIn: count) }

    mutating func number(below count: Int) -> Int { Int.random(in: 0..<count, using: &self.random) }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[self.number(below: elements.count)] }

    /// Ascending offsets at which a stream of so many bytes is cut into reads: each byte of a short one, a few of a long one.
    mutating func cuts(of count: Int) -> [Int] {
        guard count > 1 else { return [] }
        if count <= 48 || self.chance(oneIn: 8) && count <= 2_048 { return Array(1..<count) }
        return (0..<self.number(below: 9)).map { _ in 1 + self.number(below: count - 1) }.sorted()
    }
}
