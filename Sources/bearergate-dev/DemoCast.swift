import DevAuthorizationServer
import OAuthModel

/// The demo's clients and the tokens they hold.
struct DemoCast: Sendable {
    /// May read notes, and not write them.
    let readerToken: String
    /// Good, and good for nothing: no scope was granted with it.
    let scopelessToken: String
    /// Another of the same client, to be revoked.
    let revocableToken: String
    /// A JWT for the reports.
    let reportsToken: String
    /// A JWT without a scope.
    let scopelessJWT: String

    /// The client whose token is revoked: the command to do it is printed, so its secret is no secret.
    static let reader = ClientCredentials(clientID: "demo-reader", secret: SecretBytes(Self.readerSecret))
    static let readerSecret = "demo-secret"
    private static let reports = ClientCredentials(clientID: "demo-reports", secret: SecretBytes("demo-secret"))

    /// Registers the clients and asks for the tokens, as any client would.
    init(_ server: RunningAuthorizationServer) async throws {
        for (credentials, scope, strategy) in [
            (Self.reader, "notes:read", "opaque"), (Self.reports, "reports:read", "jwt"),
        ] {
            _ = try await server.createClient([
                "client_id": .string(credentials.clientID), "client_secret": .string(Self.readerSecret),
                "client_name": "Quickstart demo", "grant_types": ["client_credentials"], "scope": .string(scope),
                "audience": [.string(Self.audience)], "access_token_strategy": .string(strategy),
            ])
        }
        self.readerToken = try await Self.token(server, Self.reader, scope: "notes:read")
        self.scopelessToken = try await Self.token(server, Self.reader, scope: "")
        self.revocableToken = try await Self.token(server, Self.reader, scope: "notes:read")
        self.reportsToken = try await Self.token(server, Self.reports, scope: "reports:read")
        self.scopelessJWT = try await Self.token(server, Self.reports, scope: "")
    }

    /// What quickstart.yaml wants in `aud`.
    private static let audience = "https://api.example.com"

    private static func token(
        _ server: RunningAuthorizationServer, _ credentials: ClientCredentials, scope: String
    ) async throws -> String {
        let answer = try await server.requestToken(credentials, scope: scope, audience: [Self.audience])
        guard let token = answer["access_token"]?.stringValue else {
            throw DemoProblem("the authorization server answered without a token")
        }
        return token
    }
}
