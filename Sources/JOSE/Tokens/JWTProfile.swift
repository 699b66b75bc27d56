import OAuthModel

/// What a JWT access token has to be to count here (RFC 9068 §4, RFC 8725 §3).
package struct JWTProfile: Sendable, Hashable {
    /// `iss`, byte for byte.
    package var issuer: String
    /// One of these must be in `aud`; nil lets any audience pass, though `aud` must still be there.
    package var audiences: [String]?
    package var algorithms: [SignatureAlgorithm]
    /// Allowed `typ` values; `JWT` stands for a missing one too.
    package var types: [JOSEMediaType]
    /// Seconds by which clocks may differ, 0…60: what lies outside is brought to the nearer end.
    package var leewaySeconds: Int64 {
        didSet { self.leewaySeconds = Self.bounded(self.leewaySeconds) }
    }
    /// Claims that may hold the scopes; the first that is there counts.
    package var scopeClaims: [String]
    /// Whether `sub` must be there and not empty.
    ///
    /// A route may do without; then its policy decides.
    package var requiresSubject: Bool
    /// Longer tokens are refused before anything is decoded.
    package var tokenBytesMax: Int

    package init(
        issuer: String, audiences: [String]?,
        algorithms: [SignatureAlgorithm] = [.rs256, .ps256, .es256, .edDSA],
        types: [JOSEMediaType] = [.accessToken], leewaySeconds: Int64 = 10, scopeClaims: [String] = ["scope", "scp"],
        requiresSubject: Bool = true, tokenBytesMax: Int = 16_384
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.types = types
        self.leewaySeconds = Self.bounded(leewaySeconds)
        self.scopeClaims = scopeClaims
        self.requiresSubject = requiresSubject
        self.tokenBytesMax = tokenBytesMax
    }

    /// More than this is a clock to be repaired, not tolerated.
    package static let leewaySecondsMax: Int64 = 60

    private static func bounded(_ seconds: Int64) -> Int64 { min(max(seconds, 0), self.leewaySecondsMax) }

    // Settings decide who is let in, so two of them are equal only byte for byte.
    package static func == (a: JWTProfile, b: JWTProfile) -> Bool {
        a.issuer.hasSameOctets(as: b.issuer) && Self.areEqual(a.audiences, b.audiences)
            && a.algorithms == b.algorithms && a.types == b.types && a.leewaySeconds == b.leewaySeconds
            && Self.areEqual(a.scopeClaims, b.scopeClaims) && a.requiresSubject == b.requiresSubject
            && a.tokenBytesMax == b.tokenBytesMax
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.issuer)
        hasher.combine(self.audiences?.count)
        hasher.combine(self.types)
    }

    private static func areEqual(_ a: [String]?, _ b: [String]?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return a.elementsEqual(b) { $0.hasSameOctets(as: $1) }
    }
}
