import HTTPWire

/// What a route asks of a token beyond its being good.
package struct AccessPolicy: Sendable, Hashable {
    package let scopes: ScopeRequirement
    /// Any of these must be in `aud`, byte for byte; empty: the route does not ask.
    package let audiences: [[UInt8]]
    package let claims: [ClaimRequirement]
    /// False: a token without `sub` passes, and no subject field is sent.
    package let requiresSubject: Bool

    package init(
        scopes: ScopeRequirement = ScopeRequirement(), audiences: [String] = [], claims: [ClaimRequirement] = [],
        requiresSubject: Bool = true
    ) {
        self.scopes = scopes
        self.audiences = audiences.map { [UInt8]($0.utf8) }
        self.claims = claims
        self.requiresSubject = requiresSubject
    }

    /// Why a token is not enough, or nil when it is.
    ///
    /// What is wrong with the token itself comes before what it lacks here.
    @inline(__always)
    func refusal(
        of token: ValidatedToken, hit: RouteHit, target: RequestTarget, head: borrowing RequestHead, at now: Instant
    ) -> Refusal? {
        if let refusal = self.refusal(of: token, at: now) { return refusal }
        guard !self.claims.isEmpty else { return nil }
        let bytes = head.bytes
        let captures = RouteCaptures(hit, path: target.path(in: bytes), host: target.host(in: bytes))
        for requirement in self.claims where !requirement.isMet(by: token.claims, captures: captures) {
            return .claimNotMet
        }
        return nil
    }

    /// The same without the conditions on claims, which may speak of the request.
    @inline(__always)
    package func refusal(of token: ValidatedToken, at now: Instant) -> Refusal? {
        if let rejection = token.rejection(at: now.wall) { return .tokenRejected(rejection) }
        if self.requiresSubject, !token.hasSubject { return .tokenRejected(.subjectMissing) }
        if !self.audiences.isEmpty, !self.hasAudience(token) { return .tokenRejected(.audience) }
        if !self.scopes.isMet(by: token) { return .insufficientScope(required: self.scopes.required) }
        return nil
    }

    private func hasAudience(_ token: ValidatedToken) -> Bool {
        for wanted in self.audiences where token.isFor(wanted.span) { return true }
        return false
    }
}
