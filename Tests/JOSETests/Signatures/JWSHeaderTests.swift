import JOSE
import OAuthModel
import Testing

@Suite("JWS headers and compact serialization")
struct JWSHeaderTests {
    @Test(
        "RFC 7515 §4.1.11, RFC 7797 §3: any crit, and any b64 but true, refuses the token",
        arguments: [
            #""crit":["exp"],"exp":1"#, #""crit":[]"#, #""crit":null"#, #""crit":"x""#, #""b64":false"#, #""b64":null"#,
            #""b64":false,"crit":["b64"]"#, #""b64":true,"crit":["b64"]"#, #""b64":"true""#,
        ])
    func refusesCriticalExtensions(members: String) throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token(header: #"{"alg":"ES256","kid":"k1","typ":"at+jwt",\#(members)}"#)
        #expect(issuer.rejection(of: token) == .criticalExtension)
    }

    @Test(
        "RFC 7515 §4.1: header members of the wrong kind, repeated or missing refuse the token",
        arguments: [
            #"{"kid":"k1"}"#, #"{"alg":null}"#, #"{"alg":["ES256"]}"#, #"{"alg":256}"#,
            #"{"alg":"ES256","alg":"ES256"}"#,
            #"{"alg":"none","\u0061lg":"ES256"}"#, #"{"alg":"ES256","kid":1}"#, #"{"alg":"ES256","kid":null}"#,
            #"{"alg":"ES256","typ":null}"#, #"{"alg":"ES256","typ":["at+jwt"]}"#, #"{"alg":"ES256","cty":1}"#,
            #"{"alg":"ES256","zip":"DEF"}"#, "[]", "null", #"{"alg":"ES256"}x"#, #""ES256""#,
        ])
    func refusesMalformedHeaders(header: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: try issuer.token(header: header)) == .malformedHeader)
    }

    @Test(
        "RFC 8725 §3.1: none, the HMAC family and names nobody registered are no algorithms",
        arguments: [
            "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "es256", "ES256 ", "ES256\\u0000", "ES256K",
            "RS1", "", "Ed25519",
        ])
    func refusesAlgorithms(name: String) throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token(header: #"{"alg":"\#(name)","kid":"k1","typ":"at+jwt"}"#)
        #expect(issuer.rejection(of: token) == .algorithmNotAllowed)
    }

    @Test(
        "an algorithm that the profile does not allow is refused, whatever the key says",
        arguments: SignatureAlgorithm.allCases)
    func refusesDisallowedAlgorithms(algorithm: SignatureAlgorithm) throws {
        var issuer = try TokenIssuer(algorithm)
        issuer.profile.algorithms.removeAll { $0 == algorithm }
        #expect(issuer.rejection(of: try issuer.token()) == .algorithmNotAllowed)
    }

    @Test("RFC 8725 §3.1: the key decides the algorithm", arguments: SignatureAlgorithm.allCases)
    func keyDecidesTheAlgorithm(algorithm: SignatureAlgorithm) throws {
        let issuer = try TokenIssuer(algorithm)
        for other in SignatureAlgorithm.allCases where other != algorithm {
            let token = try issuer.token(header: #"{"alg":"\#(other.name)","kid":"k1","typ":"at+jwt"}"#)
            #expect(issuer.rejection(of: token) == .algorithmOfAnotherKey)
        }
    }

    @Test("RFC 7519 §5.2: a nested token is refused", arguments: ["JWT", "jwt", "application/jwt"])
    func refusesNestedTokens(type: String) throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token(header: #"{"alg":"ES256","kid":"k1","typ":"at+jwt","cty":"\#(type)"}"#)
        #expect(issuer.rejection(of: token) == .nestedToken)
    }

    @Test(
        "key sources in the header are not followed, and they and other members harm nobody",
        arguments: [
            #""jku":"https://evil.example/k""#, #""x5u":7"#, #""jwk":{"kty":"oct","k":"AA"}"#, #""x5c":[]"#,
            #""x5t":"AA""#, #""b64":true"#,
            #""cty":"json""#, #""enc":"A128GCM""#,
        ])
    func ignoresKeySources(member: String) throws {
        let issuer = try TokenIssuer()
        let token = try issuer.token(header: #"{"alg":"ES256","kid":"k1","typ":"at+jwt",\#(member)}"#)
        #expect(issuer.rejection(of: token) == nil)
    }

    @Test(
        "RFC 7515 §7.1: anything but three segments of strict base64url is refused",
        arguments: [
            "", ".", "..", "...", "a", "a.b", "a.b.c.d", ".e30.AA", "e30=.e30.AA", "e30.e30=.AA", "e30.e30.AA=",
            "e30.e30.AB",
            "e3 0.e30.AA", "e30.e30.A", "e30.e30.A*AA", "e30.e30.+/AA", " e30.e30.AA", "e30.e30.AA\n", "e30.e31.AA",
        ])
    func refusesOtherForms(token: String) throws {
        let issuer = try TokenIssuer()
        #expect(issuer.rejection(of: token) == .notCompactJWS)
        #expect(!self.isClaimed(token))
    }

    @Test("a token that claims to be a signed JWT is told from an opaque one")
    func tellsClaimedTokens() throws {
        let issuer = try TokenIssuer()
        #expect(self.isClaimed(try issuer.token()))
        let odd = try issuer.token(header: #"{"alg":7}"#)
        #expect(self.isClaimed(odd))
        let tooLong = try issuer.token()
        #expect(!self.isClaimed(tooLong, byteCountMax: 10))
        let withoutAlgorithm = try issuer.token(header: #"{"typ":"at+jwt"}"#)
        #expect(!self.isClaimed(withoutAlgorithm))
        #expect(!self.isClaimed("ory_at_abc.def"))
    }

    @Test("a flipped bit anywhere in the token refuses it")
    func refusesFlippedBits() throws {
        let issuer = try TokenIssuer(.edDSA)
        let token = Array(try issuer.token().utf8)
        for index in token.indices {
            var changed = token
            changed[index] ^= 0x01
            #expect(throws: JWTRejection.self) {
                try JWTValidation.validate(
                    changed.span, keys: issuer.keys, profile: issuer.profile, now: issuer.now)
            }
        }
    }

    private func isClaimed(_ token: String, byteCountMax: Int = 1_000) -> Bool {
        CompactJWS.isClaimed(by: token.utf8.span, byteCountMax: byteCountMax)
    }
}
