/// The question to the authorization server whether a token is active (RFC 7662 §2.1).
///
/// Only the token and the hint travel. Scope is decided by whoever asks, so that one answer serves every route.
public struct IntrospectionRequest: Sendable {
    public let token: BearerToken
    public let hint: TokenTypeHint

    public init(token: BearerToken, hint: TokenTypeHint = .accessToken) {
        self.token = token
        self.hint = hint
    }

    public static let contentType = "application/x-www-form-urlencoded"

    /// The form to send.
    ///
    /// Credentials are for `client_secret_post` (RFC 6749 §2.3.1) only.
    public func formBody(credentials: ClientCredentials? = nil) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(self.token.count + 64)
        FormURLEncoded.append("token", self.token.bytes.span, to: &body)
        FormURLEncoded.append("token_type_hint", self.hint.rawValue.utf8.span, to: &body)
        if let credentials {
            FormURLEncoded.append("client_id", credentials.clientID.utf8.span, to: &body)
            FormURLEncoded.append("client_secret", credentials.secret.bytes.span, to: &body)
        }
        return body
    }
}
