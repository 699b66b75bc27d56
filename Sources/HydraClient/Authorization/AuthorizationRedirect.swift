public import OAuthModel

extension HydraClient {
    /// Where the authorization endpoint sends the browser.
    ///
    /// The address may carry a challenge or a code, and the cookies bind the browser: neither prints.
    public struct AuthorizationRedirect: Sendable {
        /// 302, or 303 once the client's own redirect URI is the target.
        public let status: Int
        /// Whole, as the server wrote it.
        public let location: String
        /// The `Set-Cookie` fields as they came, for whoever stands in for a browser.
        public let setCookies: [SecretBytes]

        /// The first value of a parameter in the query of ``location``, such as `login_challenge`, `code` or `error`.
        public func parameter(_ name: String) -> SecretBytes? {
            guard let query = AddressText.query(of: self.location.utf8) else { return nil }
            let form = try? FormURLEncoded(parsing: query)
            return form?.values(of: name).first.map { SecretBytes($0) }
        }
    }
}

extension HydraClient.AuthorizationRedirect: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(self.status) \(AddressText.withoutQuery(self.location))" }
    public var customMirror: Mirror { Mirror(self, children: ["status": self.status]) }
}
