import Foundation

/// Random events that a failed run can be repeated with: SplitMix64 from a printed seed.
struct EventRandom: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        self.state = seed
    }

    /// `BEARERGATE_SEED` repeats a run; otherwise every run has its own seed.
    init(for what: String) {
        let given = ProcessInfo.processInfo.environment["BEARERGATE_SEED"].flatMap { UInt64($0) }
        self.init(seed: given ?? UInt64.random(in: 0...UInt64.max))
        print("\(what): BEARERGATE_SEED=\(self.seed)")
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uneven by less than a millionth, and quick.
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: self.next() >> 33) % bound }

    mutating func element<T>(of list: [T]) -> T? { list.isEmpty ? nil : list[self.below(list.count)] }
}
