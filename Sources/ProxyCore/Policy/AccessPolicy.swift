package import OAuthModel

/// What a route asks of a token beyond its being good.
package struct AccessPolicy: Sendable, Equatable {
    package var scopes: ScopeRequirement
    /// Any of these must be in `aud`; empty: the route does not ask.
    package var audiences: [[UInt8]]
    package var claims: [ClaimRequirement]
    /// False: a token without `sub` passes, and no subject field is sent.
    package var requiresSubject: Bool

    package init(
        scopes: ScopeRequirement = ScopeRequirement(), audiences: [String] = [], claims: [ClaimRequirement] = [],
        requiresSubject: Bool = true
    ) {
        self.scopes = scopes
        self.audiences = audiences.map { [UInt8]($0.utf8) }
        self.claims = claims
        self.requiresSubject = requiresSubject
    }
}
