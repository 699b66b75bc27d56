import COpenSSL

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) under one key, whose two blocks are hashed beforehand.
///
/// It makes token fingerprints: taken on every request, so it allocates nothing and looks nothing up.
package struct KeyedDigest: Sendable {
    private var inner = SIMD8<UInt32>()
    private var outer = SIMD8<UInt32>()

    package init(key: [UInt8]) {
        self.init(key: key.span)
    }

    package init(key: Span<UInt8>) {
        var inner = InlineArray<8, UInt32>(repeating: 0)
        var outer = InlineArray<8, UInt32>(repeating: 0)
        var innerWords = inner.mutableSpan
        var outerWords = outer.mutableSpan
        // C reads the key and writes eight words each: the sizes are those of the arrays above.
        unsafe key.withUnsafeBufferPointer { key in
            unsafe innerWords.withUnsafeMutableBufferPointer { innerWords in
                unsafe outerWords.withUnsafeMutableBufferPointer { outerWords in
                    unsafe bearergate_hmac_sha256_prepare(
                        key.baseAddress, key.count, innerWords.baseAddress, outerWords.baseAddress)
                }
            }
        }
        for index in 0..<8 {
            self.inner[index] = inner[index]
            self.outer[index] = outer[index]
        }
    }

    /// The plain HMAC of one message.
    package func authenticationCode(for message: Span<UInt8>) -> Digest256 {
        var code = Digest256()
        unsafe self.withWords { inner, outer in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe code.write {
                    unsafe bearergate_hmac_sha256(inner, outer, message.baseAddress, message.count, $0)
                }
            }
        }
        return code
    }

    /// The HMAC over two parts, each preceded by its length in eight bytes: no two pairs make one message.
    package func digest(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Digest256 {
        var code = Digest256()
        unsafe self.withWords { inner, outer in
            unsafe first.withUnsafeBufferPointer { first in
                unsafe second.withUnsafeBufferPointer { second in
                    unsafe code.write {
                        unsafe bearergate_hmac_sha256_parts(
                            inner, outer, first.baseAddress, first.count, second.baseAddress, second.count, $0)
                    }
                }
            }
        }
        return code
    }

    /// The fingerprint of `token` under what `prefix` says of where it counts (server and client identity).
    package func digest(prefix: [UInt8], token: Span<UInt8>) -> Digest256 {
        self.digest(prefix.span, token)
    }

    private func withWords(_ body: (UnsafePointer<UInt32>, UnsafePointer<UInt32>) -> Void) {
        // A SIMD8 of UInt32 is eight words in order; C reads exactly eight.
        unsafe withUnsafeBytes(of: self.inner) { inner in
            unsafe withUnsafeBytes(of: self.outer) { outer in
                guard let innerBase = inner.baseAddress, let outerBase = outer.baseAddress else { return }
                unsafe body(
                    innerBase.assumingMemoryBound(to: UInt32.self), outerBase.assumingMemoryBound(to: UInt32.self))
            }
        }
    }
}

extension KeyedDigest: CustomStringConvertible {
    /// Never the key.
    package var description: String { "KeyedDigest" }
}

extension KeyedDigest: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: []) }
}
