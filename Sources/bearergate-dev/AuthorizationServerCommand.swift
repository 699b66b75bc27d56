public import ArgumentParser
import DevAuthorizationServer

/// `bearergate-dev authorization-server`.
struct AuthorizationServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorization-server",
        abstract: "A Hydra-compatible authorization server on SQLite. For development, never for production.",
        discussion: """
            The public API (authorization, token, revocation, userinfo, logout, key set, discovery) and the admin API \
            (clients, introspection, logins, consents, trusted issuers) have a port each. Whoever reaches the admin \
            port is the administrator, so both bind loopback unless told. Web pages of other origins are refused there \
            (403), and on loopback every Host but --host, localhost and loopback addresses. /health/ready, on both \
            ports, is 503 unless the database keeps what is written.

            Example: a server that keeps its clients, a client, a token, its worth:

              bearergate-dev authorization-server --database dev.sqlite &
              curl http://127.0.0.1:4445/admin/clients -d '{"client_id": "me",
                "client_secret": "my-secret", "scope": "orders:read",
                "grant_types": ["client_credentials"]}'
              curl http://127.0.0.1:4444/oauth2/token -u me:my-secret \\
                -d grant_type=client_credentials -d scope=orders:read
              curl http://127.0.0.1:4445/admin/oauth2/introspect \\
                -d token=ory_at_...

            A seed, for a client whose users log in at the built-in page, and for them. It is checked whole before \
            anything is stored: what is wrong is listed with its place, of each client the first rule that it breaks, and \
            the exit code is 2.

              clients:
                - client_id: photos
                  client_secret: photos-secret
                  grant_types: [authorization_code, refresh_token]
                  redirect_uris: ["http://127.0.0.1:5555/callback"]
                  scope: openid offline photos.read
              users: [alice, {name: bob, claims: {email: bob@example.org}}]
            """)

    @Option(help: "Where both listeners bind; whoever reaches the admin port is the administrator.")
    var host = "127.0.0.1"

    @Option(help: "The port of the public API; 0 takes a free one.")
    var publicPort: UInt16 = 4444

    @Option(help: "The port of the admin API; 0 takes a free one.")
    var adminPort: UInt16 = 4445

    @Option(help: ArgumentHelp("An SQLite file, or `memory`.", valueName: "file"))
    var database = "memory"

    @Option(
        help: ArgumentHelp(
            "The issuer, byte for byte as tokens name it. Left out: the public URL without a slash at its end.",
            valueName: "url"))
    var issuer: String?

    @Option(help: "What access tokens are, unless the client says otherwise.")
    var tokenStrategy = DevAuthorizationServer.Options.TokenStrategy.opaque

    @Option(
        help: ArgumentHelp(
            "A login page that speaks to the admin API, instead of the built-in one.", valueName: "url"))
    var loginURL: String?

    @Option(
        help: ArgumentHelp(
            "A consent page that speaks to the admin API, instead of the built-in one.", valueName: "url"))
    var consentURL: String?

    @Option(
        help: ArgumentHelp(
            "A logout page that speaks to the admin API, instead of the built-in one.", valueName: "url"))
    var logoutURL: String?

    @Option(
        help: ArgumentHelp(
            "Who may log in at the built-in page, without a password; repeatable. Left out: the seed's users, else alice and bob.",
            valueName: "name"))
    var user: [String] = []

    @Option(
        help: ArgumentHelp(
            "Clients, users and trusted issuers to begin with: YAML with these three keys, each a list of what the admin API takes.",
            valueName: "file.yaml"))
    var seed: String?

    func run() async throws {
        var options = DevAuthorizationServer.Options()
        options.host = self.host
        options.publicPort = Int(self.publicPort)
        options.adminPort = Int(self.adminPort)
        options.database = self.database == "memory" ? .memory : .file(self.database)
        options.issuer = self.issuer
        options.tokenStrategy = self.tokenStrategy
        options.loginURL = self.loginURL
        options.consentURL = self.consentURL
        options.logoutURL = self.logoutURL
        options.announce = { Terminal.announce($0) }
        if let seed {
            let file = try SeedFile(path: seed)
            options.seed = file.document
            options.users = file.users ?? options.users
        }
        if !self.user.isEmpty { options.users = self.user.map { DevAuthorizationServer.User($0) } }
        try await DevAuthorizationServer(options).run()
    }
}

extension DevAuthorizationServer.Options.TokenStrategy: ExpressibleByArgument {}
