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
        self.scopes = try Self.scopes(members)
        self.subject = try Self.string(.subject, members)
        self.clientID = try Self.string(.clientID, members)
        self.username = try Self.string(.username, members)
        self.issuer = try Self.string(.issuer, members)
        self.audience = try Self.audience(members)
        self.expiresAt = try Self.date(.expirationTime, members, rounding: .down)
        self.notBefore = try Self.date(.notBefore, members, rounding: .up)
        self.issuedAt = try Self.date(.issuedAt, members, rounding: .up)
        self.jwtID = try Self.string(.jwtID, members)
        self.tokenType = try Self.string(.tokenType, members)
        self.tokenUse = try Self.string(.tokenUse, members)
        self.hasConfirmation = try Self.hasConfirmation(members)
        self.claims = ClaimSet(members)
    }

    private static func string(
        _ claim: RegisteredClaim, _ members: JSONObject
    ) throws(IntrospectionResponseError) -> String? {
        switch members[claim.rawValue] {
        case nil, .null: return nil
        case .string(let value): return value
        case .bool, .number, .array, .object: throw .wrongKind(claim)
        }
    }

    private static func date(
        _ claim: RegisteredClaim, _ members: JSONObject, rounding: NumericDate.Rounding
    ) throws(IntrospectionResponseError) -> NumericDate? {
        switch members[claim.rawValue] {
        case nil, .null: return nil
        case .number(let number):
            guard let date = NumericDate(number, rounding: rounding) else { throw .outOfRange(claim) }
            return date
        case .bool, .string, .array, .object: throw .wrongKind(claim)
        }
    }

    private static func scopes(_ members: JSONObject) throws(IntrospectionResponseError) -> ScopeSet {
        switch members[RegisteredClaim.scope.rawValue] {
        case nil, .null: return ScopeSet()
        case .string(let text): return ScopeSet(spaceSeparated: text)
        case .array(let elements):
            guard let words = JSONValue.array(elements).stringListValue else { throw .wrongKind(.scope) }
            return ScopeSet(elements: words)
        case .bool, .number, .object: throw .wrongKind(.scope)
        }
    }

    private static func audience(_ members: JSONObject) throws(IntrospectionResponseError) -> Audience? {
        guard let value = members[RegisteredClaim.audience.rawValue], !value.isNull else { return nil }
        guard let audience = Audience(json: value) else { throw .wrongKind(.audience) }
        return audience
    }

    private static func hasConfirmation(_ members: JSONObject) throws(IntrospectionResponseError) -> Bool {
        switch members[RegisteredClaim.confirmation.rawValue] {
        case nil, .null: return false
        case .object: return true
        case .bool, .number, .string, .array: throw .wrongKind(.confirmation)
        }
    }

    public static func == (left: ActiveToken, right: ActiveToken) -> Bool {
        // Every other property is read from the claims.
        left.claims == right.claims
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.claims) }
}
