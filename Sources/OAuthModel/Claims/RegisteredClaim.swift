/// Claims and introspection members with a registered meaning (RFC 7519 §4.1, RFC 7662 §2.2, RFC 8693 §4, RFC 7800 §3.1).
public enum RegisteredClaim: String, Sendable, Hashable, CaseIterable {
    case active
    case issuer = "iss"
    case subject = "sub"
    case audience = "aud"
    case expirationTime = "exp"
    case notBefore = "nbf"
    case issuedAt = "iat"
    case jwtID = "jti"
    case scope
    case clientID = "client_id"
    case username
    case tokenType = "token_type"
    /// Hydra's word for the kind of token an answer is about.
    case tokenUse = "token_use"
    case confirmation = "cnf"
}
