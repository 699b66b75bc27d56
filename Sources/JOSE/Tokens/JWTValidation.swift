package import OAuthModel

/// Validates a JWT access token (RFC 7519 §7.2, RFC 9068 §4): form, header, key, signature, claims, times, in this order.
package enum JWTValidation {
    /// The whole way from bytes to a token that is good at `now`.
    package static func validate(
        _ token: Span<UInt8>, keys: JSONWebKeySet, profile: JWTProfile, now: NumericDate
    ) throws(JWTRejection) -> VerifiedJWT {
        let jwt = try self.verify(token, keys: keys, profile: profile)
        try jwt.checkTimes(at: now)
        return jwt
    }

    /// All that does not depend on time, so that the result can be kept and its times looked at on every request.
    package static func verify(
        _ token: Span<UInt8>, keys: JSONWebKeySet, profile: JWTProfile
    ) throws(JWTRejection) -> VerifiedJWT {
        let jws = try CompactJWS(parsing: token, byteCountMax: profile.tokenBytesMax)
        guard profile.types.contains(jws.header.type ?? .jwt) else { throw .typeNotAllowed }
        let verified = try JWSVerifier.verify(jws, keys: keys, algorithms: profile.algorithms)
        return try VerifiedJWT(verified, profile: profile)
    }
}
