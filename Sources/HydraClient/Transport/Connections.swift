import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// The connections of one client: kept alive, TLS where the address says so, no redirects, no proxy from the environment.
///
/// Closed with the last copy of the client, if nobody shut it down before.
final class Connections: Sendable {
    private let client: HTTPClient

    init(adjust: (inout HTTPClient.Configuration) -> Void) {
        var configuration = HTTPClient.Configuration()
        configuration.tracing.tracer = nil
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: Self.connectTimeout)
        configuration.connectionPool.idleTimeout = Self.idleTimeout
        adjust(&configuration)
        // Whoever answers a redirect would get what is meant for Hydra.
        configuration.redirectConfiguration = .disallow
        // The head check below is made for this version.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { ResponseHeadCheck.install(in: $0) }
        // Whether to try again is decided where it is known what was asked.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        let client = self.client
        Task { try? await client.shutdown() }
    }

    /// Cuts what is under way and closes all connections.
    func shutdown() async {
        // The only failure is a second call.
        try? await self.client.shutdown()
    }

    /// Sends one request; the limit covers connecting, the head and the whole body.
    func send(
        _ call: Call, to url: String, bytesMax: Int, within limit: Duration
    ) async throws(HydraClientError) -> Answer {
        do {
            return try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask { try await self.exchange(call, url: url, bytesMax: bytesMax) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let answer = first else { throw Cut.late }
                return answer
            }
        } catch {
            throw Self.problem(error, with: call, bytesMax: bytesMax)
        }
    }

    private enum Cut: Error { case late, tooLong }

    private func exchange(_ call: Call, url: String, bytesMax: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        for (name, value) in call.fields { request.headers.add(name: name, value: value) }
        if let body = call.body { request.body = .bytes(ByteBuffer(bytes: body)) }
        // The caller's limit is the one that counts; this one ends with the head.
        let response = try await self.client.execute(request, deadline: .now() + Self.headTimeout)
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > bytesMax {
            throw Cut.tooLong
        }
        var body: [UInt8] = []
        for try await part in response.body {
            guard part.readableBytes <= bytesMax - body.count else { throw Cut.tooLong }
            body.append(contentsOf: part.readableBytesView)
        }
        // A cancelled iteration may end like a whole body.
        try Task.checkCancellation()
        return Answer(status: Int(response.status.code), headers: response.headers, body: body)
    }

    /// What the network said, without what may quote the request.
    private static func problem(_ error: any Error, with call: Call, bytesMax: Int) -> HydraClientError {
        func transport(_ code: HydraClientError.Code, _ message: String) -> HydraClientError {
            HydraClientError(.transport, code, operation: call.operation, message: message)
        }
        return switch error {
        case let error as HydraClientError: error
        case Cut.late: transport(.timedOut, "no answer came in time")
        case Cut.tooLong: transport(.responseTooLarge, "the answer is longer than \(bytesMax) bytes")
        case is CancellationError: transport(.cancelled, "the call was given up")
        case let error as HTTPParserError where error == .invalidEOFState:
            transport(.unreachable, "the connection ended within the answer")
        case is HTTPParserError: transport(.malformedResponse, "the answer is not HTTP")
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout:
            transport(.timedOut, "no answer came in time")
        case let error as HTTPClientError where error == .cancelled || error == .alreadyShutdown:
            transport(.cancelled, "the call was given up")
        // The long description may quote header fields.
        case let error as HTTPClientError: transport(.unreachable, error.shortDescription)
        default: transport(.unreachable, String("\(error)".prefix(Self.reasonCharactersMax)))
        }
    }

    /// As long as a name lookup, a handshake and a lost packet may take.
    private static let connectTimeout = TimeAmount.seconds(5)
    /// Longer than anybody waits for a token.
    private static let headTimeout = TimeAmount.hours(1)
    /// We let go before most servers do.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// A certificate problem with its names; a log line stays one.
    private static let reasonCharactersMax = 300
}
