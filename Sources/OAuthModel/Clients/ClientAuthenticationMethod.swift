/// How a client proves who it is (RFC 7591 §2, RFC 8705 §2, OpenID Connect Core 1.0 §9).
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    case none
    case clientSecretBasic = "client_secret_basic"
    case clientSecretPost = "client_secret_post"
    case privateKeyJWT = "private_key_jwt"
    case tlsClientAuth = "tls_client_auth"
    /// An access token of the client's own, which RFC 7662 §2.1 allows for introspection.
    case bearer
}
