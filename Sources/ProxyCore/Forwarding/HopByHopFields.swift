import HTTPWire

/// Which fields end here by what they are (RFC 9110 §7.6.1, SPEC §5); nominated ones come on top.
enum HopByHopFields {
    /// Removed from every request: of this hop, or written anew by us.
    static let ofRequests: FieldKindSet = [
        .host, .contentLength, .transferEncoding, .expect,
        .connection, .keepAlive, .proxyConnection, .te, .upgrade, .http2Settings,
        .proxyAuthenticate, .proxyAuthorization, .proxyAuthenticationInfo,
        .xRequestID, .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost,
    ]

    /// Names that only fold to one of these are removed from every request.
    static let unforgeable: FieldKindSet = [
        .contentLength, .transferEncoding, .host, .connection, .authorization,
        .forwarded, .xForwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xRealIP,
    ]

    /// Removed from every response.
    static let ofResponses: FieldKindSet = [
        .contentLength, .transferEncoding,
        .connection, .keepAlive, .proxyConnection, .te, .upgrade, .http2Settings, .proxyAuthenticate,
        .proxyAuthorization, .proxyAuthenticationInfo,
    ]

    /// Never passed on in a trailer section: framing, routing, credentials, content format, controls and conditions
    /// (RFC 9110 §6.5.1), and all that we strip or write in heads.
    static let ofTrailers: FieldKindSet = [
        .host, .contentLength, .transferEncoding,
        .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .http2Settings,
        .proxyAuthenticate, .proxyAuthorization, .proxyAuthenticationInfo,
        .authorization, .cookie, .setCookie, .wwwAuthenticate, .authenticationInfo,
        .forwarded, .xForwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost,
        .via, .xRequestID, .traceparent, .tracestate,
        .xRealIP, .xOriginal, .xRewriteURL, .xEnvoyOriginal, .xHTTPMethod,
        .expect, .cacheControl, .maxForwards, .pragma, .range, .responseControl, .ifCondition,
        .date, .location, .retryAfter,
        .contentType, .contentEncoding, .contentLanguage, .contentLocation, .contentRange, .contentDisposition,
        .origin, .accessControlRequestMethod, .accessControl, .secWebSocket, .accept, .acceptEncoding,
    ]
}

extension FieldKindSet {
    func union(_ other: FieldKindSet) -> FieldKindSet { FieldKindSet(bits: self.bits | other.bits) }
    func subtracting(_ other: FieldKindSet) -> FieldKindSet { FieldKindSet(bits: self.bits & ~other.bits) }
}
