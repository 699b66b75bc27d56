import COpenSSL

/// A private key in OpenSSL's hands, for the development server and for tests.
///
/// It does not print itself.
///
/// Unchecked: `pkey` is written once in `init`; OpenSSL counts references atomically and signing makes its own context.
@safe
package final class OpenSSLPrivateKey: @unchecked Sendable {
    /// What to generate.
    package enum Parameters: Sendable, Hashable {
        case rsa(bits: Int)
        case ellipticCurve(EllipticCurve)
        case ed25519
    }

    package enum Problem: Error, Sendable, Hashable {
        case generationFailed
        case unreadable
        case unsupportedKind
        case algorithmOfAnotherKind
        case signingFailed
    }

    /// The public half.
    package let material: PublicKeyMaterial

    private let pkey: OpaquePointer

    package var kind: KeyKind { self.material.kind }

    /// Makes a fresh key.
    package convenience init(generating parameters: Parameters) throws(Problem) {
        defer { ERR_clear_error() }
        guard let pkey = unsafe Self.generate(parameters) else { throw .generationFailed }
        try unsafe self.init(owning: pkey)
    }

    /// Reads PKCS#8 or a traditional form in PEM, unencrypted.
    package convenience init(pem: [UInt8]) throws(Problem) {
        defer { ERR_clear_error() }
        // The BIO reads the array's bytes and is gone before the closure ends.
        let read: OpaquePointer? = unsafe pem.withUnsafeBytes { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            // A callback that answers "no password", or OpenSSL would ask on the terminal.
            return unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let pkey = unsafe read else { throw .unreadable }
        try unsafe self.init(owning: pkey)
    }

    private init(owning pkey: OpaquePointer) throws(Problem) {
        unsafe self.pkey = pkey
        guard let material = unsafe Self.material(of: pkey) else {
            // A class whose `init` throws after its stored properties are set runs no deinit for those not yet set.
            unsafe EVP_PKEY_free(pkey)
            throw .unsupportedKind
        }
        self.material = material
    }

    deinit { unsafe EVP_PKEY_free(self.pkey) }

    package func publicKey() throws(KeyProblem) -> OpenSSLPublicKey {
        try OpenSSLPublicKey(self.material)
    }

    /// Signs as JWS wants it: ECDSA as r and s side by side (RFC 7518 §3.4).
    package func sign(_ input: [UInt8], algorithm: SignatureAlgorithm) throws(Problem) -> [UInt8] {
        defer { ERR_clear_error() }
        guard algorithm.keyKind == self.kind else { throw .algorithmOfAnotherKind }
        let signature: [UInt8]?
        if let hash = algorithm.hash {
            signature = self.sign(input, algorithm: algorithm, hash: hash)
        } else {
            signature = self.signEd25519(input)
        }
        guard let signature else { throw .signingFailed }
        guard case .ellipticCurve(let curve) = self.kind else { return signature }
        guard let fixed = ECDSASignature.fixed(fromDER: signature, half: curve.coordinateByteCount) else {
            throw .signingFailed
        }
        return fixed
    }

    /// The key as unencrypted PKCS#8 PEM, for the development server's database.
    package func pem() throws(Problem) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .unreadable }
        defer { unsafe BIO_free(bio) }
        guard unsafe PEM_write_bio_PKCS8PrivateKey(bio, self.pkey, nil, nil, 0, nil, nil) == 1 else {
            throw .unreadable
        }
        return unsafe Self.contents(of: bio)
    }

    private func sign(_ input: [UInt8], algorithm: SignatureAlgorithm, hash: HashFunction) -> [UInt8]? {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, self.pkey, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe SignatureParameters.apply(algorithm, hash: hash, to: context, EVP_PKEY_sign_init) else {
            return nil
        }
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: HashFunction.byteCountMax) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            unsafe input.withUnsafeBufferPointer { unsafe hash.write(digestOf: $0, to: base) }
            count = hash.byteCount
        }
        return unsafe self.fill { signature, count in
            unsafe EVP_PKEY_sign(context, signature, count, digest, digest.count) == 1
        }
    }

    private func signEd25519(_ input: [UInt8]) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, self.pkey, nil) == 1 else { return nil }
        return unsafe self.fill { signature, count in
            unsafe EVP_DigestSign(context, signature, count, input, input.count) == 1
        }
    }

    // OpenSSL says how much it wrote; the room is the most that this key can need.
    private func fill(_ write: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>) -> Bool) -> [UInt8]? {
        let capacity = Int(unsafe EVP_PKEY_get_size(self.pkey))
        var succeeded = false
        let signature = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var written = capacity
            succeeded = unsafe write(buffer.baseAddress, &written)
            count = succeeded ? written : 0
        }
        return succeeded ? signature : nil
    }

    private static func generate(_ parameters: Parameters) -> OpaquePointer? {
        let type =
            switch parameters {
            case .rsa: "RSA"
            case .ellipticCurve: "EC"
            case .ed25519: "ED25519"
            }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_keygen_init(context) == 1 else { return nil }
        switch parameters {
        case .rsa(let bits):
            guard unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits)) == 1 else { return nil }
        case .ellipticCurve(let curve):
            guard unsafe EVP_PKEY_CTX_set_group_name(context, curve.name) == 1 else { return nil }
        case .ed25519:
            break
        }
        var pkey: OpaquePointer?
        guard unsafe EVP_PKEY_generate(context, &pkey) == 1 else { return nil }
        return unsafe pkey
    }

    private static func material(of pkey: OpaquePointer) -> PublicKeyMaterial? {
        if unsafe EVP_PKEY_is_a(pkey, "RSA") == 1 {
            guard let modulus = unsafe self.number(OSSL_PKEY_PARAM_RSA_N, of: pkey),
                let exponent = unsafe self.number(OSSL_PKEY_PARAM_RSA_E, of: pkey)
            else { return nil }
            return .rsa(modulus: modulus, exponent: exponent)
        }
        if unsafe EVP_PKEY_is_a(pkey, "EC") == 1 {
            guard let curve = unsafe self.curve(of: pkey),
                let x = unsafe self.number(OSSL_PKEY_PARAM_EC_PUB_X, of: pkey, byteCount: curve.coordinateByteCount),
                let y = unsafe self.number(OSSL_PKEY_PARAM_EC_PUB_Y, of: pkey, byteCount: curve.coordinateByteCount)
            else { return nil }
            return .ellipticCurve(curve, x: x, y: y)
        }
        if unsafe EVP_PKEY_is_a(pkey, "ED25519") == 1 {
            var count = Ed25519Point.byteCount
            var x = [UInt8](repeating: 0, count: count)
            guard unsafe EVP_PKEY_get_raw_public_key(pkey, &x, &count) == 1, count == x.count else { return nil }
            return .ed25519(x: x)
        }
        return nil
    }

    private static func curve(of pkey: OpaquePointer) -> EllipticCurve? {
        var name = [CChar](repeating: 0, count: 64)
        guard unsafe EVP_PKEY_get_group_name(pkey, &name, name.count, nil) == 1 else { return nil }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch text {
        case "prime256v1", "P-256": return .p256
        case "secp384r1", "P-384": return .p384
        case "secp521r1", "P-521": return .p521
        default: return nil
        }
    }

    private static func number(_ name: String, of pkey: OpaquePointer, byteCount: Int? = nil) -> [UInt8]? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(pkey, name, &number) == 1 else { return nil }
        defer { unsafe BN_clear_free(number) }
        let shortest = (Int(unsafe BN_num_bits(number)) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: byteCount ?? shortest)
        guard unsafe BN_bn2binpad(number, &bytes, Int32(clamping: bytes.count)) == Int32(clamping: bytes.count) else {
            return nil
        }
        return bytes
    }

    private static func contents(of bio: OpaquePointer) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Int(unsafe BIO_read(bio, &chunk, Int32(clamping: chunk.count)))
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
        }
    }
}

extension OpenSSLPrivateKey: CustomStringConvertible {
    package var description: String { "OpenSSLPrivateKey(\(self.kind))" }
}

extension OpenSSLPrivateKey: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: []) }
}
