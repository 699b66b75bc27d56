import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OAuthModel
import ServiceLifecycle
import Synchronization

/// A client's own server: it answers as it is told, and remembers what it was sent.
final class ClientSite: Sendable {
    struct Visit: Sendable {
        var method: String
        var path: String
        var type: String
        var body: [UInt8]
        var form: [String: String] {
            let parameters = (try? FormURLEncoded(parsing: self.body))?.parameters ?? []
            return Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
        }
    }

    enum Answer: Sendable {
        case status(Int, [(String, String)] = [], body: [UInt8] = [])
        /// The head comes, and no body until the site is closed.
        case unfinished
    }

    private struct State {
        var visits: [Visit] = []
        var answer: Answer
        var silences: [AsyncStream<ByteBuffer>.Continuation] = []
    }

    private let state: Mutex<State>
    private let port = Mutex(0)

    private init(_ answer: Answer) { self.state = Mutex(State(answer: answer)) }

    var origin: String { "http://127.0.0.1:\(self.port.withLock { $0 })" }
    var visits: [Visit] { self.state.withLock { $0.visits } }
    func answer(_ answer: Answer) { self.state.withLock { $0.answer = answer } }

    /// Runs one for as long as the body runs.
    static func with<Value>(_ answer: Answer, _ body: (ClientSite) async throws -> Value) async throws -> Value {
        let site = ClientSite(answer)
        let (bound, announce) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { request, _ in try await site.respond(to: request) }
                as CallbackResponder<BasicRequestContext>,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { announce.yield($0.localAddress?.port ?? 0) }, logger: Self.logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: application)], logger: Self.logger))
        let task = Task {
            defer { announce.finish() }
            try await group.run()
        }
        for await port in bound {
            site.port.withLock { $0 = port }
            break
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(site)) } catch { result = .failure(error) }
        site.state.withLock { state in state.silences.forEach { $0.finish() } }
        await group.triggerGracefulShutdown()
        _ = await task.result
        return try result.get()
    }

    private func respond(to request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let visit = Visit(
            method: request.method.rawValue, path: request.head.path ?? "",
            type: request.headers[.contentType] ?? "", body: Array(body.readableBytesView))
        let answer = self.state.withLock { state in
            state.visits.append(visit)
            return state.answer
        }
        switch answer {
        case .status(let code, let fields, let body):
            var headers = HTTPFields()
            for (name, value) in fields {
                if let name = HTTPField.Name(name) { headers[name] = value }
            }
            return Response(
                status: .init(code: code), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
        case .unfinished:
            let (silence, end) = AsyncStream.makeStream(of: ByteBuffer.self)
            self.state.withLock { $0.silences.append(end) }
            return Response(status: .ok, body: .init(asyncSequence: silence))
        }
    }

    private static let logger: Logger = {
        var logger = Logger(label: "client-site")
        logger.logLevel = .critical
        return logger
    }()
}
