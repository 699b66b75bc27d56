package import HTTPWire
package import OAuthModel

/// Proof that a route's policy was met, and what follows from it for forwarding.
///
/// Only `PolicyEvaluation`, in this file, can make one; without one no head can be written to an upstream.
/// A class: it is handed from station to station, and a copy of a struct would count five references each time.
package final class AccessGrant: Sendable {
    package let route: Route
    package let target: RequestTarget
    /// Nil: goes on without identity (public route, optional without token, preflight, report only).
    package let token: ValidatedToken?
    /// What `report_only` let pass: to be logged and counted.
    package let reportedRefusal: Refusal?
    /// The subject fields, written out, each line with its CRLF; empty where no identity goes on.
    package let subjectLines: [UInt8]
    /// The first second at which streams of this exchange are cut: the token's end, unless the route ignores it.
    package let streamsEndAt: NumericDate?
    /// It passed as a CORS preflight: who sent it is not known, and no more than its question has been judged.
    package let isPreflight: Bool

    fileprivate init(
        hit: RouteHit, target: RequestTarget, token: ValidatedToken?, subjectLines: [UInt8] = [],
        isPreflight: Bool = false, reportedRefusal: Refusal? = nil
    ) {
        self.route = hit.route
        self.target = target
        self.token = token
        self.subjectLines = subjectLines
        self.reportedRefusal = reportedRefusal
        self.streamsEndAt = hit.route.endsStreamsAtExpiry ? token?.endsAt : nil
        self.isPreflight = isPreflight
    }
}

/// Holds a route's policy against a token: on every request, hit or miss, because verdicts are never cached.
package enum PolicyEvaluation {
    /// A token against a route.
    @inline(__always)
    package static func evaluate(
        _ token: ValidatedToken, for hit: RouteHit, target: RequestTarget, head: borrowing RequestHead,
        at now: Instant
    ) throws(Refusal) -> AccessGrant {
        if let refusal = hit.route.policy.refusal(of: token, hit: hit, target: target, head: head, at: now) {
            throw refusal
        }
        do throws(SubjectValueProblem) {
            let lines = try token.subjectLines(hit.route.subjectFields)
            return AccessGrant(hit: hit, target: target, token: token, subjectLines: lines)
        } catch {
            // A value that cannot be sent faithfully is not sent at all, and the request neither. Whose fault it is
            // depends on who wrote it: the client brought the JWT, the server gave the answer.
            switch token.provenance {
            case .jwt: throw .tokenRejected(.subjectUnsendable)
            case .introspection: throw .subjectUnsendable
            }
        }
    }

    /// A request that may go on without a token, or nil.
    ///
    /// On a public route, an optional one without credentials, or as a CORS preflight (Fetch §3.2.2) where the route lets
    /// those pass.
    package static func anonymous(
        _ hit: RouteHit, target: RequestTarget, head: borrowing RequestHead, presented: TokenExtractor.Presented?
    ) -> AccessGrant? {
        switch hit.route.access {
        case .public:
            return AccessGrant(hit: hit, target: target, token: nil)
        case .optional where presented == .nothing:
            return AccessGrant(hit: hit, target: target, token: nil)
        case .optional, .required:
            guard hit.route.passesCORSPreflight, self.isPreflight(head) else { return nil }
            return AccessGrant(hit: hit, target: target, token: nil, isPreflight: true)
        }
    }

    /// What a `report_only` route lets pass in spite of a refusal: 401 and 403 only, and without identity.
    package static func reported(_ refusal: Refusal, for hit: RouteHit, target: RequestTarget) -> AccessGrant? {
        guard hit.route.isReportOnly, refusal.status == 401 || refusal.status == 403 else { return nil }
        return AccessGrant(hit: hit, target: target, token: nil, reportedRefusal: refusal)
    }

    /// Whether a browser asks for permission: without both fields, or with content, OPTIONS is like any other method.
    private static func isPreflight(_ head: borrowing RequestHead) -> Bool {
        guard head.method == .options, let origin = head.first(of: .origin),
            let method = head.first(of: .accessControlRequestMethod), !head.framing.hasContent
        else { return false }
        guard head.index.connection.contains(.nominations) else { return true }
        // What is judged is what goes on: without a field that `Connection` takes away the upstream sees no preflight.
        if head.index.fieldIndex.nominates(head.name(origin), in: head.bytes) { return false }
        return !head.index.fieldIndex.nominates(head.name(method), in: head.bytes)
    }
}
