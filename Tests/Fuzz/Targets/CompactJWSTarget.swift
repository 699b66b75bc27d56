import JOSE
import OAuthModel

/// A token as it comes: three segments of base64url, a header, a signature (RFC 7515 §7.1).
///
/// What is accepted has one spelling and was signed by a key of the set as a slow look at it says; no other bit pattern near it
/// is accepted.
enum CompactJWSTarget {
    static func run(_ bytes: [UInt8]) {
        let isClaimed = CompactJWS.isClaimed(by: bytes.span, byteCountMax: 16_384)
        do throws(JWTRejection) {
            let jws = try CompactJWS(parsing: bytes.span, byteCountMax: 16_384)
            insist(isClaimed, "what parses as a JWS claims to be one")
            self.insistOnSpelling(bytes, jws)
            let verified = try JWSVerifier.verify(jws, keys: FuzzKeys.set, algorithms: SignatureAlgorithm.allCases)
            insist(self.isSigned(bytes, by: verified.key), "what is accepted was signed by the key it names")
            insist(verified.payload == jws.payload, "the payload is what was signed")
            self.insistOnNeighbours(bytes)
        } catch {
            insist(error != .tooLarge || bytes.count > 16_384, "a token within the limit is not too large")
        }
        let profile = JWTProfile(issuer: "joe", audiences: nil, algorithms: SignatureAlgorithm.allCases, types: [.jwt])
        if let token = try? JWTValidation.verify(bytes.span, keys: FuzzKeys.set, profile: profile) {
            insist(self.isSigned(bytes, by: token.keyThumbprint), "a JWT that is accepted was signed")
            insist(token.claims[.issuer] == "joe" && token.subject?.isEmpty == false, "and is of its issuer")
        }
    }

    private static func insistOnSpelling(_ bytes: [UInt8], _ jws: borrowing CompactJWS) {
        let segments = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        insist(segments.count == 3, "RFC 7515 §7.1: three segments")
        insist(
            Base64URL.encodedBytes(jws.payload.span) == Array(segments[1])
                && Base64URL.encodedBytes(jws.signature.span) == Array(segments[2]), "a token has one spelling")
        insist(
            [UInt8](copying: jws.signingInput) == Array(segments[0] + [0x2E] + segments[1]), "two segments are signed")
        let header = insist(Base64URL.decode(String(decoding: segments[0], as: UTF8.self)), "a header is base64url")
        let plain = insist(PlainJSON(header), "a header is JSON")
        insist(!plain.hasDuplicate, "RFC 7515 §4: no header parameter twice")
        for name in ["crit", "zip"] {
            insist(!plain.members.contains { $0.name == Array(name.utf8) }, "\(name) is never passed over")
        }
        let algorithm = plain.members.first { $0.name == Array("alg".utf8) }?.text
        let written = algorithm.map { String(decoding: $0, as: UTF8.self) } ?? ""
        insist(
            !["none", "HS256", "HS384", "HS512"].contains { written.lowercased().contains($0.lowercased()) },
            "RFC 8725 §3.1: neither none nor HMAC")
    }

    /// The key alone is asked, with the algorithm that its kind has here.
    private static func isSigned(_ bytes: [UInt8], by thumbprint: KeyThumbprint) -> Bool {
        guard let key = FuzzKeys.set.keys.first(where: { $0.thumbprint == thumbprint }),
            let dot = bytes.lastIndex(of: UInt8(ascii: ".")),
            let signature = Base64URL.decode(String(decoding: bytes[(dot + 1)...], as: UTF8.self))
        else { return false }
        return key.algorithms.contains { algorithm in
            key.key.verifies(signature.span, over: bytes.span.extracting(0..<dot), algorithm: algorithm)
        }
    }

    /// One bit of a good token changed: never good.
    private static func insistOnNeighbours(_ bytes: [UInt8]) {
        var choices = Choices(bytes)
        for _ in 0..<4 {
            var changed = bytes
            changed[choices.number(below: bytes.count)] ^= 1 << UInt8(choices.number(below: 8))
            let accepted = self.isAccepted(changed)
            insist(!accepted, "no bit of a good token can be changed")
        }
    }

    private static func isAccepted(_ token: [UInt8]) -> Bool {
        do throws(JWTRejection) {
            let jws = try CompactJWS(parsing: token.span, byteCountMax: 16_384)
            _ = try JWSVerifier.verify(jws, keys: FuzzKeys.set, algorithms: SignatureAlgorithm.allCases)
            return true
        } catch {
            return false
        }
    }
}
