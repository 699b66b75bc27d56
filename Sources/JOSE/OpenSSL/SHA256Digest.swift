import COpenSSL

/// Thirty-two bytes of a digest, as four words: compared and hashed without an allocation.
package struct Digest256: Sendable, Hashable {
    /// The digest's bytes in their order, eight a word, in the machine's byte order.
    package var words: (UInt64, UInt64, UInt64, UInt64) { (self.a, self.b, self.c, self.d) }

    private var a: UInt64 = 0
    private var b: UInt64 = 0
    private var c: UInt64 = 0
    private var d: UInt64 = 0

    package init() {}

    /// The digest with these bytes, if there are thirty-two.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        unsafe self.write { destination in
            for index in bytes.indices { unsafe destination[index] = bytes[index] }
        }
    }

    package var bytes: [UInt8] {
        // The struct is four words and nothing else, so its storage is exactly the thirty-two bytes.
        unsafe withUnsafeBytes(of: self) { unsafe [UInt8]($0) }
    }

    /// In constant time, for digests that stand for secrets; four words at once are no slower than one by one.
    @inline(__always)
    package static func == (left: Self, right: Self) -> Bool {
        (left.a ^ right.a) | (left.b ^ right.b) | (left.c ^ right.c) | (left.d ^ right.d) == 0
    }

    package static let byteCount = 32

    /// Lets C write (or read) the thirty-two bytes in place.
    mutating func write(_ body: (UnsafeMutablePointer<UInt8>) -> Void) {
        // The struct is four words and nothing else, so its storage is exactly the thirty-two bytes.
        unsafe withUnsafeMutableBytes(of: &self) { raw in
            guard let base = raw.baseAddress else { return }
            unsafe body(base.assumingMemoryBound(to: UInt8.self))
        }
    }
}

/// SHA-256 (FIPS 180-4), for thumbprints (RFC 7638) and code challenges (RFC 7636 §4.2).
package enum SHA256Digest {
    package static func digest(of bytes: Span<UInt8>) -> Digest256 {
        var digest = Digest256()
        unsafe bytes.withUnsafeBufferPointer { input in
            unsafe digest.write { unsafe bearergate_sha256(input.baseAddress, input.count, $0) }
        }
        return digest
    }

    package static func digest(of bytes: [UInt8]) -> Digest256 {
        self.digest(of: bytes.span)
    }
}

/// The hash functions of RFC 7518 §3.1.
enum HashFunction: Sendable {
    case sha256, sha384, sha512

    var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The name by which OpenSSL knows it.
    var name: String {
        switch self {
        case .sha256: "SHA2-256"
        case .sha384: "SHA2-384"
        case .sha512: "SHA2-512"
        }
    }

    static let byteCountMax = 64

    func write(digestOf input: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) {
        switch self {
        case .sha256: unsafe bearergate_sha256(input.baseAddress, input.count, output)
        case .sha384: unsafe bearergate_sha384(input.baseAddress, input.count, output)
        case .sha512: unsafe bearergate_sha512(input.baseAddress, input.count, output)
        }
    }
}
