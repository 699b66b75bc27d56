import HTTPTypes
import Hummingbird
import OAuthModel

extension EndpointTable {
    /// The public listener: what clients and browsers may reach.
    static func publicAPI(_ core: ServerCore) -> EndpointTable {
        var table = EndpointTable()
        let tokens = TokenEndpoint(core: core)
        let revocation = RevocationEndpoint(core: core)
        let documents = WellKnownDocuments(core: core)
        table.on(.post, "/oauth2/token") { try await tokens.exchange($0) }
        table.on(.post, "/oauth2/revoke") { try await revocation.revoke($0) }
        let userinfo = UserinfoEndpoint(core: core)
        for method in [HTTPRequest.Method.get, .head, .post] {
            table.on(method, "/userinfo") { try await userinfo.answer($0) }
        }
        table.onReading("/.well-known/jwks.json") { documents.keySet($0) }
        table.onReading("/.well-known/openid-configuration") { documents.configuration($0) }
        // RFC 8414 §3.1 puts an issuer's path behind the well-known one; without it asks who comes by a proxy that took
        // the path away.
        let wellKnown = [".well-known", "oauth-authorization-server"]
        for method in [HTTPRequest.Method.get, .head] {
            table.on(method, wellKnown) { documents.configuration($0) }
            if let path = Self.issuerPath(core.issuer) {
                table.on(method, wellKnown + path) { documents.configuration($0) }
            }
        }
        table.addBrowserFlows(core)
        table.addHealth(core)
        return table
    }

    /// The segments of the issuer's path without a `/` at its end; nil for an issuer that has none.
    private static func issuerPath(_ issuer: String) -> [String]? {
        guard var path = WebAddress(issuer)?.rest else { return nil }
        if path.utf8.last == UInt8(ascii: "/") { path.unicodeScalars.removeLast() }
        return path.isEmpty ? nil : Self.segments(of: path)
    }

    /// The authorization endpoint and the pages around it; a page that somebody else has is closed here, or the login
    /// there could be passed by.
    private mutating func addBrowserFlows(_ core: ServerCore) {
        let authorization = AuthorizationEndpoint(core: core)
        let logout = LogoutEndpoint(core: core)
        for method in [HTTPRequest.Method.get, .post] {
            self.on(method, AuthorizationRequest.path) { try await authorization.authorize($0) }
            self.on(method, LogoutEndpoint.path) { try await logout.logout($0) }
        }
        self.on(.get, PageAddresses.error) { try PlainPages.error($0) }
        self.on(.get, PageAddresses.loggedOut) { PlainPages.loggedOut($0) }
        if core.browser.pages.login == nil {
            let page = LoginPage(core: core)
            self.on(.get, PageAddresses.builtInLogin) { try await page.show($0) }
            self.on(.post, PageAddresses.builtInLogin) { try await page.decide($0) }
        }
        if core.browser.pages.logout == nil {
            let page = LogoutPage(core: core)
            self.on(.get, PageAddresses.builtInLogout) { try await page.show($0) }
            self.on(.post, PageAddresses.builtInLogout) { try await page.decide($0) }
        }
        if core.browser.pages.consent == nil {
            let page = ConsentPage(core: core)
            self.on(.get, PageAddresses.builtInConsent) { try await page.show($0) }
            self.on(.post, PageAddresses.builtInConsent) { try await page.decide($0) }
        }
    }

    /// `/health/alive`: the process answers.
    ///
    /// `/health/ready`: so does its database, and it keeps what is written.
    mutating func addHealth(_ core: ServerCore) {
        self.onReading("/health/alive") { _ in Reply.json(["status": "ok"]) }
        self.onReading("/health/ready") { _ in
            guard await core.isReady() else {
                return Reply.json(
                    ["errors": ["database": "the database does not answer, or does not keep what is written"]],
                    status: .serviceUnavailable)
            }
            return Reply.json(["status": "ok"])
        }
    }
}
