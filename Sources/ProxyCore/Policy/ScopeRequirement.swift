package import OAuthModel

/// The scopes that a route asks for: all of one list, and one of another when that is given.
package struct ScopeRequirement: Sendable, Hashable {
    package let allOf: [Scope]
    /// Empty: not asked.
    package let anyOf: [Scope]
    package let strategy: ScopeStrategy
    /// All that the route asks, as a challenge names it (RFC 6750 §3).
    package let required: [String]
    /// The bytes of the scopes, as they are compared.
    private let allWords: [[UInt8]]
    private let anyWords: [[UInt8]]

    package init(allOf: [Scope] = [], anyOf: [Scope] = [], strategy: ScopeStrategy = .exact) {
        self.allOf = allOf
        self.anyOf = anyOf
        self.strategy = strategy
        self.required = (allOf + anyOf.filter { !allOf.contains($0) }).map(\.text)
        self.allWords = allOf.map { [UInt8]($0.text.utf8) }
        self.anyWords = anyOf.map { [UInt8]($0.text.utf8) }
    }

    /// Whether a token's scopes are enough.
    @inline(__always)
    func isMet(by token: ValidatedToken) -> Bool {
        let document = token.claims.document
        for wanted in self.allWords where !token.scopes.cover(wanted.span, by: self.strategy, in: document) {
            return false
        }
        guard !self.anyWords.isEmpty else { return true }
        for wanted in self.anyWords where token.scopes.cover(wanted.span, by: self.strategy, in: document) {
            return true
        }
        return false
    }
}
