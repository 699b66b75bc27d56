import Foundation
import JOSE
import OAuthModel
import TestSupport
import Testing

/// Every token and every whole request of the attack corpus over TCP, made anew with fresh keys.
@Suite("JWT attacks over TCP")
struct TokenAttackTests {
    /// 431: longer than any field may be.
    private static let refusals = [400, 401, 403, 431]

    @Test("every token leads to the answer it must have, first and remembered, and only good ones reach the upstream")
    func tokens() throws {
        let corpus = try AttackCorpus.made.get()
        try corpus.withProxy { proxy throws in
            var wanted = 0
            let client = Reconnecting(proxy)
            let rows = try #require(try corpus.json("tokens.json").arrayValue)
            #expect(rows.count == 287)
            for row in rows {
                let name = "\(row["id"].stringValue ?? "") \(row["name"].stringValue ?? "")"
                let token = row["token"].stringValue ?? ""
                // White space around a field's value is none of the value (RFC 9110 §5.5).
                let isTrimmed = token.hasSuffix(" ") || token.hasPrefix(" ")
                let expected = isTrimmed ? "either" : row["expected"].stringValue
                for time in ["first", "again"] {
                    let status = try client.status(of: request("GET", "/api/x", token: token))
                    if status == 200 { wanted += 1 }
                    switch expected {
                    case "accept": #expect(status == 200, "\(name), \(time)")
                    case "reject": #expect(Self.refusals.contains(status), "\(name), \(time)")
                    default: #expect(status == 200 || Self.refusals.contains(status), "\(name), \(time)")
                    }
                }
            }
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.count == wanted)
            #expect(proxy.upstream.requests.allSatisfy { $0.value("authorization") == nil })
        }
    }

    @Test("every request with its token in an odd place or way leads to one of its answers")
    func requests() throws {
        let corpus = try AttackCorpus.made.get()
        try corpus.withProxy { proxy throws in
            var passed = 0
            let client = Reconnecting(proxy)
            let rows = try #require(try corpus.json("requests.json").arrayValue)
            #expect(rows.count == 24)
            for row in rows {
                let raw = try #require(Data(base64Encoded: row["raw_b64"].stringValue ?? ""))
                let status = try client.status(of: [UInt8](raw))
                if status == 200 { passed += 1 }
                let answers = (row["expected"].stringValue ?? "").split(separator: "|").map { $0.prefix(3) }
                #expect(
                    answers.contains("\(status)"), "\(row["id"].stringValue ?? "") \(row["name"].stringValue ?? "")")
            }
            try proxy.stopProxy()
            #expect(proxy.upstream.requests.count == passed)
        }
    }
}

/// One connection after the other: a refusal of framing ends one.
private final class Reconnecting {
    private let proxy: ProxyUnderTest
    private var connection: RawHTTPConnection?

    init(_ proxy: ProxyUnderTest) { self.proxy = proxy }

    func status(of text: String) throws -> Int { try self.status(of: Array(text.utf8)) }

    func status(of bytes: [UInt8]) throws -> Int {
        let connection = try self.connection ?? self.proxy.connect()
        connection.send(bytes)
        let response = try #require(try connection.readFinalResponse())
        self.connection = response.isClosing ? nil : connection
        if response.isClosing { connection.close() }
        return response.status
    }
}

/// Made by the independent signer in `Vectors/jwt`, once for all tests.
private struct AttackCorpus: Sendable {
    let folder: URL

    static let made = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bearergate-attacks-\(UUID().uuidString)")
        let generator = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/jwt/make_attacks.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", generator.path, "make", "--out", folder.path]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Unavailable() }
        return AttackCorpus(folder: folder)
    }

    struct Unavailable: Error, CustomStringConvertible {
        let description = "The JWT attacks need python3 with the packages of Tests/Vectors/requirements.txt."
    }

    func json(_ name: String) throws -> JSONValue {
        try JSONReader.read(self.bytes(name), limits: JSONLimits(depth: 32, bytes: 4 << 20))
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: self.folder.appending(path: name)))
    }

    /// A proxy that trusts the corpus's keys, configured as its description says.
    func withProxy(_ body: (ProxyUnderTest) throws -> Void) throws {
        let settings = try self.json("settings.json")
        let configuration = """
            version: 1
            listeners: [{address: "127.0.0.1:0"}]
            limits: {head: 256KiB, field: 128KiB, token: 32KiB}
            authorization_servers:
              stub:
                issuer: "\(settings["issuer"].stringValue ?? "")"
                strategy: verify
                jwt:
                  jwks_file: "\(self.folder.appending(path: "jwks.json").path)"
                  algorithms: [\(settings["allowed_algs"].words.joined(separator: ", "))]
                  audiences: ["\(settings["audience"].stringValue ?? "")"]
                  leeway: \(settings["leeway_s"].int ?? 0)s
            upstreams: {main: {url: "{upstream}"}}
            routes:
              - {name: api, paths: ["/api/**"], scopes: [read], upstream: main}
            """
        let keys = try JSONWebKeySet.read(try self.bytes("jwks.json"), policy: KeyPolicy())
        let proxy = try ProxyUnderTest(configuration, keys: keys)
        defer { proxy.stop() }
        try body(proxy)
    }
}
