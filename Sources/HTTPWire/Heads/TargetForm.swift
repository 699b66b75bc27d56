/// The four forms of a request target (RFC 9112 §3.2).
@usableFromInline package enum TargetForm: UInt8, Sendable, Hashable {
    /// `/path?query`.
    case origin
    /// `http://authority/path?query`, scheme in any case.
    case absoluteHTTP
    /// `https://authority/path?query`.
    case absoluteHTTPS
    /// `host:port`, for CONNECT alone.
    case authority
    /// `*`, for OPTIONS alone.
    case asterisk
}
