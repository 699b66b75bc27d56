/// What an active introspection answer says about its token (RFC 7662 §2.2).
///
/// Facts, not a verdict: whether the token serves here is policy, decided on every request. `null` members count as absent.
public struct ActiveToken: Sendable, Hashable {
    /// One object: an answer is handed on several times before it becomes what the cache keeps.
    private let answer: Answer

    init(_ claims: ClaimSet) throws(IntrospectionResponseError) { self.answer = try Answer(claims) }

    private final class Answer: Sendable {
        let claims: ClaimSet
        let expiresAt: NumericDate?
        let notBefore: NumericDate?
        let issuedAt: NumericDate?
        let places: Places

        init(_ claims: ClaimSet) throws(IntrospectionResponseError) {
            let document = claims.document
            var places = Places()
            var expiresAt: NumericDate?, notBefore: NumericDate?, issuedAt: NumericDate?
            var members = document.contents(of: document.root)
            while let member = members.nextMember(in: document) {
                let place = member.value
                guard !document.isNull(place), let claim = RegisteredClaim(octets: document.octets(of: member.name))
                else { continue }
                switch claim {
                case .active: break
                case .scope, .audience:
                    guard document.isString(place) || document.isListOfStrings(place) else { throw .wrongKind(claim) }
                case .subject, .clientID, .username, .issuer, .jwtID, .tokenType, .tokenUse:
                    guard document.isString(place) else { throw .wrongKind(claim) }
                case .expirationTime: expiresAt = try Self.date(document, place, claim, rounding: .down)
                case .notBefore: notBefore = try Self.date(document, place, claim, rounding: .up)
                case .issuedAt: issuedAt = try Self.date(document, place, claim, rounding: .up)
                case .confirmation:
                    guard document.isObject(place) else { throw .wrongKind(claim) }
                }
                places[claim] = place
            }
            self.claims = claims
            self.expiresAt = expiresAt
            self.notBefore = notBefore
            self.issuedAt = issuedAt
            self.places = places
        }

        private static func date(
            _ document: JSONDocument, _ place: JSONDocument.Place, _ claim: RegisteredClaim,
            rounding: NumericDate.Rounding
        ) throws(IntrospectionResponseError) -> NumericDate {
            guard document.isNumber(place) else { throw .wrongKind(claim) }
            guard let date = document.date(at: place, rounding: rounding) else { throw .outOfRange(claim) }
            return date
        }
    }

    public static func == (left: ActiveToken, right: ActiveToken) -> Bool {
        // Every other property is read from the claims.
        left.claims == right.claims
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.claims) }
}

extension ActiveToken {
    /// Everything the answer said, `ext` included.
    public var claims: ClaimSet { self.answer.claims }
    /// A fraction is cut off, so that the token never lives longer than it says.
    public var expiresAt: NumericDate? { self.answer.expiresAt }
    /// A fraction counts as a whole second, as in ``issuedAt``.
    public var notBefore: NumericDate? { self.answer.notBefore }
    public var issuedAt: NumericDate? { self.answer.issuedAt }
    /// The token is bound to a key (`cnf`, RFC 7800 §3.1): not a bearer token.
    public var hasConfirmation: Bool { self.answer.places[.confirmation] != nil }
    public var scopes: ScopeSet {
        switch self.value(.scope) {
        case .string(let text): ScopeSet(spaceSeparated: text)
        case let value: ScopeSet(elements: value?.stringListValue ?? [])
        }
    }
    public var subject: String? { self.text(.subject) }
    public var clientID: String? { self.text(.clientID) }
    public var username: String? { self.text(.username) }
    public var issuer: String? { self.text(.issuer) }
    public var audience: Audience? { self.value(.audience).flatMap { Audience(json: $0) } }
    public var jwtID: String? { self.text(.jwtID) }
    /// As written; policy accepts `Bearer` and `access_token` in any case.
    public var tokenType: String? { self.text(.tokenType) }
    /// As written; Hydra says `access_token` or `refresh_token`.
    public var tokenUse: String? { self.text(.tokenUse) }

    /// Where a claim stands that is there and of its kind.
    package func place(of claim: RegisteredClaim) -> JSONDocument.Place? { self.answer.places[claim] }

    private func value(_ claim: RegisteredClaim) -> JSONValue? {
        self.answer.places[claim].map { self.answer.claims.document.value(at: $0) }
    }

    private func text(_ claim: RegisteredClaim) -> String? {
        self.answer.places[claim].map { self.answer.claims.document.text(of: $0) }
    }

    /// Where each registered claim stands that the answer makes.
    private struct Places: Sendable {
        // One for each claim: `RegisteredClaim.index` runs from 0 to 13, which a test holds it to.
        private var places = InlineArray<14, JSONDocument.Place?>(repeating: nil)

        subscript(claim: RegisteredClaim) -> JSONDocument.Place? {
            get { self.places[claim.index] }
            set { self.places[claim.index] = newValue }
        }
    }
}
