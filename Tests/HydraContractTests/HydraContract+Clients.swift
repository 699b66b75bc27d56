import HydraClient
import OAuthModel
import Testing

extension HydraContract {
    /// Contract §6.1.
    func clients() async throws {
        var wanted = OAuth2Client()
        wanted.owner = self.owner
        wanted.tokenEndpointAuthMethod = "private_key_jwt"
        await self.expect(.invalidClientMetadata) { _ = try await self.hydra.createClient(wanted) }
        wanted.tokenEndpointAuthMethod = nil
        wanted.redirectURIs = ["https://app.example/cb#fragment"]
        await self.expect(.invalidRedirectURI, .invalidClientMetadata) { _ = try await self.hydra.createClient(wanted) }

        wanted.redirectURIs = []
        wanted.clientName = "Photos"
        wanted.metadata = ["tenant": 9_007_199_254_740_993]
        let created = try await self.hydra.createClient(wanted)
        let id = try #require(created.clientID)
        #expect(created.clientSecret?.isEmpty == false)
        #expect(created.createdAt != nil)
        #expect(created.metadata == ["tenant": 9_007_199_254_740_993])
        #expect(created.tokenEndpointAuthMethod == "client_secret_basic")

        try await self.readAndList(id)
        try await self.change(id)
        try await self.hydra.deleteClient(id: id)
        await self.expect(.notFound) { _ = try await self.hydra.client(id: id) }
        await self.expect(.notFound) { try await self.hydra.deleteClient(id: id) }
    }

    private func readAndList(_ id: String) async throws {
        let read = try await self.hydra.client(id: id)
        #expect(read.clientName == "Photos")
        #expect(read.clientSecret == nil)
        await self.expect(.notFound) { _ = try await self.hydra.client(id: "there/is no?such%client") }

        var ids: Set<String> = [id]
        for number in 0..<2 {
            var another = OAuth2Client()
            another.owner = self.owner
            another.clientName = "Another \(number)"
            ids.insert(try #require(try await self.hydra.createClient(another).clientID))
        }
        var listed: [String] = []
        for try await client in self.hydra.clients(owner: self.owner, pageSize: 1) {
            listed.append(try #require(client.clientID))
            #expect(client.clientSecret == nil)
        }
        #expect(Set(listed) == ids)
        #expect(listed.count == ids.count)
        let named = try await self.hydra.listClients(name: "Another 1", owner: self.owner)
        #expect(named.elements.count == 1)
    }

    private func change(_ id: String) async throws {
        var wanted = try await self.hydra.client(id: id)
        wanted.metadata = nil
        wanted.contacts = ["a@b.example"]
        wanted.lifespans.clientCredentialsGrantAccessToken = .seconds(5_400)
        let set = try await self.hydra.setClient(id: id, to: wanted)
        #expect(set.contacts == ["a@b.example"])
        #expect(set.lifespans.clientCredentialsGrantAccessToken == .seconds(5_400))
        #expect(set.clientSecret == nil)
        await self.expect(.notFound) { _ = try await self.hydra.setClient(id: "nobody", to: OAuth2Client()) }
        wanted.subjectType = "strange"
        await self.expect(.invalidClientMetadata) { _ = try await self.hydra.setClient(id: id, to: wanted) }

        let patched = try await self.hydra.patchClient(
            id: id, [.add("/contacts/-", "c@d.example"), .replace("/client_name", "Renamed")])
        #expect(patched.contacts == ["a@b.example", "c@d.example"])
        #expect(patched.clientName == "Renamed")
        await self.expect(.notFound) {
            _ = try await self.hydra.patchClient(id: "nobody", [.replace("/client_name", "x")])
        }
        // Hydra answers 500 to a patch it cannot apply.
        await self.expect(.badRequest, .serverError, .invalidRequest, .invalidClientMetadata) {
            _ = try await self.hydra.patchClient(
                id: id, [JSONPatchOperation(.test, path: "/client_name", value: "Renamed")])
        }

        var lifespans = OAuth2ClientTokenLifespans()
        lifespans.jwtBearerGrantAccessToken = .seconds(60)
        let limited = try await self.hydra.setLifespans(ofClient: id, to: lifespans)
        #expect(limited.lifespans.jwtBearerGrantAccessToken == .seconds(60))
        #expect(limited.lifespans.clientCredentialsGrantAccessToken == nil)
        await self.expect(.notFound) { _ = try await self.hydra.setLifespans(ofClient: "nobody", to: lifespans) }
    }
}
