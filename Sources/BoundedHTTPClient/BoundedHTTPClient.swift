package import AsyncHTTPClient
package import NIOCore
package import NIOHTTP1
import NIOPosix
import NIOSSL

/// HTTP/1.1 for asking servers that are not to be relied on: an answer comes within its time and its size, or not at all.
///
/// Connections are kept alive; no redirect is followed, since whoever answers it would get what is meant for the server
/// that was asked; nothing is tried again here. TLS is 1.2 or later (RFC 8996). `shutdown` must be called before it is let
/// go.
package final class BoundedHTTPClient: Sendable {
    /// One request.
    package struct Request: Sendable {
        package var method: HTTPMethod
        package var url: String
        package var fields: [(name: String, value: String)]
        package var body: [UInt8]?

        package init(
            _ method: HTTPMethod, _ url: String, fields: [(name: String, value: String)], body: [UInt8]?
        ) {
            self.method = method
            self.url = url
            self.fields = fields
            self.body = body
        }
    }

    /// A whole answer.
    package struct Response: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: [UInt8]
    }

    /// What befell a request; a reason is in the words of the network or of TLS, without what may quote the request.
    package enum Failure: Error, Sendable, Hashable {
        /// No connection came about.
        case notConnected(reason: String)
        /// A connection that died or could not be trusted.
        case connectionFailed(reason: String)
        /// The connection ended within the answer.
        case cutShort
        /// A connection that had been kept had ended: the server may not have seen the request (RFC 9112 §9.3.1).
        case stale
        case timedOut
        /// Given up by us.
        case cancelled
        case responseTooLong
        /// Not HTTP.
        case malformed
    }

    private let client: HTTPClient
    private let headTimeout: TimeAmount

    /// Connections of their own, none of them open yet.
    ///
    /// - Parameters:
    ///   - headTimeout: a backstop for requests whose own limit is longer; it ends with the head.
    ///   - loops: where its connections live. Names are looked up one after the other on each of them, so a name that
    ///     hangs holds up the others there.
    ///   - adjust: what is particular to the caller; it cannot change what this type promises.
    package init(
        headTimeout: TimeAmount, on loops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        adjust: (inout HTTPClient.Configuration) -> Void
    ) {
        var configuration = HTTPClient.Configuration()
        configuration.tracing.tracer = nil
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: Self.connectTimeout)
        configuration.connectionPool.idleTimeout = Self.idleTimeout
        adjust(&configuration)
        configuration.redirectConfiguration = .disallow
        var tls = configuration.tlsConfiguration ?? .makeClientConfiguration()
        if tls.minimumTLSVersion != .tlsv13 { tls.minimumTLSVersion = .tlsv12 }
        configuration.tlsConfiguration = tls
        // The checks are made for this version.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { ConnectionChecks.install(in: $0) }
        // Whether to try again is decided where the deadline, and what was asked, are known.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(eventLoopGroupProvider: .shared(loops), configuration: configuration)
        self.headTimeout = headTimeout
    }

    /// Cuts what is under way and closes all connections.
    package func shutdown() async {
        // The only failure is a second call.
        try? await self.client.shutdown()
    }

    /// Sends one request; the limit, of a day at most, covers connecting, the head and the whole body.
    package func send(
        _ request: Request, bytesMax: Int, within limit: Duration
    ) async throws(Failure) -> Response {
        do {
            return try await withThrowingTaskGroup(of: Response?.self) { group in
                group.addTask { try await self.exchange(request, bytesMax: bytesMax) }
                group.addTask {
                    // The time that the answer has; its coming ends the wait.
                    try await Task.sleep(for: min(limit, Self.limitMax))
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let response = first else { throw Failure.timedOut }
                return response
            }
        } catch {
            throw Failure(error)
        }
    }

    private func exchange(_ request: Request, bytesMax: Int) async throws -> Response {
        var message = HTTPClientRequest(url: request.url)
        message.method = request.method
        for (name, value) in request.fields { message.headers.add(name: name, value: value) }
        if let body = request.body { message.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await self.client.execute(message, deadline: .now() + self.headTimeout)
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > bytesMax {
            throw Failure.responseTooLong
        }
        var body: [UInt8] = []
        for try await part in response.body {
            guard part.readableBytes <= bytesMax - body.count else { throw Failure.responseTooLong }
            body.append(contentsOf: part.readableBytesView)
        }
        // A cancelled iteration may end like a whole body.
        try Task.checkCancellation()
        return Response(status: Int(response.status.code), headers: response.headers, body: body)
    }

    /// Longer than any head is waited for; the clock takes no time without end.
    private static let limitMax = Duration.seconds(86_400)
    /// As long as a name lookup, a handshake and a lost packet may take; deadlines are mostly shorter.
    private static let connectTimeout = TimeAmount.seconds(5)
    /// We let go before most servers do.
    private static let idleTimeout = TimeAmount.seconds(30)
}

// Fields and bodies carry tokens, in both directions.
extension BoundedHTTPClient.Request: CustomStringConvertible, CustomReflectable {
    package var description: String { "Request(\(self.method))" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension BoundedHTTPClient.Response: CustomStringConvertible, CustomReflectable {
    package var description: String { "Response(\(self.status), \(self.body.count) bytes)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension BoundedHTTPClient.Failure {
    fileprivate init(_ error: any Error) {
        self =
            switch error {
            case let error as Self: error
            case is CancellationError: .cancelled
            case let error as HTTPParserError where error == .invalidEOFState: .cutShort
            case is HTTPParserError: .malformed
            case is StaleConnection: .stale
            case is EndedConnection: .connectionFailed(reason: "the connection ended before the answer did")
            // Given to a request when it had ended already: what ends later is one of the two above.
            case let error as HTTPClientError where error == .remoteConnectionClosed: .stale
            case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed: .stale
            case let error as HTTPClientError where error == .deadlineExceeded: .timedOut
            case let error as HTTPClientError where error == .connectTimeout:
                .notConnected(reason: "no connection came about in time")
            case let error as HTTPClientError where error == .cancelled || error == .alreadyShutdown: .cancelled
            // Of a name, and of a literal address.
            case is NIOConnectionError: .notConnected(reason: "\(error)")
            case let error as IOError where !Self.endsConnections.contains(error.errnoCode):
                .notConnected(reason: "\(error)")
            // The long description may quote header fields.
            case let error as HTTPClientError: .connectionFailed(reason: error.shortDescription)
            default: .connectionFailed(reason: "\(error)")
            }
    }

    /// What befalls a connection that had come about: Linux's EPIPE, ECONNRESET and ETIMEDOUT.
    private static let endsConnections: Set<CInt> = [32, 104, 110]
}
