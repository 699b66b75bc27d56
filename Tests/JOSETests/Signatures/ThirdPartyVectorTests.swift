import Foundation
import JOSE
import OAuthModel
import Testing

/// Project Wycheproof and the JOSE cookbook (RFC 7520), read from outside the repository.
@Suite("Third-party vectors")
struct ThirdPartyVectorTests {
    @Test("every vector of Wycheproof and of the JOSE cookbook gets its result, ours where we differ")
    func runsThirdPartyVectors() throws {
        guard let folder = try Vectors.thirdParty else {
            print("third-party vectors: absent")
            return
        }
        var run = ThirdPartyRun(folder: folder, overrides: try WycheproofOverrides())
        try run.rsa()
        try run.pss()
        try run.ecdsa()
        try run.ed25519()
        try run.hmac()
        try run.tokens()
        try run.cookbook()
        #expect(run.count > 5_000, "the vectors are not all there")
        try Vectors.report(run.count)
    }
}

/// Where our verdict differs from a vector's own.
private struct WycheproofOverrides {
    private var results: [String: String] = [:]

    init() throws {
        let file = Vectors.own.appending(path: "jose/wycheproof-overrides.json")
        for override in try Vectors.json(file).array("overrides") {
            for id in override["tcIds"]?.arrayValue ?? [] {
                let number = try #require(id.numberValue?.int64)
                self.results["\(try override.string("file"))#\(number)"] = try override.string("our_result")
            }
        }
    }

    /// Nil: both outcomes will do.
    func isValid(_ test: JSONValue, in file: String) throws -> Bool? {
        let own = self.results["\(file)#\(try test.integer("tcId"))"]
        let result = if let own { own } else { try test.string("result") }
        switch result {
        case "valid": return true
        case "invalid": return false
        // Symmetric: right as arithmetic, refused as a token.
        case "decoder-only": return false
        case "either", "acceptable": return nil
        default: throw Vectors.Missing(what: "a meaning for \(result)")
        }
    }
}

private struct ThirdPartyRun {
    let folder: URL
    let overrides: WycheproofOverrides
    var count = 0

    mutating func rsa() throws {
        for bits in [2_048, 3_072, 4_096] {
            for (sha, algorithm) in [(256, SignatureAlgorithm.rs256), (384, .rs384), (512, .rs512)] {
                try self.signatures("rsa_signature_\(bits)_sha\(sha)_test.json", key: Self.rsaKey) { _ in [algorithm] }
            }
        }
    }

    mutating func pss() throws {
        let files = [
            "2048_sha256_mgf1_0", "2048_sha256_mgf1_32", "2048_sha256_mgf1sha1_20", "2048_sha384_mgf1_48",
            "3072_sha256_mgf1_32", "4096_sha256_mgf1_32", "4096_sha384_mgf1_48", "4096_sha512_mgf1_32",
            "4096_sha512_mgf1_64", "misc",
        ]
        for file in files {
            try self.signatures("rsa_pss_\(file)_test.json", key: Self.rsaKey) { group in
                switch try group.string("sha") {
                case "SHA-256": [.ps256]
                case "SHA-384": [.ps384]
                case "SHA-512": [.ps512]
                default: [.ps256, .ps384, .ps512]
                }
            }
        }
    }

    mutating func ecdsa() throws {
        let files: [(String, EllipticCurve, SignatureAlgorithm)] = [
            ("ecdsa_secp256r1_sha256_p1363_test.json", .p256, .es256),
            ("ecdsa_secp384r1_sha384_p1363_test.json", .p384, .es384),
            ("ecdsa_secp521r1_sha512_p1363_test.json", .p521, .es512),
        ]
        for (file, curve, algorithm) in files {
            try self.signatures(
                file,
                key: { group in
                    let point = try #require(group["publicKey"]).hex("uncompressed").dropFirst()
                    let half = curve.coordinateByteCount
                    try #require(point.count == 2 * half)
                    return .ellipticCurve(curve, x: Array(point.prefix(half)), y: Array(point.suffix(half)))
                }, algorithms: { _ in [algorithm] })
        }
    }

