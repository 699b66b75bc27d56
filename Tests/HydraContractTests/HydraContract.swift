import Foundation
import HydraClient
import OAuthModel
import Testing

/// What any server that speaks Hydra's OAuth2Api has to do, as seen through ``HydraClient``.
///
/// Makes its own clients and subjects, so that it can run against a server that others use. Where Hydra's releases differ,
/// either answer passes.
struct HydraContract: Sendable {
    let hydra: HydraClient
    /// Whom this run logs in; unlike those of any other run.
    let subject = "contract-\(UUID().uuidString)"
    /// The owner of this run's clients.
    let owner = "contract-\(UUID().uuidString)"

    /// The URL of the token endpoint, as the server knows it.
    let tokenEndpoint: String

    /// The operations that can be refused: lists of clients and of trusted issuers cannot, the authorization endpoint redirects instead, and
    /// an introspection is refused only without any parameter, which the client never sends.
    static let refusingOperations = Operations.all.subtracting([
        "listOAuth2Clients", "listTrustedOAuth2JwtGrantIssuers", "oAuth2Authorize", "introspectOAuth2Token",
    ])

    func run() async throws {
        try await self.clients()
        try await self.tokens()
        try await self.authorizations()
        try await self.logins()
        try await self.consents()
        try await self.logouts()
        try await self.grants()
        try await self.trustedIssuers()
    }

    /// A client for the authorization code flow.
    func makeBrowserClient(_ change: (inout OAuth2Client) -> Void = { _ in }) async throws -> OAuth2Client {
        var client = OAuth2Client()
        client.owner = self.owner
        client.clientName = "Photos"
        client.redirectURIs = [Self.redirectURI]
        client.grantTypes = ["authorization_code", "refresh_token"]
        client.responseTypes = ["code"]
        client.scope = "openid offline photos.read photos.write"
        change(&client)
        return try await self.hydra.createClient(client)
    }

    static let redirectURI = "http://127.0.0.1:5555/callback?app=photos"

    /// Expects a call to be refused, with one of these codes.
    func expect(
        _ codes: HydraClientError.Code..., sourceLocation: SourceLocation = #_sourceLocation,
        from call: () async throws -> Void
    ) async {
        do {
            try await call()
            Issue.record("the call was to be refused", sourceLocation: sourceLocation)
        } catch let error as HydraClientError {
            #expect(error.stage == .status, sourceLocation: sourceLocation)
            #expect(codes.contains(error.code), "\(error)", sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }
}
