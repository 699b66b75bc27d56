import JOSE
import OAuthModel
import Testing

@Suite("Key sets")
struct JSONWebKeySetTests {
    @Test(
        "a document that is no key set is refused as a whole",
        arguments: [
            ("", JSONWebKeySetError.notJSON), ("{}", .notAKeySet), ("[]", .notAKeySet), (#"{"keys":{}}"#, .notAKeySet),
            (#"{"keys":null}"#, .notAKeySet), (#"{"keys":[]}x"#, .notJSON), (#"{"keys":[],"keys":[]}"#, .notJSON),
        ])
    func refusesDocuments(text: String, error: JSONWebKeySetError) {
        #expect(throws: error) { try JSONWebKeySet.read(Array(text.utf8)) }
    }

    @Test("a document over the cap, or with too many keys, is refused")
    func capsDocuments() throws {
        let long = [UInt8](repeating: 0x20, count: JSONWebKeySet.byteCountMax + 1)
        #expect(throws: JSONWebKeySetError.tooLarge) { try JSONWebKeySet.read(long) }
        let many = JSONValue.object(["keys": .array(Array(repeating: 7, count: 101))])
        #expect(throws: JSONWebKeySetError.tooManyKeys) { try JSONWebKeySet.read(JSONWriter.write(many)) }
        #expect(try JSONWebKeySet.read(Array(#"{"keys":[]}"#.utf8)).keys.isEmpty)
    }

    @Test(
        "RFC 7517 §4: an RSA key that cannot be trusted is left out, with the reason",
        arguments: [
            ("kty", "rsa", KeyProblem.unknownKeyType), ("kty", nil, .missingMember), ("kty", 1, .malformedMember),
            ("kty", "EC", .missingMember), ("kty", "oct", .symmetricKey),
            ("n", nil, .missingMember), ("n", "", .malformedMember), ("n", "!", .malformedMember),
            ("n", 3, .malformedMember),
            ("n", "AQAB", .modulusTooSmall), ("e", nil, .missingMember), ("e", "AQ", .exponentRefused),
            ("e", "Ag", .exponentRefused), ("e", "AQAA", .exponentRefused), ("e", "AQAAAAE", .exponentRefused),
            ("e", "AAEAAQ", .notMinimal), ("e", "AA", .notMinimal), ("use", "enc", .notForSignatures),
            ("use", .null, .malformedMember), ("use", "SIG", .notForSignatures), ("key_ops", [], .notForSignatures),
            ("key_ops", ["sign"], .notForSignatures), ("key_ops", "verify", .malformedMember),
            ("key_ops", ["verify", "verify"], .malformedMember), ("key_ops", ["verify", 1], .malformedMember),
            ("alg", "RSA-OAEP", .algorithmNotAllowed), ("alg", "HS256", .algorithmNotAllowed),
            ("alg", "none", .algorithmNotAllowed), ("alg", .null, .malformedMember),
            ("alg", "ES256", .algorithmOfAnotherKind), ("kid", 1, .malformedMember), ("kid", .null, .malformedMember),
            ("d", "AQAB", .privateKey), ("d", .null, .privateKey), ("p", "AQAB", .privateKey),
            ("q", "AQAB", .privateKey), ("dp", "AQAB", .privateKey), ("dq", "", .privateKey),
            ("qi", 7, .privateKey), ("oth", [], .privateKey), ("k", "AQAB", .privateKey),
        ] as [(String, JSONValue?, KeyProblem)])
    func leavesOutRSAKeys(member: String, value: JSONValue?, problem: KeyProblem) throws {
        var jwk = try Self.jwk(of: .rs256)
        jwk[member] = value
        #expect(throws: problem) { try JSONWebKey(.object(jwk), policy: KeyPolicy()) }
    }

    @Test(
        "RFC 7518 §6.2.2, RFC 8037 §2: a key that was published with its private part is left out, whatever its kind",
        arguments: [SignatureAlgorithm.es256, .es384, .es512, .edDSA], ["d", "k"])
    func leavesOutPrivateKeys(algorithm: SignatureAlgorithm, member: String) throws {
        var jwk = try Self.jwk(of: algorithm)
        jwk[member] = "AQAB"
        #expect(throws: KeyProblem.privateKey) { try JSONWebKey(.object(jwk), policy: KeyPolicy()) }
        jwk[member] = nil
        // Of RSA alone these are private; elsewhere they are names that nobody knows (RFC 7517 §4).
        jwk["p"] = "AQAB"
        #expect(try JSONWebKey(.object(jwk), policy: KeyPolicy()).algorithms == [algorithm])
    }

    @Test(
        "RFC 7517 §4 and §5: a key with a member twice, at whatever depth, is left out and takes no other away",
        arguments: [
            (#"{"kty":"EC","kty":"RSA","kid":"k2"}"#, KeyProblem.duplicateMember),
            (#"{"kid":"k1","\u006bid":"k2"}"#, .duplicateMember), (#"{"a":1,"a":1}"#, .duplicateMember),
            (#"{"kty":"EC","x":[{"a":[{"b":1,"b":1}]}]}"#, .duplicateMember), (#"[{"a":1,"a":1}]"#, .duplicateMember),
            (#"{"kty":"EC","x":[{"a":1},{"a":1}]}"#, .missingMember),
        ])
    func leavesOutDuplicates(element: String, problem: KeyProblem) throws {
        let good = String(decoding: JSONWriter.write(.object(try Self.jwk(of: .es256))), as: UTF8.self)
        for (document, index) in [
            (#"{"keys":[\#(element),\#(good)]}"#, 0), (#"{"keys":[\#(good),\#(element)]}"#, 1),
            (#"{"keys":[\#(good),\#(element)],"other":{"b":1,"b":2}}"#, 1),
        ] {
            let set = try JSONWebKeySet.read(Array(document.utf8))
            #expect(set.keys.map(\.keyIdentifier) == [KeyIdentifier("k1")])
            #expect(set.leftOut.map(\.index) == [index])
            #expect(set.leftOut.map(\.problem) == [problem])
            #expect(set.leftOut.first?.description == "keys[\(index)]: \(problem.label)")
        }
    }

    @Test("a `kid` of any length makes a short line, cut between its scalars")
    func boundsDescriptions() throws {
        let letter = "a" + String(repeating: "\u{301}", count: 200_000)
        for (kid, name) in [
            (letter, "a" + String(repeating: "\u{301}", count: 31)),
            (String(repeating: "\u{1F511}", count: 17), String(repeating: "\u{1F511}", count: 16)),
            (String(repeating: "k", count: 65), String(repeating: "k", count: 64)), ("k\u{301}", "k\u{301}"), ("", ""),
        ] {
            let set = try Self.read([["kty": "x", "kid": .string(kid)]])
            let line = try #require(set.leftOut.first).description
            #expect(line.utf8.elementsEqual("\(name): unknown_key_type".utf8))
        }
    }

    @Test("RFC 7518 §6.3.1.1: an even, padded or over-long modulus is refused")
    func refusesModuli() throws {
        let policy = KeyPolicy(maxRSABits: 2_048)
        guard case .rsa(let modulus, let exponent) = try SigningKeys.rsa.get().material else { return }
        func problem(_ modulus: [UInt8]) -> KeyProblem? {
            let jwk: JSONValue = [
                "kty": "RSA", "n": .string(Base64URL.encode(modulus)), "e": .string(Base64URL.encode(exponent)),
            ]
            do throws(KeyProblem) {
                _ = try JSONWebKey(jwk, policy: policy)
                return nil
            } catch {
                return error
            }
        }
        #expect(problem([0] + modulus) == .notMinimal)
        #expect(problem([UInt8](repeating: 0xFF, count: 256)) == .modulusRefused, "divisible by three")
        #expect(problem(modulus.dropLast() + [modulus[255] & 0xFE]) == .modulusRefused)
        #expect(problem([1] + modulus) == .modulusTooLarge)
        #expect(problem([0x7F] + modulus.dropFirst()) == .modulusTooSmall)
        #expect(problem(modulus) == nil)
    }

    @Test("CVE-2017-15361: a modulus with the fingerprint of the broken generator is refused")
    func refusesROCA() {
        // A power of 65537 modulo every small prime, as all of that generator's moduli are; otherwise random.
        let modulus =
            "3XVUBgcMQmI0XPK77fAcLasTFlwyfsxmuDnnU_-DjyJUOxToDx2Ww1XC9w--nYuBOVR834vMSeOvMhfv43bRooS2WPXtiyuN"
            + "OFa4LmOR6AeEh6Ou1Xe1DHSwpb8ZwJ7hGmmwj84IoGD2qW58J4sm_Ztb5L2vJ-zjG_3clzkZyd0_zmCRp7m6W46ElTQZO0_5"
            + "YyNQ5-wM5kttnmaifenOoCTs9sYNe8mc04WHIeiNwsSKyju78cktZ8OUhsD1eFuBgF-F7lY0WAetrKFjbws9-AJ1mtLuJ2Ch"
            + "EktC-jWky4x0MHzO05xuO_tJwHDfETyNmG5XhNOoLzmysnV1z7BoaQ"
        #expect(throws: KeyProblem.modulusRefused) {
            try JSONWebKey(["kty": "RSA", "n": .string(modulus), "e": "AQAB"], policy: KeyPolicy())
        }
    }

    @Test(
        "RFC 7518 §6.2: coordinates have their full length and lie on the curve",
        arguments: [SignatureAlgorithm.es256, .es384, .es512])
    func refusesPoints(algorithm: SignatureAlgorithm) throws {
        guard case .ellipticCurve(let curve, let x, var y) = try SigningKeys.key(for: algorithm).material else {
            return
        }
        func jwk(_ x: [UInt8], _ y: [UInt8]) -> JSONValue {
            [
                "kty": "EC", "crv": .string(curve.name), "x": .string(Base64URL.encode(x)),
                "y": .string(Base64URL.encode(y)),
            ]
        }
        #expect(throws: KeyProblem.coordinateLength) { try JSONWebKey(jwk([0] + x, y), policy: KeyPolicy()) }
        #expect(throws: KeyProblem.coordinateLength) {
            try JSONWebKey(jwk(x, Array(y.dropLast())), policy: KeyPolicy())
        }
        #expect(try JSONWebKey(jwk(x, y), policy: KeyPolicy()).algorithms == [algorithm])
        y[y.count - 1] ^= 1
        #expect(throws: KeyProblem.pointRefused) { try JSONWebKey(jwk(x, y), policy: KeyPolicy()) }
        let zero = [UInt8](repeating: 0, count: x.count)
        #expect(throws: KeyProblem.pointRefused) { try JSONWebKey(jwk(zero, zero), policy: KeyPolicy()) }
    }

    @Test(
        "RFC 8032 §5.1.7: Ed25519 points of small order and unreduced encodings are no keys",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        ])
    func refusesWeakPoints(hex: String) throws {
        let x = Base64URL.encode(try [UInt8](hex: hex))
        #expect(throws: KeyProblem.pointRefused) {
            try JSONWebKey(["kty": "OKP", "crv": "Ed25519", "x": .string(x)], policy: KeyPolicy())
        }
    }

    @Test(
        "RFC 8037 §2: an Ed25519 key has 32 bytes and no other curve will do",
        arguments: [
            ("Ed25519", 31, KeyProblem.coordinateLength), ("Ed25519", 33, .coordinateLength),
            ("Ed448", 57, .unknownCurve), ("X25519", 32, .unknownCurve),
        ])
    func refusesOtherCurves(curve: String, count: Int, problem: KeyProblem) {
        let x = Base64URL.encode([UInt8](repeating: 7, count: count))
        #expect(throws: problem) {
            try JSONWebKey(["kty": "OKP", "crv": .string(curve), "x": .string(x)], policy: KeyPolicy())
        }
    }

    @Test("a key without alg serves the allowed algorithms of its kind, one with alg that one only")
    func decidesAlgorithms() throws {
        var jwk = try Self.jwk(of: .ps256)
        let policy = KeyPolicy(algorithms: [.rs256, .ps512, .es256])
        #expect(throws: KeyProblem.algorithmNotAllowed) { try JSONWebKey(.object(jwk), policy: policy) }
        jwk["alg"] = nil
        #expect(try JSONWebKey(.object(jwk), policy: policy).algorithms == [.rs256, .ps512])
        #expect(throws: KeyProblem.algorithmNotAllowed) {
            try JSONWebKey(.object(jwk), policy: KeyPolicy(algorithms: [.es256]))
        }
        jwk["key_ops"] = ["verify", "sign"]
        jwk["alg"] = "PS512"
        #expect(try JSONWebKey(.object(jwk), policy: policy).algorithms == [.ps512])
    }

    @Test("RFC 7517 §4.5: one kid for two keys of one algorithm makes neither usable; for two kinds it makes both")
    func withdrawsAmbiguousKeys() throws {
        var mine = try Self.jwk(of: .rs256)
        mine["kid"] = "k"
        var theirs = try JWSSigner(key: SigningKeys.otherRSA.get(), algorithm: .rs256, keyIdentifier: nil).publicJWK
        theirs["kid"] = "k"
        var other = try Self.jwk(of: .es256)
        other["kid"] = "k"
        let set = try Self.read([.object(mine), .object(theirs), .object(other), .object(other)])
        #expect(set.keys.map(\.algorithms) == [[.es256]])
        #expect(set.leftOut.map(\.problem) == [.ambiguousKeyIdentifier, .ambiguousKeyIdentifier, .duplicate])
        #expect(set.leftOut.map(\.index) == [0, 1, 3])
        #expect(set.leftOut.map(\.description) == ["k: ambiguous_kid", "k: ambiguous_kid", "k: duplicate"])
        var sameKey = mine
        sameKey["alg"] = "PS256"
        #expect(try Self.read([.object(mine), .object(sameKey), .object(other)]).keys.count == 3)
    }

    @Test(
        "RFC 7515 §4.1.4: an unknown kid is told apart, and spelt differently it is unknown",
        arguments: ["k2", "K1", "k1 ", "", "k\u{301}1"])
    func tellsUnknownKeys(kid: String) throws {
        var issuer = try TokenIssuer()
        issuer.signer = JWSSigner(key: issuer.signer.key, algorithm: .es256, keyIdentifier: KeyIdentifier(kid))
        #expect(issuer.rejection(of: try issuer.token()) == .unknownKey(KeyIdentifier(kid)))
    }

    @Test("a token without kid is tried with the keys that fit; none that does makes the key unknown")
    func triesFittingKeys() throws {
        var issuer = try TokenIssuer()
        issuer.signer = JWSSigner(key: issuer.signer.key, algorithm: .es256, keyIdentifier: nil)
        #expect(issuer.rejection(of: try issuer.token()) == nil)
        issuer.keys = JSONWebKeySet(keys: [])
        #expect(issuer.rejection(of: try issuer.token()) == .unknownKey(nil))
        let stranger = try OpenSSLPrivateKey(generating: .ellipticCurve(.p256))
        issuer.keys = try JSONWebKeySet(keys: [
            JSONWebKey(stranger.material, keyIdentifier: KeyIdentifier("k1"), algorithms: [.es256])
        ])
        #expect(issuer.rejection(of: try issuer.token()) == .unknownKey(nil))
    }

    @Test("a bad signature by a known key is a bad signature")
    func refusesStrangersUnderKnownNames() throws {
        var issuer = try TokenIssuer()
        issuer.signer = JWSSigner(
            key: try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)), algorithm: .es256,
            keyIdentifier: KeyIdentifier("k1"))
        #expect(issuer.rejection(of: try issuer.token()) == .badSignature)
    }

