public import OAuthModel

/// What an OpenID Connect client asks of the login page (`oAuth2ConsentRequestOpenIDConnectContext`; OpenID Connect Core
/// 1.0 §3.1.2.1).
public struct OpenIDConnectContext: Sendable {
    /// Authentication context classes, the best one first.
    public var acrValues: [String] = []
    /// Languages of the page, the best one first.
    public var uiLocales: [String] = []
    /// `page`, `popup`, `touch` or `wap`.
    public var display: String?
    /// What the user may be known by.
    public var loginHint: String?
    /// The claims of the ID token by which the client says whom it means.
    public var idTokenHintClaims: JSONObject?
    public var additionalMembers = AdditionalMembers()

    public init() {}
}

extension OpenIDConnectContext: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.list("acr_values", &self.acrValues)
        try members.list("ui_locales", &self.uiLocales)
        try members.text("display", &self.display)
        try members.text("login_hint", &self.loginHint)
        try members.object("id_token_hint_claims", &self.idTokenHintClaims)
    }
}

// The hint and its claims say who the user may be.
extension OpenIDConnectContext: CustomStringConvertible, CustomReflectable {
    public var description: String { "OpenIDConnectContext" }
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "acrValues": self.acrValues, "uiLocales": self.uiLocales, "display": self.display as Any,
            ])
    }
}
