import Testing

@testable import ProxyConfiguration

/// What the file format has and this version does not serve: refused with its place, never ignored.
@Suite struct UnsupportedTests {
    /// Keys that are refused whatever they say.
    static let keys = [
        "listeners[].tls", "authorization_servers.NAME.recheck", "routes[].subject_token", "defaults.subject_token",
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let value: String
        var testDescription: String { "\(self.path): \(self.value)" }
    }

    static let cases: [Case] =
        Self.keys.map { Case(path: $0, value: "{}") } + [
            Case(path: "listeners[].tls", value: "{certificate: tls.crt, private_key: tls.key}"),
            Case(path: "listeners[].mode", value: "decision"),
            Case(path: "authorization_servers.NAME.strategy", value: "verify_and_introspect"),
            Case(
                path: "authorization_servers.NAME.introspection.client_authentication.method", value: "private_key_jwt"),
            Case(
                path: "authorization_servers.NAME.introspection.client_authentication.method", value: "tls_client_auth"),
            Case(path: "authorization_servers.NAME.cache.stale_while_revalidate", value: "10s"),
            Case(path: "authorization_servers.NAME.cache.stale_if_error", value: "10s"),
            Case(path: "upstreams.NAME.url", value: "'https://127.0.0.1'"),
            Case(path: "routes[].token_sources", value: "[authorization, 'cookie:session']"),
            Case(path: "routes[].token_sources", value: "[form]"),
            Case(path: "routes[].token_sources", value: "[query]"),
        ]

    @Test("What is not served yet is answered `not supported yet`, with its place", arguments: Self.cases)
    func isRefused(one: Case) throws {
        let path = one.path.replacing("NAME", with: "main")
        let text = SampleConfiguration().with(path, one.value).text
        let errors = problems(of: text).filter { $0.contains("not supported yet") }
        #expect(errors.count == 1)
        let error = try #require(errors.first)
        let column = try #require(Int(error.split(separator: ":")[2]))
        #expect(error.hasPrefix("f:1:\(column): error: "))
        let place = text.unicodeScalars.dropFirst(column - 1)
        let key = path.split(separator: ".").last.map(String.init) ?? ""
        let value = one.value.trimmingPrefix("[authorization, ").trimmingPrefix("[")
        #expect(String(place).hasPrefix(value) || String(place).hasPrefix(key))
    }
}
