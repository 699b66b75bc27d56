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
    /// The same document may be read at every start.
    public func seed(_ document: JSONObject) async throws {
        for member in document.members where !["clients", "trusted_issuers"].contains(member.name) {
            throw DevAuthorizationServerError(
                .invalidOption, "the seed knows no '\(member.name)' (clients, users and trusted_issuers)")
        }
        for client in try Self.objects("clients", in: document) {
            guard let id = client["client_id"]?.stringValue, !id.isEmpty else {
                throw DevAuthorizationServerError(.invalidOption, "a client of the seed has no client_id")
            }
            if try await self.put(client, .post, "/admin/clients", called: "the client '\(id)'") { continue }
            let path = "/admin/clients/" + PercentEncoding.encode(id)
            guard try await self.put(client, .put, path, called: "the client '\(id)'") else {
                throw DevAuthorizationServerError(.refused, "the client '\(id)' of the seed cannot be replaced")
            }
        }
        for issuer in try Self.objects("trusted_issuers", in: document) {
            let name = issuer["issuer"]?.stringValue ?? ""
            _ = try await self.put(issuer, .post, TrustedIssuerEndpoints.path, called: "the trusted issuer '\(name)'")
        }
    }

    private static func objects(_ name: String, in document: JSONObject) throws -> [JSONObject] {
        guard let value = document.value(name) else { return [] }
        let objects = value.arrayValue?.compactMap(\.objectValue) ?? []
        guard let elements = value.arrayValue, objects.count == elements.count else {
            throw DevAuthorizationServerError(.invalidOption, "'\(name)' of the seed is no list of objects")
        }
        return objects
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
