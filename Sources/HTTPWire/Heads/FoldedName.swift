/// The first 32 octets of a field name, folded, as four words: what `FieldKind` is decided on.
///
/// Comparing words against literals costs one instruction for eight octets, so classifying a name is cheaper than
/// reading it. No name that we know is longer than 32 octets.
struct FoldedName {
    private(set) var count = 0
    private(set) var isSpeltExactly = true
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    /// Adds up to eight octets that are letters, digits or hyphens; octets beyond `length` must be zero.
    @inline(__always)
    mutating func append(word: UInt64, length: Int) {
        // Setting bit 0x20 makes capitals small and leaves digits and `-` alone.
        let folded = word | (0x2020_2020_2020_2020 & Self.mask(length))
        switch self.count {
        case 0: self.first = folded
        case 8: self.second = folded
        case 16: self.third = folded
        case 24: self.fourth = folded
        default: break
        }
        self.count &+= length
    }

    /// Adds one octet, whatever token character it is.
    mutating func append(octet: UInt8) {
        let lower = octet.loweredASCII
        let isWord = lower &- 0x61 < 26 || octet.isASCIIDigit
        if !isWord && octet != 0x2D { self.isSpeltExactly = false }
        let folded = UInt64(isWord ? lower : 0x2D) &<< UInt64((self.count & 7) * 8)
        switch self.count >> 3 {
        case 0: self.first |= folded
        case 1: self.second |= folded
        case 2: self.third |= folded
        case 3: self.fourth |= folded
        default: break
        }
        self.count &+= 1
    }

    /// A mask over the first `length` octets of a word, for 0 to 8.
    @inline(__always)
    static func mask(_ length: Int) -> UInt64 { length == 8 ? ~0 : (1 &<< UInt64(length &* 8)) &- 1 }

    /// Whether the folded name is this one.
    @inline(__always)
    private func `is`(_ name: StaticString) -> Bool {
        self.count == name.utf8CodeUnitCount && self.begins(name)
    }

    /// Whether the folded name begins with this text.
    @inline(__always)
    private func begins(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard self.first & Self.mask(min(count, 8)) == Self.literal(text, 0) else { return false }
        if count > 8, self.second & Self.mask(min(count - 8, 8)) != Self.literal(text, 8) { return false }
        if count > 16, self.third & Self.mask(min(count - 16, 8)) != Self.literal(text, 16) { return false }
        if count > 24, self.fourth & Self.mask(min(count - 24, 8)) != Self.literal(text, 24) { return false }
        return true
    }

    /// Eight octets of a literal as a word; the compiler folds this to a constant.
    @inline(__always)
    private static func literal(_ text: StaticString, _ offset: Int) -> UInt64 {
        let octets = text.octets
        var word: UInt64 = 0
        for index in 0..<8 where offset + index < octets.count {
            word |= UInt64(octets[offset + index]) &<< UInt64(index * 8)
        }
        return word
    }

    /// Which of the fields we treat specially this name is, or folds to.
    var kind: FieldKind {
        switch self.count {
        case 2: return self.is("te") ? .te : .other
        case 3:
            if self.is("via") { return .via }
            return self.is("age") ? .responseControl : .other
        case 4:
            if self.is("host") { return .host }
            if self.is("date") { return .date }
            return self.is("vary") ? .responseControl : .other
        case 5: return self.is("range") ? .range : .other
        case 6: return self.kindOfSix
        case 7:
            if self.is("trailer") { return .trailer }
            if self.is("upgrade") { return .upgrade }
            return self.is("expires") || self.is("warning") ? .responseControl : .other
        case 8:
            if self.is("location") { return .location }
            return self.is("if-match") || self.is("if-range") ? .ifCondition : .other
        case 9:
            if self.is("forwarded") { return .forwarded }
            return self.is("x-real-ip") ? .xRealIP : .other
        case 10: return self.kindOfTen
        case 11:
            if self.is("traceparent") { return .traceparent }
            if self.is("x-forwarded") { return .xForwarded }
            return self.is("retry-after") ? .retryAfter : .other
        case 12: return self.kindOfTwelve
        case 13: return self.kindOfThirteen
        case 14: return self.kindOfFourteen
        default: return self.count > 14 ? self.kindOfMore : .other
        }
    }

