public import OAuthModel

extension HydraClient {
    /// What the browser brings back to the client's redirect URI (RFC 6749 §4.1.2).
    public struct AuthorizationResponse: Sendable {
        /// Give it away at once: it works once, for minutes.
        public let code: SecretBytes
        /// What was granted, if the server says so here.
        public let scopes: ScopeSet?

        /// Reads the address, or path and query, that was called.
        ///
        /// Throws ``HydraClientError/Code/invalidState`` when the state is another one than the browser was sent away with
        /// (RFC 6749 §10.12), the server's own code when it refused, and ``HydraClientError/Code/unexpectedMember`` when
        /// there is no code, or more than one of anything.
        public init(redirectedTo address: String, expectingState state: String) throws(HydraClientError) {
            let form: FormURLEncoded
            do throws(FormURLEncoded.Failure) {
                form = try FormURLEncoded(parsing: AddressText.query(of: address.utf8) ?? [])
            } catch {
                throw Self.problem(.decoding, .unexpectedMember, "the query is malformed")
            }
            guard !["code", "state", "error", "error_description", "scope"].contains(where: form.isRepeated) else {
                throw Self.problem(.decoding, .unexpectedMember, "a parameter is there more than once")
            }
            // An empty one is what a session that was lost would say.
            guard let returned = form.soleValue(of: "state"), !state.isEmpty,
                SecretBytes(returned) == SecretBytes(state)
            else {
                throw Self.problem(.request, .invalidState, "the state is not the one the browser was sent away with")
            }
            if let error = form.soleValue(of: "error") {
                var problem = Self.problem(
                    .status, HydraClientError.Code(rawValue: error), "the server refused the authorization")
                problem.error = error
                problem.errorDescription = form.soleValue(of: "error_description")
                throw problem
            }
            guard let code = form.soleValue(of: "code"), !code.isEmpty else {
                throw Self.problem(.decoding, .unexpectedMember, "there is no code")
            }
            self.code = SecretBytes(code)
            self.scopes = form.soleValue(of: "scope").map { ScopeSet(spaceSeparated: $0) }
        }

        private static func problem(
            _ stage: HydraClientError.Stage, _ code: HydraClientError.Code, _ message: String
        ) -> HydraClientError {
            HydraClientError(stage, code, operation: "oAuth2Authorize", message: message)
        }
    }
}
