import JOSE
import OAuthModel
import ProxyCore

/// Header and claims of a JWT, signed here: a header on the first line, the claims behind it; without a line end a good header.
///
/// Past the signature, a token is accepted exactly if its header and claims are what RFC 9068 and the profile ask for.
enum JWTClaimsTarget {
    static func run(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
        let header = lines.count == 2 ? lines[0] : Array(#"{"alg":"EdDSA","kid":"ed","typ":"at+jwt"}"#.utf8)
        let payload = lines[lines.count - 1]
        guard let text = try? FuzzKeys.signer.sign(header: header, payload: payload) else {
            end("finding: anything can be signed")
        }
        let token = Array(text.utf8)
        guard token.count <= self.profile.tokenBytesMax else { return }
        let expected = Self.isGood(header) && Self.isGood(claims: payload)
        do throws(JWTRejection) {
            let jwt = try JWTValidation.verify(token.span, keys: FuzzKeys.set, profile: self.profile)
            insist(expected, "RFC 9068 §4: what is accepted is an access token for us")
            self.insistOnTimes(of: jwt)
            self.insistOnSubject(jwt)
        } catch {
            insist(!expected, "RFC 9068 §4: a good access token is accepted: \(error.label)")
        }
    }

    private static let profile = JWTProfile(
        issuer: "https://as.example", audiences: ["https://api.example"], algorithms: [.edDSA, .es256],
        types: [.accessToken])

    private static func isGood(_ header: [UInt8]) -> Bool {
        guard case .object(let members)? = try? JSONReader.read(header) else { return false }
        guard members["alg"] == "EdDSA", members["crit"] == nil, members["zip"] == nil else { return false }
        guard members["b64"] == nil || members["b64"] == true else { return false }
        guard members["kid"] == nil || members["kid"] == "ed" else { return false }
        switch members["cty"] {
        case nil: break
        case .string(let content)?:
            guard !["jwt", "application/jwt"].contains(Self.lowered(content)) else { return false }
        default: return false
        }
        guard case .string(let type)? = members["typ"] else { return false }
        return ["at+jwt", "application/at+jwt"].contains(Self.lowered(type))
    }

    private static func isGood(claims payload: [UInt8]) -> Bool {
        guard case .object(let claims)? = try? JSONReader.read(payload) else { return false }
        guard claims["iss"] == "https://as.example", case .string(let subject)? = claims["sub"], !subject.isEmpty,
            !subject.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F })
        else { return false }
        switch claims["aud"] {
        case .string("https://api.example")?: break
        case .array(let values)?:
            let isOfStrings = values.allSatisfy { $0.stringValue != nil }
            guard isOfStrings, values.contains("https://api.example") else { return false }
        default: return false
        }
        guard claims["exp"].flatMap({ NumericDate(json: $0, rounding: .down) }) != nil else { return false }
        for name in ["nbf", "iat"] {
            if let value = claims[name], NumericDate(json: value, rounding: .up) == nil { return false }
        }
        for name in ["client_id", "jti", "username"] {
            if let value = claims[name], value.stringValue == nil { return false }
        }
        guard claims["token_use"] == nil || claims["token_use"] == "access_token" else { return false }
        if let type = claims["token_type"] {
            guard let text = type.stringValue, ["bearer", "access_token"].contains(Self.lowered(text)) else {
                return false
            }
        }
        return claims["cnf"] == nil || claims["cnf"]?.objectValue != nil
    }

    /// ASCII only, as the RFCs compare.
    private static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func insistOnTimes(of jwt: VerifiedJWT) {
        for offset in [-11, -10, -1, 0, 9, 10, 11] as [Int64] {
            let now = jwt.expiresAt.advanced(bySeconds: offset)
            let isEarly = [jwt.notBefore, jwt.issuedAt].compactMap(\.self).contains {
                $0 > now.advanced(bySeconds: self.profile.leewaySeconds)
            }
            let isGood = now < jwt.expiresAt.advanced(bySeconds: self.profile.leewaySeconds) && !isEarly
            insist(((try? jwt.checkTimes(at: now)) != nil) == isGood, "RFC 7519 §4.1.4: a token ends when it says")
        }
    }

    /// What an upstream is told is header fields, whatever the claims hold.
    private static func insistOnSubject(_ jwt: VerifiedJWT) {
        SubjectLines.judge(claims: jwt.claims, scopes: jwt.scopes, audience: jwt.audiencePlace)
    }
}
