import Testing

@testable import ProxyConfiguration

/// What decides who is let in does not travel where others can read or change it without a word (RFC 7662 §4, RFC 8414
/// §6.1).
@Suite struct PlaintextRuleTests {
    /// Problems of a server with these lines, the value of `introspection`'s first key at 10:17.
    private func found(_ introspection: String, _ server: String = "cache: {}") -> [String] {
        problems(
            of: """
                version: 1
                listeners: [{address: 127.0.0.1:0}]
                upstreams: {u: {url: "http://127.0.0.1:1"}}
                routes: [{name: r, paths: [/], upstream: u}]
                authorization_servers:
                  s:
                    strategy: introspect
                    \(server)
                    introspection:
                      \(introspection)
                """, environment: ["TOKEN": "abc"])
    }

    private static let withoutSecret = ["retries: 1", "client_authentication: {method: none}"]

    @Test(
        "A discovery document that comes over http beyond this machine may name any endpoint: refused, secret or not",
        arguments: [
            "http://idp.internal/", "http://idp.internal/realms/main", "http://10.0.0.1:8080", "http://idp.internal./",
            "http://1.2.3.4.5/",
        ], Self.withoutSecret)
    func refusesReadableDiscovery(issuer: String, authentication: String) {
        #expect(
            self.found("discover: true\n      \(authentication)", "issuer: \(issuer)") == [
                "f:10:17: error: `authorization_servers.s.introspection.discover`: where every client's token goes would be asked over http beyond this machine (write an issuer with `https://`, or `plaintext: allow` on the server)"
            ])
    }

    @Test(
        "Key discovery over http beyond this machine is refused",
        arguments: ["http://idp.internal/", "http://idp.internal./", "http://1.2.3.4.5/"])
    func refusesReadableKeyDiscovery(issuer: String) {
        let jwt = "authorization_servers.main.jwt"
        let sample = SampleConfiguration().with("authorization_servers.main.issuer", "'\(issuer)'")
            .without("\(jwt).jwks_uri").with("\(jwt).discover", "true")
        #expect(
            sample.errors() == [
                "`\(jwt).discover`: where the key set goes would be asked over http beyond this machine (write an issuer with `https://`, or `plaintext: allow` on the server)"
            ])
        #expect(sample.with("authorization_servers.main.plaintext", "allow").errors() == [])
    }

    @Test("A secret that others can read is an error, and the tokens beside it no warning more")
    func refusesReadableSecret() {
        let authentication = "client_authentication: {method: bearer, token: {env: TOKEN}}"
        #expect(
            self.found("endpoint: http://idp.internal/i\n      \(authentication)") == [
                "f:10:17: error: `authorization_servers.s.introspection.endpoint`: the proxy's secret would travel over http beyond this machine (write an `https://` URL, or `plaintext: allow` on the server)"
            ])
    }

    @Test("Tokens that are asked about over http beyond this machine are a warning", arguments: Self.withoutSecret)
    func warnsOfReadableTokens(authentication: String) {
        #expect(
            self.found("endpoint: http://idp.internal:4445/i\n      \(authentication)") == [
                "f:10:17: warning: `authorization_servers.s.introspection.endpoint`: every client's token would travel over http beyond this machine, and whoever is on the way could answer for the server (write an `https://` URL, or `plaintext: allow` on the server)"
            ])
    }

    @Test(
        "Over TLS, on loopback and on a Unix socket tokens are safe",
        arguments: [
            "https://idp.internal/i", "http://127.0.0.1:4445/i", "http://localhost:4445/i", "http://[::1]:4445/i",
            "unix:/run/hydra.sock:/i",
        ], Self.withoutSecret)
    func takesPrivateEndpoints(endpoint: String, authentication: String) {
        #expect(self.found("endpoint: '\(endpoint)'\n      \(authentication)") == [])
    }

    @Test(
        "Discovery over TLS or on loopback is taken",
        arguments: [
            "https://idp.internal/", "http://127.0.0.1:4444", "http://localhost:4444/", "http://[::1]/realms/main",
        ], Self.withoutSecret)
    func takesPrivateDiscovery(issuer: String, authentication: String) {
        #expect(self.found("discover: true\n      \(authentication)", "issuer: '\(issuer)'") == [])
    }

    @Test("`plaintext: allow` says that the network is trusted", arguments: Self.withoutSecret)
    func takesWhatIsAllowed(authentication: String) {
        #expect(self.found("endpoint: http://idp.internal/i\n      \(authentication)", "plaintext: allow") == [])
        let server = "issuer: http://idp.internal/\n    plaintext: allow"
        #expect(self.found("discover: true\n      \(authentication)", server) == [])
    }
}
