import COpenSSL

/// Bytes from OpenSSL's random number generator, for keys, salts, codes and tokens.
package enum RandomBytes {
    package static func make(count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Without randomness every key made afterwards would be a lie: there is nothing to fall back to.
            guard unsafe RAND_bytes(buffer.baseAddress, Int32(clamping: count)) == 1 else {
                preconditionFailure("the system gives no random bytes")
            }
            initialized = count
        }
    }
}
