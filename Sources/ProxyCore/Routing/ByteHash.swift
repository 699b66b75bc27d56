/// FNV-1a over bytes: finds segments and hosts in tables that the configuration alone fills.
///
/// No request adds an entry, so nobody outside can make entries collide, and a hit is compared byte by byte anyway.
struct ByteHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    @inline(__always)
    mutating func combine(_ byte: UInt8) {
        self.value = (self.value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    static func of(_ bytes: Span<UInt8>) -> UInt64 {
        var hash = ByteHash()
        for index in 0..<bytes.count { hash.combine(bytes[index]) }
        return hash.value
    }
}
