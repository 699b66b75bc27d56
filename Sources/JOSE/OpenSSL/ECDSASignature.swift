/// The two spellings of an ECDSA signature: r and s side by side, each of fixed length, as JWS has it (RFC 7518 §3.4),
/// and the ASN.1 sequence that OpenSSL wants.
enum ECDSASignature {
    static func der(fromFixed signature: Span<UInt8>) -> [UInt8] {
        let half = signature.count / 2
        let r = self.integer(signature, 0..<half)
        let s = self.integer(signature, half..<signature.count)
        let content = self.byteCount(of: r) + self.byteCount(of: s)
        var der: [UInt8] = []
        der.reserveCapacity(content + 3)
        der.append(0x30)
        if content >= 0x80 { der.append(0x81) }  // P-521: two numbers of up to 67 bytes, never over 255 together
        der.append(UInt8(content))
        for number in [r, s] {
            der.append(0x02)
            der.append(UInt8(number.range.count + (number.needsZero ? 1 : 0)))
            if number.needsZero { der.append(0) }
            for index in number.range { der.append(signature[index]) }
        }
        return der
    }

    /// The fixed form of what OpenSSL signed, or nil if that is no two numbers of at most `half` bytes each.
    static func fixed(fromDER der: [UInt8], half: Int) -> [UInt8]? {
        var rest = der[...]
        guard rest.popFirst() == 0x30, var count = rest.popFirst().map(Int.init) else { return nil }
        if count == 0x81 {
            guard let long = rest.popFirst() else { return nil }
            count = Int(long)
        }
        guard count == rest.count else { return nil }
        var fixed: [UInt8] = []
        for _ in 0..<2 {
            guard rest.popFirst() == 0x02, let length = rest.popFirst().map(Int.init), length <= rest.count else {
                return nil
            }
            let number = rest.prefix(length).drop { $0 == 0 }
            guard number.count <= half else { return nil }
            fixed += [UInt8](repeating: 0, count: half - number.count)
            fixed += number
            rest = rest.dropFirst(length)
        }
        return rest.isEmpty ? fixed : nil
    }

    // ASN.1 integers are as short as they can be and signed: leading zeros go, one comes back before a high bit.
    private static func integer(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) -> (range: Range<Int>, needsZero: Bool) {
        var lower = range.lowerBound
        while lower < range.upperBound - 1, bytes[lower] == 0 { lower += 1 }
        return (lower..<range.upperBound, bytes[lower] & 0x80 != 0)
    }

    private static func byteCount(of number: (range: Range<Int>, needsZero: Bool)) -> Int {
        2 + number.range.count + (number.needsZero ? 1 : 0)
    }
}
