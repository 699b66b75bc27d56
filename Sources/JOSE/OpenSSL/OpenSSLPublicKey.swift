import COpenSSL
import Synchronization

/// A public key in OpenSSL's hands: it checks signatures and can do nothing else.
///
/// Unchecked: `pkey` is written once in `init`; OpenSSL counts references atomically and never mutates it in verify.
/// What does change from call to call, the verification contexts, is behind a lock.
@safe
package final class OpenSSLPublicKey: @unchecked Sendable {
    package let kind: KeyKind
    /// Bytes of a signature by this key: every algorithm of its kind has exactly one length.
    package let signatureByteCount: Int

    private let pkey: OpaquePointer
    private let idleContexts = Mutex<[VerificationContext]>([])

    /// Takes the numbers over; OpenSSL checks that a point lies on its curve.
    package init(_ material: PublicKeyMaterial) throws(KeyProblem) {
        defer { ERR_clear_error() }
        self.kind = material.kind
        switch material {
        case .rsa(let modulus, let exponent):
            guard
                let pkey = unsafe bearergate_rsa_public_key(modulus, modulus.count, exponent, exponent.count)
            else { throw .modulusRefused }
            unsafe self.pkey = pkey
            self.signatureByteCount = modulus.count
        case .ellipticCurve(let curve, let x, let y):
            let point = [0x04] + x + y
            guard let pkey = unsafe bearergate_ec_public_key(curve.name, point, point.count) else {
                throw .pointRefused
            }
            unsafe self.pkey = pkey
            self.signatureByteCount = 2 * curve.coordinateByteCount
        case .ed25519(let x):
            guard let pkey = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count) else {
                throw .pointRefused
            }
            unsafe self.pkey = pkey
            self.signatureByteCount = 64
        }
    }

    deinit { unsafe EVP_PKEY_free(self.pkey) }

    /// Whether `signature` is this key's over `input` under `algorithm`.
    ///
    /// An algorithm of another kind of key, and a signature of any but the exact length (RFC 7518 §3.3–3.5,
    /// RFC 8037 §3.1), is simply no.
    package func verifies(
        _ signature: Span<UInt8>, over input: Span<UInt8>, algorithm: SignatureAlgorithm
    ) -> Bool {
        guard algorithm.keyKind == self.kind, signature.count == self.signatureByteCount else { return false }
        defer { ERR_clear_error() }
        guard let context = self.takeContext(for: algorithm) else { return false }
        defer { self.giveBack(context) }
        if case .ellipticCurve = self.kind {
            return context.verifies(ECDSASignature.der(fromFixed: signature).span, over: input)
        }
        return context.verifies(signature, over: input)
    }

    // Setting a context up costs about as much as half a verification, so a few are kept; each is used by one thread
    // at a time because it is out of the list while it is used.
    private func takeContext(for algorithm: SignatureAlgorithm) -> VerificationContext? {
        let idle = self.idleContexts.withLock { contexts in
            contexts.lastIndex { $0.algorithm == algorithm }.map { contexts.remove(at: $0) }
        }
        if let idle { return idle }
        return unsafe VerificationContext(key: self.pkey, algorithm: algorithm)
    }

    private func giveBack(_ context: VerificationContext) {
        self.idleContexts.withLock { contexts in
            if contexts.count < Self.idleContextsMax { contexts.append(context) }
        }
    }

    /// One a loop on a large machine; more threads than this at once make their own and let them go.
    private static let idleContextsMax = 32
}

extension OpenSSLPublicKey: CustomStringConvertible {
    package var description: String { "OpenSSLPublicKey(\(self.kind))" }
}

/// One verification set up: padding, hash and key chosen once, used for any number of signatures.
///
/// Unchecked: an instance is out of its key's list of idle contexts while a thread uses it, so never in two hands.
@safe
private final class VerificationContext: @unchecked Sendable {
    let algorithm: SignatureAlgorithm
    private let operation: Operation

    @safe private enum Operation {
        /// Checks the signature of a digest that we make.
        case digest(HashFunction, OpaquePointer)
        /// Ed25519 hashes the message itself, twice, so only the one-shot call will do (RFC 8032 §5.1.7).
        case message(OpaquePointer)
    }

