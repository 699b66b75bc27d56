import HTTPTypes
import Hummingbird
import NIOCore
public import OAuthModel

extension RunningAuthorizationServer {
    /// Puts clients and trusted issuers in place, as the admin API's bodies describe them.
    ///
    /// - `clients`: each with its `client_id`; one that is there is replaced.
    /// - `trusted_issuers`: one that is there stays as it is.
    ///
    /// The same document may be read at every start. All of it is checked before anything is stored, and what is wrong
    /// is told at once, of each client or issuer the first rule that it breaks. Members that the admin API does not
    /// know are refused, and clients whose secret nobody would know.
    public func seed(_ document: JSONObject) async throws {
        let check = SeedCheck(document, hasUsers: false)
        guard check.problems.isEmpty else {
            throw DevAuthorizationServerError(
                .invalidOption,
                "the seed cannot be put in place: " + check.problems.map(\.text).joined(separator: "; "))
        }
        for client in document["clients"]?.arrayValue?.compactMap(\.objectValue) ?? [] {
            let id = client["client_id"]?.stringValue ?? ""
            if try await self.put(client, .post, "/admin/clients", called: "the client '\(id)'") { continue }
            let path = "/admin/clients/" + PercentEncoding.encode(id)
            guard try await self.put(client, .put, path, called: "the client '\(id)'") else {
                throw DevAuthorizationServerError(.refused, "the client '\(id)' of the seed cannot be replaced")
            }
        }
        for issuer in document["trusted_issuers"]?.arrayValue?.compactMap(\.objectValue) ?? [] {
            let name = issuer["issuer"]?.stringValue ?? ""
            _ = try await self.put(issuer, .post, TrustedIssuerEndpoints.path, called: "the trusted issuer '\(name)'")
        }
    }

    /// False when there is one already.
    private func put(
        _ object: JSONObject, _ method: HTTPRequest.Method, _ path: String, called name: String
    ) async throws -> Bool {
        let head = HTTPRequest(method: method, scheme: "http", authority: nil, path: path)
        let body = RequestBody(buffer: ByteBuffer(bytes: JSONWriter.write(object)))
        let response = await EndpointTable.adminAPI(self.core).answer(Request(head: head, body: body))
        guard response.status != .conflict else { return false }
        guard response.status.kind == .successful else {
            let answer = try await Self.object(of: response)
            throw DevAuthorizationServerError(
                .refused, "\(name) of the seed is refused: \(answer["error_description"]?.stringValue ?? "")")
        }
        return true
    }
}
