import OAuthModel

extension HydraClientError {
    /// What went wrong, as one word.
    ///
    /// An open set: codes of RFC 6749 and OpenID Connect come from the server as they are, and new ones may come.
    public struct Code: RawRepresentable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }
        init(_ rawValue: String) { self.rawValue = rawValue }
    }
}

extension HydraClientError.Code: Hashable, CustomStringConvertible {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue.hasSameOctets(as: right.rawValue) }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.rawValue) }
    public var description: String { self.rawValue }
}

// The request.
extension HydraClientError.Code {
    /// An argument cannot be sent, such as a scope with a space in it.
    public static let invalidArgument = Self("invalid_argument")
    /// The operation is one of a side, public or admin, whose URL is not configured or is none.
    public static let baseURLUnusable = Self("base_url_unusable")
}

// The transport.
extension HydraClientError.Code {
    /// No connection came about, or it died before the answer was whole.
    public static let unreachable = Self("unreachable")
    /// The call took longer than ``HydraClient/Configuration/timeout``.
    public static let timedOut = Self("timed_out")
    /// The task was cancelled, or the client was shut down.
    public static let cancelled = Self("cancelled")
    /// The answer is longer than ``HydraClient/Configuration/responseBytesMax``.
    public static let responseTooLarge = Self("response_too_large")
    /// The answer is not HTTP.
    public static let malformedResponse = Self("malformed_response")
}

// The body.
extension HydraClientError.Code {
    /// The body is not JSON.
    public static let notJSON = Self("not_json")
    /// The body is a signed JWT where JSON is read, as ``OAuth2Client/userinfoSignedResponseAlgorithm`` asks for.
    public static let signedResponse = Self("signed_response")
    /// A member is missing, or of a kind it must not be.
    public static let unexpectedMember = Self("unexpected_member")
    /// The links of a list lead in a circle, or never end.
    public static let endlessPages = Self("endless_pages")
}

// Statuses whose `error` is a sentence, or that have none.
extension HydraClientError.Code {
    /// 404: there is no such client, request or issuer.
    public static let notFound = Self("not_found")
    /// 409: it exists already, or was used already.
    public static let conflict = Self("conflict")
    /// 400 without a code of its own.
    public static let badRequest = Self("bad_request")
    /// 401 without a code of its own.
    public static let unauthorized = Self("unauthorized")
    /// 403 without a code of its own.
    public static let forbidden = Self("forbidden")
    /// 429: asked too often; ``HydraClientError/retryAfter`` says for how long to leave it, if the server says so.
    public static let tooManyRequests = Self("too_many_requests")
    /// Redirects are not followed: whoever answers them would get what is meant for Hydra.
    public static let redirected = Self("redirected")
    /// Any other status than the one wanted.
    public static let unexpectedStatus = Self("unexpected_status")
}

// RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2.
extension HydraClientError.Code {
    /// A parameter is missing, repeated or of no use; Hydra says so of an unknown grant type too.
    public static let invalidRequest = Self("invalid_request")
    /// 401: the client is unknown, its secret is wrong, or it came with another method than the registered one.
    public static let invalidClient = Self("invalid_client")
    /// A code, refresh token or assertion is unknown, spent, expired or another client's, or PKCE does not fit.
    public static let invalidGrant = Self("invalid_grant")
    /// The client is not registered for this grant.
    public static let unauthorizedClient = Self("unauthorized_client")
    /// The server knows no such grant.
    public static let unsupportedGrantType = Self("unsupported_grant_type")
    /// The server, or the client, is not meant for this response type.
    public static let unsupportedResponseType = Self("unsupported_response_type")
    /// A scope is not one that the client, or the issuer of the assertion, may ask for.
    public static let invalidScope = Self("invalid_scope")
    /// The user, or a page in the user's name, refused.
    public static let accessDenied = Self("access_denied")
    /// 500 and its like without a code of its own, or the server says so.
    public static let serverError = Self("server_error")
    /// 503 without a code of its own, or the server says so; tried again when idempotent.
    public static let temporarilyUnavailable = Self("temporarily_unavailable")
    /// A member of a client is not taken.
    public static let invalidClientMetadata = Self("invalid_client_metadata")
    /// A redirect URI of a client is not taken.
    public static let invalidRedirectURI = Self("invalid_redirect_uri")
}

// OpenID Connect Core 1.0 §3.1.2.6 and §6.
extension HydraClientError.Code {
    /// Nobody is logged in, and `prompt=none` forbids to ask.
    public static let loginRequired = Self("login_required")
    /// No consent covers the request, and `prompt=none` forbids to ask.
    public static let consentRequired = Self("consent_required")
    /// Somebody has to be asked, and `prompt=none` forbids it.
    public static let interactionRequired = Self("interaction_required")
    /// The server takes no request objects.
    public static let requestNotSupported = Self("request_not_supported")
    /// The server fetches no request objects.
    public static let requestURINotSupported = Self("request_uri_not_supported")
    /// The server takes no `registration` parameter.
    public static let registrationNotSupported = Self("registration_not_supported")
    /// A request object could not be fetched.
    public static let invalidRequestURI = Self("invalid_request_uri")
    /// A request object is malformed or not signed as registered.
    public static let invalidRequestObject = Self("invalid_request_object")
}

// Hydra's own.
extension HydraClientError.Code {
    /// The server knows no such response mode.
    public static let unsupportedResponseMode = Self("unsupported_response_mode")
    /// `state` is shorter than 8 characters.
    public static let invalidState = Self("invalid_state")
    /// `nonce` is shorter than 8 characters.
    public static let insufficientEntropy = Self("insufficient_entropy")
    /// The cookie that binds the browser is missing or another one.
    public static let requestForbidden = Self("request_forbidden")
    /// The token does not serve here, or the login took too long.
    public static let requestUnauthorized = Self("request_unauthorized")
    /// A refresh token was used again; Hydra up to 2.2 says this, later ones ``invalidGrant``.
    public static let tokenInactive = Self("token_inactive")
    /// A refresh token was granted without an offline scope.
    public static let scopeNotGranted = Self("scope_not_granted")
    /// The assertion was used before.
    public static let assertionReplayed = Self("jti_known")
    /// What a trusted issuer needs is missing.
    public static let missingRequiredParameter = Self("missing_required_parameter")
    /// The server's own default for a rejected login or consent.
    public static let requestDenied = Self("request_denied")
    /// 500: the server lacks something that the call needs.
    public static let misconfiguration = Self("misconfiguration")
}
