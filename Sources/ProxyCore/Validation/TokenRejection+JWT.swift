import JOSE
import OAuthModel

extension TokenRejection {
    /// What a refused JWT is called towards its client; finer reasons stay in the log.
    init(_ rejection: JWTRejection) {
        self =
            switch rejection {
            case .tooLarge, .notCompactJWS, .malformedHeader, .nestedToken, .malformedClaims: .malformedJWT
            case .criticalExtension: .criticalHeader
            case .algorithmNotAllowed, .algorithmOfAnotherKey: .algorithm
            case .typeNotAllowed, .notAnAccessTokenByItsClaims: .type
            case .unknownKey: .unknownKey
            case .badSignature: .badSignature
            case .missingClaim(.subject): .subjectMissing
            case .malformedClaim, .missingClaim: .claims
            case .wrongIssuer: .issuer
            case .wrongAudience: .audience
            case .expired: .expired
            case .notYetValid, .issuedInFuture: .notYetValid
            case .notAnAccessToken: .notAnAccessToken
            }
    }
}
