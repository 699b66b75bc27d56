/// What a flight brought home: an answer about the token, or the server's failure to give one.
package enum FlightVerdict: Sendable {
    case accepted(ValidatedToken)
    case rejected(TokenRejection)
    case failed(AuthorizationServerFailure)

    var isAnswer: Bool {
        switch self {
        case .accepted, .rejected: true
        case .failed: false
        }
    }
}

/// Why an authorization server gave no usable answer: never the token's fault, never 401 (ARCHITECTURE §7).
package enum AuthorizationServerFailure: Error, Sendable, Hashable {
    /// Unreachable, slow, 429, 5xx, or the breaker is open; seconds to wait where known.
    case unavailable(retryAfter: Int?)
    /// Too many questions wait already.
    case busy
    /// It refused us, or the address is wrong: our configuration.
    case misconfigured
    /// Its answer makes no sense.
    case malformed

    package var refusal: Refusal {
        switch self {
        case .unavailable(let retryAfter): .authorizationServerUnavailable(retryAfter: retryAfter)
        case .busy: .authorizationServerBusy
        case .misconfigured: .authorizationServerMisconfigured
        case .malformed: .authorizationServerMalformed
        }
    }

    package var label: StaticString {
        switch self {
        case .unavailable: "unavailable"
        case .busy: "busy"
        case .misconfigured: "misconfigured"
        case .malformed: "malformed"
        }
    }
}