    private var kindOfSix: FieldKind {
        if self.is("accept") { return .accept }
        if self.is("cookie") { return .cookie }
        if self.is("expect") { return .expect }
        if self.is("origin") { return .origin }
        if self.is("server") { return .server }
        return self.is("pragma") ? .pragma : .other
    }

    private var kindOfTen: FieldKind {
        if self.is("connection") { return .connection }
        if self.is("user-agent") { return .userAgent }
        if self.is("keep-alive") { return .keepAlive }
        if self.is("set-cookie") { return .setCookie }
        return self.is("tracestate") ? .tracestate : .other
    }

    private var kindOfTwelve: FieldKind {
        if self.is("content-type") { return .contentType }
        if self.is("x-request-id") { return .xRequestID }
        if self.is("max-forwards") { return .maxForwards }
        if self.begins("x-forwarded-") { return .xForwarded }
        return self.begins("x-original-") ? .xOriginal : .other
    }

    private var kindOfThirteen: FieldKind {
        if self.is("authorization") { return .authorization }
        if self.is("cache-control") { return .cacheControl }
        if self.is("x-rewrite-url") { return .xRewriteURL }
        if self.is("x-http-method") { return .xHTTPMethod }
        if self.is("content-range") { return .contentRange }
        if self.is("if-none-match") { return .ifCondition }
        return self.kindByPrefix
    }

    private var kindOfFourteen: FieldKind {
        if self.is("content-length") { return .contentLength }
        if self.is("http2-settings") { return .http2Settings }
        return self.kindByPrefix
    }

    private var kindOfMore: FieldKind {
        if self.is("accept-encoding") { return .acceptEncoding }
        if self.is("x-forwarded-for") { return .xForwardedFor }
        if self.is("x-forwarded-host") { return .xForwardedHost }
        if self.is("x-forwarded-proto") { return .xForwardedProto }
        if self.is("transfer-encoding") { return .transferEncoding }
        if self.is("content-encoding") { return .contentEncoding }
        if self.is("content-language") { return .contentLanguage }
        if self.is("content-location") { return .contentLocation }
        if self.is("content-disposition") { return .contentDisposition }
        if self.is("proxy-connection") { return .proxyConnection }
        if self.is("proxy-authorization") { return .proxyAuthorization }
        if self.is("proxy-authenticate") { return .proxyAuthenticate }
        if self.is("proxy-authentication-info") { return .proxyAuthenticationInfo }
        if self.is("www-authenticate") { return .wwwAuthenticate }
        if self.is("authentication-info") { return .authenticationInfo }
        if self.is("if-modified-since") || self.is("if-unmodified-since") { return .ifCondition }
        if self.is("x-method-override") || self.is("x-http-method-override") { return .xHTTPMethod }
        if self.is("access-control-request-method") { return .accessControlRequestMethod }
        return self.kindByPrefix
    }

    private var kindByPrefix: FieldKind {
        if self.begins("x-forwarded-") { return self.kindOfForwarded }
        if self.begins("x-original-") { return .xOriginal }
        if self.begins("x-envoy-original-") { return .xEnvoyOriginal }
        if self.begins("sec-websocket-") { return .secWebSocket }
        return self.begins("access-control-") ? .accessControl : .other
    }

    /// Some name another method or path, as `X-Original-…` does.
    private var kindOfForwarded: FieldKind {
        self.is("x-forwarded-uri") || self.is("x-forwarded-url") || self.is("x-forwarded-path")
            || self.is("x-forwarded-method") ? .xOriginal : .xForwarded
    }
}
