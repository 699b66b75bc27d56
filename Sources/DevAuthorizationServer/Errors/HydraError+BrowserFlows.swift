import HTTPTypes

// What the authorization endpoint says (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, Hydra's contract §2.2); most of
// it reaches the client as parameters of its redirect URI, where the status is not seen.
extension HydraError {
    static func accessDenied(_ hint: String? = nil) -> HydraError {
        HydraError(
            .forbidden, "access_denied", "The resource owner or authorization server denied the request.", hint: hint)
    }

    static func requestForbidden(_ hint: String? = nil) -> HydraError {
        HydraError(.forbidden, "request_forbidden", "The request is not allowed.", hint: hint)
    }

    static func requestUnauthorized(_ hint: String? = nil) -> HydraError {
        HydraError(.unauthorized, "request_unauthorized", "The request could not be authorized.", hint: hint)
    }

    static func invalidState(_ hint: String? = nil) -> HydraError {
        HydraError(
            .badRequest, "invalid_state", "The state is missing or too short to protect the client.", hint: hint)
    }

    static func unsupportedResponseType(_ hint: String? = nil) -> HydraError {
        HydraError(
            .badRequest, "unsupported_response_type", "A code cannot be obtained with this response type.", hint: hint)
    }

    static func unsupportedResponseMode(_ hint: String? = nil) -> HydraError {
        HydraError(.badRequest, "unsupported_response_mode", "The response mode is not supported.", hint: hint)
    }

    static func loginRequired(_ hint: String? = nil) -> HydraError {
        HydraError(.badRequest, "login_required", "The user has to log in.", hint: hint)
    }

    static func consentRequired(_ hint: String? = nil) -> HydraError {
        HydraError(.badRequest, "consent_required", "The user has to consent.", hint: hint)
    }

    static func insufficientEntropy(_ hint: String? = nil) -> HydraError {
        HydraError(.badRequest, "insufficient_entropy", "The request is too easy to guess.", hint: hint)
    }

    static let tokenInactive = HydraError(
        .unauthorized, "token_inactive", "The token is not active: it was used already, so all of its grant has ended.")

    static let scopeNotGranted = HydraError(
        .forbidden, "scope_not_granted", "The user did not grant the scope that is needed.")

    static let jtiKnown = HydraError(
        .badRequest, "jti_known", "The assertion was used already.")

    static func missingParameter(_ hint: String) -> HydraError {
        HydraError(.badRequest, "missing_required_parameter", "A required member is missing.", hint: hint)
    }

    static let requestNotSupported = HydraError(
        .badRequest, "request_not_supported", "The parameter 'request' is not supported.")

    static let requestURINotSupported = HydraError(
        .badRequest, "request_uri_not_supported", "The parameter 'request_uri' is not supported.")

    static let registrationNotSupported = HydraError(
        .badRequest, "registration_not_supported", "The parameter 'registration' is not supported.")
}

// Login, consent and logout requests that are not, or no longer, what they were.
extension HydraError {
    static let noSuchRequest = HydraError(.notFound, "Not Found", "There is no request with this challenge.")

    static let requestIsOver = HydraError(
        .conflict, "Conflict", "The browser came back with an answer already; the request is over.")
}
