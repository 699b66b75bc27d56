import OAuthModel

/// What a browser brought to the authorization endpoint (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
///
/// Every hop of the handshake replays it, so two hops belong together when their texts are equal.
struct AuthorizationRequest: Sendable {
    private let parameters: FormFields

    /// All parameters but those of the way back.
    init(_ fields: FormFields) {
        self.parameters = FormFields(parameters: fields.parameters.filter { !Self.verifiers.contains($0.name) })
    }

    /// Reads back what the store kept.
    init(text: String) throws {
        guard let form = try? FormURLEncoded(parsing: Array(text.utf8)) else {
            throw DevAuthorizationServerError(.databaseUnusable, "a stored authorization request is damaged")
        }
        self.parameters = FormFields(parameters: form.parameters)
    }

    static let loginVerifier = "login_verifier"
    static let consentVerifier = "consent_verifier"
    private static let verifiers = [Self.loginVerifier, Self.consentVerifier]

    /// The query that says all of it.
    var text: String { String(decoding: FormURLEncoded(self.parameters.parameters).encoded(), as: UTF8.self) }

    /// More than this is nobody's request; it would go from hop to hop in an address.
    static let textBytesMax = 16_384

    /// The parameter, unless it is empty, which is the same as left out (RFC 6749 §3.1).
    subscript(name: String) -> String? { self.parameters.nonEmpty(name) }

    var clientID: String { self["client_id"] ?? "" }
    var responseTypes: Set<String> { Set(self.parameters.words(of: "response_type")) }
    var scope: [String] { self.parameters.requestedScope }
    var prompts: [String] { self.parameters.words(of: "prompt") }
    var audience: [String] { self.parameters.requestedAudience }

    /// The whole address, as the login page is told it and as the browser comes back to it.
    func url(under publicURL: String) -> String { "\(publicURL)\(Self.path)?\(self.text)" }

    static let path = "/oauth2/auth"

    /// `oidc_context`: what the client would like the login page to do, each member only when it was asked for.
    func openIDContext() -> JSONObject {
        var context = JSONObject()
        for name in ["acr_values", "ui_locales"] where self[name] != nil {
            context[name] = .strings(self.parameters.words(of: name))
        }
        for name in ["display", "login_hint"] {
            if let text = self[name] { context[name] = .string(text) }
        }
        if let hint = self["id_token_hint"], let claims = IDTokenHint.unverifiedClaims(of: hint) {
            context["id_token_hint_claims"] = .object(claims)
        }
        return context
    }
}

extension FormFields {
    /// The value, unless it is empty.
    func nonEmpty(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
