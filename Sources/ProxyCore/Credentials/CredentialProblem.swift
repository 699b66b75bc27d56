/// Why credentials are ambiguous or malformed: 400 `invalid_request`, the authorization server is not asked (RFC 6750 §3.1).
package enum CredentialProblem: Int, Error, Sendable, Hashable, CaseIterable {
    /// More than one `Authorization` field.
    case repeated
    /// Not `Bearer` and one `b64token` (RFC 6750 §2.1): nothing behind the scheme, a list, other bytes.
    case malformed
    /// Longer than `limits.token`.
    case tooLong

    package var label: StaticString {
        switch self {
        case .repeated: "credentials_repeated"
        case .malformed: "credentials_malformed"
        case .tooLong: "credentials_too_long"
        }
    }

    package var summary: StaticString {
        switch self {
        case .repeated: "The request presents more than one credential"
        case .malformed: "The credential is malformed"
        case .tooLong: "The credential is too long"
        }
    }
}
