package import JOSE
package import OAuthModel

/// What is known of a token that its authorization server stands behind: an active answer or a verified JWT.
///
/// It holds what was said, never our verdict: routes are held against it on every request (`PolicyEvaluation`). What
/// follows from the token and its server's settings alone is worked out here once. Immutable, shared by all loops.
package final class ValidatedToken: Sendable {
    /// Who vouches for it; decides how strictly `exp` is read and whether key changes evict it.
    package enum Provenance: Sendable, Hashable { case introspection, jwt }

    package let provenance: Provenance
    package let claims: ClaimSet
    /// The granted scopes, words outside RFC 6749 §3.3 left out, in the order given.
    package let scopes: ScopeSet
    /// UTF-8 of `sub`; nil when absent or empty.
    package let subject: [UInt8]?
    package let clientID: [UInt8]?
    package let issuer: [UInt8]?
    package let username: [UInt8]?
    package let audiences: [[UInt8]]
    /// `exp` as the token or answer says it.
    package let expiresAt: NumericDate?
    /// The first second at which the token is no longer good: `exp`, and behind it the leeway for a JWT.
    package let endsAt: NumericDate?
    /// The first second at which it is good: the later of `nbf` and `iat`, less the leeway.
    package let startsAt: NumericDate?
    /// What is wrong with it on every route of its server.
    package let standingRejection: TokenRejection?
    /// Which key verified it (RFC 7638); the token goes when the key goes.
    package let keyThumbprint: KeyThumbprint?
    /// Bytes it takes, estimated from what it holds.
    package let weight: Int
}
