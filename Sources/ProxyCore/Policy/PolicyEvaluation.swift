package import OAuthModel

/// Proof that a route's policy was met, and what follows from it for forwarding.
///
/// Only `PolicyEvaluation`, in this file, can make one; without one no head can be written to an upstream.
package struct AccessGrant: Sendable {
    package let route: Route
    package let target: RequestTarget
    /// Nil: goes on without identity (public route, optional without token, preflight, report only).
    package let token: ValidatedToken?
    /// What `report_only` let pass: to be logged and counted.
    package let reportedRefusal: Refusal?
    /// When streams of this exchange are cut: the token's end, unless the route ignores it.
    package let streamsEndAt: NumericDate?

    fileprivate init(route: Route, target: RequestTarget, token: ValidatedToken?, reportedRefusal: Refusal?) {
        self.route = route
        self.target = target
        self.token = token
        self.reportedRefusal = reportedRefusal
        self.streamsEndAt = route.endsStreamsAtExpiry ? token?.endsAt : nil
    }
}

/// Holds a route's policy against a token: on every request, hit or miss, because verdicts are never cached.
package enum PolicyEvaluation {
}
