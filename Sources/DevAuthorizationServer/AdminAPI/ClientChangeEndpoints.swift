import Hummingbird
import OAuthModel

/// What changes a client that is there: `PUT` and `PATCH /admin/clients/{id}`, `PUT /admin/clients/{id}/lifespans`.
///
/// The client is read, changed and kept in one transaction: two changes at once are made one after the other. Hashing a
/// secret is meant to take long, so that is done before: nobody else waits for it.
struct ClientChangeEndpoints: Sendable {
    let core: ServerCore

    /// setOAuth2Client: what is left out becomes empty or default; the id comes from the path, and `created_at` stays.
    func set(_ call: Call) async throws -> Response {
        let document = try await call.jsonObject()
        return try await self.change(call) { _ in document }
    }

    /// patchOAuth2Client: the patch is applied to the client as answers show it.
    func patch(_ call: Call) async throws -> Response {
        let patch = try JSONPatch(await call.jsonValue(), readOnly: ["id", "client_id"])
        // A client has a secret that nobody can read; to a patch it is a member that can be replaced. This stands for it, and
        // nobody can guess it.
        let untouched = JSONValue.string(Identifiers.clientSecret())
        return try await self.change(call) { document in
            var document = document
            document["client_secret"] = untouched
            var patched = try patch.apply(to: document)
            if patched["client_secret"] == untouched { patched["client_secret"] = nil }
            return try Self.bounded(patched)
        }
    }

    /// Patch after patch a document could outgrow what is read back.
    private static func bounded(_ document: JSONObject) throws -> JSONObject {
        do {
            _ = try JSONReader.read(JSONWriter.write(document), limits: JSONBody.limits)
            return document
        } catch {
            throw HydraError.malformed("The client would become too large or too deep.")
        }
    }

    /// setOAuth2ClientLifespans: all ten are replaced, and nothing else.
    func setLifespans(_ call: Call) async throws -> Response {
        let lifespans = try RegisteredClient.lifespans(in: await call.jsonObject())
        return try await self.update(call) { stored in
            var changed = stored
            changed.client.lifespans = lifespans
            return changed
        }
    }

    private func change(
        _ call: Call, _ change: @escaping @Sendable (JSONObject) throws -> JSONObject
    ) async throws -> Response {
        guard let before = try await self.core.clients.client(call.parameters[0]) else { throw HydraError.notFound }
        // What is refused now is not worth a hash; what the client is by then is looked at again in the transaction.
        let (wanted, given) = try Self.changed(before, by: change)
        // A client that is no longer public has to have a secret that somebody knows, as one that is made has.
        let lacksSecret = given == nil && before.secretHash == nil && !wanted.isPublic
        let hashed = (lacksSecret ? Identifiers.clientSecret() : given).map {
            (text: $0, hash: self.core.secretHash(of: $0))
        }
        return try await self.update(call) { stored in
            let (client, secret) = try Self.changed(stored, by: change)
            // The secret comes from the request alone, whatever else has happened to the client.
            guard secret == given, (stored.secretHash == nil) == (before.secretHash == nil) else {
                throw HydraError.conflict
            }
            var changed = StoredClient(client: client, secretHash: stored.secretHash)
            if let hashed, !client.isPublic {
                changed.secretHash = hashed.hash
                changed.newSecret = hashed.text
            }
            return changed
        }
    }

    /// The client as it would be, and the secret that the change brings.
    private static func changed(
        _ stored: StoredClient, by change: (JSONObject) throws -> JSONObject
    ) throws -> (client: RegisteredClient, secret: String?) {
        let document = try change(stored.client.document)
        let secret = try document.text("client_secret").flatMap { $0.isEmpty ? nil : $0 }
        var client = try RegisteredClient(document: document, id: stored.client.id).validated(secret: secret)
        client.createdAt = stored.client.createdAt
        return (client, secret)
    }

    /// Keeps the change; only a secret that came with it, or was made for it, is echoed.
    private func update(
        _ call: Call, _ change: @escaping @Sendable (StoredClient) throws -> StoredClient
    ) async throws -> Response {
        let now = self.core.now().seconds
        let changed = try await self.core.clients.update(call.parameters[0]) { stored in
            var changed = try change(stored)
            changed.client.updatedAt = now
            return changed
        }
        guard let changed else { throw HydraError.notFound }
        var answer = changed.client.document
        if let secret = changed.newSecret { answer["client_secret"] = .string(secret) }
        return Reply.json(.object(answer))
    }
}
