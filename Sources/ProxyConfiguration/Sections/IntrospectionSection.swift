import OAuthModel
import ProxyCore

/// `introspection` of an authorization server (RFC 7662).
package struct IntrospectionSection: ConfigurationSection {
    package static let title = "introspection"

    /// Where the server answers.
    /// - `introspection.endpoint` (URL, this or `discover`): `http`, `https` or `unix:/run/hydra.sock:/path`
    static let endpoint = ConfigurationKey.optional(
        "endpoint", .serviceURL("https://hydra.example.com/admin/oauth2/introspect"), "Where the server answers.")
    /// Take the endpoint from the server's metadata (RFC 8414).
    /// - `introspection.discover` (boolean, optional, default: false): needs `issuer`.
    static let discover = ConfigurationKey.defaulted(
        "discover", .boolean, "false", "Take the endpoint from the server's metadata (RFC 8414).")
    /// Whether an answer may leave `iss` out although `issuer` is given; a wrong one is refused all the same.
    /// - `introspection.issuer_optional` (boolean, optional, default: false)
    static let issuerOptional = ConfigurationKey.defaulted(
        "issuer_optional", .boolean, "false", "Whether an answer may leave `iss` out.")
    /// How the proxy proves who it is.
    /// - `introspection.client_authentication` (mapping, optional, default: none)
    static let clientAuthentication = ConfigurationKey.optional(
        "client_authentication", .section(ClientAuthenticationSection.self), "How the proxy proves who it is.")
    /// How long one question may take, waiting and retries included.
    /// - `introspection.timeout` (duration, optional, default: 1s, range: 10ms…1m): then 503.
    static let timeout = ConfigurationKey.defaulted(
        "timeout", .duration(.milliseconds(10) ... .seconds(60)), "1s", "How long one question may take, all included.")
    /// Further attempts after one that failed, with back-off, within the timeout.
    /// - `introspection.retries` (integer, optional, default: 1, range: 0…5)
    static let retries = ConfigurationKey.defaulted(
        "retries", .integer(0...5), "1", "Further attempts, within the timeout.")
    /// Questions under way at once.
    /// - `introspection.concurrency` (integer, optional, default: 256, range: 1…65536)
    static let concurrency = ConfigurationKey.defaulted(
        "concurrency", .integer(1...65_536), "256", "Questions under way at once.")
    /// Who waits behind them.
    /// - `introspection.queue` (mapping, optional)
    static let queue = ConfigurationKey.defaulted("queue", .section(QueueSection.self), "{}", "Who waits behind them.")
    /// When a server that fails is left alone.
    /// - `introspection.breaker` (mapping, optional)
    static let breaker = ConfigurationKey.defaulted(
        "breaker", .section(BreakerSection.self), "{}", "When a server that fails is left alone.")

    package static let keys: [any ConfigurationKeyDescription] = [
        endpoint, discover, issuerOptional, clientAuthentication, timeout, retries,
        concurrency, queue, breaker,
    ]

    let endpoint: Written<ServiceURL>
    let discover: Written<Bool>
    let issuerOptional: Written<Bool>
    let clientAuthentication: Written<ClientAuthenticationSection>
    let timeout: Written<Nanoseconds>
    let retries: Written<Int>
    let concurrency: Written<Int>
    let queue: Written<QueueSection>
    let breaker: Written<BreakerSection>

    package init(reading reader: SectionReader) {
        self.endpoint = reader.value(Self.endpoint)
        self.discover = reader.value(Self.discover)
        self.issuerOptional = reader.value(Self.issuerOptional)
        self.clientAuthentication = reader.value(Self.clientAuthentication)
        self.timeout = reader.value(Self.timeout)
        self.retries = reader.value(Self.retries)
        self.concurrency = reader.value(Self.concurrency)
        self.queue = reader.value(Self.queue)
        self.breaker = reader.value(Self.breaker)
    }
}

