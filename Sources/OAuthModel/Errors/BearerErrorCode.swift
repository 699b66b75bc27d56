/// The error codes of a protected resource (RFC 6750 §3.1).
public enum BearerErrorCode: String, Sendable, Hashable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidToken = "invalid_token"
    case insufficientScope = "insufficient_scope"

    /// The status that goes with the code.
    public var status: UInt16 {
        switch self {
        case .invalidRequest: 400
        case .invalidToken: 401
        case .insufficientScope: 403
        }
    }
}
