import OAuthModel
import ProxyCore

/// Adds to an introspection request what proves who we are (RFC 7662 §2.1, RFC 6749 §2.3.1).
///
/// The only place outside the loops that touches client credentials; it knows introspection requests and nothing else,
/// so no other request can carry them.
enum ClientAuthenticator {
    static func question(
        about token: BearerToken, to url: String, as authentication: ClientAuthentication
    ) -> AuthorizationServerConnections.Question {
        let request = IntrospectionRequest(token: token)
        var fields = [("Content-Type", IntrospectionRequest.contentType), ("Accept", "application/json")]
        var body = request.formBody()
        switch authentication {
        case .none:
            break
        case .clientSecretBasic(let credentials):
            fields.append(("Authorization", Self.text(credentials.basicFieldValue())))
        case .clientSecretPost(let credentials):
            body = request.formBody(credentials: credentials)
        case .bearer(let secret):
            fields.append(("Authorization", "Bearer " + Self.text(secret)))
        }
        return AuthorizationServerConnections.Question(url: url, fields: fields, body: body)
    }

    private static func text(_ secret: SecretBytes) -> String { String(decoding: secret.bytes, as: UTF8.self) }
}
