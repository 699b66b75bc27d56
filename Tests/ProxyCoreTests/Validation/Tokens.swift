import JOSE
import OAuthModel
import ProxyCore
import Testing

/// Values that tests of validation and policy begin with.
enum Tokens {
    /// What a server without an issuer says of a token.
    static let settings = AuthorizationServer.Settings(
        name: "as", strategy: .introspect, introspection: AuthorizationServer.Introspection(endpoint: nil))

    /// The token of an active answer.
    static func introspected(
        _ json: String, settings: AuthorizationServer.Settings = Tokens.settings
    ) throws -> ValidatedToken {
        let outcome = IntrospectionReply.classify(
            status: 200, contentType: nil, retryAfter: nil, body: Array(json.utf8))
        guard case .accepted(let token) = outcome.verdict(from: settings) else { throw NotActive() }
        return token
    }

    struct NotActive: Error {}
}

extension Instant {
    /// So many seconds after the beginning of a test, on both clocks.
    static func second(_ seconds: Int64) -> Instant {
        Instant(
            monotonic: 1_000_000_000_000 &+ UInt64(bitPattern: seconds &* 1_000_000_000),
            wall: NumericDate(seconds: 1_800_000_000 + seconds))
    }
}

extension TokenFingerprint {
    /// A fingerprint with chosen words, to make neighbours in one bucket.
    static func chosen(_ first: UInt8, _ second: UInt8 = 0) -> TokenFingerprint {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes[0] = first
        bytes[8] = second
        bytes[31] = first ^ second
        guard let digest = Digest256(bytes) else { preconditionFailure("thirty-two bytes") }
        return TokenFingerprint(digest: digest)
    }
}
