import OAuthModel

extension HydraClient {
    /// Registers a client.
    ///
    /// The answer holds the secret in clear, generated if none was given; it is told this once. Throws
    /// ``HydraClientError/Code/invalidClientMetadata`` or ``HydraClientError/Code/invalidRedirectURI`` for what the server
    /// does not take, and ``HydraClientError/Code/conflict`` when the id is taken.
    ///
    /// `createOAuth2Client` · `POST /admin/clients`
    public func createClient(_ client: OAuth2Client) async throws(HydraClientError) -> OAuth2Client {
        var call = Call("createOAuth2Client", .admin, .post, "/admin/clients")
        call.send(.object(client.json))
        return try await self.value(of: call, requiring: Self.clientID)
    }

    /// The client of this id, without its secret.
    ///
    /// Throws ``HydraClientError/Code/notFound`` when there is none, as all that name one do.
    ///
    /// `getOAuth2Client` · `GET /admin/clients/{id}`
    public func client(id: String) async throws(HydraClientError) -> OAuth2Client {
        let operation = "getOAuth2Client"
        let path = try Self.path("/admin/clients/", id, for: operation)
        return try await self.value(of: Call(operation, .admin, .get, path), requiring: Self.clientID)
    }

    /// One page of the clients, those of exactly this name and owner where given.
    ///
    /// The server brings the size into its own bounds: 1 to 1,000 and 250 by default up to Hydra 2.3, 500 and 100 later.
    ///
    /// `listOAuth2Clients` · `GET /admin/clients`
    public func listClients(
        name: String? = nil, owner: String? = nil, pageSize: Int? = nil, pageToken: String? = nil
    ) async throws(HydraClientError) -> Page<OAuth2Client> {
        var call = Call("listOAuth2Clients", .admin, .get, "/admin/clients")
        call.ask("client_name", name)
        call.ask("owner", owner)
        return try await self.page(
            of: call, size: pageSize, token: pageToken, requiring: Self.clientID)
    }

    /// All clients, page after page.
    ///
    /// `listOAuth2Clients` · `GET /admin/clients`
    public func clients(
        name: String? = nil, owner: String? = nil, pageSize: Int? = nil
    ) -> PagedSequence<OAuth2Client> {
        PagedSequence("listOAuth2Clients") { token throws(HydraClientError) in
            try await self.listClients(name: name, owner: owner, pageSize: pageSize, pageToken: token)
        }
    }

    /// Replaces a client whole: what is left out becomes empty or default, lifespans included.
    ///
    /// Without a secret the old one stays; a ``OAuth2Client/createdAt`` that is missing becomes now.
    ///
    /// `setOAuth2Client` · `PUT /admin/clients/{id}`
    public func setClient(id: String, to client: OAuth2Client) async throws(HydraClientError) -> OAuth2Client {
        let operation = "setOAuth2Client"
        var call = Call(operation, .admin, .put, try Self.path("/admin/clients/", id, for: operation))
        call.send(.object(client.json))
        return try await self.value(of: call, requiring: Self.clientID)
    }

    /// Changes members of a client (RFC 6902); Hydra knows `add`, `remove` and `replace`.
    ///
    /// Never tried again: an `add` at the end of a list would be there twice.
    ///
    /// `patchOAuth2Client` · `PATCH /admin/clients/{id}`
    public func patchClient(
        id: String, _ operations: [JSONPatchOperation]
    ) async throws(HydraClientError) -> OAuth2Client {
        let operation = "patchOAuth2Client"
        var call = Call(operation, .admin, .patch, try Self.path("/admin/clients/", id, for: operation))
        call.send(.array(operations.map { .object($0.json) }))
        call.secrets += operations.flatMap(\.secrets)
        return try await self.value(of: call, requiring: Self.clientID)
    }

    /// Sets all lifespans of a client; what is nil is left to the server.
    ///
    /// `setOAuth2ClientLifespans` · `PUT /admin/clients/{id}/lifespans`
    public func setLifespans(
        ofClient id: String, to lifespans: OAuth2ClientTokenLifespans
    ) async throws(HydraClientError) -> OAuth2Client {
        let operation = "setOAuth2ClientLifespans"
        var call = Call(operation, .admin, .put, try Self.path("/admin/clients/", id, "/lifespans", for: operation))
        call.send(.object(lifespans.json))
        return try await self.value(of: call, requiring: Self.clientID)
    }

    /// Removes a client with its tokens and consents.
    ///
    /// `deleteOAuth2Client` · `DELETE /admin/clients/{id}`
    public func deleteClient(id: String) async throws(HydraClientError) {
        let operation = "deleteOAuth2Client"
        try await self.conclude(
            Call(operation, .admin, .delete, try Self.path("/admin/clients/", id, for: operation)))
    }

    /// Without it an answer is no client.
    private static let clientID = "client_id"
}
