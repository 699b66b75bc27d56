/// The numbers a public key is made of, each in its shortest or fixed-length big-endian form (RFC 7518 §6, RFC 8037 §2).
package enum PublicKeyMaterial: Sendable, Hashable {
    case rsa(modulus: [UInt8], exponent: [UInt8])
    case ellipticCurve(EllipticCurve, x: [UInt8], y: [UInt8])
    case ed25519(x: [UInt8])

    package var kind: KeyKind {
        switch self {
        case .rsa: .rsa
        case .ellipticCurve(let curve, _, _): .ellipticCurve(curve)
        case .ed25519: .ed25519
        }
    }

    /// Refuses numbers that no honest key has; whether a point lies on its curve is OpenSSL's to say.
    func check(_ policy: KeyPolicy) throws(KeyProblem) {
        switch self {
        case .rsa(let modulus, let exponent):
            try RSANumbers.check(modulus: modulus, exponent: exponent, policy: policy)
        case .ellipticCurve(let curve, let x, let y):
            guard x.count == curve.coordinateByteCount, y.count == curve.coordinateByteCount else {
                throw .coordinateLength
            }
        case .ed25519(let x):
            guard x.count == Ed25519Point.byteCount else { throw .coordinateLength }
            guard !Ed25519Point.isWeak(x) else { throw .pointRefused }
        }
    }
}

/// What an RSA public key has to look like.
enum RSANumbers {
    static func check(modulus: [UInt8], exponent: [UInt8], policy: KeyPolicy) throws(KeyProblem) {
        // RFC 7518 §6.3.1.1: the fewest octets that hold the number.
        guard let first = modulus.first, first != 0, exponent.first != 0 else { throw .notMinimal }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        guard bits >= policy.minRSABits else { throw .modulusTooSmall }
        guard bits <= policy.maxRSABits else { throw .modulusTooLarge }
        guard let last = modulus.last, last & 1 == 1 else { throw .modulusRefused }
        // An exponent of 1 signs everything; a large one only costs time.
        guard exponent.count <= 4 else { throw .exponentRefused }
        let value = exponent.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard value >= 3, value & 1 == 1 else { throw .exponentRefused }
        guard !self.hasSmallFactor(modulus), !self.hasROCAFingerprint(modulus) else { throw .modulusRefused }
    }

    /// Whether a small prime divides the modulus: then it is no product of two large ones.
    static func hasSmallFactor(_ modulus: [UInt8]) -> Bool {
        self.smallPrimes.contains { self.residue(of: modulus, by: $0) == 0 }
    }

    /// Whether the modulus came from the broken generator of CVE-2017-15361 (ROCA): all of its primes are powers of
    /// 65537 modulo a product of small primes, so the modulus is one too, modulo each of them.
    ///
    /// An honest modulus passes for one with a probability of about 2⁻²⁷.
    static func hasROCAFingerprint(_ modulus: [UInt8]) -> Bool {
        self.smallPrimes.allSatisfy { prime in
            let residue = self.residue(of: modulus, by: prime)
            var power = 1
            repeat {
                if power == residue { return true }
                power = power * 65_537 % prime
            } while power != 1
            return false
        }
    }

    private static func residue(of modulus: [UInt8], by prime: Int) -> Int {
        modulus.reduce(0) { ($0 << 8 | Int($1)) % prime }
    }

    /// Odd primes up to 167: those that divide the generator's product for its smallest keys.
    private static let smallPrimes = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
        113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}

/// The encodings of Ed25519 points that must not be keys.
enum Ed25519Point {
    static let byteCount = 32

    /// Whether `x` encodes a point of small order, for which one signature fits many messages, or is no reduced
    /// encoding at all (RFC 8032 §5.1.3).
    static func isWeak(_ x: [UInt8]) -> Bool {
        var y = x
        y[31] &= 0x7F
        if y[31] == 0x7F, y[1..<31].allSatisfy({ $0 == 0xFF }), y[0] >= 0xED { return true }
        return self.smallOrder.contains(y)
    }

    /// The y coordinates of the points of order 1, 2, 4 and 8, little-endian; the sign bit of x does not matter.
    private static let smallOrder: [[UInt8]] = [
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [UInt8](repeating: 0, count: 32),
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]
}
