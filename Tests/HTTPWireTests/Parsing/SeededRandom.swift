import Foundation

/// A repeatable source of randomness (SplitMix64); the seed is printed with whatever it finds.
struct SeededRandom: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        self.state = seed
    }

    /// A fresh seed, or the one in `BEARERGATE_SEED` to see a failure again.
    static func fresh() -> SeededRandom {
        let named = ProcessInfo.processInfo.environment["BEARERGATE_SEED"].flatMap(UInt64.init)
        return SeededRandom(seed: named ?? UInt64.random(in: .min ... .max))
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
