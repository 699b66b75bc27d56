import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OAuthModel
import ServiceLifecycle

/// A service to stand behind the proxy: it answers every request with JSON of what it received.
struct EchoUpstream: Sendable {
    /// The port that was bound.
    let port: Int
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Starts it and returns once it accepts connections; port 0 takes a free one.
    static func start(host: String = "127.0.0.1", port: Int) async throws -> EchoUpstream {
        let (bound, announce) = AsyncThrowingStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { request, _ in try await Self.echo(request) }
                as CallbackResponder<
                    BasicRequestContext
                >,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { announce.yield($0.localAddress?.port ?? port) }, logger: Self.logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: application)], logger: Self.logger))
        let task = Task {
            do {
                try await group.run()
                announce.finish()
            } catch {
                announce.finish(throwing: error)
                throw error
            }
        }
        do {
            for try await port in bound { return EchoUpstream(port: port, group: group, task: task) }
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw DemoProblem("the echo upstream cannot listen on \(host):\(port): \(reason)")
        }
        throw DemoProblem("the echo upstream stopped at once")
    }

    func stop() async {
        await self.group.triggerGracefulShutdown()
        _ = await self.task.result
    }

    /// Method, path with query, every field in the order and spelling it came in, and the body as text.
    private static func echo(_ request: Request) async throws -> Response {
        guard let body = try? await request.body.collect(upTo: Self.bodyBytesMax) else {
            return Response(status: .contentTooLarge)
        }
        let echo: JSONObject = [
            "method": .string(request.method.rawValue), "path": .string(request.head.path ?? ""),
            "host": .string(request.head.authority ?? ""),
            "fields": .array(
                request.headers.map { ["name": .string($0.name.rawName), "value": .string($0.value)] }),
            "body": .string(String(decoding: body.readableBytesView, as: UTF8.self)),
        ]
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONWriter.write(echo) + [UInt8(ascii: "\n")])))
    }

    /// A body is echoed from memory, so a demo's worth of it.
    private static let bodyBytesMax = 1 << 20

    private static let logger: Logger = {
        var logger = Logger(label: "echo-upstream")
        logger.logLevel = .critical
        return logger
    }()
}
