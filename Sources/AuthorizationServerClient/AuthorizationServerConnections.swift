import AsyncHTTPClient
import BoundedHTTPClient
import NIOCore
import NIOHTTP1
package import NIOSSL
import OAuthModel
import ProxyCore
import Synchronization

/// The connections over which authorization servers are asked: kept alive, TLS where the address says so, no redirects,
/// no proxy from the environment, no compression.
///
/// One for the process. Each server has a client and a loop of its own, so that one whose name or whose connections hang
/// holds up nobody else. `shutdown` must be called before it is let go.
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
        /// The values of all such fields.
        var contentTypes: [[UInt8]]
        var contentEncodings: [[UInt8]]
        var retryAfter: [UInt8]?
        var body: [UInt8]
    }

    /// Where to, and how long a connection may take to come about: whoever asks while one is made waits for that one.
    private struct Destination: Hashable {
        let authority: String
        let connectTimeout: Nanoseconds
    }

    private struct Clients {
        var byDestination: [Destination: BoundedHTTPClient] = [:]
        var isShutDown = false
    }

    private let clients = Mutex(Clients())
    private let connectionsPerServerMax: Int
    private let roots: NIOSSLTrustRoots

    /// Connections of their own, none of them open yet.
    ///
    /// - Parameters:
    ///   - connectionsPerServerMax: no less than any `introspection.concurrency`, whose range it is by default: the
    ///     guard counts calls already, and a second queue behind it would hide their waits.
    ///   - roots: who may vouch for a server's name over https: the system's authorities, unless a test has its own.
    package init(connectionsPerServerMax: Int = 65_536, trusting roots: NIOSSLTrustRoots = .default) {
        self.connectionsPerServerMax = connectionsPerServerMax
        self.roots = roots
    }

    /// Cuts what is under way and closes all connections.
    package func shutdown() async {
        let open = self.clients.withLock { clients in
            clients.isShutDown = true
            let open = Array(clients.byDestination.values)
            clients.byDestination = [:]
            return open
        }
        for client in open { await client.shutdown() }
    }

    /// Puts one question; the limit covers connecting, the head and the whole body.
    ///
    /// - Parameter connectTimeout: how long a connection may take to come about.
    func ask(
        _ question: Question, bytesMax: Int, within limit: Nanoseconds, connectTimeout: Nanoseconds = connectTimeoutMax
    ) async throws(AuthorizationServerError) -> Answer {
        let destination = Destination(
            authority: Self.authority(of: question.url),
            connectTimeout: min(max(connectTimeout, Self.connectTimeoutMin), Self.connectTimeoutMax))
        guard let client = self.client(for: destination) else { throw .cancelled }
        let request = BoundedHTTPClient.Request(
            question.body == nil ? .GET : .POST, question.url, fields: question.fields, body: question.body)
        let deadline = Deadline(after: limit)
        var staleLeft = Self.staleConnectionsMax
        while true {
            do throws(BoundedHTTPClient.Failure) {
                let response = try await client.send(
                    request, bytesMax: bytesMax, within: .nanoseconds(Int64(clamping: deadline.left)))
                return Answer(
                    status: response.status,
                    contentTypes: response.headers["content-type"].map { [UInt8]($0.utf8) },
                    contentEncodings: response.headers["content-encoding"].map { [UInt8]($0.utf8) },
                    retryAfter: response.headers.first(name: "retry-after").map { [UInt8]($0.utf8) },
                    body: response.body)
            } catch {
                // Questions change nothing, and a connection that had ended is not the server's failure.
                guard error == .stale, staleLeft > 0 else { throw Self.problem(error, bytesMax: bytesMax) }
                staleLeft -= 1
            }
        }
    }

    /// The client that goes there; nil behind `shutdown`.
    private func client(for wanted: Destination) -> BoundedHTTPClient? {
        self.clients.withLock { clients in
            guard !clients.isShutDown else { return nil }
            if let known = clients.byDestination[wanted] { return known }
            let destination = clients.byDestination.count < Self.destinationsMax ? wanted : Self.anywhere
            if let shared = clients.byDestination[destination] { return shared }
            let loop = ServerLoops.loop(of: destination.authority)
            let client = BoundedHTTPClient(headTimeout: Self.headTimeout, on: loop) {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = self.roots
                $0.tlsConfiguration = tls
                $0.timeout.connect = .nanoseconds(Int64(clamping: destination.connectTimeout))
                $0.decompression = .disabled
                $0.proxy = nil
                $0.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = self.connectionsPerServerMax
            }
            clients.byDestination[destination] = client
            return client
        }
    }

    private static func authority(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "" }
        return String(url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" })
    }

    private static func problem(_ failure: BoundedHTTPClient.Failure, bytesMax: Int) -> AuthorizationServerError {
        switch failure {
        case .notConnected(let reason): .notConnected(reason: Self.reason(reason))
        case .connectionFailed(let reason): .unreachable(reason: Self.reason(reason))
        case .cutShort: .unreachable(reason: "the connection ended within the answer")
        case .stale: .unreachable(reason: Self.staleReason)
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        case .responseTooLong: .answerTooLong(bytesMax: bytesMax)
        case .malformed: .answerMalformed
        }
    }

    /// What an operator can act on: of a TLS failure its name, without the place in the library's source.
    static func reason(_ text: String) -> String {
        // The library's own words name no host that is an address.
        if text.contains("failedToValidateHostname") { return "TLS failed, the certificate is another server's" }
        guard let mark = text.firstRange(of: "OPENSSL_internal:") else {
            return text.beginning(octetsMax: self.reasonOctetsMax)
        }
        let name = text[mark.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return "TLS failed, \(name)".beginning(octetsMax: self.reasonOctetsMax)
    }

    /// Longer than any timeout a configuration would give a question.
    private static let headTimeout = TimeAmount.seconds(60)
    /// A first packet that is lost is sent again after a second; with less, the attempt would fail with it.
    private static let connectTimeoutMin: Nanoseconds = .milliseconds(1_500)
    /// As long as a name lookup, a handshake and a lost packet may take.
    static let connectTimeoutMax: Nanoseconds = .seconds(5)
    /// A server that vanishes leaves behind as many as a burst has opened; each is found out once, and within the limit.
    private static let staleConnectionsMax = 256
    private static let staleReason = "the connections that were kept had ended"
    /// Far more than a configuration has servers.
    private static let destinationsMax = 128
    /// Shared by all beyond that.
    private static let anywhere = Destination(authority: "", connectTimeout: connectTimeoutMax)
    /// A certificate problem with its names; a log line stays one.
    private static let reasonOctetsMax = 300
}
