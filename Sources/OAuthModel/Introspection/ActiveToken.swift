/// What an active introspection answer says about its token (RFC 7662 §2.2).
///
/// Facts, not a verdict: whether the token serves here is policy, decided on every request. `null` members count as absent.
public struct ActiveToken: Sendable, Hashable {
    public let scopes: ScopeSet
    public let subject: String?
    public let clientID: String?
    public let username: String?
    public let issuer: String?
    public let audience: Audience?
    /// A fraction is cut off, so that the token never lives longer than it says.
    public let expiresAt: NumericDate?
    /// A fraction counts as a whole second, as in ``issuedAt``.
    public let notBefore: NumericDate?
    public let issuedAt: NumericDate?
    public let jwtID: String?
    /// As written; policy accepts `Bearer` and `access_token` in any case.
    public let tokenType: String?
    /// As written; Hydra says `access_token` or `refresh_token`.
    public let tokenUse: String?
    /// The token is bound to a key (`cnf`, RFC 7800 §3.1): not a bearer token.
    public let hasConfirmation: Bool
    /// Everything the answer said, `ext` included.
    public let claims: ClaimSet

    init(_ members: JSONObject) throws(IntrospectionResponseError) {
        var scopes = ScopeSet()
        var subject: String?, clientID: String?, username: String?, issuer: String?, jwtID: String?
        var tokenType: String?, tokenUse: String?
        var audience: Audience?
        var expiresAt: NumericDate?, notBefore: NumericDate?, issuedAt: NumericDate?
        var hasConfirmation = false
        for member in members.members where !member.value.isNull {
            guard let claim = RegisteredClaim(octets: member.name.utf8.span) else { continue }
            let value = member.value
            switch claim {
            case .active: break
            case .scope: scopes = try Self.scopes(value)
            case .subject: subject = try Self.string(value, claim)
            case .clientID: clientID = try Self.string(value, claim)
            case .username: username = try Self.string(value, claim)
            case .issuer: issuer = try Self.string(value, claim)
            case .jwtID: jwtID = try Self.string(value, claim)
            case .tokenType: tokenType = try Self.string(value, claim)
            case .tokenUse: tokenUse = try Self.string(value, claim)
            case .audience: audience = try Self.audience(value)
            case .expirationTime: expiresAt = try Self.date(value, claim, rounding: .down)
            case .notBefore: notBefore = try Self.date(value, claim, rounding: .up)
            case .issuedAt: issuedAt = try Self.date(value, claim, rounding: .up)
            case .confirmation:
                guard case .object = value else { throw .wrongKind(claim) }
                hasConfirmation = true
            }
        }
        self.scopes = scopes
        self.subject = subject
        self.clientID = clientID
        self.username = username
        self.issuer = issuer
        self.audience = audience
        self.expiresAt = expiresAt
        self.notBefore = notBefore
        self.issuedAt = issuedAt
        self.jwtID = jwtID
        self.tokenType = tokenType
        self.tokenUse = tokenUse
        self.hasConfirmation = hasConfirmation
        self.claims = ClaimSet(members)
    }

    private static func string(
        _ value: JSONValue, _ claim: RegisteredClaim
    ) throws(IntrospectionResponseError) -> String {
        guard case .string(let text) = value else { throw .wrongKind(claim) }
        return text
    }

    private static func date(
        _ value: JSONValue, _ claim: RegisteredClaim, rounding: NumericDate.Rounding
    ) throws(IntrospectionResponseError) -> NumericDate {
        guard case .number(let number) = value else { throw .wrongKind(claim) }
        guard let date = NumericDate(number, rounding: rounding) else { throw .outOfRange(claim) }
        return date
    }

    private static func scopes(_ value: JSONValue) throws(IntrospectionResponseError) -> ScopeSet {
        switch value {
        case .string(let text): return ScopeSet(spaceSeparated: text)
        case .array:
            guard let words = value.stringListValue else { throw .wrongKind(.scope) }
            return ScopeSet(elements: words)
        case .null, .bool, .number, .object: throw .wrongKind(.scope)
        }
    }

    private static func audience(_ value: JSONValue) throws(IntrospectionResponseError) -> Audience {
        guard let audience = Audience(json: value) else { throw .wrongKind(.audience) }
        return audience
    }

    public static func == (left: ActiveToken, right: ActiveToken) -> Bool {
        // Every other property is read from the claims.
        left.claims == right.claims
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.claims) }
}