    init?(key: OpaquePointer, algorithm: SignatureAlgorithm) {
        self.algorithm = algorithm
        guard let hash = algorithm.hash else {
            guard let context = unsafe EVP_MD_CTX_new() else { return nil }
            unsafe self.operation = .message(context)
            guard unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key, nil) == 1 else { return nil }
            return
        }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return nil }
        unsafe self.operation = .digest(hash, context)
        guard unsafe SignatureParameters.apply(algorithm, hash: hash, to: context, EVP_PKEY_verify_init) else {
            return nil
        }
    }

    deinit {
        switch self.operation {
        case .digest(_, let context): unsafe EVP_PKEY_CTX_free(context)
        case .message(let context): unsafe EVP_MD_CTX_free(context)
        }
    }

    func verifies(_ signature: Span<UInt8>, over input: Span<UInt8>) -> Bool {
        switch self.operation {
        case .digest(let hash, let context):
            unsafe Self.verifies(signature, overDigestOf: input, hash, context)
        case .message(let context):
            unsafe Self.verifies(signature, over: input, context)
        }
    }

    private static func verifies(
        _ signature: Span<UInt8>, overDigestOf input: Span<UInt8>, _ hash: HashFunction, _ context: OpaquePointer
    ) -> Bool {
        var digest = InlineArray<64, UInt8>(repeating: 0)
        var digestBytes = digest.mutableSpan
        return unsafe digestBytes.withUnsafeMutableBufferPointer { digest in
            guard let base = digest.baseAddress else { return false }
            unsafe input.withUnsafeBufferPointer { unsafe hash.write(digestOf: $0, to: base) }
            return unsafe signature.withUnsafeBufferPointer { signature in
                unsafe EVP_PKEY_verify(context, signature.baseAddress, signature.count, base, hash.byteCount) == 1
            }
        }
    }

    private static func verifies(
        _ signature: Span<UInt8>, over input: Span<UInt8>, _ context: OpaquePointer
    ) -> Bool {
        // Begins anew with the key and the algorithm that the context has: naming none keeps them as they are.
        guard unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, nil, nil) == 1 else { return false }
        return unsafe signature.withUnsafeBufferPointer { signature in
            unsafe input.withUnsafeBufferPointer { input in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress, signature.count, input.baseAddress, input.count) == 1
            }
        }
    }
}

/// The settings that make an OpenSSL context do what a JOSE algorithm says.
enum SignatureParameters {
    /// Starts an operation and sets padding, hash, and for PSS a salt as long as the hash and MGF1 over that same hash
    /// (RFC 7518 §3.5).
    static func apply(
        _ algorithm: SignatureAlgorithm, hash: HashFunction, to context: OpaquePointer,
        _ start: (OpaquePointer?) -> Int32
    ) -> Bool {
        guard unsafe start(context) == 1, let digest = unsafe HashTable.fetched[hash] else { return false }
        if case .rsa = algorithm.keyKind {
            let padding = algorithm.isPSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1 else { return false }
        }
        guard unsafe EVP_PKEY_CTX_set_signature_md(context, digest) == 1 else { return false }
        if algorithm.isPSS {
            guard unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(context, Int32(hash.byteCount)) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1
            else { return false }
        }
        return true
    }
}

/// OpenSSL's hash algorithms, fetched once for the life of the process.
///
/// Unchecked: written once, under the lazy initialisation of a static; a fetched algorithm is immutable.
@safe
struct HashTable: @unchecked Sendable {
    static let fetched = HashTable()

    private let sha256 = unsafe EVP_MD_fetch(nil, HashFunction.sha256.name, nil)
    private let sha384 = unsafe EVP_MD_fetch(nil, HashFunction.sha384.name, nil)
    private let sha512 = unsafe EVP_MD_fetch(nil, HashFunction.sha512.name, nil)

    subscript(hash: HashFunction) -> OpaquePointer? {
        switch hash {
        case .sha256: unsafe self.sha256
        case .sha384: unsafe self.sha384
        case .sha512: unsafe self.sha512
        }
    }
}
