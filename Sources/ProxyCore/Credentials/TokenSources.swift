import HTTPWire

/// Where a route looks for its token (SPEC §3 `token_sources`).
///
/// A request may present one token in one of these places; two at once are ambiguous, so their order decides nothing.
package struct TokenSources: Sendable, Hashable {
    /// `Authorization: Bearer` (RFC 6750 §2.1).
    package let readsAuthorization: Bool
    /// Fields of the route's own choice, folded; what folds to one of these never goes on to the upstream.
    package let fields: [FoldedFieldName]

    package init(readsAuthorization: Bool, fields: [FoldedFieldName] = []) {
        self.readsAuthorization = readsAuthorization
        self.fields = fields
    }

    package static let authorization = TokenSources(readsAuthorization: true)

    /// Whether a name is, or folds to, that of a chosen field.
    func namesField(_ name: Span<UInt8>) -> Bool {
        for index in 0..<self.fields.count where self.fields[index].matches(name) { return true }
        return false
    }
}

extension Route {
    /// Whether tokens of requests on this route are looked for in fields of its own choice.
    var readsTokenFields: Bool { self.access != .public && !self.tokenSources.fields.isEmpty }
}

extension AccessGrant {
    /// Whether the credential goes on where it was found: the route says so, and it is a token that was judged.
    ///
    /// What passed without a judgement (a preflight, or some other scheme on an optional route) holds nothing that an
    /// upstream should take for checked. A route on trial changes nothing for its upstream, which still judges for itself.
    var forwardsCredential: Bool {
        self.route.forwardsToken && (self.token != nil || self.route.isReportOnly)
    }

    /// The same of `Authorization`, which may hold something else while the token was found in a field of the route's own.
    func forwardsAuthorization(of head: borrowing RequestHead) -> Bool {
        guard self.forwardsCredential else { return false }
        guard !self.route.isReportOnly, !self.route.tokenSources.fields.isEmpty,
            let field = head.first(of: .authorization)
        else { return true }
        guard case .bearer? = try? AuthorizationField.read(head.value(field)) else { return false }
        return true
    }

    /// Whether a field that tokens are read from ends at the proxy: its look-alikes always do.
    func endsHere(_ name: Span<UInt8>, isSpeltExactly: Bool) -> Bool {
        self.route.tokenSources.namesField(name) && !(self.forwardsCredential && isSpeltExactly)
    }
}

extension FoldedFieldName {
    /// Why no token can be read from a field of this name, or nil when one can.
    ///
    /// What describes the connection, the content or the host cannot hold a credential as well, and a field under our own
    /// names says who the subject is, not how that is known.
    package var problemAsTokenSource: TokenSourceProblem? {
        if Self.authorization == self { return .isAuthorization }
        if Self.taken.contains(self) || SubjectFieldSet.standard.names.contains(self) { return .isTaken }
        return nil
    }

    private static let authorization = FoldedFieldName(folding: "authorization")
    private static let taken: Set<FoldedFieldName> = Set(
        [
            "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te",
            "trailer", "upgrade", "http2-settings", "proxy-authenticate", "proxy-authorization",
            "proxy-authentication-info", "expect", "cookie", "content-type", "content-encoding", "via", "forwarded",
            "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "traceparent", "tracestate",
            "origin", "access-control-request-method",
        ].map { FoldedFieldName(folding: $0) })
}

package enum TokenSourceProblem: Sendable, Hashable {
    /// It is written `authorization`.
    case isAuthorization
    /// The field has a meaning of its own.
    case isTaken
}
