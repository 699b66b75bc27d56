import Foundation
import JOSE
import NIOSSL
import ProxyCore
import Testing

@testable import AuthorizationServerClient

/// Key sets decide whom we believe: over https the server has to be the one that was named.
@Suite("Authorization servers over https (RFC 8414 §6.2, RFC 9110 §4.3.4)")
struct SecureServerTests {
    @Test("A server that cannot show that it is the one is not asked", arguments: ["stranger", "othername", "expired"])
    func refused(certificate: String) async throws {
        try await Self.withServer(certificate) { stub, endpoint in
            do throws(AuthorizationServerError) {
                _ = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
                Issue.record("its keys were believed")
            } catch {
                guard case .unreachable(let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.contains("TLS failed"), "the operator is told why: \(reason)")
            }
            #expect(stub.requests.isEmpty)
        }
    }

    @Test("A certificate that is another server's is called that")
    func otherName() async throws {
        try await Self.withServer("othername") { stub, endpoint in
            await #expect(
                throws: AuthorizationServerError.unreachable(reason: "TLS failed, the certificate is another server's")
            ) {
                _ = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
            }
        }
    }

    @Test("The system's authorities alone are trusted unless others are named")
    func systemAuthorities() async throws {
        try await Self.withServer("good", trusting: .default) { stub, endpoint in
            await #expect(throws: AuthorizationServerError.self) {
                _ = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
            }
            #expect(stub.requests.isEmpty)
        }
    }

    @Test("RFC 8996: TLS 1.0 and 1.1 are no protection", arguments: [TLSVersion.tlsv1, .tlsv11])
    func oldVersions(version: TLSVersion) async throws {
        try await Self.withServer("good", speaking: version) { stub, endpoint in
            await #expect(throws: AuthorizationServerError.self) {
                _ = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
            }
            #expect(stub.requests.isEmpty)
        }
    }

    @Test("A server with a trusted certificate in its own name is believed", arguments: [TLSVersion.tlsv12, .tlsv13])
    func fetched(version: TLSVersion) async throws {
        try await Self.withServer("good", speaking: version) { stub, endpoint in
            let set = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
            #expect(set.keys.map(\.keyIdentifier) == [KeyIdentifier("first")])
            #expect(stub.requests.map(\.target) == ["/keys"])
        }
    }

    @Test("Bytes behind an answer are not the next question's failure")
    func leftovers() async throws {
        try await Self.withServer("good") { stub, endpoint in
            let length = KeySets.first.utf8.count
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n\(KeySets.first)"
            stub.react { [stub] _ in .unfinished(stub.requests.count == 1 ? answer + "HTTP/1.1 200" : answer) }
            for _ in 1...2 {
                let set = try await endpoint.keys(at: stub.origin + "/keys", within: .seconds(60))
                #expect(set.keys.map(\.keyIdentifier) == [KeyIdentifier("first")])
            }
            #expect(stub.requests.count == 2)
        }
    }

    // MARK: Scenery

    private static func withServer(
        _ certificate: String, speaking version: TLSVersion? = nil, trusting roots: NIOSSLTrustRoots? = nil,
        _ body: (StubAuthorizationServer, KeySetEndpoint) async throws -> Void
    ) async throws {
        let folder = try Certificates.made.get()
        func path(_ name: String) -> String { folder.appending(path: name).path }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(path("\(certificate).pem")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: path("\(certificate).key"), format: .pem)))
        if let version { (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (version, version) }
        let context = try NIOSSLContext(configuration: configuration)
        let stub = StubAuthorizationServer { _ in .json(KeySets.first) }
        try await stub.start(tls: context)
        let connections = AuthorizationServerConnections(trusting: roots ?? .file(path("ca.pem")))
        do {
            try await body(stub, KeySetEndpoint(connections: connections, policy: KeyPolicy()))
        } catch {
            await connections.shutdown()
            await stub.stop()
            throw error
        }
        await connections.shutdown()
        await stub.stop()
    }
}

/// Made once for all tests.
private enum Certificates {
    struct Unavailable: Error, CustomStringConvertible {
        let description = "TLS tests need python3 with the packages of Tests/Vectors/requirements.txt."
    }

    static let made = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bearergate-tls-\(UUID().uuidString)")
        let generator = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/tls/make_certificates.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", generator.path, folder.path]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Unavailable() }
        return folder
    }
}
