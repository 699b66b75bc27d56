public import OAuthModel

extension HydraClient {
    /// What is given for tokens (RFC 6749 §1.3).
    public struct TokenGrant: Sendable {
        let type: String
        let parameters: [FormURLEncoded.Parameter]
        let scopes: ScopeSet
        let audience: [String]
        let secrets: [SecretBytes]

        /// A code that came with the browser (RFC 6749 §4.1.3).
        ///
        /// `redirectURI`: the one of the authorization request, if it named one. `pkce`: that of the authorization request; a
        /// wrong one costs the code.
        public static func authorizationCode(
            _ code: SecretBytes, redirectURI: String? = nil, pkce: PKCE? = nil
        ) -> Self {
            Self(
                "authorization_code",
                [("code", code.text), ("redirect_uri", redirectURI), ("code_verifier", pkce?.verifier.text)],
                secrets: [code] + (pkce.map { [$0.verifier] } ?? []))
        }

        /// A refresh token (RFC 6749 §6): it works once, the answer brings the next one, and using it again ends them all.
        ///
        /// Therefore it is never tried twice. Hydra ignores `scopes` and grants what was granted first.
        public static func refreshToken(_ token: SecretBytes, scopes: ScopeSet = ScopeSet()) -> Self {
            Self("refresh_token", [("refresh_token", token.text)], scopes: scopes, secrets: [token])
        }

        /// Nothing but the client itself (RFC 6749 §4.4).
        ///
        /// Without scopes nothing is granted.
        public static func clientCredentials(scopes: ScopeSet = ScopeSet(), audience: [String] = []) -> Self {
            Self("client_credentials", [], scopes: scopes, audience: audience)
        }

        /// An assertion of a trusted issuer (RFC 7523 §2.1).
        ///
        /// Its `aud` must be the URL of the token endpoint. Without scopes nothing is granted.
        public static func jwtBearer(
            _ assertion: SecretBytes, scopes: ScopeSet = ScopeSet(), audience: [String] = []
        ) -> Self {
            Self(
                "urn:ietf:params:oauth:grant-type:jwt-bearer", [("assertion", assertion.text)], scopes: scopes,
                audience: audience, secrets: [assertion])
        }

        private init(
            _ type: String, _ parameters: [(String, String?)], scopes: ScopeSet = ScopeSet(), audience: [String] = [],
            secrets: [SecretBytes] = []
        ) {
            self.type = type
            self.parameters = parameters.compactMap { name, value in
                value.map { FormURLEncoded.Parameter(name: name, value: $0) }
            }
            self.scopes = scopes
            self.audience = audience
            self.secrets = secrets
        }

        /// The form of the request, without what proves the client.
        func form(for operation: String) throws(HydraClientError) -> [FormURLEncoded.Parameter] {
            var form = [FormURLEncoded.Parameter(name: "grant_type", value: self.type)] + self.parameters
            form += try RequestedAccess.parameters(scopes: self.scopes, audience: self.audience, for: operation)
            return form
        }
    }
}

/// Scopes and audiences as parameters of a request.
enum RequestedAccess {
    /// Refuses what the server would read as something else: words that are no scopes, and an audience with a space.
    static func parameters(
        scopes: ScopeSet, audience: [String], for operation: String
    ) throws(HydraClientError) -> [FormURLEncoded.Parameter] {
        guard scopes.unusableWords.isEmpty else {
            throw HydraClientError(
                .request, .invalidArgument, operation: operation, message: "a scope has characters that none may have")
        }
        guard audience.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0x20) }) else {
            throw HydraClientError(
                .request, .invalidArgument, operation: operation, message: "an audience is empty or has a space")
        }
        let scope = scopes.isEmpty ? [] : [FormURLEncoded.Parameter(name: "scope", value: scopes.text)]
        return scope + audience.map { FormURLEncoded.Parameter(name: "audience", value: $0) }
    }
}

extension HydraClient.TokenGrant: CustomStringConvertible, CustomReflectable {
    public var description: String { "TokenGrant(\(self.type))" }
    public var customMirror: Mirror { Mirror(self, children: ["type": self.type]) }
}
