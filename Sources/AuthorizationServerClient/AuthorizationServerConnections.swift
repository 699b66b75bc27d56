import AsyncHTTPClient
import BoundedHTTPClient
import NIOCore
import NIOHTTP1
package import NIOSSL
import OAuthModel
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
        /// The values of all such fields.
        var contentTypes: [[UInt8]]
        var contentEncodings: [[UInt8]]
        var retryAfter: [UInt8]?
        var body: [UInt8]
    }

    private let client: BoundedHTTPClient

    /// Connections of their own, none of them open yet.
    ///
    /// - Parameters:
    ///   - connectionsPerServerMax: no less than any `introspection.concurrency`, whose range it is by default: the
    ///     guard counts calls already, and a second queue behind it would hide their waits.
    ///   - roots: who may vouch for a server's name over https: the system's authorities, unless a test has its own.
    package init(connectionsPerServerMax: Int = 65_536, trusting roots: NIOSSLTrustRoots = .default) {
        self.client = BoundedHTTPClient(headTimeout: Self.headTimeout) { configuration in
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = roots
            configuration.tlsConfiguration = tls
            configuration.decompression = .disabled
            configuration.proxy = nil
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerServerMax
        }
    }

    /// Cuts what is under way and closes all connections.
    package func shutdown() async { await self.client.shutdown() }

    /// Puts one question; the deadline covers connecting, the head and the whole body.
    func ask(
        _ question: Question, bytesMax: Int, within limit: Nanoseconds
    ) async throws(AuthorizationServerError) -> Answer {
        let request = BoundedHTTPClient.Request(
            question.body == nil ? .GET : .POST, question.url, fields: question.fields, body: question.body)
        do throws(BoundedHTTPClient.Failure) {
            let response = try await self.client.send(
                request, bytesMax: bytesMax, within: .nanoseconds(Int64(clamping: limit)))
            return Answer(
                status: response.status,
                contentTypes: response.headers["content-type"].map { [UInt8]($0.utf8) },
                contentEncodings: response.headers["content-encoding"].map { [UInt8]($0.utf8) },
                retryAfter: response.headers.first(name: "retry-after").map { [UInt8]($0.utf8) },
                body: response.body)
        } catch {
            throw Self.problem(error, bytesMax: bytesMax)
        }
    }

    private static func problem(_ failure: BoundedHTTPClient.Failure, bytesMax: Int) -> AuthorizationServerError {
        switch failure {
        case .notConnected(let reason): .notConnected(reason: Self.reason(reason))
        case .connectionFailed(let reason): .unreachable(reason: Self.reason(reason))
        case .cutShort: .unreachable(reason: "the connection ended within the answer")
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
    /// A certificate problem with its names; a log line stays one.
    private static let reasonOctetsMax = 300
}
