/// What the access log says of a request's token: which one it was, where its answer came from, whose it is.
///
/// Noted on the way, for refusals as well as grants; it decides nothing.
package struct TokenUse: Sendable {
    /// Eight bytes of the keyed fingerprint; nil when no token was read.
    package var fingerprint: UInt64?
    package var cache: CacheResult?
    /// Of a token that is good and not enough, or good no longer; a grant has its own.
    package var token: ValidatedToken?

    package init() {}

    /// How the answer was come by (SPEC §7 `result`).
    package enum CacheResult: Sendable, Hashable, CaseIterable {
        case hit, negativeHit, miss, joined

        package var label: StaticString {
            switch self {
            case .hit: "hit"
            case .negativeHit: "negative_hit"
            case .miss: "miss"
            case .joined: "joined"
            }
        }
    }
}
