import Hummingbird
import JOSE
import OAuthModel

/// What the server says of itself: discovery (OpenID Connect Discovery 1.0 §3, RFC 8414 §2) and its key set (RFC 7517 §5).
struct WellKnownDocuments: Sendable {
    let core: ServerCore

    func configuration(_ call: Call) -> Response {
        let base = self.core.publicURL
        return Reply.json([
            "issuer": .string(self.core.issuer),
            "authorization_endpoint": .string(base + "/oauth2/auth"),
            "token_endpoint": .string(base + "/oauth2/token"),
            "revocation_endpoint": .string(base + "/oauth2/revoke"),
            "jwks_uri": .string(base + "/.well-known/jwks.json"),
            "userinfo_endpoint": .string(base + "/userinfo"),
            "end_session_endpoint": .string(base + "/oauth2/sessions/logout"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": [
                "authorization_code", "refresh_token", "client_credentials",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ],
            "token_endpoint_auth_methods_supported": Self.authenticationMethods,
            "token_endpoint_auth_signing_alg_values_supported": .strings(RegisteredClient.assertionAlgorithms),
            // Left out they would mean client_secret_basic alone (RFC 8414 §2).
            "revocation_endpoint_auth_methods_supported": Self.authenticationMethods,
            "revocation_endpoint_auth_signing_alg_values_supported": .strings(RegisteredClient.assertionAlgorithms),
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["offline_access", "offline", "openid"],
            "claims_supported": ["sub"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "id_token_signed_response_alg": ["RS256"],
            "userinfo_signed_response_alg": ["RS256"],
            "userinfo_signing_alg_values_supported": ["none", "RS256"],
            "request_object_signing_alg_values_supported": ["none"],
            "request_parameter_supported": false, "request_uri_parameter_supported": false,
            "require_request_uri_registration": false, "claims_parameter_supported": false,
            "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
            "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": true,
        ])
    }

    private static let authenticationMethods: JSONValue = [
        "client_secret_basic", "client_secret_post", "private_key_jwt", "none",
    ]

    func keySet(_ call: Call) -> Response {
        Reply.json(["keys": .array(self.core.signingKeys.map { .object($0.signer.publicJWK) })])
    }
}
