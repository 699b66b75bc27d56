import ProxyConfiguration
package import ProxyCore

/// A configuration with one route of each kind; tests add the keys they are about, as YAML flow members.
package struct StandardConfiguration: Sendable {
    package var listener = "127.0.0.1:0"
    package var listenerKeys: [String] = []
    /// Whole lines such as `limits: {…}`.
    package var top: [String] = []
    package var strategy = "introspect"
    package var introspection: [String] = []
    package var server: [String] = []
    package var upstream: [String] = []
    /// Of every route.
    package var route: [String] = []
    /// Of every route that wants a token.
    package var protectedRoute: [String] = []
    package var upstreamURL = "{upstream}"
    package var authorizationServerURL = "{authorization-server}"

    package init(_ change: (inout StandardConfiguration) -> Void = { _ in }) { change(&self) }

    package var text: String {
        func members(_ first: String, _ others: [String]) -> String { ([first] + others).joined(separator: ", ") }
        let introspection = members("endpoint: \"\(self.authorizationServerURL)/introspect\"", self.introspection)
        let server = members("strategy: \(self.strategy), introspection: {\(introspection)}", self.server)
        let upstream = members("url: \"\(self.upstreamURL)\"", self.upstream)
        let protected = self.route + self.protectedRoute
        let lines = [
            "version: 1",
            "listeners: [{\(members("address: \"\(self.listener)\"", self.listenerKeys))}]",
            "authorization_servers: {stub: {\(server)}}",
            "upstreams: {main: {\(upstream)}}",
            "routes:",
            "  - {\(members("name: public, paths: [/public/**], access: public, upstream: main", self.route))}",
            "  - {\(members("name: api, paths: [/api/**], scopes: [read], upstream: main", protected))}",
            "  - {\(members("name: ws, paths: [/ws/**], scopes: [read], upgrade: [websocket], upstream: main", protected))}",
        ]
        return (lines + self.top).joined(separator: "\n") + "\n"
    }

    /// What the loops decide by, for tests without a process around them.
    package func generation() throws -> ProxyGeneration {
        try ConfigurationReloader(environment: [:]).load(text: self.text).generation
    }

    /// `tok` has what the routes ask for.
    package static let tokens: [String: StubAuthorizationServer.Answer] = [
        "tok": .active(#""scope":"read","sub":"alice""#)
    ]
}

/// A request as text: the parts that a test does not care about are filled in.
package func request(
    _ method: String = "GET", _ target: String, token: String? = nil, version: String = "1.1",
    _ fields: [String] = [], body: String = ""
) -> String {
    var lines = ["\(method) \(target) HTTP/\(version)", "Host: api.test"]
    if let token { lines.append("Authorization: Bearer \(token)") }
    return (lines + fields).joined(separator: "\r\n") + "\r\n\r\n" + body
}
