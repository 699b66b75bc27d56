/// The bounds of every duration histogram we publish, and where a duration falls.
package enum DurationHistogram {
    /// Upper bounds in nanoseconds, from a cache hit on loopback to a slow authorization server.
    package static let bounds: [UInt64] = [
        250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
    ]
    /// The same in seconds, as Prometheus writes `le`.
    package static let boundTexts: [String] = [
        "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5",
        "10",
    ]
    /// One counter a bound, one for what lies beyond, one for the sum in nanoseconds.
    package static let counterCount = bounds.count + 2

    package static func bucket(of nanoseconds: UInt64) -> Int {
        var position = 0
        while position < self.bounds.count, nanoseconds > self.bounds[position] { position += 1 }
        return position
    }

    /// Counts one duration in the counters that begin at `base`.
    package static func record(_ nanoseconds: UInt64, in block: CounterBlock, at base: Int) {
        block.add(1, at: base + self.bucket(of: nanoseconds))
        block.add(nanoseconds, at: base + self.bounds.count + 1)
    }
}
