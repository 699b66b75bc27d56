package import OAuthModel

/// The scopes that a route asks for: all of one list, and one of another when that is given.
package struct ScopeRequirement: Sendable, Equatable {
    package var allOf: [Scope]
    /// Empty: not asked.
    package var anyOf: [Scope]
    package var strategy: ScopeStrategy

    package init(allOf: [Scope] = [], anyOf: [Scope] = [], strategy: ScopeStrategy = .exact) {
        self.allOf = allOf
        self.anyOf = anyOf
        self.strategy = strategy
    }
}
