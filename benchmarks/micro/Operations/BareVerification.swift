import COpenSSL
import JOSE
import OAuthModel

/// The library's release, by which its allocations differ.
package var releaseOfOpenSSL: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }

/// `EVP_DigestVerify` over the bytes of a token's signing input, with everything that can be kept kept: the floor under
/// any check of that signature.
final class BareVerification {
    private let key: OpaquePointer
    private let context: OpaquePointer
    private let hash: String?
    private let isPSS: Bool
    private let input: [UInt8]
    private let signature: [UInt8]

    init(key: OpenSSLPrivateKey, algorithm: SignatureAlgorithm, token: SignedToken) throws {
        let parts = token.text.split(separator: ".")
        guard let context = EVP_MD_CTX_new(), let pkey = Self.publicKey(key.material), parts.count == 3,
            let signature = Base64URL.decode(String(parts[2]))
        else { throw Unusable("OpenSSL does not take the key of \(algorithm.name)") }
        self.context = context
        self.key = pkey
        self.input = [UInt8](parts[0].utf8) + [0x2E] + [UInt8](parts[1].utf8)
        self.hash = algorithm == .edDSA ? nil : "SHA256"
        self.isPSS = algorithm == .ps256
        if case .ellipticCurve = key.kind { self.signature = Self.der(signature) } else { self.signature = signature }
    }

    deinit {
        EVP_MD_CTX_free(self.context)
        EVP_PKEY_free(self.key)
    }

    func succeeds() -> Bool {
        var parameters: OpaquePointer?
        guard EVP_DigestVerifyInit_ex(self.context, &parameters, self.hash, nil, nil, self.key, nil) == 1 else {
            return false
        }
        if self.isPSS {
            guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1
            else { return false }
        }
        return EVP_DigestVerify(self.context, self.signature, self.signature.count, self.input, self.input.count) == 1
    }

    private static func publicKey(_ material: PublicKeyMaterial) -> OpaquePointer? {
        switch material {
        case .rsa(let modulus, let exponent):
            return bearergate_rsa_public_key(modulus, modulus.count, exponent, exponent.count)
        case .ellipticCurve(let curve, let x, let y):
            let point = [0x04] + x + y
            return bearergate_ec_public_key(curve.name, point, point.count)
        case .ed25519(let x):
            return EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count)
        }
    }

    /// r and s side by side become a SEQUENCE of two INTEGERs (RFC 3279 §2.2.3).
    private static func der(_ fixed: [UInt8]) -> [UInt8] {
        let half = fixed.count / 2
        let numbers = [fixed[..<half], fixed[half...]].flatMap { half -> [UInt8] in
            var number = [UInt8](half.drop { $0 == 0 })
            if number.first.map({ $0 >= 0x80 }) ?? true { number.insert(0, at: 0) }
            return [0x02, UInt8(number.count)] + number
        }
        return [0x30, UInt8(numbers.count)] + numbers
    }
}
