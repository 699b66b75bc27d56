import JOSE
public import OAuthModel

extension HydraClient {
    /// What a client asks of the user, through the browser (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1).
    public struct AuthorizationRequest: Sendable {
        /// `client_id`.
        public var clientID: String
        /// `response_type`: `code`, or several words in any order.
        public var responseType = "code"
        /// May be nil when the client has exactly one.
        public var redirectURI: String?
        /// What is asked for; the user may grant less.
        public var scopes: ScopeSet
        /// Comes back with the browser and must be compared there; at least 8 characters for Hydra.
        public var state: String
        /// Binds the code to whoever asks (RFC 7636); a public client must not go without.
        public var pkce: PKCE?
        /// For whom the access token is to be; Hydra wants them registered with the client.
        public var audience: [String] = []
        /// `query`, `fragment` or `form_post`; the default of the response type when nil.
        public var responseMode: String?
        /// Comes back in the ID token; at least 8 characters for Hydra.
        public var nonce: String?
        /// `none`, `login`, `consent`, or several.
        public var prompt: [String] = []
        /// In whole seconds; the user logs in again if it was longer ago.
        public var maxAge: Duration?
        /// An ID token of the user who is meant.
        public var idTokenHint: SecretBytes?
        /// What the user may be known by, for the login page.
        public var loginHint: String?
        /// Authentication context classes, the best one first.
        public var acrValues: [String] = []
        /// Languages of the pages, the best one first (RFC 5646).
        public var uiLocales: [String] = []
        /// `page`, `popup`, `touch` or `wap`.
        public var display: String?
        /// Parameters without a property of their own.
        public var additionalParameters: [FormURLEncoded.Parameter] = []

        /// A request with a state of 128 random bits, to be kept in the browser's session until it comes back.
        public init(clientID: String, redirectURI: String?, scopes: ScopeSet, pkce: PKCE?, state: String? = nil) {
            self.clientID = clientID
            self.redirectURI = redirectURI
            self.scopes = scopes
            self.pkce = pkce
            self.state = state ?? Self.randomState()
        }

        func parameters(for operation: String) throws(HydraClientError) -> [FormURLEncoded.Parameter] {
            let named: [(String, String?)] = [
                ("client_id", self.clientID), ("response_type", self.responseType), ("redirect_uri", self.redirectURI),
                ("state", self.state), ("code_challenge", self.pkce?.challenge),
                ("code_challenge_method", self.pkce == nil ? nil : PKCE.method), ("response_mode", self.responseMode),
                ("nonce", self.nonce), ("prompt", Self.words(self.prompt)),
                ("max_age", self.maxAge.map { String($0.wholeSeconds) }),
                ("id_token_hint", self.idTokenHint?.text), ("login_hint", self.loginHint),
                ("acr_values", Self.words(self.acrValues)), ("ui_locales", Self.words(self.uiLocales)),
                ("display", self.display),
            ]
            let given = named.compactMap { name, value in
                value.map { FormURLEncoded.Parameter(name: name, value: $0) }
            }
            let access = try RequestedAccess.parameters(scopes: self.scopes, audience: self.audience, for: operation)
            return given + access + self.additionalParameters
        }

        private static func words(_ words: [String]) -> String? {
            words.isEmpty ? nil : words.joined(separator: " ")
        }

        private static func randomState() -> String { Base64URL.encode(RandomBytes.make(count: 16)) }
    }
}

// The state binds a browser to its request, and an additional parameter may be anything.
extension HydraClient.AuthorizationRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "AuthorizationRequest(of \(self.clientID))" }
    public var customMirror: Mirror {
        Mirror(self, children: ["clientID": self.clientID, "scopes": self.scopes.text, "audience": self.audience])
    }
}
