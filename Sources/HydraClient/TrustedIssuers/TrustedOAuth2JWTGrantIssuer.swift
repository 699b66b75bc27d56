public import FoundationEssentials

/// An issuer whose assertions are taken (`trustedOAuth2JwtGrantIssuer`).
public struct TrustedOAuth2JWTGrantIssuer: Sendable {
    /// A UUID that names the entry.
    public var id = ""
    /// `iss` of the assertions.
    public var issuer: String?
    /// Empty when it may speak for any.
    public var subject: String?
    /// Whether it may speak for anybody.
    public var allowAnySubject: Bool?
    /// What its assertions may ask for.
    public var scope: [String] = []
    /// Where the key that verifies them is kept.
    public var publicKey: PublicKey?
    /// When the trust began.
    public var createdAt: Date?
    /// When the trust ends; Hydra 2.1 itself looks at it only when it cleans up.
    public var expiresAt: Date?
    public var additionalMembers = AdditionalMembers()

    init() {}

    public init(id: String) { self.id = id }

    /// Where Hydra keeps the key, which it does not give back (`trustedOAuth2JwtGrantJsonWebKey`).
    public struct PublicKey: Sendable {
        /// The name of the set; the issuer.
        public var set: String?
        /// `kid`.
        public var keyID: String?
        public var additionalMembers = AdditionalMembers()

        public init() {}
    }
}

extension TrustedOAuth2JWTGrantIssuer: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text(required: "id", &self.id)
        try members.text("issuer", &self.issuer)
        try members.text("subject", &self.subject)
        try members.flag("allow_any_subject", &self.allowAnySubject)
        try members.list("scope", &self.scope)
        try members.nested("public_key", &self.publicKey)
        try members.date("created_at", &self.createdAt)
        try members.date("expires_at", &self.expiresAt)
    }
}

extension TrustedOAuth2JWTGrantIssuer.PublicKey: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text("set", &self.set)
        try members.text("kid", &self.keyID)
    }
}
