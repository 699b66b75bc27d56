import OAuthModel

/// How long answers may be reused (SPEC §4): fixed when an answer lands, never moved by a hit.
package struct CacheLifetime: Sendable, Hashable {
    /// Zero turns reuse off, refusals included; waiters of one flight still share its answer.
    package var accepted: Nanoseconds
    package var rejected: Nanoseconds

    package init(accepted: Nanoseconds, rejected: Nanoseconds) {
        self.accepted = accepted
        self.rejected = rejected
    }

    /// When an accepted answer that lands `now` must be gone: min(ttl, end − now); nil when that is at once.
    func expiry(of token: ValidatedToken, at now: Instant) -> UInt64? {
        guard self.accepted > 0 else { return nil }
        var span = self.accepted
        if let end = token.endsAt {
            let (left, overflow) = end.seconds.subtractingReportingOverflow(now.wall.seconds)
            // Overflow can only come of an end far in the future against a clock before 1970.
            if !overflow {
                guard left > 0 else { return nil }
                let (exact, tooLong) = UInt64(left).multipliedReportingOverflow(by: 1_000_000_000)
                if !tooLong { span = min(span, exact) }
            }
        }
        return now.monotonic.addingClamped(span)
    }

    func expiry(ofRejectionAt now: Instant) -> UInt64? {
        guard self.accepted > 0, self.rejected > 0 else { return nil }
        return now.monotonic.addingClamped(self.rejected)
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
