import OAuthModel

/// Where the browser finds the pages that ask the user: somebody else's, or ours.
struct PageAddresses: Sendable {
    let login: String?
    let consent: String?
    let logout: String?

    static let fallbacks = "/oauth2/fallbacks/"
    static let builtInLogin = Self.fallbacks + "login"
    static let builtInConsent = Self.fallbacks + "consent"
    static let builtInLogout = Self.fallbacks + "logout"
    static let loggedOut = Self.fallbacks + "logout/callback"
    static let error = Self.fallbacks + "error"

    func loginURL(_ challenge: String, publicURL: String) -> String {
        (self.login ?? publicURL + Self.builtInLogin).addingQuery([.init(name: "login_challenge", value: challenge)])
    }

    func consentURL(_ challenge: String, publicURL: String) -> String {
        (self.consent ?? publicURL + Self.builtInConsent)
            .addingQuery([.init(name: "consent_challenge", value: challenge)])
    }

    func logoutURL(_ challenge: String, publicURL: String) -> String {
        (self.logout ?? publicURL + Self.builtInLogout).addingQuery([.init(name: "logout_challenge", value: challenge)])
    }

    /// Where a browser is sent that cannot be sent to a client.
    static func errorURL(_ error: HydraError, publicURL: String) -> String {
        (publicURL + Self.error).addingQuery([
            .init(name: "error", value: error.error), .init(name: "error_description", value: error.description),
        ])
    }
}