    mutating func ed25519() throws {
        try self.signatures(
            "ed25519_test.json", key: { .ed25519(x: try #require($0["publicKey"]).hex("pk")) },
            algorithms: { _ in [.edDSA] })
    }

    private mutating func signatures(
        _ file: String, key: (JSONValue) throws -> PublicKeyMaterial,
        algorithms: (JSONValue) throws -> [SignatureAlgorithm]
    ) throws {
        for group in try self.groups(file) {
            let publicKey = try OpenSSLPublicKey(key(group))
            let algorithms = try algorithms(group)
            for test in try group.array("tests") {
                let message = try test.hex("msg")
                let signature = try test.hex("sig")
                let isAccepted = algorithms.contains {
                    publicKey.verifies(signature.span, over: message.span, algorithm: $0)
                }
                try self.judge(isAccepted, test, in: file)
            }
        }
    }

    mutating func hmac() throws {
        let file = "hmac_sha256_test.json"
        for group in try self.groups(file) {
            for test in try group.array("tests") {
                let message = try test.hex("msg")
                let code = KeyedDigest(key: try test.hex("key")).authenticationCode(for: message.span)
                try self.judge(code.bytes.starts(with: test.hex("tag")), test, in: file)
            }
        }
    }

    /// Whole tokens and keys.
    ///
    /// What is encrypted does not concern a proxy that reads signatures.
    mutating func tokens() throws {
        for file in ["json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"] {
            for group in try self.groups(file) {
                let key = try #require(group["public"] ?? group["private"])
                let set: JSONValue = key["keys"] == nil ? ["keys": [key]] : key
                let keys = try JSONWebKeySet.read(JSONWriter.write(set))
                let isSymmetric = keys.leftOut.count { $0.problem == .symmetricKey } == (try set.array("keys").count)
                for test in try group.array("tests") {
                    // JWE tests have no `jws`; the JSON serialization is no compact one.
                    guard let jws = test["jws"] else { continue }
                    let isAccepted = jws.stringValue.map { RFCAppendixTests.verifies($0, keys: keys) } ?? false
                    if isSymmetric {
                        #expect(!isAccepted)
                        self.count += 1
                    } else {
                        try self.judge(isAccepted, test, in: file)
                    }
                }
            }
        }
    }

    mutating func cookbook() throws {
        let root = self.folder.appending(path: "cookbook")
        for name in [
            "jws/4_1.rsa_v15_signature", "jws/4_2.rsa-pss_signature", "jws/4_3.ecdsa_signature", "curve25519/jws",
            "jws/4_4.hmac-sha2_integrity_protection", "rfc7797/hmac-sha2_b64_false",
            "rfc7797/4.2.hmac-sha2_b64_false",
        ] {
            let example = try Vectors.json(root.appending(path: name + ".json"))
            let input = try #require(example["input"])
            var key = try #require(input["key"]?.objectValue)
            for member in ["d", "p", "q", "dp", "dq", "qi"] { key[member] = nil }
            let keys = try JSONWebKeySet.read(JSONWriter.write(.object(["keys": [.object(key)]])))
            let isAsymmetric = SignatureAlgorithm(name: try input.string("alg")) != nil
            let token = example["output"]?["compact"]?.stringValue ?? ""
            #expect(RFCAppendixTests.verifies(token, keys: keys) == isAsymmetric, "\(name)")
            self.count += 1
        }
        let problems: [(String, [KeyProblem])] = [
            ("3_1.ec_public_key", []), ("3_2.ec_private_key", [.privateKey]), ("3_3.rsa_public_key", []),
            ("3_4.rsa_private_key", [.privateKey]), ("3_5.symmetric_key_mac_computation", [.symmetricKey]),
            ("3_6.symmetric_key_encryption", [.notForSignatures]),
        ]
        for (name, expected) in problems {
            let key = try Vectors.json(root.appending(path: "jwk/\(name).json"))
            let document: JSONValue = ["keys": [key]]
            let set = try JSONWebKeySet.read(JSONWriter.write(document))
            #expect(set.leftOut.map(\.problem) == expected, "\(name)")
            #expect(set.keys.count + expected.count == 1, "\(name)")
            self.count += 1
        }
    }

    private mutating func judge(_ isAccepted: Bool, _ test: JSONValue, in file: String) throws {
        self.count += 1
        guard let isValid = try self.overrides.isValid(test, in: file) else { return }
        let name = try "\(file) \(test.integer("tcId")): \(test.string("comment"))"
        #expect(isAccepted == isValid, "\(name)")
    }

    private func groups(_ file: String) throws -> [JSONValue] {
        try Vectors.json(self.folder.appending(path: "wycheproof/\(file)")).array("testGroups")
    }

    private static func rsaKey(_ group: JSONValue) throws -> PublicKeyMaterial {
        let key = try #require(group["publicKey"])
        // Hexadecimal of signed numbers: a zero byte may stand in front.
        return .rsa(
            modulus: Array(try key.hex("modulus").drop { $0 == 0 }),
            exponent: Array(try key.hex("publicExponent").drop { $0 == 0 }))
    }
}
