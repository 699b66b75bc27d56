import Hummingbird
import JOSE
import OAuthModel

/// Who is asking at the token and revocation endpoints (RFC 6749 §2.3), by the method the client is registered with.
struct ClientAuthentication: Sendable {
    let clients: ClientStore

    /// What a request presents, before anything is looked up.
    private struct Presented {
        var clientID: String
        var secret: SecretBytes
        var method: String
    }

    /// The client, once it has shown that it is that client.
    ///
    /// Whoever is unknown, has the wrong secret or comes by another way than the registered one is told the same.
    func authenticate(_ call: Call, form: FormFields) async throws -> RegisteredClient {
        let presented = try Self.presented(call, form: form)
        guard let stored = try await self.clients.client(presented.clientID) else {
            throw HydraError.invalidClient()
        }
        let client = stored.client
        guard presented.method == client.authenticationMethod else {
            throw HydraError.invalidClient(
                "The client is registered with '\(client.authenticationMethod)' and came with '\(presented.method)'.")
        }
        if client.isPublic { return client }
        guard let hash = stored.secretHash, PasswordHash.verify(presented.secret.bytes, against: hash) else {
            throw HydraError.invalidClient()
        }
        return client
    }

    private static func presented(_ call: Call, form: FormFields) throws -> Presented {
        if form["client_assertion"] != nil || form["client_assertion_type"] != nil {
            throw HydraError.invalidClient("Client assertions are not supported yet.")
        }
        let field = call.request.headers[.authorization] ?? ""
        let formSecret = form["client_secret"] ?? ""
        guard field.lowercased().hasPrefix("basic") else {
            guard let clientID = form["client_id"], !clientID.isEmpty else {
                throw HydraError.invalidRequest(
                    "Client credentials are missing or malformed, in the Authorization field and in the body.")
            }
            return Presented(
                clientID: clientID, secret: SecretBytes(formSecret),
                method: formSecret.isEmpty ? "none" : "client_secret_post")
        }
        guard let credentials = ClientCredentials(basicFieldValue: field.utf8.span) else {
            throw HydraError.invalidRequest("The Basic credentials are malformed; both parts must be form-encoded.")
        }
        // Two secrets at once are one method too many (RFC 6749 §2.3).
        guard formSecret.isEmpty else { throw HydraError.invalidClient("The client came with two secrets.") }
        return Presented(
            clientID: credentials.clientID, secret: credentials.secret,
            method: credentials.secret.isEmpty ? "none" : "client_secret_basic")
    }
}
