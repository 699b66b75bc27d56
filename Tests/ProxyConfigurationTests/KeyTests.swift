import HTTPWire
import JOSE
import OAuthModel
import ProxyCore
import Testing

@testable import ProxyConfiguration

/// Every key of the file changes what is compiled; the list is held against the schema, so a new key needs a row here.
@Suite struct KeyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let path: String
        /// The key's value as YAML.
        let value: String
        /// What the probe answers when the key is heeded; it must answer something else without it.
        let expected: String
        /// Further keys without which this one cannot be written; set in both files.
        var also: [(String, String)] = []
        var without: [String] = []
        let probe: @Sendable (CompiledConfiguration) -> String

        var testDescription: String { self.path }

        init(
            _ path: String, _ value: String, _ expected: String, also: [(String, String)] = [], without: [String] = [],
            _ probe: @escaping @Sendable (CompiledConfiguration) -> String
        ) {
            self.path = path
            self.value = value
            self.expected = expected
            self.also = also
            self.without = without
            self.probe = probe
        }
    }

    /// Keys with one value yet: another one is refused, see `UnsupportedTests` and `version`.
    static let oneValued: Set<String> = [
        "version", "listeners[].mode",
        "authorization_servers.NAME.cache.stale_while_revalidate", "authorization_servers.NAME.cache.stale_if_error",
    ]

    static let environment = ["SECRET": "s3cret", "TOKEN": "abc"]

    @Test("Every key of the schema has a row, is refused as unsupported, or has one value")
    func everyKeyHasARow() {
        let paths = Set(ConfigurationSchema.keyPaths())
        // A section counts by its keys.
        let leaves = paths.filter { path in
            !paths.contains { $0 != path && ($0.hasPrefix(path + ".") || $0.hasPrefix(path + "[")) }
        }
        let rows = Set(Self.rows.map(\.path).map { $0.replacing("routes[].scopes[]", with: "routes[].scopes") })
        let unsupported = Set(UnsupportedTests.keys)
        let known = rows.union(unsupported).union(Self.oneValued)
        #expect(leaves.subtracting(known).sorted() == [])
        #expect(known.subtracting(paths).sorted() == [])
    }

    @Test("A key that is written is heeded", arguments: Self.rows)
    func keyIsHeeded(row: Row) throws {
        var base = SampleConfiguration()
        for path in row.without { base.remove(path) }
        for (path, value) in row.also { base.set(path, value) }
        let path = row.path.replacing("NAME", with: "main")
        let changed = base.with(path, row.value)
        let after = try changed.loaded(environment: Self.environment)
        #expect(row.probe(after) == row.expected)
        if let before = try? base.loaded(environment: Self.environment) {
            #expect(row.probe(before) != row.expected)
        } else {
            // Without the key there is no configuration at all, which heeds it as much.
            #expect(base.without(path).errors(environment: Self.environment) != [])
        }
    }

    @Test("Only version 1 is read")
    func refusesOtherVersions() {
        #expect(SampleConfiguration().with("version", "2").errors() == ["`version`: `2` is out of range (1…1)"])
        #expect(
            SampleConfiguration().without("version").errors() == [
                "the file lacks the key `version` (write `version: …` (integer))"
            ])
    }

    static let rows: [Row] =
        Self.process + Self.server + Self.upstream + Self.route
        + Self.route.filter { $0.path != "routes[].name" }.map { row in
            // What a route may say, `defaults` may say for it.
            Row(
                row.path.replacing("routes[]", with: "defaults"), row.value, row.expected,
                also: row.also.map { ($0.0.replacing("routes[]", with: "defaults"), $0.1) },
                without: row.without + (["routes[].paths", "routes[].upstream"].contains(row.path) ? [row.path] : []),
                row.probe)
        }

    static let process: [Row] = [
        Row("listeners[].address", "'[::1]:9999'", "[::1]:9999") { "\($0.listeners[0].address)" },
        Row("listeners[].socket_mode", "0600", "384", also: [("listeners[].address", "unix:/run/b.sock")]) {
            "\($0.listeners[0].socketMode)"
        },
        Row("listeners[].trusted_peers", "[10.0.0.0/8]", "true") {
            "\(IPAddress("10.1.2.3").map($0.listeners[0].trustedPeers.contains) ?? false)"
        },
        Row("admin.address", "'127.0.0.1:1'", "127.0.0.1:1") { $0.admin.map { "\($0.address)" } ?? "none" },
        Row("admin.token.file", "'/etc/hostname'", "a token") { $0.admin?.token == nil ? "none" : "a token" },
        Row("admin.token.env", "SECRET", "true") { "\($0.admin?.token == SecretBytes("s3cret"))" },
        Row("admin.hosts", "[admin.example.com]", #"Optional(["admin.example.com"])"#) { "\($0.admin?.hosts as Any)" },
        Row("workers", "3", "3") { "\($0.workers ?? 0)" },
        Row("limits.head", "32KiB", "32768") { "\($0.generation.limits.head.head)" },
        Row("limits.field", "12KiB", "12288") { "\($0.generation.limits.head.field)" },
        Row("limits.fields", "50", "50") { "\($0.generation.limits.head.fields)" },
        Row("limits.target", "4KiB", "4096") { "\($0.generation.limits.head.target)" },
        Row("limits.token", "2KiB", "2048") { "\($0.generation.limits.token)" },
        Row("limits.body", "1MiB", "1048576") { "\($0.generation.limits.body ?? 0)" },
        Row("limits.connections", "7", "7") { "\($0.generation.limits.connections)" },
        Row("limits.empty_lines", "1", "1") { "\($0.generation.limits.head.emptyLines)" },
        Row("limits.chunk_line", "1KiB", "1024") { "\($0.generation.limits.head.chunkLine)" },
        Row("limits.trailers", "1KiB", "1024") { "\($0.generation.limits.head.trailers)" },
        Row("limits.trailer_fields", "3", "3") { "\($0.generation.limits.head.trailerFields)" },
        Row("timeouts.head", "3s", "3000000000") { "\($0.generation.timeouts.head)" },
        Row("timeouts.idle", "5m", "300000000000") { "\($0.generation.timeouts.idle)" },
        Row("timeouts.drain_delay", "800ms", "800000000") { "\($0.generation.timeouts.drainDelay)" },
        Row("timeouts.drain", "1h", "3600000000000") { "\($0.generation.timeouts.drain)" },
        Row("body_minimum_rate", "1KiB/s", "1024") { "\($0.generation.bodyRateMin)" },
        Row("resolve_interval", "1s", "1000000000") { "\($0.generation.resolveInterval)" },
        Row("log.format", "text", "text") { "\($0.log.format)" },
        Row("log.level", "debug", "debug") { "\($0.log.level)" },
        Row("log.access", "'off'", "off") { "\($0.log.access)" },
        Row("log.sample_allowed", "0.25", "0.25") { "\($0.log.sampleAllowed)" },
    ]

    static let secret = "authorization_servers.NAME.introspection.client_authentication"
    static let basic: [(String, String)] = [
        ("authorization_servers.main.introspection.client_authentication.method", "client_secret_basic"),
        ("authorization_servers.main.introspection.client_authentication.client_id", "proxy"),
    ]
    static let bearer: [(String, String)] = [
        ("authorization_servers.main.introspection.client_authentication.method", "bearer")
    ]

    static func settings(_ configuration: CompiledConfiguration) -> AuthorizationServer.Settings {
        configuration.generation.authorizationServers[0].settings
    }

    static func credentials(_ configuration: CompiledConfiguration) -> String {
        switch Self.settings(configuration).introspection?.clientAuthentication {
        case .clientSecretBasic(let credentials):
            "basic \(credentials.clientID) \(String(decoding: credentials.secret.bytes, as: UTF8.self))"
        case .clientSecretPost(let credentials): "post \(credentials.clientID)"
        case .bearer(let token): "bearer \(String(decoding: token.bytes, as: UTF8.self))"
        case .some(.none), nil: "none"
        }
    }

    static let server: [Row] = [
        Row("authorization_servers.NAME.issuer", "'https://other.example/'", "https://other.example/") {
            "\(Self.settings($0).issuer?.text ?? "")"
        },
        Row("authorization_servers.NAME.strategy", "introspect", "introspect") { "\(Self.settings($0).strategy)" },
        Row(
            "authorization_servers.NAME.plaintext", "allow", "http://far.example/jwks",
            also: [("authorization_servers.main.jwt.jwks_uri", "'http://far.example/jwks'")]
        ) { if case .endpoint(let url)? = Self.settings($0).jwt?.source { url } else { "" } },
        Row(
            "authorization_servers.NAME.introspection.endpoint", "'http://as.example:81/in?x=1'",
            "as.example:81 /in?x=1"
        ) {
            let endpoint = Self.settings($0).introspection?.endpoint
            return
                "\(String(decoding: endpoint?.authority ?? [], as: UTF8.self)) \(String(decoding: endpoint?.path ?? [], as: UTF8.self))"
        },
        Row(
            "authorization_servers.NAME.introspection.discover", "true", "true nil",
            without: ["authorization_servers.main.introspection.endpoint"]
        ) {
            let settings = Self.settings($0).introspection
            return "\(settings?.discovers ?? false) \(settings?.endpoint == nil ? "nil" : "an endpoint")"
        },
        Row("authorization_servers.NAME.introspection.issuer_optional", "true", "true") {
            "\(Self.settings($0).introspection?.isIssuerOptional ?? false)"
        },
        Row(
            "\(secret).method", "client_secret_post", "post proxy",
            also: Self.basic + [("\(secret).client_secret".replacing("NAME", with: "main"), "{env: SECRET}")]
        ) {
            Self.credentials($0)
        },
        Row(
            "\(secret).client_id", "other", "basic other s3cret",
            also: Self.basic + [("\(secret).client_secret".replacing("NAME", with: "main"), "{env: SECRET}")]
        ) {
            Self.credentials($0)
        },
        Row("\(secret).client_secret.env", "SECRET", "basic proxy s3cret", also: Self.basic) { Self.credentials($0) },
        Row("\(secret).client_secret.file", "/etc/hostname", "basic proxy", also: Self.basic) {
            String(Self.credentials($0).prefix(11))
        },
        Row("\(secret).token.env", "TOKEN", "bearer abc", also: Self.bearer) { Self.credentials($0) },
        Row("\(secret).token.file", "/etc/hostname", "bearer ", also: Self.bearer) {
            String(Self.credentials($0).prefix(7))
        },
        Row("authorization_servers.NAME.introspection.timeout", "2s", "2000000000") {
            "\(Self.settings($0).introspection?.timeout ?? 0)"
        },
        Row("authorization_servers.NAME.introspection.retries", "3", "3") {
            "\(Self.settings($0).introspection?.retriesMax ?? 0)"
        },
        Row("authorization_servers.NAME.introspection.concurrency", "9", "9") {
            "\(Self.settings($0).introspection?.concurrencyMax ?? 0)"
        },
        Row("authorization_servers.NAME.introspection.queue.waiting", "8", "8") {
            "\(Self.settings($0).introspection?.waitingMax ?? 0)"
        },
        Row("authorization_servers.NAME.introspection.queue.wait", "70ms", "70000000") {
            "\(Self.settings($0).introspection?.waitMax ?? 0)"
        },
        Row("authorization_servers.NAME.introspection.breaker.failures", "6", "6") {
            "\(Self.settings($0).introspection?.breakerFailures ?? 0)"
        },
        Row("authorization_servers.NAME.introspection.breaker.open", "4s", "4000000000") {
            "\(Self.settings($0).introspection?.breakerOpen ?? 0)"
        },
        Row("authorization_servers.NAME.jwt.jwks_uri", "'https://b.example/k'", #"endpoint("https://b.example/k")"#) {
            Self.settings($0).jwt.map { "\($0.source)" } ?? ""
        },
        Row(
            "authorization_servers.NAME.jwt.jwks_file", "'\(Examples.folder)/keys.json'",
            #"file("\#(Examples.folder)/keys.json")"#,
            without: ["authorization_servers.main.jwt.jwks_uri"]
        ) { Self.settings($0).jwt.map { "\($0.source)" } ?? "" },
        Row(
            "authorization_servers.NAME.jwt.discover", "true", "discovery",
            without: ["authorization_servers.main.jwt.jwks_uri"]
        ) { Self.settings($0).jwt.map { "\($0.source)" } ?? "" },
        Row("authorization_servers.NAME.jwt.algorithms", "[ES512]", "[ES512] [ES512]") {
            let jwt = Self.settings($0).jwt
            let names = { (algorithms: [SignatureAlgorithm]?) in
                "[" + (algorithms ?? []).map(\.name).joined(separator: ",") + "]"
            }
            return names(jwt?.profile.algorithms) + " " + names(jwt?.keyPolicy.algorithms)
        },
        Row("authorization_servers.NAME.jwt.types", "[at+jwt, JWT]", "at+jwt,jwt") {
            (Self.settings($0).jwt?.profile.types ?? []).map(\.text).joined(separator: ",")
        },
        Row("authorization_servers.NAME.jwt.audiences", "any", "any") {
            Self.settings($0).jwt?.profile.audiences?.joined(separator: ",") ?? "any"
        },
        Row("authorization_servers.NAME.jwt.scope_claims", "[permissions]", "permissions") {
            (Self.settings($0).jwt?.profile.scopeClaims ?? []).joined(separator: ",")
        },
        Row("authorization_servers.NAME.jwt.min_rsa_bits", "3072", "3072") {
            "\(Self.settings($0).jwt?.keyPolicy.minRSABits ?? 0)"
        },
        Row("authorization_servers.NAME.jwt.leeway", "1m", "60") {
            "\(Self.settings($0).jwt?.profile.leewaySeconds ?? 0)"
        },
        Row("authorization_servers.NAME.jwt.refresh.lifetime", "7s", "7000000000") {
            "\(Self.settings($0).jwt?.lifetime ?? 0)"
        },
        Row("authorization_servers.NAME.jwt.refresh.cooldown", "6s", "6000000000") {
            "\(Self.settings($0).jwt?.cooldown ?? 0)"
        },
        Row("authorization_servers.NAME.jwt.refresh.timeout", "1s", "1000000000") {
            "\(Self.settings($0).jwt?.timeout ?? 0)"
        },
        Row("authorization_servers.NAME.jwt.refresh.stale_limit", "0s", "0") {
            "\(Self.settings($0).jwt?.staleLimit ?? 1)"
        },
        Row("authorization_servers.NAME.cache.ttl", "0s", "0") { "\(Self.settings($0).cache.lifetime)" },
        Row("authorization_servers.NAME.cache.negative_ttl", "1s", "1000000000") {
            "\(Self.settings($0).cache.negativeLifetime)"
        },
        Row("authorization_servers.NAME.cache.size", "1MiB", "1048576") { "\(Self.settings($0).cache.bytesMax)" },
        Row("authorization_servers.NAME.cache.negative_size", "64KiB", "65536") {
            "\(Self.settings($0).cache.negativeBytesMax)"
        },
    ]

    static let upstream: [Row] = [
        Row("upstreams.NAME.url", "'unix:/run/o.sock'", #"unix(path: "/run/o.sock")"#) {
            "\($0.generation.upstreams[0].endpoint.address)"
        },
        Row("upstreams.NAME.connect_timeout", "3s", "3000000000") { "\($0.generation.upstreams[0].connectTimeout)" },
        Row("upstreams.NAME.response_timeout", "3s", "3000000000") { "\($0.generation.upstreams[0].responseTimeout)" },
        Row("upstreams.NAME.stream_idle", "3s", "3000000000") { "\($0.generation.upstreams[0].streamIdleTimeout)" },
        Row("upstreams.NAME.idle_connections", "3", "3") { "\($0.generation.upstreams[0].idleConnectionsMax)" },
        Row("upstreams.NAME.idle_timeout", "3s", "3000000000") { "\($0.generation.upstreams[0].idleTimeout)" },
    ]

    static let second = [("upstreams.second.url", "http://127.0.0.1:9001")]
    static let other: [(String, String)] = [
        ("authorization_servers.other", "{strategy: introspect, introspection: {endpoint: 'http://127.0.0.1:1/'}}")
    ]

    static func condition(_ configuration: CompiledConfiguration) -> String {
        configuration.generation.routes[0].policy.claims.first.map { "\($0.condition)" } ?? "none"
    }

    static let route: [Row] = [
        Row("routes[].name", "renamed", "renamed") { $0.generation.routes[0].name },
        Row("routes[].hosts", "['*.example.com']", "*.example.com") {
            $0.generation.routes[0].hosts.map(\.description).joined()
        },
        Row("routes[].paths", "[/a, '/b/**']", "/a /b/**") {
            $0.generation.routes[0].paths.map(\.description).joined(separator: " ")
        },
        Row("routes[].methods", "[POST, GET]", "GET, POST") { $0.generation.routes[0].methods.allowValue },
        Row("routes[].access", "public", "public nil") {
            "\($0.generation.routes[0].access) \($0.generation.routes[0].authorizationServer == nil ? "nil" : "a server")"
        },
        Row("routes[].realm", "orders", "orders") { $0.generation.routes[0].realm },
        Row("routes[].authorization_server", "other", "other", also: Self.other) {
            $0.generation.routes[0].authorizationServer?.settings.name ?? ""
        },
        Row("routes[].subject", "optional", "false") { "\($0.generation.routes[0].policy.requiresSubject)" },
        Row("routes[].scopes", "[a, b]", "a b") {
            $0.generation.routes[0].policy.scopes.allOf.map(\.text).joined(separator: " ")
        },
        Row("routes[].scopes.all_of", "[a, b]", "a b") {
            $0.generation.routes[0].policy.scopes.allOf.map(\.text).joined(separator: " ")
        },
        Row("routes[].scopes.any_of", "[c]", "c") {
            $0.generation.routes[0].policy.scopes.anyOf.map(\.text).joined(separator: " ")
        },
        Row("routes[].scope_strategy", "wildcard", "wildcard") { "\($0.generation.routes[0].policy.scopes.strategy)" },
        Row("routes[].audiences", "[x]", "x") {
            $0.generation.routes[0].policy.audiences.map { String(decoding: $0, as: UTF8.self) }.joined()
        },
        Row("routes[].claims[].claim", "ext.tenant", "ext.tenant", also: [("routes[].claims[].present", "true")]) {
            $0.generation.routes[0].policy.claims.first?.claim.text ?? ""
        },
        Row(
            "routes[].claims[].equals", "'{path.id}'",
            #"equals(ProxyCore.ClaimRequirement.Operand.pathParameter("id"))"#, also: [("routes[].claims[].claim", "c")]
        ) {
            Self.condition($0)
        },
        Row("routes[].claims[].one_of", "[1, '1', true]", "3", also: [("routes[].claims[].claim", "c")]) {
            if case .oneOf(let values)? = $0.generation.routes[0].policy.claims.first?.condition {
                "\(values.count)"
            } else {
                ""
            }
        },
        Row("routes[].claims[].contains", "1", "true", also: [("routes[].claims[].claim", "c")]) {
            "\($0.generation.routes[0].policy.claims.first?.condition == .contains(.number(JSONNumber(1))))"
        },
        Row("routes[].claims[].contains_any", "['1', b]", "true", also: [("routes[].claims[].claim", "c")]) {
            "\($0.generation.routes[0].policy.claims.first?.condition == .containsAny([.string("1"), .string("b")]))"
        },
        Row("routes[].claims[].present", "true", "present", also: [("routes[].claims[].claim", "c")]) {
            Self.condition($0)
        },
        Row("routes[].upstream", "second", "second", also: Self.second) { $0.generation.routes[0].upstream.name },
        Row("routes[].host", "upstream", "upstream") { "\($0.generation.routes[0].host)" },
        Row("routes[].path.strip_prefix", "/orders", "/orders") {
            String(decoding: $0.generation.routes[0].pathRewrite.stripPrefix, as: UTF8.self)
        },
        Row("routes[].path.add_prefix", "/internal", "/internal") {
            String(decoding: $0.generation.routes[0].pathRewrite.addPrefix, as: UTF8.self)
        },
        Row("routes[].path_parameters", "allow", "true") { "\($0.generation.routes[0].allowsPathParameters)" },
        Row("routes[].max_answer_age", "10s", "10000000000") { "\($0.generation.routes[0].maxAnswerAge ?? 0)" },
        Row("routes[].upgrade", "[websocket]", "true") { "\($0.generation.routes[0].allowsWebSocket)" },
        Row("routes[].streams", "ignore", "false") { "\($0.generation.routes[0].endsStreamsAtExpiry)" },
        Row("routes[].cors_preflight", "pass", "true") { "\($0.generation.routes[0].passesCORSPreflight)" },
        Row("routes[].subject_headers", "{X-Subject: '{sub}'}", "x-subject") {
            $0.generation.routes[0].subjectFields.names.map(\.description).joined(separator: " ")
        },
        Row("routes[].token_sources", "['header:X-Token', authorization]", "true x-token") {
            let sources = $0.generation.routes[0].tokenSources
            return "\(sources.readsAuthorization) \(sources.fields.map(\.description).joined(separator: " "))"
        },
        Row("routes[].keep_headers", "[X-HTTP-Method-Override]", "x-http-method-override") {
            $0.generation.routes[0].keptFields.map(\.description).joined()
        },
        Row("routes[].forward_token", "true", "true") { "\($0.generation.routes[0].forwardsToken)" },
        Row("routes[].report_only", "true", "true") { "\($0.generation.routes[0].isReportOnly)" },
    ]
}