/// `introspection.queue`: tokens that wait for a free call.
package struct QueueSection: ConfigurationSection {
    package static let title = "queue"

    /// How many may wait.
    /// - `queue.waiting` (integer, optional, default: 1024, range: 0…65536): more are answered 503 at once.
    static let waiting = ConfigurationKey.defaulted("waiting", .integer(0...65_536), "1024", "How many may wait.")
    /// How long one may wait, inside the timeout.
    /// - `queue.wait` (duration, optional, default: 500ms, range: 0s…1m): then 503.
    static let wait = ConfigurationKey.defaulted(
        "wait", .duration(0 ... .seconds(60)), "500ms", "How long one may wait.")

    package static let keys: [any ConfigurationKeyDescription] = [waiting, wait]

    let waiting: Written<Int>
    let wait: Written<Nanoseconds>

    package init(reading reader: SectionReader) {
        self.waiting = reader.value(Self.waiting)
        self.wait = reader.value(Self.wait)
    }
}

/// `introspection.breaker`: a server that fails is not asked for a while.
package struct BreakerSection: ConfigurationSection {
    package static let title = "breaker"

    /// Failures in a row that open it.
    /// - `breaker.failures` (integer, optional, default: 5, range: 1…1000)
    static let failures = ConfigurationKey.defaulted(
        "failures", .integer(1...1_000), "5", "Failures in a row that open it.")
    /// How long it stays open at first; doubled up to 30 s while probes are answered with 429 or 5xx.
    /// - `breaker.open` (duration, optional, default: 1s, range: 10ms…30s)
    static let open = ConfigurationKey.defaulted(
        "open", .duration(.milliseconds(10) ... .seconds(30)), "1s", "How long it stays open at first.")

    package static let keys: [any ConfigurationKeyDescription] = [failures, open]

    let failures: Written<Int>
    let open: Written<Nanoseconds>

    package init(reading reader: SectionReader) {
        self.failures = reader.value(Self.failures)
        self.open = reader.value(Self.open)
    }
}

/// `introspection.client_authentication` (RFC 7662 §2.1, RFC 6749 §2.3).
package struct ClientAuthenticationSection: ConfigurationSection {
    package static let title = "client authentication"

    /// How.
    /// - `method` (word, required): `none`, `client_secret_basic`, `client_secret_post` or `bearer`;
    ///   `private_key_jwt` and `tls_client_auth` are not supported yet
    static let method = ConfigurationKey.required(
        "method",
        .choice(
            [
                "none": ClientAuthenticationMethod.none, "client_secret_basic": .clientSecretBasic,
                "client_secret_post": .clientSecretPost, "bearer": .bearer,
            ], notSupportedYet: ["private_key_jwt", "tls_client_auth"]), "How the proxy proves who it is.")
    /// The proxy's name at the server.
    /// - `client_id` (text, required by `client_secret_basic` and `client_secret_post`)
    static let clientID = ConfigurationKey.optional(
        "client_id", .text("a client id"), "The proxy's name at the server.")
    /// Its secret.
    /// - `client_secret` (secret, required by `client_secret_basic` and `client_secret_post`)
    static let clientSecret = ConfigurationKey.optional("client_secret", .secret, "The proxy's secret.")
    /// An access token of the proxy's own.
    /// - `token` (secret, required by `bearer`)
    static let token = ConfigurationKey.optional("token", .secret, "An access token of the proxy's own.")

    package static let keys: [any ConfigurationKeyDescription] = [method, clientID, clientSecret, token]

    let method: Written<ClientAuthenticationMethod>
    let clientID: Written<String>
    let clientSecret: Written<SecretReference>
    let token: Written<SecretReference>

    package init(reading reader: SectionReader) {
        self.method = reader.value(Self.method)
        self.clientID = reader.value(Self.clientID)
        self.clientSecret = reader.value(Self.clientSecret)
        self.token = reader.value(Self.token)
    }
}
