import OAuthModel

/// How long answers may be reused (SPEC §4): fixed when an answer lands, never moved by a hit.
///
/// It holds by either clock: the monotonic one stands still while a virtual machine is paused, the wall clock can be set
/// back.
package struct CacheLifetime: Sendable, Hashable {
    /// Zero turns reuse off, refusals included; waiters of one flight still share its answer.
    package var accepted: Nanoseconds
    package var rejected: Nanoseconds

    package init(accepted: Nanoseconds, rejected: Nanoseconds) {
        self.accepted = accepted
        self.rejected = rejected
    }

    /// When an accepted answer that lands `now` must be gone: min(ttl, end − now), by whichever clock is there first.
    ///
    /// Nil when that is at once.
    func expiry(of token: ValidatedToken, at now: Instant) -> Instant? {
        guard self.accepted > 0 else { return nil }
        var span = self.accepted
        var wall = Self.wallEnd(of: self.accepted, from: now)
        if let end = token.endsAt {
            let (left, overflow) = end.seconds.subtractingReportingOverflow(now.wall.seconds)
            // Overflow can only come of an end far in the future against a clock before 1970.
            if !overflow {
                guard left > 0 else { return nil }
                let (exact, tooLong) = UInt64(left).multipliedReportingOverflow(by: 1_000_000_000)
                if !tooLong { span = min(span, exact) }
            }
            wall = min(wall, end)
        }
        return Instant(monotonic: now.monotonic.addingClamped(span), wall: wall)
    }

    /// The same for a rejection, which has no end of its own.
    func expiry(ofRejectionAt now: Instant) -> Instant? {
        guard self.accepted > 0, self.rejected > 0 else { return nil }
        return Instant(
            monotonic: now.monotonic.addingClamped(self.rejected), wall: Self.wallEnd(of: self.rejected, from: now))
    }

    /// The first second of the wall clock at which a lifetime that begins `now` is over.
    ///
    /// That clock shows whole seconds, and the one that runs counts as unspent: where no clock stood still the monotonic
    /// one ends the lifetime to the nanosecond, and a short one is not cut by a second.
    private static func wallEnd(of span: Nanoseconds, from now: Instant) -> NumericDate {
        let (seconds, rest) = span.quotientAndRemainder(dividingBy: .seconds(1))
        // Fits: what 64 bits hold of nanoseconds are six hundred years.
        return now.wall.advanced(bySeconds: Int64(seconds) + (rest > 0 ? 2 : 1))
    }
}

extension UInt64 {
    /// The sum, or the largest value when it would not fit: a deadline that never comes.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The difference, or zero when it would be negative.
    func subtractingClamped(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
