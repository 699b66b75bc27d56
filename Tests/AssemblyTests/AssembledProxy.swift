import Assembly
import Foundation
import Glibc
import TestSupport
import Testing

/// The whole proxy as a process runs it, from a configuration file, with stubs behind it.
struct AssembledProxy: Sendable {
    let running: RunningProxy
    let upstream: StubUpstream
    let folder: ScratchFolder
    /// What it says of itself.
    let log: Monitor<[String]>

    var address: TestAddress {
        let text = self.running.addresses[0]
        if text.hasPrefix("unix:") { return .unix(path: String(text.dropFirst("unix:".count))) }
        return .port(text.split(separator: ":").last.flatMap { UInt16($0) } ?? 0)
    }

    var configurationPath: String { self.folder.path + "/bearergate.yaml" }

    /// Puts something else into the configuration file where this stands.
    func rewrite(_ text: String, as other: String) throws {
        let lines = TextFile.lines(of: self.configurationPath).map { $0.replacing(text, with: other) }
        try TextFile.write(lines.joined(separator: "\n") + "\n", to: self.configurationPath)
    }

    /// Puts a pipe where the configuration file was: who reads it waits until the pipe is closed here.
    func makePipeOfConfiguration() throws -> (FileHandle, descriptor: Int32) {
        try #require(unlink(self.configurationPath) == 0 && mkfifo(self.configurationPath, 0o600) == 0)
        let descriptor = open(self.configurationPath, O_RDWR)
        try #require(descriptor >= 0)
        return (FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), descriptor)
    }

    /// What a client does, on a thread of its own: the proxy's cold side needs the ones that tests run on.
    func client<Result: Sendable>(
        _ body: @escaping @Sendable (RawHTTPConnection) throws -> Result
    ) async throws -> Result {
        let address = self.address
        return try await withCheckedThrowingContinuation { continuation in
            TestThread.start {
                do {
                    let connection = try RawHTTPConnection(to: address)
                    defer { connection.close() }
                    continuation.resume(returning: try body(connection))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// The status of one request on a connection of its own.
    func status(of request: String) async throws -> Int? {
        try await self.client { client in
            client.send(request)
            return try client.readResponse()?.status
        }
    }
}

/// Runs the proxy for the length of `body`; what it started is stopped, whether `body` did or not.
func withAssembledProxy(
    upstream: StubUpstream? = nil,
    _ change: (inout StandardConfiguration, ScratchFolder) -> Void,
    _ body: (AssembledProxy) async throws -> Void
) async throws {
    let folder = try ScratchFolder()
    let upstream = try upstream ?? StubUpstream()
    let server = try StubAuthorizationServer(StandardConfiguration.tokens)
    defer {
        upstream.stop()
        server.stop()
    }
    var configuration = StandardConfiguration {
        $0.upstreamURL = upstream.address.url
        $0.authorizationServerURL = server.address.urlBeforePath
        // Its usual port is the same for everybody.
        $0.top = ["admin: {address: \"unix:\(folder.file("admin.sock"))\"}"]
    }
    change(&configuration, folder)
    if !configuration.top.contains(where: { $0.hasPrefix("log:") }) {
        configuration.top.append("log: {access: \"off\"}")
    }
    let path = folder.file("bearergate.yaml")
    try TextFile.write(configuration.text, to: path)
    let log = Monitor<[String]>([])
    let running = try await RunningProxy.start(
        configuration: path,
        options: RunningProxy.Options(environment: [:], raisesDescriptorLimit: false) { line in
            log.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        })
    do {
        try await body(AssembledProxy(running: running, upstream: upstream, folder: folder, log: log))
    } catch {
        await running.stop()
        throw error
    }
    await running.stop()
}
