import OAuthModel
import ProxyCore

/// The body of an introspection answer, and the fields in front of it (RFC 7662 §2.2).
///
/// A token is active only where the document says `true` and nothing else, whatever else it says; and who it is can be written
/// in header fields or is refused.
enum IntrospectionAnswerTarget {
    static func run(_ bytes: [UInt8]) {
        let outcome = IntrospectionReply.classify(status: 200, contentType: nil, retryAfter: nil, body: bytes)
        let plain = PlainJSON(bytes)
        let active = plain?.members.first { $0.name == Array("active".utf8) }?.text
        switch outcome {
        case .active(let token):
            insist(
                active == Array("true".utf8) && plain?.hasDuplicate == false, "RFC 7662 §2.2: active is true, and once")
            self.insistOnToken(token, bytes)
        case .inactive:
            insist(active == Array("false".utf8), "RFC 7662 §2.2: inactive is false")
        case .malformed: break
        case .unavailable, .silent, .timedOut, .unreachable, .misconfigured: insist(false, "a 200 is an answer")
        }
        insist(outcome.guardOutcome == .answered, "a server that answers is there, whatever it says")
        do {
            _ = try IntrospectionResponse.parse(bytes)
        } catch {
            insist(outcome == .malformed, "what cannot be read is nobody's verdict: \(error.label)")
        }
        self.insistOnFields(bytes, outcome)
    }

    private static func insistOnToken(_ token: ActiveToken, _ bytes: [UInt8]) {
        let written = JSONWriter.write(token.claims.members)
        // Written anew it may be longer than what is read, where an escape takes more bytes than its character.
        if written.count <= IntrospectionReply.bodyBytesMax {
            let again = IntrospectionReply.classify(status: 200, contentType: nil, retryAfter: nil, body: written)
            insist(again == .active(token), "an answer that is written and read is the same")
        }
        insist(token.scopes.scopes.allSatisfy { Scope.isScopeToken($0.text.utf8.span) }, "RFC 6749 §3.3: scopes are")
        let document = token.claims.document
        let scopes = ScopeWords(of: token.place(of: .scope), in: document)
        let words = (0..<scopes.count).map { scopes.word($0, in: document).copied() }
        insist(words == token.scopes.scopes.map { Array($0.text.utf8) }, "scopes are the same, wherever they are read")
        SubjectLines.judge(claims: token.claims, scopes: scopes, audience: token.place(of: .audience))
        guard case .accepted(let validated) = IntrospectionOutcome.active(token).verdict(from: self.settings) else {
            end("finding: an active answer is a token")
        }
        insist(validated.weight > 0, "a token weighs something")
        if let lines = try? validated.subjectLines(.standard) {
            insist(validated.subject != nil || lines.isEmpty, "a token without a subject names nobody")
        }
        let confirmation = token.claims[.confirmation].map { !$0.isNull } ?? false
        insist(
            !confirmation || validated.rejection(at: NumericDate(seconds: 0)) != nil,
            "RFC 8705 §3: a bound token is no bearer token")
        if let issuer = token.issuer, issuer != "https://as.example" {
            insist(validated.standingRejection != nil, "another issuer's token is none of ours")
        }
        if let end = validated.endsAt {
            insist(validated.rejection(at: end) != nil, "a token is over when it says")
            insist(validated.expiresAt == end, "and not a second later")
        }
    }

    /// The same bytes as the fields of an answer.
    private static func insistOnFields(_ bytes: [UInt8], _ outcome: IntrospectionOutcome) {
        let text = String(decoding: bytes.prefix(64), as: UTF8.self).lowercased()
        let typed = IntrospectionReply.classify(
            status: 200, contentType: bytes.span, retryAfter: nil, body: Array(#"{"active":false}"#.utf8))
        insist(typed == .malformed || text.hasPrefix("application/json"), "an answer is JSON and says so")
        for status in [0, 100, 204, 301, 400, 404, 429, 500, 599, 600] {
            let failed = IntrospectionReply.classify(
                status: status, contentType: nil, retryAfter: bytes.span, body: bytes)
            switch failed {
            case .active, .inactive: insist(false, "only a 200 says something of a token")
            case .unavailable(let seconds): insist((0...60).contains(seconds ?? 0), "no wait is longer than 60 s")
            case .silent, .timedOut, .unreachable, .misconfigured, .malformed: break
            }
            let isFailure = status == 429 || (500...599).contains(status)
            insist((failed.guardOutcome == .failed) == isFailure, "a failure counts as one: \(failed.label)")
        }
    }

    private static let settings: AuthorizationServer.Settings = {
        guard let issuer = IssuerIdentifier("https://as.example") else { end("the issuer is none") }
        return AuthorizationServer.Settings(
            name: "stub", issuer: issuer, strategy: .introspect,
            introspection: AuthorizationServer.Introspection(endpoint: nil, isIssuerOptional: true))
    }()
}
