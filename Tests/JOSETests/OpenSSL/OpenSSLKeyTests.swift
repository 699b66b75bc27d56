import JOSE
import OAuthModel
import Testing

@Suite("Keys in OpenSSL's hands")
struct OpenSSLKeyTests {
    @Test(
        "a signature of any but the exact length is refused: empty, short, long, padded",
        arguments: SignatureAlgorithm.allCases)
    func refusesOtherLengths(algorithm: SignatureAlgorithm) throws {
        let key = try SigningKeys.key(for: algorithm)
        let publicKey = try key.publicKey()
        let input = Array("input".utf8)
        let signature = try key.sign(input, algorithm: algorithm)
        let half = signature.count / 2
        let others = [
            [], Array(signature.dropLast()), Array(signature.dropFirst()), signature + [0], [0] + signature,
            [0] + signature.prefix(half) + [0] + signature.suffix(half), [UInt8](repeating: 0, count: signature.count),
            [UInt8](repeating: 0xFF, count: signature.count),
        ]
        for other in others {
            #expect(!self.verifies(publicKey, other, over: input, algorithm))
        }
        #expect(self.verifies(publicKey, signature, over: input, algorithm))
        #expect(signature.count == publicKey.signatureByteCount)
    }

    @Test("a key verifies no algorithm but the one that signed", arguments: SignatureAlgorithm.allCases)
    func refusesOtherAlgorithms(algorithm: SignatureAlgorithm) throws {
        let key = try SigningKeys.key(for: algorithm)
        let publicKey = try key.publicKey()
        let input = Array("input".utf8)
        let signature = try key.sign(input, algorithm: algorithm)
        for other in SignatureAlgorithm.allCases where other != algorithm {
            #expect(!self.verifies(publicKey, signature, over: input, other))
        }
        // The context is used again after failures.
        #expect(self.verifies(publicKey, signature, over: input, algorithm))
    }

    @Test("signatures by short r and s keep their length", arguments: [SignatureAlgorithm.es256, .es384, .es512])
    func keepsTheLength(algorithm: SignatureAlgorithm) throws {
        let key = try SigningKeys.key(for: algorithm)
        let publicKey = try key.publicKey()
        // One in 128 has a leading zero byte in r or s (every other one in P-521).
        for index in 0..<400 {
            let input = Array("input \(index)".utf8)
            let signature = try key.sign(input, algorithm: algorithm)
            #expect(signature.count == publicKey.signatureByteCount)
            #expect(self.verifies(publicKey, signature, over: input, algorithm))
        }
    }

    @Test("many threads verify with one key at once")
    func verifiesConcurrently() async throws {
        let key = try SigningKeys.rsa.get()
        let publicKey = try key.publicKey()
        let input = Array("input".utf8)
        let good = try key.sign(input, algorithm: .rs256)
        let pss = try key.sign(input, algorithm: .ps384)
        let verdicts = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<200).allSatisfy { _ in
                        publicKey.verifies(good.span, over: input.span, algorithm: .rs256)
                            && publicKey.verifies(pss.span, over: input.span, algorithm: .ps384)
                            && !publicKey.verifies(pss.span, over: input.span, algorithm: .rs256)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(verdicts == [Bool](repeating: true, count: 8))
    }

    @Test("a private key survives PEM", arguments: SignatureAlgorithm.allCases)
    func survivesPEM(algorithm: SignatureAlgorithm) throws {
        let key = try SigningKeys.key(for: algorithm)
        let copy = try OpenSSLPrivateKey(pem: key.pem())
        #expect(copy.material == key.material)
        let input = Array("input".utf8)
        let signature = try copy.sign(input, algorithm: algorithm)
        #expect(self.verifies(try key.publicKey(), signature, over: input, algorithm))
    }

    @Test(
        "what is no private key of ours is refused",
        arguments: ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    func refusesPEM(text: String) {
        #expect(throws: OpenSSLPrivateKey.Problem.unreadable) { try OpenSSLPrivateKey(pem: Array(text.utf8)) }
    }

    @Test("a key signs only with algorithms of its kind", arguments: SignatureAlgorithm.allCases)
    func refusesToSign(algorithm: SignatureAlgorithm) throws {
        for other in SignatureAlgorithm.allCases where other.keyKind != algorithm.keyKind {
            let key = try SigningKeys.key(for: other)
            #expect(throws: OpenSSLPrivateKey.Problem.algorithmOfAnotherKind) {
                try key.sign([1], algorithm: algorithm)
            }
        }
    }

    @Test("a private key prints no more than its kind")
    func doesNotPrint() throws {
        let key = try SigningKeys.ed25519.get()
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("pkey"))
        #expect(String(describing: key) == "OpenSSLPrivateKey(ed25519)")
    }

    private func verifies(
        _ key: OpenSSLPublicKey, _ signature: [UInt8], over input: [UInt8], _ algorithm: SignatureAlgorithm
    ) -> Bool {
        key.verifies(signature.span, over: input.span, algorithm: algorithm)
    }
}
