import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOSSL
import ProxyCore

/// The connections over which authorization servers are asked: kept alive, TLS where the address says so, no redirects,
/// no proxy from the environment, no compression.
///
/// One for the process. `shutdown` must be called before it is let go.
package final class AuthorizationServerConnections: Sendable {
    /// One question.
    ///
    /// Its fields and body may hold secrets: it is never printed.
    struct Question: Sendable {
        var url: String
        var fields: [(name: String, value: String)] = []
        /// A POST when there is one, else a GET.
        var body: [UInt8]?
    }

    struct Answer: Sendable {
        var status: Int
        var contentType: [UInt8]?
        var retryAfter: [UInt8]?
        var body: [UInt8]
    }

    private let client: HTTPClient

    /// Connections of their own, none of them open yet.
    ///
    /// - Parameters:
    ///   - connectionsPerServerMax: no less than any `introspection.concurrency`, whose range it is by default: the
    ///     guard counts calls already, and a second queue behind it would hide their waits.
    ///   - roots: who may vouch for a server's name over https: the system's authorities, unless a test has its own.
    package init(connectionsPerServerMax: Int = 65_536, trusting roots: NIOSSLTrustRoots = .default) {
        var configuration = HTTPClient.Configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = roots
        configuration.tlsConfiguration = tls
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        configuration.proxy = nil
        configuration.tracing.tracer = nil
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: Self.connectTimeout)
        configuration.connectionPool.idleTimeout = Self.idleTimeout
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerServerMax
        configuration.http1_1ConnectionDebugInitializer = { ResponseHeadCheck.install(in: $0) }
        // Whether to try again is decided where the deadline is known.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Cuts what is under way and closes all connections.
    package func shutdown() async {
        // The only failure is a second call.
        try? await self.client.shutdown()
    }

    /// Puts one question; the deadline covers connecting, the head and the whole body.
    func ask(
        _ question: Question, bytesMax: Int, within limit: Nanoseconds
    ) async throws(AuthorizationServerError) -> Answer {
        do {
            return try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask { try await self.exchange(question, bytesMax: bytesMax) }
                group.addTask {
                    try await Task.sleep(for: .nanoseconds(Int64(clamping: limit)))
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let answer = first else {
                    throw AuthorizationServerError.timedOut
                }
                return answer
            }
        } catch {
            throw Self.problem(error)
        }
    }

    private func exchange(_ question: Question, bytesMax: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: question.url)
        for (name, value) in question.fields { request.headers.add(name: name, value: value) }
        if let body = question.body {
            request.method = .POST
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        // The deadline is the caller's: this one ends with the head and is only a backstop.
        let response = try await self.client.execute(request, deadline: .now() + Self.headTimeout)
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > bytesMax {
            throw AuthorizationServerError.answerTooLong(bytesMax: bytesMax)
        }
        var body: [UInt8] = []
        for try await part in response.body {
            guard part.readableBytes <= bytesMax - body.count else {
                throw AuthorizationServerError.answerTooLong(bytesMax: bytesMax)
            }
            body.append(contentsOf: part.readableBytesView)
        }
        // A cancelled iteration may end like a whole body.
        try Task.checkCancellation()
        return Answer(
            status: Int(response.status.code),
            contentType: response.headers.first(name: "content-type").map { [UInt8]($0.utf8) },
            retryAfter: response.headers.first(name: "retry-after").map { [UInt8]($0.utf8) },
            body: body)
    }

    /// What the network said, without what may quote the request.
    private static func problem(_ error: any Error) -> AuthorizationServerError {
        switch error {
        case let error as AuthorizationServerError: error
        case is CancellationError: .cancelled
        case let error as HTTPParserError where error == .invalidEOFState:
            .unreachable(reason: "the connection ended within the answer")
        case is HTTPParserError: .answerMalformed
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout: .timedOut
        case let error as HTTPClientError where error == .cancelled || error == .alreadyShutdown: .cancelled
        // Of a name, and of a literal address.
        case is NIOConnectionError: .notConnected(reason: Self.reason("\(error)"))
        case let error as IOError where !Self.endsConnections.contains(error.errnoCode):
            .notConnected(reason: Self.reason("\(error)"))
        // The long description may quote header fields.
        case let error as HTTPClientError: .unreachable(reason: error.shortDescription)
        default: .unreachable(reason: Self.reason("\(error)"))
        }
    }

    /// What an operator can act on: of a TLS failure its name, without the place in the library's source.
    static func reason(_ text: String) -> String {
        // The library's own words name no host that is an address.
        if text.contains("failedToValidateHostname") { return "TLS failed, the certificate is another server's" }
        guard let mark = text.firstRange(of: "OPENSSL_internal:") else {
            return String(text.prefix(self.reasonCharactersMax))
        }
        let name = text[mark.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return "TLS failed, \(name)"
    }

    /// What befalls a connection that had come about: Linux's EPIPE, ECONNRESET and ETIMEDOUT.
    private static let endsConnections: Set<CInt> = [32, 104, 110]
    /// As long as a name lookup, a handshake and a lost packet may take; deadlines are mostly shorter.
    private static let connectTimeout = TimeAmount.seconds(5)
    /// Longer than any timeout a configuration would give a question.
    private static let headTimeout = TimeAmount.seconds(60)
    /// We let go before most servers do.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// A certificate problem with its names; a log line stays one.
    private static let reasonCharactersMax = 300
}
