import HTTPWire

/// The fields that tell another request than the request line does: how it looked before a proxy in front of us, or which
/// method or path is meant instead (SPEC §5).
///
/// Where a request came from is believed of trusted peers. What is asked in it is read from its first line, whoever the
/// peer is: proxies pass on what their clients send, and an upstream that obeys `X-HTTP-Method-Override` would do what the
/// route's rules have not judged. A route's `keep_headers` may name any of them
/// (<doc:WhatIsAskedIsTheRequestLine>).
enum OverrideFields {
    /// Where a request came from, and under what name.
    private static let origins: FieldKindSet = [
        .forwarded, .xForwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xRealIP,
    ]
    static let kinds = Self.origins.union([.xOriginal, .xRewriteURL, .xEnvoyOriginal, .xHTTPMethod])

    /// Those of which ours take the received value into account, by the name `keep_headers` knows them under.
    private static let merged: [(FieldKind, FoldedFieldName)] = [
        (.forwarded, FoldedFieldName(folding: "forwarded")),
        (.xForwardedFor, FoldedFieldName(folding: "x-forwarded-for")),
        (.xForwardedProto, FoldedFieldName(folding: "x-forwarded-proto")),
        (.xForwardedHost, FoldedFieldName(folding: "x-forwarded-host")),
    ]

    /// What a peer may say on a route.
    static func believed(from peer: PeerIdentity, on route: Route) -> FieldKindSet {
        if peer.isTrusted { return self.origins }
        guard !route.keptFields.isEmpty else { return [] }
        var believed: FieldKindSet = []
        for (kind, name) in self.merged where route.keptFields.contains(name) { believed.insert(kind) }
        return believed
    }

    /// Whether a field that would be removed is one that the route passes on as it came.
    ///
    /// By its real name only, and never one that we write ourselves: those take what came into account. Of a preflight
    /// none that says what is asked: whoever may send one without a token must not make a `DELETE` of it.
    static func isKept(_ name: Span<UInt8>, _ field: HeadField, by grant: AccessGrant) -> Bool {
        let keepable = grant.isPreflight ? self.origins : self.kinds
        guard field.isSpeltExactly, keepable.contains(field.kind), !HopByHopFields.ofRequests.contains(field.kind)
        else { return false }
        let kept = grant.route.keptFields
        for index in 0..<kept.count where kept[index].matches(name) { return true }
        return false
    }

    /// Whether a name is one that `keep_headers` may list.
    static func mayBeKept(_ name: FoldedFieldName) -> Bool {
        let text = name.description
        return [
            "forwarded", "x-forwarded", "x-real-ip", "x-rewrite-url", "x-http-method", "x-http-method-override",
            "x-method-override",
        ]
        .contains(text) || ["x-forwarded-", "x-original-", "x-envoy-original-"].contains { text.hasPrefix($0) }
    }
}

extension FoldedFieldName {
    /// Whether this is one of the override fields of SPEC §5, which alone `keep_headers` may list.
    package var isOverride: Bool { OverrideFields.mayBeKept(self) }
}
