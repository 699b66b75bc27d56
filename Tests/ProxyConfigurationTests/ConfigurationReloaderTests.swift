import Foundation
import JOSE
import ProxyCore
import Testing

@testable import ProxyConfiguration

/// Loading again: what stays, and that a bad file changes nothing.
@Suite struct ConfigurationReloaderTests {
    private let reloader = ConfigurationReloader(environment: [:])

    @Test("A server whose settings are as they were keeps its state; any other begins anew")
    func keepsStates() throws {
        let sample = SampleConfiguration()
        let first = try self.reloader.load(text: sample.text).generation
        let second = try self.reloader.load(text: sample.with("routes[].scopes", "[a]").text, previous: first)
            .generation
        #expect(second.number == 2)
        #expect(second.authorizationServers[0].state === first.authorizationServers[0].state)
        let changed = sample.with("authorization_servers.main.cache.ttl", "1s").text
        let third = try self.reloader.load(text: changed, previous: second).generation
        #expect(third.number == 3)
        #expect(third.authorizationServers[0].state !== first.authorizationServers[0].state)
    }

    @Test("SPEC §4: keys stay whatever else changes, but where they come from and which of them count")
    func keepsKeys() throws {
        let sample = SampleConfiguration()
        let server = "authorization_servers.main"
        let first = try self.reloader.load(text: sample.text).generation
        let state = first.authorizationServers[0].state
        _ = state.nextKeyFetch(at: 0)
        _ = state.keysFetched(JSONWebKeySet(keys: []), at: 0)
        func keys(_ key: String, _ value: String) throws -> JSONWebKeySet? {
            let text = sample.with("\(server).\(key)", value).text
            let generation = try self.reloader.load(text: text, previous: first).generation
            #expect(generation.authorizationServers[0].state !== state)
            return generation.authorizationServers[0].state.keySnapshot(at: 1)?.keys
        }
        #expect(try keys("jwt.jwks_uri", "https://as.example.com/other.json") == nil)
        #expect(try keys("jwt.min_rsa_bits", "3072") == nil)
        #expect(try keys("jwt.algorithms", "[ES256]") == nil)
        for (key, value) in [
            ("cache.ttl", "1s"), ("cache.size", "1MiB"), ("jwt.audiences", "[other]"), ("jwt.leeway", "1s"),
            ("jwt.types", "[at+jwt, JWT]"), ("jwt.refresh", "{lifetime: 60s}"), ("introspection.timeout", "3s"),
            ("introspection.endpoint", "http://127.0.0.1:1/i"), ("plaintext", "allow"),
        ] {
            #expect(try keys(key, value) != nil, "\(key)")
        }
    }

    @Test("SPEC §9: cached tokens go on when only how a server is asked has changed")
    func keepsAnswers() throws {
        let sample = SampleConfiguration()
        let first = try self.reloader.load(text: sample.text).generation
        let text = sample.with("authorization_servers.main.introspection.timeout", "3s").text
        let second = try self.reloader.load(text: text, previous: first).generation
        #expect(second.authorizationServers[0].state.cache === first.authorizationServers[0].state.cache)
    }

    @Test("A server under another name is another server")
    func renamesAreNew() throws {
        let first = try self.reloader.load(text: SampleConfiguration().text).generation
        let renamed = SampleConfiguration().text.replacing(
            "authorization_servers: {main:", with: "authorization_servers: {other:")
        let second = try self.reloader.load(text: renamed, previous: first).generation
        #expect(second.authorizationServers[0].state !== first.authorizationServers[0].state)
    }

    @Test("A file with errors is thrown as its problems; one that cannot be read says so and exits 2")
    func throwsProblems() {
        let path = "/does/not/exist.yaml"
        #expect {
            try self.reloader.load(path)
        } throws: { error in
            guard let problems = error as? ConfigurationProblems else { return false }
            return problems.isUnreadable
                && problems.description
                    == "\(path):1:1: error: the configuration file does not exist (name a file that can be read)"
        }
        #expect(CheckReport(checking: path, environment: [:]).exitCode == 2)
        #expect(CheckReport(checking: "/etc", environment: [:]).exitCode == 2)
    }

    @Test("A thousand routes are read in well under a second, every one of them")
    func readsManyRoutes() throws {
        var text = """
            version: 1
            listeners: [{address: 127.0.0.1:0}]
            upstreams: {u: {url: "http://127.0.0.1:1"}}
            authorization_servers: {s: {strategy: introspect, introspection: {endpoint: "http://127.0.0.1:2/"}}}
            routes:

            """
        for index in 0..<1_000 {
            text += """
                  - name: route.\(index)
                    paths: ["/service\(index)", "/service\(index)/{id}"]
                    methods: [GET, HEAD]
                    scopes: [service\(index):read]
                    upstream: u

                """
        }
        let clock = ContinuousClock()
        let begin = clock.now
        let generation = try self.reloader.load(text: text).generation
        #expect(generation.routes.count == 1_000)
        #expect(clock.now - begin < .seconds(5))
    }
}
