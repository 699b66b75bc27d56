import Foundation
import JOSE
import OAuthModel
import Testing

/// The corpus of hostile and honest tokens in `Vectors/jwt`: made anew on every run, with fresh keys.
@Suite("JWT attack corpus")
struct JWTAttackCorpusTests {
    @Test("every token of the corpus gets the verdict it must get")
    func judgesTheCorpus() throws {
        let corpus = try AttackCorpus.made.get()
        let settings = try Vectors.json(corpus.appending(path: "settings.json"))
        let algorithms = try settings.array("allowed_algs").map {
            try #require(SignatureAlgorithm(name: $0.stringValue ?? ""))
        }
        let profile = JWTProfile(
            issuer: try settings.string("issuer"), audiences: [try settings.string("audience")],
            algorithms: algorithms, leewaySeconds: Int64(try settings.integer("leeway_s")))
        let keys = try JSONWebKeySet.read(
            [UInt8](Data(contentsOf: corpus.appending(path: "jwks.json"))), policy: KeyPolicy(algorithms: algorithms))
        let scope = try settings.string("required_scope")
        let now = NumericDate(seconds: Int64(try settings.integer("now")))
        let tokens = try #require(try Vectors.json(corpus.appending(path: "tokens.json")).arrayValue)
        for row in tokens {
            let token = try row.string("token")
            let verdict: String
            do throws(JWTRejection) {
                let jwt = try JWTValidation.validate(token.utf8.span, keys: keys, profile: profile, now: now)
                // What validation leaves to policy: bound tokens, and the scope that the route asks for.
                verdict = !jwt.hasConfirmation && jwt.scopeTexts.contains(scope) ? "accept" : "reject"
            } catch {
                verdict = "reject"
            }
            let expected = try row.string("expected")
            let name = try "\(row.string("id")) \(row.string("name"))"
            #expect(expected == "either" || verdict == expected, "\(name): wanted \(expected), got \(verdict)")
        }
        let described = try Vectors.json(AttackCorpus.folder.appending(path: "jwt-attacks.json")).array("tokens")
        #expect(try tokens.map { try $0.string("id") } == described.map { try $0.string("id") })
    }

    @Test("of a hostile key set only the good key is used, and loading it does not fail")
    func readsTheHostileKeySet() throws {
        let corpus = try AttackCorpus.made.get()
        let hostile = try #require(try Vectors.json(corpus.appending(path: "jwks-hostile.json"))["jwks"])
        let set = try JSONWebKeySet.read(JSONWriter.write(hostile))
        #expect(set.keys.map(\.keyIdentifier) == [KeyIdentifier("good")])
        let problems = Dictionary(
            set.leftOut.map { ($0.keyIdentifier?.text ?? "#\($0.index)", $0.problem) }, uniquingKeysWith: { a, _ in a })
        #expect(
            problems == [
                "too-small": .modulusTooSmall, "e-is-1": .exponentRefused, "off-curve": .pointRefused,
                "short-x": .coordinateLength, "secret": .symmetricKey, "rs-dup": .ambiguousKeyIdentifier,
                "no-n": .missingMember, "odd-curve": .unknownCurve, "no-kty": .missingMember, "#10": .notAnObject,
                "private-leak": .privateKey, "wrong-alg": .algorithmOfAnotherKind,
            ])
    }

    @Test("the attacker's key set verifies nothing of ours")
    func foreignKeysVerifyNothing() throws {
        let corpus = try AttackCorpus.made.get()
        let keys = try JSONWebKeySet.read([UInt8](Data(contentsOf: corpus.appending(path: "attacker-jwks.json"))))
        let profile = JWTProfile(issuer: "https://as.test", audiences: ["api"])
        let settings = try Vectors.json(corpus.appending(path: "settings.json"))
        let now = NumericDate(seconds: Int64(try settings.integer("now")))
        for row in try #require(try Vectors.json(corpus.appending(path: "tokens.json")).arrayValue)
        where try row.string("id").hasPrefix("C-") {
            let token = try row.string("token")
            #expect(throws: JWTRejection.self, "\(token.prefix(40))") {
                try JWTValidation.validate(token.utf8.span, keys: keys, profile: profile, now: now)
            }
        }
    }

    @Test("the corpus's description is what its generator writes")
    func descriptionIsCurrent() throws {
        try AttackCorpus.run(["describe", "--check"])
    }
}

/// Runs the generator, once for all tests.
enum AttackCorpus {
    static let folder = Vectors.own.appending(path: "jwt")

    static let made = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bearergate-jwt-\(UUID().uuidString)")
        try AttackCorpus.run(["make", "--out", folder.path])
        return folder
    }

    struct Unavailable: Error, CustomStringConvertible { let description: String }

    static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", self.folder.appending(path: "make_attacks.py").path] + arguments
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unavailable(
                description: "The JWT attack corpus needs python3 with the `cryptography` package: "
                    + String(decoding: message.suffix(400), as: UTF8.self))
        }
    }
}
