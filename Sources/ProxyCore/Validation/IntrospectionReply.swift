import HTTPWire
package import OAuthModel

/// What the HTTP answer to an introspection request amounts to (RFC 7662 §2.2, §2.3; ARCHITECTURE §7).
package enum IntrospectionOutcome: Sendable, Hashable {
    case active(ActiveToken)
    case inactive
    case unavailable(retryAfter: Int?)
    /// Asked, it gave no answer in time, or not all of one.
    case silent
    /// No connection came about.
    case unreachable
    case misconfigured
    case malformed

    /// One word of a fixed list, for metrics.
    package var label: StaticString {
        switch self {
        case .active: "active"
        case .inactive: "inactive"
        case .unavailable, .silent, .unreachable: "unavailable"
        case .misconfigured: "misconfigured"
        case .malformed: "malformed"
        }
    }

    /// What it means for those who wait.
    package func verdict(from server: AuthorizationServer.Settings) -> FlightVerdict {
        switch self {
        case .active(let answer): .accepted(ValidatedToken(answer, from: server))
        case .inactive: .rejected(.inactive)
        case .unavailable(let retryAfter): .failed(.unavailable(retryAfter: retryAfter))
        case .silent, .unreachable: .failed(.unavailable(retryAfter: nil))
        case .misconfigured: .failed(.misconfigured)
        case .malformed: .failed(.malformed)
        }
    }

    /// What it means for the breaker: a server that answers, even nonsense, is there.
    package var guardOutcome: AuthorizationServerGuard.Outcome {
        switch self {
        case .unavailable: .failed
        case .silent: .silent
        case .unreachable: .unreachable
        case .active, .inactive, .misconfigured, .malformed: .answered
        }
    }
}

/// Reads the answer of an introspection endpoint.
package enum IntrospectionReply {
    /// Longer answers are cut off by whoever reads them, and are malformed.
    package static let bodyBytesMax = 65_536

    /// `contentType` and `retryAfter` are the fields' values, nil when absent; redirects come here as they are.
    package static func classify(
        status: Int, contentType: Span<UInt8>?, retryAfter: Span<UInt8>?, body: [UInt8]
    ) -> IntrospectionOutcome {
        switch status {
        case 200:
            if let contentType, !self.isJSON(contentType) { return .malformed }
            guard body.count <= self.bodyBytesMax else { return .malformed }
            switch try? IntrospectionResponse.parse(body) {
            case .active(let answer)?: return .active(answer)
            case .inactive?: return .inactive
            case nil: return .malformed
            }
        case 400, 401, 403, 404, 405:
            return .misconfigured
        case 429, 500...599:
            return .unavailable(retryAfter: self.seconds(retryAfter))
        default:
            return .malformed
        }
    }

    /// `application/json`, whatever parameters follow (RFC 9110 §8.3.1).
    private static func isJSON(_ value: Span<UInt8>) -> Bool {
        let wanted: StaticString = "application/json"
        let count = wanted.utf8CodeUnitCount
        guard value.count >= count, value.extracting(0..<count).equalsIgnoringCase(wanted) else { return false }
        guard value.count > count else { return true }
        return value[count] == 0x3B || value[count] == 0x20 || value[count] == 0x09
    }

    /// `delay-seconds` (RFC 9110 §10.2.3), at most 60; a date is not taken: our clock and the server's may differ.
    private static func seconds(_ value: Span<UInt8>?) -> Int? {
        guard let value else { return nil }
        // White space around a value is none of it (RFC 9110 §5.5); not every client takes it off.
        var end = value.count
        while end > 0, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
        guard end > 0 else { return nil }
        var seconds = 0
        for index in 0..<end {
            guard (0x30...0x39).contains(value[index]) else { return nil }
            seconds = min(seconds * 10 + Int(value[index] - 0x30), self.retryAfterMax)
        }
        return seconds
    }

    private static let retryAfterMax = 60
}
