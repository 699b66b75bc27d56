package import HTTPWire

/// Every way in which a request ends here instead of upstream.
///
/// Closed: whoever adds a case says what it answers (ARCHITECTURE §7).
package enum Refusal: Error, Sendable, Hashable {
    // The client's message.
    case wire(WireError)
    case target(TargetProblem)
    /// A `;` in the path of a route that does not say `path_parameters: allow`.
    case pathParameters
    /// CONNECT and TRACE are served nowhere.
    case methodRefused
    case headTooSlow
    case bodyTooSlow
    case bodyTooLarge
    case clientGone
    /// `Connection` nominates more names than anybody has a use for.
    case tooManyConnectionOptions

    // The route table.
    case noRoute
    case methodNotAllowed(allow: String)

    // The credentials and what they are worth here.
    case noCredentials
    case invalidRequest(CredentialProblem)
    case tokenRejected(TokenRejection)
    /// All scope that the route asks for (RFC 6750 §3), not only what is missing.
    case insufficientScope(required: [String])
    case claimNotMet

    // The authorization server; never the token's fault.
    case authorizationServerUnavailable(retryAfter: Int?)
    /// Too many wait for it, or for this token.
    case authorizationServerBusy
    case authorizationServerMisconfigured
    case authorizationServerMalformed
    case keysUnavailable
    /// An active answer holds a subject value that no field can carry (SPEC §5 "Subject values").
    case subjectUnsendable

    // The upstream.
    case upstreamUnreachable
    case upstreamMalformed
    case upstreamTimeout
    case upstreamBusy

    // Ourselves.
    case draining
    /// What `path` rewriting made is no path that may be forwarded.
    case rewriteRefused
    case internalError
}

extension Refusal {
    /// Whose fault it is.
    package enum Party: String, Sendable, Hashable, CaseIterable {
        case client
        case authorizationServer = "authorization_server"
        case upstream
        case proxy
    }

    package enum LogLevel: Sendable, Hashable { case debug, info, warning, error }

    package var status: UInt16 {
        switch self {
        case .wire(let error): UInt16(error.status)
        case .target, .pathParameters, .invalidRequest, .rewriteRefused, .tooManyConnectionOptions: 400
        case .noCredentials, .tokenRejected: 401
        case .insufficientScope, .claimNotMet: 403
        case .noRoute: 404
        case .methodNotAllowed, .methodRefused: 405
        case .headTooSlow, .bodyTooSlow: 408
        case .bodyTooLarge: 413
        case .clientGone: 499
        case .authorizationServerMisconfigured, .internalError: 500
        case .authorizationServerMalformed, .subjectUnsendable, .upstreamUnreachable, .upstreamMalformed: 502
        case .authorizationServerUnavailable, .authorizationServerBusy, .keysUnavailable, .upstreamBusy, .draining: 503
        case .upstreamTimeout: 504
        }
    }

    /// One word of a fixed list, for metrics and logs; never anything a client sent.
    package var label: StaticString {
        switch self {
        case .wire(let error): error.label
        case .target(let problem): problem.label
        case .pathParameters: "path_parameters"
        case .methodRefused: "method_refused"
        case .headTooSlow: "head_too_slow"
        case .bodyTooSlow: "body_too_slow"
        case .bodyTooLarge: "body_too_large"
        case .clientGone: "client_gone"
        case .tooManyConnectionOptions: "too_many_connection_options"
        case .noRoute: "no_route"
        case .methodNotAllowed: "method_not_allowed"
        case .noCredentials: "no_credentials"
        case .invalidRequest(let problem): problem.label
        case .tokenRejected(let rejection): rejection.label
        case .insufficientScope: "insufficient_scope"
        case .claimNotMet: "claim_not_met"
        case .authorizationServerUnavailable: "authorization_server_unavailable"
        case .authorizationServerBusy: "authorization_server_busy"
        case .authorizationServerMisconfigured: "authorization_server_misconfigured"
        case .authorizationServerMalformed: "authorization_server_malformed"
        case .keysUnavailable: "keys_unavailable"
        case .subjectUnsendable: "subject_unsendable"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamMalformed: "upstream_malformed"
        case .upstreamTimeout: "upstream_timeout"
        case .upstreamBusy: "upstream_busy"
        case .draining: "draining"
        case .rewriteRefused: "rewrite_refused"
        case .internalError: "internal_error"
        }
    }

    package var party: Party {
        switch self {
        case .wire, .target, .pathParameters, .methodRefused, .headTooSlow, .bodyTooSlow,
            .bodyTooLarge, .clientGone, .noRoute, .methodNotAllowed, .noCredentials, .invalidRequest, .tokenRejected,
            .insufficientScope, .claimNotMet, .rewriteRefused, .tooManyConnectionOptions:
            .client
        case .authorizationServerUnavailable, .authorizationServerBusy, .authorizationServerMalformed,
            .keysUnavailable, .subjectUnsendable:
            .authorizationServer
        case .upstreamUnreachable, .upstreamMalformed, .upstreamTimeout, .upstreamBusy:
            .upstream
        case .authorizationServerMisconfigured, .draining, .internalError:
            .proxy
        }
    }

    /// Clients cannot fill the log at a level that wakes somebody; our own configuration and faults can.
    package var logLevel: LogLevel {
        switch self.party {
        case .client: self.status == 499 ? .debug : .info
        case .authorizationServer, .upstream: .warning
        case .proxy: self == .draining ? .info : .error
        }
    }

    /// Whether the connection ends with the answer, whatever the client asked for: where the next request begins is not
    /// certain, or we want the connection gone.
    package var closesConnection: Bool {
        switch self {
        case .wire, .target, .pathParameters, .rewriteRefused, .methodRefused, .headTooSlow, .bodyTooSlow,
            .bodyTooLarge, .clientGone, .draining,
            .internalError, .tooManyConnectionOptions:
            true
        case .noRoute, .methodNotAllowed, .noCredentials, .invalidRequest,
            .tokenRejected, .insufficientScope, .claimNotMet, .authorizationServerUnavailable,
            .authorizationServerBusy, .authorizationServerMisconfigured, .authorizationServerMalformed,
            .keysUnavailable, .subjectUnsendable, .upstreamUnreachable, .upstreamMalformed, .upstreamTimeout,
            .upstreamBusy:
            false
        }
    }
}
