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

    @Test(
        "RFC 7515 §3, RFC 4648 §3.5: what only a generous reader takes for a JWT is claimed all the same, and refused",
        arguments: [
            // Padding, spare bits, octets of no alphabet, the other alphabet.
            "eyJhbGciOiJFUzI1NiJ9.e30.AA==", "eyJhbGciOiJFUzI1NiJ9.e30=.AA", "eyJhbGciOiJFUzI1NiJ9=.e30.AA",
            "eyJhbGciOiJFUzI1NiJ9.e30.AB", "eyJhbGciOiJFUzI1NiJ9.e31.AA", "eyJhbGciOiJFUzI1NiIgfR.e30.AA",
            "eyJ~hbGciOiJFUzI1NiJ9.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e30.A*", "eyJhbGciOiJFUzI1NiJ9.e30.A",
            "eyJhbGciOiJFUzI1NiIsImsiOiI/Pz8+Pj4ifQ==.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e30.+/AA",
            // Nothing behind the header.
            "eyJhbGciOiJFUzI1NiJ9..", "eyJhbGciOiJFUzI1NiJ9.e30.",
            // A member twice, a byte order mark, white space, no end, no name of an algorithm.
            "eyJhbGciOiJub25lIiwiYWxnIjoiRVMyNTYifQ.e30.AA", "77u_eyJhbGciOiJFUzI1NiJ9.e30.AA",
            "IAkNCnsiYWxnIjoiRVMyNTYifQ.e30.AA", "eyJhbGciOiJFUzI1NiI.e30.AA", "eyJhbGciOm51bGx9.e30.AA",
            // The name behind another member, and written with an escape.
            "eyJraWQiOiJra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2trIiwiYWxnIjoiRVMyNTYifQ.e30.AA=",
            "eyJcdTAwNjFsZyI6IkVTMjU2In0.e30.AA",
        ])
    func claimsWhatIsSpeltCarelessly(token: String) throws {
        let issuer = try TokenIssuer()
        #expect(self.isClaimed(token))
        #expect(issuer.rejection(of: token) != nil)
    }

    @Test(
        "what is no JSON object with `alg` between two dots is opaque, however it is read",
        arguments: [
            "eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJFUzI1NiJ9.e30", "eyJhbGciOiJFUzI1NiJ9.e30.AA.AA",
            "eyJhbGciOiJFUzI1NiJ9.a.b.c.d", ".eyJhbGciOiJFUzI1NiJ9.AA", "eyJ0eXAiOiJhdCtqd3QifQ.e30.AA",
            "W3siYWxnIjoiRVMyNTYifV0.e30.AA", "eHsiYWxnIjoiRVMyNTYifQ.e30.AA", "ImFsZyI.e30.AA",
            "eyJBTEciOiJFUzI1NiJ9.e30.AA", "eyJhbGdvIjoiRVMyNTYifQ.e30.AA", "IAkNCiAgICAg.e30.AA", "====.e30.AA", "..",
        ])
    func tellsOpaqueTokens(token: String) {
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
