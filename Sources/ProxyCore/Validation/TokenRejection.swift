/// Why a token that was presented properly is not good: always 401 `invalid_token` (RFC 6750 §3.1).
///
/// Labels and descriptions are fixed strings: nothing of a token ever reaches a metric, a log or an answer through them.
package enum TokenRejection: Int, Error, Sendable, Hashable, CaseIterable {
    /// The authorization server says so (RFC 7662 §2.2).
    case inactive
    case expired
    case notYetValid
    /// Not a JWT, or one that breaks RFC 7515 or RFC 7519 in its form.
    case malformedJWT
    /// `crit` names what we do not understand (RFC 7515 §4.1.11).
    case criticalHeader
    case algorithm
    case unknownKey
    case badSignature
    case issuer
    case audience
    /// `typ`, or claims of an ID or event token (RFC 9068 §4, RFC 8725 §3.11).
    case type
    /// A required claim is missing or a registered one is of the wrong kind.
    case claims
    /// `cnf`: the token is bound to a key that no route can check yet (RFC 8705 §3, RFC 9449 §6).
    case confirmation
    /// A refresh token or one of another type (RFC 7662 §2.2 `token_type`).
    case notAnAccessToken
    case subjectMissing
    /// A subject value that no header field can carry faithfully.
    case subjectUnsendable

    /// For metrics and logs.
    package var label: StaticString {
        switch self {
        case .inactive: "inactive"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .malformedJWT: "malformed_jwt"
        case .criticalHeader: "critical_header"
        case .algorithm: "algorithm"
        case .unknownKey: "unknown_key"
        case .badSignature: "bad_signature"
        case .issuer: "issuer"
        case .audience: "audience"
        case .type: "type"
        case .claims: "claims"
        case .confirmation: "confirmation"
        case .notAnAccessToken: "not_an_access_token"
        case .subjectMissing: "subject_missing"
        case .subjectUnsendable: "subject_unsendable"
        }
    }

    /// `error_description` of the challenge: no quote, no backslash, nothing outside RFC 6750 §3.
    package var summary: StaticString {
        switch self {
        case .inactive: "The access token is not active"
        case .expired: "The access token expired"
        case .notYetValid: "The access token is not valid yet"
        case .malformedJWT: "The access token is malformed"
        case .criticalHeader: "The access token needs an extension that is not understood"
        case .algorithm: "The access token is signed with an algorithm that is not allowed"
        case .unknownKey: "The access token is signed with an unknown key"
        case .badSignature: "The signature of the access token is wrong"
        case .issuer: "The access token is of another issuer"
        case .audience: "The access token is meant for another audience"
        case .type: "The token is not of an access token type"
        case .claims: "A claim of the access token is missing or of the wrong kind"
        case .confirmation: "The access token is bound to a key that cannot be checked here"
        case .notAnAccessToken: "The token is not an access token"
        case .subjectMissing: "The access token names no subject"
        case .subjectUnsendable: "The subject of the access token cannot be passed on"
        }
    }
}
