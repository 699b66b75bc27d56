package import OAuthModel

/// One moment, on both clocks that decisions need; always an argument, never read here.
package struct Instant: Sendable, Hashable {
    /// Nanoseconds of a clock that only moves forward; ages and deadlines are measured on it.
    package var monotonic: UInt64
    /// Seconds since 1970-01-01T00:00:00Z; what tokens' `exp`, `nbf` and `iat` are held against.
    package var wall: NumericDate

    package init(monotonic: UInt64, wall: NumericDate) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// Nanoseconds of the monotonic clock, or a span of them.
package typealias Nanoseconds = UInt64

extension Nanoseconds {
    package static func seconds(_ count: UInt64) -> Nanoseconds { count * 1_000_000_000 }
    package static func milliseconds(_ count: UInt64) -> Nanoseconds { count * 1_000_000 }
}
