public import FoundationEssentials
public import OAuthModel

/// What the user agreed to (`acceptOAuth2ConsentRequest`).
///
/// Hydra does not check that it was asked for: it trusts this call.
public struct AcceptOAuth2ConsentRequest: Sendable {
    /// The scopes that tokens get; none is a grant too.
    public var grantScope: [String] = []
    /// For whom access tokens are.
    public var grantAccessTokenAudience: [String] = []
    /// What goes into the tokens.
    public var session: OAuth2ConsentSessionData?
    /// Whether to answer for the user the next time.
    public var remember: Bool?
    /// In whole seconds; zero is for ever.
    public var rememberFor: Duration?
    /// The server sets it itself.
    public var handledAt: Date?
    /// From Hydra 2.2 on; earlier ones refuse it.
    public var context: JSONValue?
    public var additionalMembers = AdditionalMembers()

    public init(
        grantScope: [String] = [], grantAccessTokenAudience: [String] = [], session: OAuth2ConsentSessionData? = nil,
        remember: Bool? = nil, rememberFor: Duration? = nil
    ) {
        self.grantScope = grantScope
        self.grantAccessTokenAudience = grantAccessTokenAudience
        self.session = session
        self.remember = remember
        self.rememberFor = rememberFor
    }

    init() { self.init(grantScope: []) }
}

extension AcceptOAuth2ConsentRequest: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.list("grant_scope", &self.grantScope)
        try members.list("grant_access_token_audience", &self.grantAccessTokenAudience)
        try members.nested("session", &self.session)
        try members.flag("remember", &self.remember)
        try members.seconds("remember_for", &self.rememberFor)
        try members.date("handled_at", &self.handledAt)
        try members.json("context", &self.context)
    }
}

/// What goes into the tokens of a grant besides what the server puts there (`acceptOAuth2ConsentRequestSession`).
public struct OAuth2ConsentSessionData: Sendable {
    /// Becomes `ext` of introspection answers and JWT access tokens.
    public var accessToken: JSONValue?
    /// Becomes claims of the ID token, which whoever holds it can read.
    public var idToken: JSONValue?
    public var additionalMembers = AdditionalMembers()

    public init(accessToken: JSONValue? = nil, idToken: JSONValue? = nil) {
        self.accessToken = accessToken
        self.idToken = idToken
    }

    init() { self.init(accessToken: nil) }
}

extension OAuth2ConsentSessionData: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.json("access_token", &self.accessToken)
        try members.json("id_token", &self.idToken)
    }
}

// Claims and context are free-form and may hold anything about the user.
extension AcceptOAuth2ConsentRequest: CustomStringConvertible, CustomReflectable {
    public var description: String { "AcceptOAuth2ConsentRequest(of \(self.grantScope.joined(separator: " ")))" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "grantScope": self.grantScope, "grantAccessTokenAudience": self.grantAccessTokenAudience,
                "remember": self.remember as Any, "rememberFor": self.rememberFor as Any,
            ])
    }
}

extension OAuth2ConsentSessionData: CustomStringConvertible, CustomReflectable {
    public var description: String { "OAuth2ConsentSessionData" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
