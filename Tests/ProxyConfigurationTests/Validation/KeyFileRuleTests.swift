import Foundation
import Testing

@testable import ProxyConfiguration

/// A key file that `check` accepts holds a key that tokens can be verified with, by the rules that they will be.
@Suite struct KeyFileRuleTests {
    private static let point = "9UJf6KoRPy2t67EKTkQYmu-D_5GWrHV0If8kBp0-6p8"
    private static let usable = #"{"kty":"OKP","crv":"Ed25519","kid":"good","x":"\#(point)"}"#
    private static let privateKey = #"{"kty":"OKP","crv":"Ed25519","kid":"mine","x":"\#(point)","d":"AAAA"}"#
    private static let symmetric = #"{"kty":"oct","kid":"hmac","k":"AAAA"}"#
    private static let encrypting = #"{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}"#
    private static let rsa = #"{"kty":"RSA","kid":"rsa","n":"AQAB","e":"AQAB"}"#

    /// Problems of a configuration whose key file, named at 10:18, holds these keys.
    private func found(_ keys: [String], algorithms: String = "RS256, PS256, ES256, EdDSA") throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "bearergate-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let document = #"{"keys":[\#(keys.joined(separator: ","))]}"#
        try Data(document.utf8).write(to: folder.appending(path: "keys.json"))
        let text = """
            version: 1
            listeners: [{address: 127.0.0.1:0}]
            upstreams: {u: {url: "http://127.0.0.1:1"}}
            routes: [{name: r, paths: [/], upstream: u}]
            authorization_servers:
              s:
                strategy: verify
                issuer: https://as.example.com
                jwt:
                  jwks_file: keys.json
                  audiences: any
                  algorithms: [\(algorithms)]
            """
        do throws(ConfigurationProblems) {
            let loader = ConfigurationReloader(environment: [:])
            return try loader.load(text: text, file: "f", folder: folder.path).warnings.map(\.description)
        } catch {
            return error.problems.map(\.description)
        }
    }

    private static func line(_ severity: String, _ message: String, _ remedy: String) -> String {
        "f:10:18: \(severity): `authorization_servers.s.jwt.jwks_file`: the key file `keys.json` \(message) (\(remedy))"
    }

    private static func unusable(_ message: String) -> [String] {
        [Self.line("error", message, "write public keys for some of RS256, PS256, ES256, EdDSA")]
    }

    @Test(
        "A set without a usable key is refused, with what was left out and why",
        arguments: [
            ([], "holds no key"),
            ([Self.privateKey], "holds no key that is used; left out are `mine: private_key`"),
            ([Self.symmetric], "holds no key that is used; left out are `hmac: symmetric_key`"),
            (
                [Self.privateKey, Self.encrypting],
                "holds no key that is used; left out are `mine: private_key`, `keys[1]: not_for_signatures`"
            ),
        ] as [([String], String)])
    func refusesUnusableSets(keys: [String], message: String) throws {
        #expect(try self.found(keys) == Self.unusable(message))
    }

    @Test("A key counts only with the configured algorithms", arguments: ["ES256", "ES256, ES384"])
    func refusesKeysOfOtherAlgorithms(algorithms: String) throws {
        let message =
            "holds no key that is used; left out are `rsa: algorithm_not_allowed`, `good: algorithm_not_allowed`"
        #expect(
            try self.found([Self.rsa, Self.usable], algorithms: algorithms)
                == [Self.line("error", message, "write public keys for some of \(algorithms)")])
    }

    @Test("The same key is one that is used with the algorithm that it serves")
    func takesKeysOfTheAlgorithm() throws {
        #expect(try self.found([Self.usable], algorithms: "ES256, EdDSA") == [])
    }

    @Test("Algorithms that nobody can read are their own problem, and none of the keys")
    func blamesNoKeys() throws {
        let found = try self.found([Self.usable], algorithms: "RS255")
        #expect(found.count == 1 && found[0].contains("`RS255` is no algorithm that is served"), "\(found)")
    }

    @Test("More keys than are read are not called no set")
    func refusesLongSets() throws {
        let message = "holds more than 100 keys"
        #expect(
            try self.found(Array(repeating: Self.usable, count: 101))
                == [Self.line("error", message, "leave out those that sign no access tokens")])
    }

    @Test("Beside a usable key each one that is left out is a warning")
    func warnsOfKeysLeftOut() throws {
        let remedy = "mend the key, or take it out of the file"
        #expect(
            try self.found([Self.symmetric, Self.usable, Self.encrypting]) == [
                Self.line("warning", "has a key that is left out: `hmac: symmetric_key`", remedy),
                Self.line("warning", "has a key that is left out: `keys[2]: not_for_signatures`", remedy),
            ])
        #expect(try self.found([Self.usable]) == [])
    }

    @Test("However many are left out, a few are named and the rest counted")
    func boundsWhatIsSaid() throws {
        let many = (0..<90).map { #"{"kty":"oct","kid":"k\#($0)","k":"AAAA"}"# }
        let warnings = try self.found([Self.usable] + many)
        #expect(warnings.count == 9)
        #expect(
            warnings.last
                == Self.line(
                    "warning", "has 82 more keys that are left out", "mend the keys, or take them out of the file"))
        let errors = try self.found(many)
        #expect(errors.count == 1 && errors[0].contains("`k7: symmetric_key` and 82 more ("), "\(errors)")
    }
}
