package import OAuthModel

/// Why a token is no good as a JWT access token.
///
/// Closed; each case has one label for metrics and logs.
package enum JWTRejection: Error, Sendable, Hashable {
    case tooLarge
    /// Not three segments of strict base64url (RFC 7515 §7.1).
    case notCompactJWS
    case malformedHeader
    /// An extension that must be understood and is not (RFC 7515 §4.1.11, RFC 7797 §3).
    case criticalExtension
    /// A JWT in a JWT (RFC 7519 §5.2).
    case nestedToken
    case algorithmNotAllowed
    case typeNotAllowed
    /// No key of the set has this `kid`, or none at all fits a token without one: a newer set may.
    case unknownKey(KeyIdentifier?)
    /// The named key serves another algorithm (RFC 8725 §3.1).
    case algorithmOfAnotherKey
    case badSignature
    /// The payload is no JSON object, read strictly.
    case malformedClaims
    case malformedClaim(RegisteredClaim)
    case missingClaim(RegisteredClaim)
    case wrongIssuer
    case wrongAudience
    case expired
    case notYetValid
    case issuedInFuture
    /// An ID token, logout token or security event (RFC 8725 §3.11).
    case notAnAccessTokenByItsClaims
    /// `token_use` or `token_type` names another kind of token.
    case notAnAccessToken

    package var label: StaticString {
        switch self {
        case .tooLarge: "too_large"
        case .notCompactJWS: "not_compact_jws"
        case .malformedHeader: "malformed_header"
        case .criticalExtension: "critical_extension"
        case .nestedToken: "nested_token"
        case .algorithmNotAllowed: "algorithm_not_allowed"
        case .typeNotAllowed: "type_not_allowed"
        case .unknownKey: "unknown_key"
        case .algorithmOfAnotherKey: "algorithm_of_another_key"
        case .badSignature: "bad_signature"
        case .malformedClaims: "malformed_claims"
        case .malformedClaim: "malformed_claim"
        case .missingClaim: "missing_claim"
        case .wrongIssuer: "wrong_issuer"
        case .wrongAudience: "wrong_audience"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .issuedInFuture: "issued_in_future"
        case .notAnAccessTokenByItsClaims: "identity_or_event_token"
        case .notAnAccessToken: "not_an_access_token"
        }
    }
}
