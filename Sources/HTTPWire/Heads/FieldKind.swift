/// The fields the proxy treats specially, found on the folded name while the head is parsed.
///
/// Folding (ASCII lower case, every byte but letters and digits as `-`) is how CGI-like backends look at names, so
/// `Content_Length` is of kind `contentLength` too: whoever removes fields goes by kind alone, whoever believes a
/// field asks `HeadField.isSpeltExactly` as well. Fewer than 64 cases, so that a set of kinds is one word.
@usableFromInline package enum FieldKind: UInt8, Sendable, Hashable, CaseIterable {
    case other

    // Framing and routing (RFC 9112 §6, RFC 9110 §7.2).
    case host, contentLength, transferEncoding

    // Hop by hop (RFC 9110 §7.6.1).
    case connection, keepAlive, proxyConnection, te, trailer, upgrade, http2Settings
    case proxyAuthenticate, proxyAuthorization, proxyAuthenticationInfo

    // Credentials and challenges.
    case authorization, cookie, setCookie, wwwAuthenticate, authenticationInfo

    // What proxies say of a request.
    case forwarded, xForwarded, xForwardedFor, xForwardedProto, xForwardedHost
    case via, xRequestID, traceparent, tracestate
    case xRealIP, xOriginal, xRewriteURL, xEnvoyOriginal, xHTTPMethod

    // Controls and conditions.
    case expect, cacheControl, maxForwards, pragma, range
    /// `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`, `If-Range` (RFC 9110 §13.1).
    case ifCondition

    // Control data of responses (RFC 9110 §6.5.1 keeps them out of trailers).
    case date, location, retryAfter
    /// `Age`, `Expires`, `Vary`, `Warning`.
    case responseControl

    // Content (RFC 9110 §8).
    case contentType, contentEncoding, contentLanguage, contentLocation, contentRange, contentDisposition

    case server, origin, accessControlRequestMethod, accessControl, secWebSocket
    case userAgent, accept, acceptEncoding
}

/// A set of field kinds.
@usableFromInline package struct FieldKindSet: Sendable, Hashable, ExpressibleByArrayLiteral {
    @usableFromInline package var bits: UInt64

    @inlinable
    package init(bits: UInt64) { self.bits = bits }

    @inlinable
    package init(arrayLiteral kinds: FieldKind...) {
        self.bits = 0
        for kind in kinds { self.insert(kind) }
    }

    @inlinable @inline(__always)
    package func contains(_ kind: FieldKind) -> Bool { (self.bits &>> UInt64(kind.rawValue)) & 1 == 1 }

    @inlinable @inline(__always)
    package mutating func insert(_ kind: FieldKind) { self.bits |= 1 &<< UInt64(kind.rawValue) }

    @inlinable
    package func isDisjoint(with other: FieldKindSet) -> Bool { self.bits & other.bits == 0 }

    @inlinable package var isEmpty: Bool { self.bits == 0 }
}
