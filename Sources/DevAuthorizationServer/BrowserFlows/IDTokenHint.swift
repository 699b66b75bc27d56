import JOSE
import OAuthModel

/// An ID token that the server issued once, brought back to say whom the client means (OpenID Connect Core §3.1.2.1).
///
/// It may have expired: it proves who was meant, not who is there.
struct IDTokenHint: Sendable {
    let subject: String
    let sessionID: String
    /// The clients it was issued to.
    let audience: [String]

    /// Nil when it is not one of ours; an access token, signed by the same server, is none either.
    init?(_ token: String, keys: JSONWebKeySet, issuer: String) {
        guard let jws = try? CompactJWS(parsing: token.utf8.span, byteCountMax: AuthorizationRequest.textBytesMax),
            let verified = try? JWSVerifier.verify(jws, keys: keys, algorithms: [.rs256]),
            let claims = try? JSONReader.read(verified.payload, limits: JSONBody.storedLimits).objectValue,
            let given = claims["iss"]?.stringValue, given.hasSameOctets(as: issuer),
            // No other token of ours names both: access tokens have no session, logout tokens no subject.
            let subject = claims["sub"]?.stringValue, let sessionID = claims["sid"]?.stringValue
        else { return nil }
        self.subject = subject
        self.sessionID = sessionID
        self.audience = claims["aud"]?.stringListValue ?? claims["aud"]?.stringValue.map { [$0] } ?? []
    }

    /// What a JWT claims, looked at without its signature: for a hint that was verified when its request came, or to find
    /// the key that has to verify it.
    static func unverifiedClaims(of token: String) -> JSONObject? {
        let segments = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard segments.count == 3, let payload = Base64URL.decode(String(Substring(segments[1]))) else { return nil }
        return (try? JSONReader.read(payload, limits: JSONBody.storedLimits))?.objectValue
    }
}
