import Foundation
import Glibc
import JOSE
import OAuthModel
import ProxyCore
import Testing

@testable import AuthorizationServerClient

@Suite("Fetching a key set (RFC 7517 §5)") struct KeySetEndpointTests {
    typealias Reaction = StubAuthorizationServer.Reaction

    private func problem(
        _ reaction: Reaction, within limit: Nanoseconds = .seconds(60)
    ) async throws -> AuthorizationServerError? {
        try await withStub({ _ in reaction }) { stub, connections in
            let endpoint = KeySetEndpoint(connections: connections, policy: KeyPolicy())
            do throws(AuthorizationServerError) {
                _ = try await endpoint.keys(at: stub.origin + "/keys", within: limit)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(
        "What is no key set is refused as a whole",
        arguments: [
            (Reaction.answer(200, body: "<html>"), AuthorizationServerError.notAKeySet(.notJSON)),
            (.json("[]"), .notAKeySet(.notAKeySet)),
            (.json(#"{"keys":{}}"#), .notAKeySet(.notAKeySet)),
            (.json(#"{"keys":[],"keys":[]}"#), .notAKeySet(.notJSON)),
            (
                .json(#"{"keys":["# + Array(repeating: "{}", count: 101).joined(separator: ",") + "]}"),
                .notAKeySet(.tooManyKeys)
            ),
            (.answer(500, body: KeySets.first), .refused(status: 500)),
            (.answer(404, body: ""), .refused(status: 404)),
            (.answer(204, body: ""), .refused(status: 204)),
            (.answer(301, fields: [("Location", "/elsewhere")], body: ""), .redirected(status: 301)),
            (.answer(200, fields: [("Content-Encoding", "gzip")], body: KeySets.first), .answerEncoded),
            (.raw("nonsense\r\n\r\n"), .answerMalformed),
            (.endless, .answerTooLong(bytesMax: 524_288)),
            (.json(String(repeating: " ", count: 524_289)), .answerTooLong(bytesMax: 524_288)),
        ])
    func refused(reaction: Reaction, expected: AuthorizationServerError) async throws {
        #expect(try await self.problem(reaction) == expected)
    }

    @Test("A dead connection and a silent server are told apart")
    func unreachable() async throws {
        guard case .unreachable = try await self.problem(.reset) else {
            Issue.record("a reset connection is an unreachable server")
            return
        }
        #expect(try await self.problem(.silence, within: .milliseconds(100)) == .timedOut)
    }

    @Test("A port where nobody listens is refused at once, in the network's words")
    func nobodyListens() async throws {
        let taken = try BoundPort()
        let connections = AuthorizationServerConnections()
        let endpoint = KeySetEndpoint(connections: connections, policy: KeyPolicy())
        var found: AuthorizationServerError?
        do throws(AuthorizationServerError) {
            _ = try await endpoint.keys(at: "http://127.0.0.1:\(taken.number)/keys", within: .seconds(60))
        } catch {
            found = error
        }
        await connections.shutdown()
        withExtendedLifetime(taken) {}
        #expect(found?.description.contains("Connection refused") == true)
    }

    @Test(
        "Of a TLS failure its name is told, of others what they say",
        arguments: [
            (
                "handshakeFailed(sslError([Error: 1 error:1:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at /x.cc:3]))",
                "TLS failed, CERTIFICATE_VERIFY_FAILED"
            ), ("connection reset", "connection reset"),
            (String(repeating: "x", count: 999), String(repeating: "x", count: 300)),
            ("a" + String(repeating: "\u{301}", count: 9_999), "a" + String(repeating: "\u{301}", count: 149)),
        ])
    func reasons(text: String, told: String) {
        #expect(AuthorizationServerConnections.reason(text) == told)
    }

    @Test("RFC 7517 §5: one key with a member twice does not take the others away")
    func duplicateMember() async throws {
        let document = #"{"keys":[{"kty":"EC","kty":"RSA","kid":"bad"},\#(KeySets.key("good"))]}"#
        try await withStub({ _ in .json(document) }) { stub, connections in
            let endpoint = KeySetEndpoint(connections: connections, policy: KeyPolicy())
            let keys = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
            #expect(keys.keys.map(\.keyIdentifier) == [KeyIdentifier("good")])
            #expect(keys.leftOut.map(\.problem) == [.duplicateMember])
        }
    }

    @Test("The deadline covers the body as well as the head")
    func unfinishedBody() async throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"
        #expect(try await self.problem(.unfinished(half), within: .milliseconds(200)) == .timedOut)
    }

    @Test(
        "PB-04: each reader of one key set holds it against its own policy, whoever came first",
        arguments: [[2_048, 3_072], [3_072, 2_048], [2_049, 2_048], [4_096, 2_048]])
    func ownPolicy(bits: [Int]) async throws {
        let key = try OpenSSLPrivateKey(generating: .rsa(bits: 2_048))
        let published = JWSSigner(key: key, algorithm: .rs256, keyIdentifier: KeyIdentifier("k")).publicJWK
        let document = String(decoding: JSONWriter.write(.object(["keys": [.object(published)]])), as: UTF8.self)
        try await withStub({ _ in .json(document) }) { stub, connections in
            for least in bits + bits {
                let endpoint = KeySetEndpoint(connections: connections, policy: KeyPolicy(minRSABits: least))
                let keys = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
                #expect(keys.keys.count == (least > 2_048 ? 0 : 1))
            }
        }
    }

    @Test("A set is fetched with GET, without credentials and without anything of ours (PB-68)")
    func question() async throws {
        try await withStub({ _ in .json(KeySets.first) }) { stub, connections in
            let endpoint = KeySetEndpoint(connections: connections, policy: KeyPolicy())
            let keys = try await endpoint.keys(at: stub.origin + "/keys?v=1", within: .seconds(60))
            #expect(keys.keys.map(\.keyIdentifier) == [KeyIdentifier("first")])
            let request = try #require(stub.requests.first)
            #expect(request.method == "GET")
            #expect(request.target == "/keys?v=1")
            #expect(request.body.isEmpty)
            #expect(Set(request.fields.map(\.name)) == ["host", "accept"])
        }
    }

    @Test(
        "A message says what is wrong and never an address",
        arguments: [
            AuthorizationServerError.unreachable(reason: "reset"), .notConnected(reason: "refused"), .timedOut,
            .cancelled,
            .answerTooLong(bytesMax: 1), .answerMalformed, .redirected(status: 301), .refused(status: 500),
            .notAKeySet(.notJSON), .fileUnreadable, .issuerNotConfigured, .metadata(.issuerDiffers),
            .endpointMissing(.jwksURI), .endpointMalformed(.introspectionEndpoint), .endpointPlaintext(.jwksURI),
        ])
    func messages(error: AuthorizationServerError) {
        #expect(!error.description.contains("://"))
        #expect(AuthorizationServerError.labels.contains { "\($0)" == "\(error.label)" })
    }
}

@Suite("A key set in a file") struct KeySetFileTests {
    private func problem(_ path: String) -> AuthorizationServerError? {
        do throws(AuthorizationServerError) {
            _ = try KeySetFile(path: path, policy: KeyPolicy()).keys()
            return nil
        } catch {
            return error
        }
    }

    @Test("What is no regular file is not read", arguments: ["/dev/zero", "/proc/self", "/nowhere/keys.json"])
    func refused(path: String) {
        #expect(self.problem(path) == .fileUnreadable)
    }

    @Test("A file is read through links, anew each time, and capped")
    func read() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let target = folder.appending(path: "v1.json")
        let link = folder.appending(path: "keys.json")
        try Data(KeySets.first.utf8).write(to: target)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
        let file = KeySetFile(path: link.path, policy: KeyPolicy())
        #expect(try file.keys().keys.map(\.keyIdentifier) == [KeyIdentifier("first")])
        try Data(KeySets.rotated.utf8).write(to: target)
        #expect(try file.keys().keys.map(\.keyIdentifier) == [KeyIdentifier("second")])
        try Data("{".utf8).write(to: target)
        #expect(self.problem(link.path) == .notAKeySet(.notJSON))
        try Data(repeating: 0x20, count: 524_289).write(to: target)
        #expect(self.problem(link.path) == .answerTooLong(bytesMax: 524_288))
    }
}

/// A port that is ours, so that nobody else can come to listen there, and where we do not listen either.
final class BoundPort: Sendable {
    let number: UInt16
    private let descriptor: Int32

    init() throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var count = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, count) != 0 || getsockname(descriptor, generic, &count) != 0
            }
        }
        try #require(!failed)
        self.number = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(self.descriptor) }
}
