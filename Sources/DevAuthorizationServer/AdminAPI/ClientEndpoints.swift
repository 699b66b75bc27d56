import HTTPTypes
import Hummingbird
import OAuthModel

/// `/admin/clients` and `/admin/clients/{id}`.
struct ClientEndpoints: Sendable {
    let core: ServerCore

    /// createOAuth2Client: 201 with the secret, which is never shown again.
    func create(_ call: Call) async throws -> Response {
        let document = try await call.jsonObject()
        let givenID = try document.text("client_id") ?? ""
        let givenSecret = try document.text("client_secret") ?? ""
        var client = try RegisteredClient(document: document, id: givenID.isEmpty ? Identifiers.uuid() : givenID)
            .validated(secret: givenSecret.isEmpty ? nil : givenSecret)
        client.createdAt = self.core.now().seconds
        client.updatedAt = client.createdAt
        let secret = client.isPublic ? nil : (givenSecret.isEmpty ? Identifiers.clientSecret() : givenSecret)
        let registrationToken = self.core.mint.tokens.make(.access)
        let isNew = try await self.core.clients.insert(
            StoredClient(client: client, secretHash: secret.map(self.core.secretHash(of:))),
            registrationTokenDigest: TokenDigest(opaque: registrationToken, .access).bytes)
        guard isNew else { throw HydraError.conflict }

        let pathID = PercentEncoding.encode(client.id)
        var answer = client.document
        if let secret { answer["client_secret"] = .string(secret) }
        answer["registration_access_token"] = .string(registrationToken)
        answer["registration_client_uri"] = .string(self.core.publicURL + "/oauth2/register/" + pathID)
        return Reply.json(.object(answer), status: .created, fields: [.location: "/admin/clients/" + pathID])
    }

    /// getOAuth2Client: never the secret.
    func get(_ call: Call) async throws -> Response {
        guard let stored = try await self.core.clients.client(call.parameters[0]) else { throw HydraError.notFound }
        return Reply.json(.object(stored.client.document))
    }

    /// listOAuth2Clients: a bare array in the order of creation.
    func list(_ call: Call) async throws -> Response {
        let query = try call.query
        let page = Page(query)
        let filter = ClientFilter(name: query.nonEmpty("client_name"), owner: query.nonEmpty("owner"))
        let found = try await self.core.clients.list(filter, offset: page.offset, limit: page.size)
        return Reply.page(page, of: found.clients.map(\.document), total: found.total, path: call.path, query: query)
    }

    /// deleteOAuth2Client: with all that was issued to it.
    func delete(_ call: Call) async throws -> Response {
        guard try await self.core.clients.delete(call.parameters[0]) else { throw HydraError.notFound }
        return Reply.empty(.noContent)
    }
}
