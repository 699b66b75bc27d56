import TestSupport

/// A proxy with an open, a common and a guarded part, as the rows of public-bugs.md suppose it.
enum BugConfiguration {
    /// - Parameters:
    ///   - top: whole lines such as `limits: {…}`.
    ///   - introspection: members of the server's `introspection`.
    ///   - server: further members of the server.
    ///   - upstream: members of the upstream.
    static func text(
        top: [String] = [], introspection: [String] = ["retries: 0", "timeout: 10s"], server: [String] = [],
        upstream: [String] = []
    ) -> String {
        let asked = (["endpoint: \"{authorization-server}/introspect\""] + introspection).joined(separator: ", ")
        let server = (["strategy: introspect", "introspection: {\(asked)}"] + server).joined(separator: ", ")
        let upstream = (["url: \"{upstream}\""] + upstream).joined(separator: ", ")
        let lines = [
            "version: 1",
            "listeners: [{address: \"127.0.0.1:0\"}]",
            "authorization_servers: {stub: {\(server)}}",
            "upstreams: {main: {\(upstream)}}",
            "defaults: {upstream: main, subject_headers: {X-Auth-Subject: \"{sub}\", X-Auth-Scope: \"{scope}\"}}",
            "routes:",
            "  - {name: public, paths: [\"/public/**\"], access: public}",
            "  - {name: read, paths: [\"/api/**\"], scopes: [read]}",
            "  - {name: admin, paths: [\"/admin\", \"/admin/**\"], scopes: [admin]}",
            "  - {name: anybody, paths: [\"/any/**\"], subject: optional}",
            "  - {name: audience, paths: [\"/audience/**\"], audiences: [api]}",
            "  - {name: stripped, paths: [\"/app/**\"], access: public, path: {strip_prefix: /app}}",
            "  - {name: preflight, paths: [\"/cors/**\"], scopes: [read], cors_preflight: pass}",
            "  - {name: chat, paths: [\"/ws/**\"], scopes: [read], upgrade: [websocket]}",
            "  - {name: hosted, hosts: [admin.test], paths: [\"/**\"], scopes: [admin]}",
        ]
        return (lines + top).joined(separator: "\n") + "\n"
    }

    static let answers: [String: StubAuthorizationServer.Answer] = [
        "reader": .active(#""scope":"read","sub":"alice","exp":4102444800"#),
        "root": .active(#""scope":"read admin","sub":"root""#),
        "nobody": .active(#""scope":"read""#),
        "scopeless": .active(#""sub":"bob""#),
    ]

    static func server() throws -> StubAuthorizationServer { try StubAuthorizationServer(Self.answers) }

    /// Runs the proxy; no request that reaches the upstream may carry a token.
    static func run(
        _ text: String = Self.text(), upstream: StubUpstream? = nil, server: StubAuthorizationServer? = nil,
        _ body: (ProxyUnderTest) throws -> Void
    ) throws {
        try withProxy(text, upstream: upstream, authorizationServer: server ?? Self.server(), body)
    }
}
