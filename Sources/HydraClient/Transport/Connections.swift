import AsyncHTTPClient
import BoundedHTTPClient
import NIOCore
import NIOHTTP1
import OAuthModel

/// The connections of one client.
///
/// Closed with the last copy of the client, if nobody shut it down before.
final class Connections: Sendable {
    private let client: BoundedHTTPClient

    init(adjust: (inout HTTPClient.Configuration) -> Void) {
        self.client = BoundedHTTPClient(headTimeout: Self.headTimeout, adjust: adjust)
    }

    deinit {
        let client = self.client
        Task { await client.shutdown() }
    }

    /// Cuts what is under way and closes all connections.
    func shutdown() async { await self.client.shutdown() }

    /// Sends one request; the limit covers connecting, the head and the whole body.
    func send(
        _ call: Call, to url: String, bytesMax: Int, within limit: Duration
    ) async throws(HydraClientError) -> Answer {
        let request = BoundedHTTPClient.Request(
            HTTPMethod(rawValue: call.method.rawValue), url, fields: call.fields, body: call.body)
        do throws(BoundedHTTPClient.Failure) {
            let response = try await self.client.send(request, bytesMax: bytesMax, within: limit)
            return Answer(status: response.status, headers: response.headers, body: response.body)
        } catch {
            throw Self.problem(error, with: call, bytesMax: bytesMax)
        }
    }

    private static func problem(
        _ failure: BoundedHTTPClient.Failure, with call: Call, bytesMax: Int
    ) -> HydraClientError {
        let (code, message): (HydraClientError.Code, String) =
            switch failure {
            case .notConnected(let reason), .connectionFailed(let reason):
                (.unreachable, reason.beginning(octetsMax: Self.reasonOctetsMax))
            case .cutShort: (.unreachable, "the connection ended within the answer")
            case .stale: (.unreachable, "the connection had ended before the server answered")
            case .timedOut: (.timedOut, "no answer came in time")
            case .cancelled: (.cancelled, "the call was given up")
            case .responseTooLong: (.responseTooLarge, "the answer is longer than \(bytesMax) bytes")
            case .malformed: (.malformedResponse, "the answer is not HTTP")
            }
        return HydraClientError(.transport, code, operation: call.operation, message: message)
    }

    /// Longer than anybody waits for a token.
    private static let headTimeout = TimeAmount.hours(1)
    /// A certificate problem with its names; a log line stays one.
    private static let reasonOctetsMax = 300
}