    @Test("a set knows whether a key is still in it")
    func knowsItsKeys() throws {
        let issuer = try TokenIssuer()
        #expect(issuer.keys.contains(KeyThumbprint(of: try SigningKeys.p256.get().material)))
        #expect(!issuer.keys.contains(KeyThumbprint(of: try SigningKeys.p384.get().material)))
    }

    @Test("RFC 8725 §3.1: a key lasts only as what it was, under its name and for its algorithms, in all its entries")
    func tellsLastingKeys() throws {
        let rsa = try SigningKeys.rsa.get().material
        func key(_ kid: String?, _ algorithms: [SignatureAlgorithm]) throws -> JSONWebKey {
            try JSONWebKey(rsa, keyIdentifier: kid.map(KeyIdentifier.init), algorithms: algorithms)
        }
        let ec = try TokenIssuer().keys.keys[0]
        let old = JSONWebKeySet(keys: [try key("k", [.rs256, .ps256]), ec])
        let changes: [[JSONWebKey]] = [
            [], [try key("k", [.rs256])], [try key("k", [.ps256])], [try key("k", [.rs256, .ps256, .rs512])],
            [try key("other", [.rs256, .ps256])], [try key(nil, [.rs256, .ps256])],
        ]
        for changed in changes {
            #expect(old.keysLasting(in: JSONWebKeySet(keys: changed + [ec])) == [ec.thumbprint])
            #expect(JSONWebKeySet(keys: changed).keysLasting(in: old).isEmpty)
        }
        let thumbprint = KeyThumbprint(of: rsa)
        #expect(old.keysLasting(in: old) == [thumbprint, ec.thumbprint])
        #expect(JSONWebKeySet(keys: [ec]).keysLasting(in: old) == [ec.thumbprint])
        // Two entries of one key: what it verified does not say under which.
        let twice = JSONWebKeySet(keys: [try key("k", [.rs256]), try key("k", [.ps256])])
        let once = JSONWebKeySet(keys: [try key("k", [.ps256])])
        #expect(twice.keysLasting(in: once).isEmpty)
        #expect(twice.keysLasting(in: twice) == [thumbprint])
    }

    private static func jwk(of algorithm: SignatureAlgorithm) throws -> JSONObject {
        try JWSSigner(
            key: SigningKeys.key(for: algorithm), algorithm: algorithm, keyIdentifier: KeyIdentifier("k1")
        ).publicJWK
    }

    private static func read(_ keys: [JSONValue]) throws -> JSONWebKeySet {
        try JSONWebKeySet.read(JSONWriter.write(.object(["keys": .array(keys)])))
    }
}
