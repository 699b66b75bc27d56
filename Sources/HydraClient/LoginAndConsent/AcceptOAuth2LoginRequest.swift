public import OAuthModel

/// Who has logged in, and how (`acceptOAuth2LoginRequest`).
public struct AcceptOAuth2LoginRequest: Sendable {
    /// Who it is: the `sub` of tokens, at most 255 bytes; the one of the request when that says
    /// ``OAuth2LoginRequest/skip``.
    public var subject = ""
    /// Whether the browser is to be known the next time.
    public var remember: Bool?
    /// In whole seconds; zero is until the browser closes.
    public var rememberFor: Duration?
    /// Whether a remembered session begins anew with this login.
    public var extendSessionLifespan: Bool?
    /// Authentication context class (OpenID Connect Core 1.0 §2).
    public var acr: String?
    /// Authentication methods (RFC 8176).
    public var amr: [String] = []
    /// Anything for the consent page.
    public var context: JSONValue?
    /// The pairwise identifier to use instead of a computed one.
    public var forceSubjectIdentifier: String?
    /// From Hydra 2.2 on; earlier ones refuse it.
    public var identityProviderSessionID: String?
    public var additionalMembers = AdditionalMembers()

    init() {}

    public init(subject: String, remember: Bool? = nil, rememberFor: Duration? = nil) {
        self.subject = subject
        self.remember = remember
        self.rememberFor = rememberFor
    }
}

extension AcceptOAuth2LoginRequest: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text(required: "subject", &self.subject)
        try members.flag("remember", &self.remember)
        try members.seconds("remember_for", &self.rememberFor)
        try members.flag("extend_session_lifespan", &self.extendSessionLifespan)
        try members.text("acr", &self.acr)
        try members.list("amr", &self.amr)
        try members.json("context", &self.context)
        try members.text("force_subject_identifier", &self.forceSubjectIdentifier)
        try members.text("identity_provider_session_id", &self.identityProviderSessionID)
    }
}

// The context is free-form and may hold anything about the user.
extension AcceptOAuth2LoginRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "AcceptOAuth2LoginRequest(of \(self.subject))" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "subject": self.subject, "remember": self.remember as Any, "rememberFor": self.rememberFor as Any,
                "acr": self.acr as Any, "amr": self.amr,
            ])
    }
}
