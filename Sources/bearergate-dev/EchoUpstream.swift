import Foundation
import HTTPPersistence
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import OAuthModel
import ServiceLifecycle

/// A service to stand behind the proxy: it answers every request with JSON of what it received.
struct EchoUpstream: Sendable {
    /// The port that was bound.
    let port: Int
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Starts it and returns once it accepts connections; port 0 takes a free one.
    ///
    /// Cancelled before that, it throws `CancellationError`, and nothing is left running.
    static func start(host: String = "127.0.0.1", port: Int) async throws -> EchoUpstream {
        let (bound, announce) = AsyncThrowingStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { request, _ in try await Self.respond(to: request) }
                as CallbackResponder<
                    BasicRequestContext
                >,
            server: HTTPServerBuilder { responder in EchoChannel(http: HTTP1Channel(responder: responder)) },
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
            for try await port in bound where !Task.isCancelled {
                return EchoUpstream(port: port, group: group, task: task)
            }
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw DemoProblem("the echo upstream cannot listen on \(host):\(port): \(reason)")
        }
        // The caller was cancelled while it waited.
        await group.triggerGracefulShutdown()
        _ = await task.result
        throw CancellationError()
    }

    func stop() async {
        await self.group.triggerGracefulShutdown()
        _ = await self.task.result
    }

    /// The echo, and of that no more than the head for HEAD (RFC 9110 §9.3.2).
    private static func respond(to request: Request) async throws -> Response {
        let response = try await Self.echo(request)
        return request.method == .head ? response.createHeadResponse() : response
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

/// A connection as Hummingbird serves it, with `EchoConnection` behind the decoder.
private struct EchoChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let http: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        self.http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(EchoConnection(), position: .after(decoder))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await self.http.handle(value: value, logger: logger) }
}

/// One connection, right behind the decoder: it ends behind the answer to its client's last request.
///
/// Hummingbird would end it for one spelling of `Connection: close`; what came stays as it came here, to be echoed.
///
/// Confined to its channel's loop.
private final class EchoConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var persistence = ConnectionPersistence()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.persistence.isOver else { return }
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            _ = self.persistence.head(
                keepsAlive: head.isKeepAlive, isHTTP10: head.version == .http1_0,
                mayLeaveHTTP: head.method == .CONNECT || head.headers.contains(name: "Upgrade"))
        case .body: break
        case .end: self.persistence.end()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isLast = self.persistence.isAnsweringLast
        switch self.unwrapOutboundIn(data) {
        case .head(var head) where isLast:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(self.wrapOutboundOut(.head(head)), promise: promise)
        case .end where isLast:
            self.persistence.answered()
            context.writeAndFlush(data, promise: promise)
            // Half of it: a client that still sends its body would be reset before it has read the answer.
            context.close(mode: .output, promise: nil)
        case .head, .body:
            context.write(data, promise: promise)
        case .end:
            self.persistence.answered()
            context.write(data, promise: promise)
        }
    }
}
