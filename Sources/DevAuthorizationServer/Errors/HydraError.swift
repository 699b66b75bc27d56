import HTTPTypes

/// An answer that is not the one wanted, in Hydra's words: `{"error": …, "error_description": …}` with a status.
///
/// Hydra 2 writes these two members and no others; the status of the answer is the only reliable one.
struct HydraError: Error, Sendable, Hashable {
    var status: HTTPResponse.Status
    var error: String
    /// The general text, a space, and what is wrong this time.
    ///
    /// Double quotes become single ones, as in Hydra.
    var description: String

    init(_ status: HTTPResponse.Status, _ error: String, _ general: String, hint: String? = nil) {
        self.status = status
        self.error = error
        let text = [general, hint].compactMap { $0 }.joined(separator: " ")
        self.description = text.replacing("\"", with: "'")
    }
}

// What RFC 6749 §5.2 and Hydra name; the general sentences are ours.
extension HydraError {
    static func invalidRequest(_ hint: String? = nil) -> HydraError {
        HydraError(
            .badRequest, "invalid_request",
            "The request lacks a required parameter, repeats one, has one of an invalid value, or is malformed.",
            hint: hint)
    }

    static func invalidClient(_ hint: String? = nil) -> HydraError {
        HydraError(
            .unauthorized, "invalid_client",
            "Client authentication failed: unknown client, wrong secret, or another method than the registered one.",
            hint: hint)
    }

    static func invalidGrant(_ hint: String? = nil) -> HydraError {
        HydraError(
            .badRequest, "invalid_grant",
            "The authorization grant or refresh token is invalid, expired, revoked, or was issued to another client.",
            hint: hint)
    }

    static func unauthorizedClient(_ hint: String? = nil) -> HydraError {
        HydraError(
            .badRequest, "unauthorized_client", "The client may not request a token with this grant type.", hint: hint)
    }

    static func invalidScope(_ hint: String? = nil) -> HydraError {
        HydraError(.badRequest, "invalid_scope", "A requested scope is unknown, malformed or not allowed.", hint: hint)
    }

    static func invalidClientMetadata(_ hint: String) -> HydraError {
        HydraError(
            .badRequest, "invalid_client_metadata", "A member of the client is invalid and was refused.", hint: hint)
    }

    static func invalidRedirectURI(_ hint: String) -> HydraError {
        HydraError(.badRequest, "invalid_redirect_uri", "A redirect URI is invalid.", hint: hint)
    }

    static let serverError = HydraError(
        .internalServerError, "server_error", "The authorization server met a condition it did not expect.")

    static func temporarilyUnavailable(_ hint: String? = nil) -> HydraError {
        HydraError(
            .serviceUnavailable, "temporarily_unavailable", "The authorization server cannot answer now.", hint: hint)
    }
}

// The store's and the framework's sentences: `error` itself is the text (Hydra's contract, §2.1).
extension HydraError {
    static let notFound = HydraError(.notFound, "Unable to locate the resource", "")

    static let conflict = HydraError(
        .conflict, "Unable to insert or update resource because a resource with that value exists already", "")

    static func malformed(_ reason: String) -> HydraError {
        HydraError(.badRequest, "The request was malformed or contained invalid parameters", reason)
    }

    static let bodyTooLarge = HydraError(
        .contentTooLarge, "The request was malformed or contained invalid parameters", "The body is too large.")

    static let unknownRoute = HydraError(.notFound, "Not Found", "There is nothing at this path.")

    static let expectationFailed = HydraError(
        .expectationFailed, "Expectation Failed", "The only expectation that is met is '100-continue'.")

    static let methodNotAllowed = HydraError(
        .methodNotAllowed, "Method Not Allowed", "This path does not answer this method.")
}
