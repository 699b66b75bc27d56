import HTTPWire
package import OAuthModel

/// What the HTTP answer to an introspection request amounts to (RFC 7662 §2.2, §2.3; ARCHITECTURE §7).
package enum IntrospectionOutcome: Sendable, Hashable {
    case active(ActiveToken)
    case inactive
    case unavailable(retryAfter: Int?)
    /// Asked, it gave no answer, or not all of one.
    case silent
    /// The same, and the time for it is over.
    case timedOut
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
        case .timedOut: "timeout"
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
        case .silent, .timedOut, .unreachable: .failed(.unavailable(retryAfter: nil))
        case .misconfigured: .failed(.misconfigured)
        case .malformed: .failed(.malformed)
        }
    }

    /// What it means for the breaker: a server that answers, even nonsense, is there.
    package var guardOutcome: AuthorizationServerGuard.Outcome {
        switch self {
        case .unavailable: .failed
        case .silent, .timedOut: .silent
        case .unreachable: .unreachable
        case .active, .inactive, .misconfigured, .malformed: .answered
        }
    }
}

/// Reads the answer of an introspection endpoint.
package enum IntrospectionReply {
    /// Longer answers are cut off by whoever reads them, and are malformed.
    package static let bodyBytesMax = 65_536

    /// `contentType` is what ``contentType(_:encodings:)`` makes of the fields, `retryAfter` the field's value, nil
    /// when absent; redirects come here as they are.
    package static func classify(
        status: Int, contentType: Span<UInt8>?, retryAfter: Span<UInt8>?, body: [UInt8]
    ) -> IntrospectionOutcome {
        switch status {
        case 200:
            if let contentType, !self.isJSON(contentType) { return .malformed }
            guard body.count <= self.bodyBytesMax else { return .malformed }
            switch try? IntrospectionResponse.parse(body) {
            case .active(let answer)?:
                // No service should ever see a control in an identity, so such an answer is good on no route, whichever
                // of these its fields name (SPEC §5 "Subject values").
                guard self.isWritable(.subject, in: answer), self.isWritable(.clientID, in: answer) else {
                    return .malformed
                }
                return .active(answer)
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

    /// The media type of an answer's content, of the values of all its `Content-Type` and `Content-Encoding` fields.
    ///
    /// Nil when none is said, as some servers do (RFC 9110 §8.3 lets us look for ourselves). Empty, which is no media
    /// type, when it is said twice, be it the same (§5.5), or when the content is encoded (§8.4): we ask for no coding.
    package static func contentType(_ types: [[UInt8]], encodings: [[UInt8]]) -> [UInt8]? {
        guard self.isPlain(encodings) else { return [] }
        return types.count > 1 ? [] : types.first
    }

    /// Whether the values of all `Content-Encoding` fields leave content as it is (RFC 9110 §8.4).
    package static func isPlain(_ encodings: [[UInt8]]) -> Bool { encodings.allSatisfy { self.isIdentity($0.span) } }

    private static func isIdentity(_ coding: Span<UInt8>) -> Bool {
        coding.extracting(0..<self.endOfValue(coding)).equalsIgnoringCase("identity")
    }

    /// `application/json`, whatever parameters follow (RFC 9110 §8.3.1).
    ///
    /// Behind it stand white space and `;`, or nothing. A comma joins what came in two fields; no parameter has a use
    /// for one.
    private static func isJSON(_ value: Span<UInt8>) -> Bool {
        let wanted: StaticString = "application/json"
        let count = wanted.utf8CodeUnitCount
        guard value.count >= count, value.extracting(0..<count).equalsIgnoringCase(wanted), !value.contains(0x2C)
        else { return false }
        var end = count
        while end < value.count, value[end].isWhitespace { end += 1 }
        return end == value.count || value[end] == 0x3B
    }

    /// Whether a claim holds no control but tab, or is not there.
    private static func isWritable(_ claim: RegisteredClaim, in answer: ActiveToken) -> Bool {
        guard let place = answer.place(of: claim) else { return true }
        return !answer.claims.document.octets(of: place).holdsControl
    }

    /// `delay-seconds` (RFC 9110 §10.2.3), at most 60; a date is not taken: our clock and the server's may differ.
    private static func seconds(_ value: Span<UInt8>?) -> Int? {
        guard let value, case let end = self.endOfValue(value), end > 0 else { return nil }
        var seconds = 0
        for index in 0..<end {
            guard (0x30...0x39).contains(value[index]) else { return nil }
            seconds = min(seconds * 10 + Int(value[index] - 0x30), self.retryAfterMax)
        }
        return seconds
    }

    /// White space around a value is none of it (RFC 9110 §5.5); not every client takes it off.
    private static func endOfValue(_ value: Span<UInt8>) -> Int {
        var end = value.count
        while end > 0, value[end - 1].isWhitespace { end -= 1 }
        return end
    }

    private static let retryAfterMax = 60
}
