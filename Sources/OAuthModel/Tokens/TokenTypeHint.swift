/// What kind of token a request is about (RFC 7009 §2.1, RFC 7662 §2.1).
public enum TokenTypeHint: String, Sendable, Hashable, CaseIterable {
    case accessToken = "access_token"
    case refreshToken = "refresh_token"
}
