/// Makes 128-bit request ids: unique and unlikely to be guessed, without a system call a request.
///
/// They name requests in logs and protect nothing, so a fast generator seeded once from the system's is enough
/// (SplitMix64 over two independent states).
struct RequestIDGenerator {
    private var high: UInt64
    private var low: UInt64

    static func random() -> RequestIDGenerator {
        var system = SystemRandomNumberGenerator()
        return RequestIDGenerator(high: system.next(), low: system.next())
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    mutating func next() -> (high: UInt64, low: UInt64) {
        self.high &+= 0x9E37_79B9_7F4A_7C15
        self.low &+= 0xD1B5_4A32_D192_ED03
        return (Self.mix(self.high), Self.mix(self.low))
    }

    private static func mix(_ state: UInt64) -> UInt64 {
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
