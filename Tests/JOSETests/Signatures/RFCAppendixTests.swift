import Foundation
import JOSE
import OAuthModel
import Testing

/// The worked examples of RFC 7515 appendix A and RFC 8037 appendix A.
@Suite("RFC appendix examples")
struct RFCAppendixTests {
    static let examples = Result { try Vectors.json(Vectors.own.appending(path: "jose/rfc-appendix-examples.json")) }

    @Test("RFC 7515 appendix A, RFC 8037 appendix A: signatures are as marked, and none of them is an access token")
    func verifiesExamples() throws {
        let profile = JWTProfile(
            issuer: "joe", audiences: nil, algorithms: SignatureAlgorithm.allCases, types: [.jwt],
            requiresSubject: false)
        for vector in try Self.examples.get().array("vectors") {
            let name = Comment(rawValue: try vector.string("id"))
            let token = try vector.string("compact")
            let set = JSONValue.object(["keys": .array([vector["jwk"] ?? .null].filter { !$0.isNull })])
            let keys = try JSONWebKeySet.read(JSONWriter.write(set))
            let isAsymmetric = SignatureAlgorithm(name: try vector.string("alg")) != nil
            let isExpected = isAsymmetric && vector["signature_valid"] == .bool(true)
            #expect(Self.verifies(token, keys: keys) == isExpected, name)
            #expect(throws: JWTRejection.self, name) {
                try JWTValidation.validate(
                    token.utf8.span, keys: keys, profile: profile, now: NumericDate(seconds: 1_800_000_000))
            }
        }
    }

    @Test("RFC 8037 appendix A.3: the thumbprint of an Ed25519 key")
    func thumbprint() throws {
        let example = try #require(try Self.examples.get()["thumbprint"])
        let key = try JSONWebKey(#require(example["jwk"]), policy: KeyPolicy())
        #expect(key.thumbprint.description == (try example.string("sha256_thumbprint")))
    }

    @Test("RFC 7638 §3.1: the thumbprint of an RSA key")
    func thumbprintOfRSA() throws {
        let modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK"
            + "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic"
            + "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3"
            + "XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        let key = try JSONWebKey(["kty": "RSA", "n": .string(modulus), "e": "AQAB"], policy: KeyPolicy())
        #expect(key.thumbprint.description == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    }

    static func verifies(_ token: String, keys: JSONWebKeySet) -> Bool {
        guard let jws = try? CompactJWS(parsing: token.utf8.span, byteCountMax: 1 << 20) else { return false }
        return (try? JWSVerifier.verify(jws, keys: keys, algorithms: SignatureAlgorithm.allCases)) != nil
    }
}
