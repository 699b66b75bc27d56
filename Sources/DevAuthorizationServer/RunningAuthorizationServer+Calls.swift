import HTTPTypes
import Hummingbird
import NIOCore
public import OAuthModel

/// What a test or a demo does first, without an HTTP client: the same routes answer, only the sockets are left out.
extension RunningAuthorizationServer {
    /// Registers a client as `POST /admin/clients` does, and returns it with its secret.
    public func createClient(_ client: JSONObject) async throws -> JSONObject {
        try await self.post(
            .adminAPI(self.core), "/admin/clients", type: "application/json", body: JSONWriter.write(client))
    }

    /// An access token by the client_credentials grant, for a client of method `client_secret_basic`.
    public func requestToken(_ credentials: ClientCredentials, scope: String, audience: [String] = []) async throws
        -> JSONObject
    {
        var parameters = [
            FormURLEncoded.Parameter(name: "grant_type", value: ClientCredentialsGrant.name),
            FormURLEncoded.Parameter(name: "scope", value: scope),
        ]
        for name in audience { parameters.append(FormURLEncoded.Parameter(name: "audience", value: name)) }
        return try await self.post(
            .publicAPI(self.core), "/oauth2/token", type: "application/x-www-form-urlencoded",
            body: FormURLEncoded(parameters).encoded(), credentials: credentials)
    }

    private func post(
        _ table: EndpointTable, _ path: String, type: String, body: [UInt8], credentials: ClientCredentials? = nil
    ) async throws -> JSONObject {
        var fields: HTTPFields = [.contentType: type]
        if let credentials {
            fields[.authorization] = String(decoding: credentials.basicFieldValue().bytes, as: UTF8.self)
        }
        let head = HTTPRequest(method: .post, scheme: "http", authority: nil, path: path, headerFields: fields)
        let response = await table.answer(
            Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body))))
        let object = try await Self.object(of: response)
        guard response.status.kind == .successful else {
            let description = object["error_description"]?.stringValue ?? ""
            throw DevAuthorizationServerError(.refused, "\(path) answered \(response.status.code): \(description)")
        }
        return object
    }

    /// The JSON of an answer.
    static func object(of response: Response) async throws -> JSONObject {
        let answer = CollectedBody()
        try await response.body.write(answer)
        guard let object = (try? JSONReader.read(answer.bytes, limits: JSONBody.storedLimits))?.objectValue else {
            throw DevAuthorizationServerError(.refused, "an answer with status \(response.status.code) has no JSON")
        }
        return object
    }
}

/// An answer's body, in memory.
private final class CollectedBody: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { self.bytes.append(contentsOf: buffer.readableBytesView) }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
