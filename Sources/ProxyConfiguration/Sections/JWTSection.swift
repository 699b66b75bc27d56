import JOSE
import ProxyCore

/// `jwt` of an authorization server (RFC 9068, RFC 8725).
package struct JWTSection: ConfigurationSection {
    package static let title = "jwt"

    /// Where the server publishes its keys.
    /// - `jwt.jwks_uri` (URL, this, `jwks_file` or `discover`)
    static let keySetURI = ConfigurationKey.optional(
        "jwks_uri", .serviceURL("https://hydra.example.com/.well-known/jwks.json"),
        "Where the server publishes its keys.")
    /// A file with its keys.
    /// - `jwt.jwks_file` (path): relative paths start at the configuration file's folder.
    static let keySetFile = ConfigurationKey.optional(
        "jwks_file", .text("a path", bytesMax: 4_096), "A file with its keys; relative to this file's folder.")
    /// Take the address of its keys from the server's metadata (RFC 8414).
    /// - `jwt.discover` (boolean, optional, default: false): needs `issuer`.
    static let discover = ConfigurationKey.defaulted(
        "discover", .boolean, "false", "Take the address of its keys from the server's metadata (RFC 8414).")
    /// What tokens may be signed with; never `none`, never HMAC.
    /// - `jwt.algorithms` (list of algorithms, optional, default: RS256, PS256, ES256, EdDSA)
    static let algorithms = ConfigurationKey.defaulted(
        "algorithms", .list(of: .signatureAlgorithm, countMax: 16), "[RS256, PS256, ES256, EdDSA]",
        "What tokens may be signed with.")
    /// Which `typ` an access token may have; `JWT` also stands for none.
    /// - `jwt.types` (list of types, optional, default: at+jwt)
    static let types = ConfigurationKey.defaulted(
        "types", .list(of: .mediaType, countMax: 16), "[at+jwt]", "Which `typ` an access token may have.")
    /// Whom JWTs must be meant for: one of these must be in `aud`.
    ///
    /// What introspection answers is held against a route's `audiences` alone.
    /// - `jwt.audiences` (list of text or `any`, required)
    static let audiences = ConfigurationKey.optional(
        "audiences", .audiences, "One of these must be in a JWT's `aud`; `any` accepts all. Required.")
    /// Which claim holds the scopes: the first that is there.
    /// - `jwt.scope_claims` (list of text, optional, default: scope, scp)
    static let scopeClaims = ConfigurationKey.defaulted(
        "scope_claims", .list(of: .text("a claim's name"), countMax: 16), "[scope, scp]",
        "Which claim holds the scopes: the first that is there.")
    /// The shortest RSA key that is used; longer than 4,096 bits none is.
    /// - `jwt.min_rsa_bits` (integer, optional, default: 2048, range: 2048…4096)
    static let minRSABits = ConfigurationKey.defaulted(
        "min_rsa_bits", .integer(2_048...4_096), "2048", "The shortest RSA key that is used.")
    /// By how much clocks may differ, in whole seconds.
    /// - `jwt.leeway` (duration, optional, default: 10s, range: 0s…60s)
    static let leeway = ConfigurationKey.defaulted(
        "leeway", .duration(0 ... .seconds(60)), "10s", "By how much clocks may differ, in whole seconds.")
    /// When the keys are fetched again.
    /// - `jwt.refresh` (mapping, optional)
    static let refresh = ConfigurationKey.defaulted(
        "refresh", .section(RefreshSection.self), "{}", "When the keys are fetched again.")

    package static let keys: [any ConfigurationKeyDescription] = [
        keySetURI, keySetFile, discover, algorithms, types, audiences,
        scopeClaims, minRSABits, leeway, refresh,
    ]

    let keySetURI: Written<ServiceURL>
    let keySetFile: Written<String>
    let discover: Written<Bool>
    let algorithms: Written<[Placed<SignatureAlgorithm>]>
    let types: Written<[Placed<JOSEMediaType>]>
    let audiences: Written<AudienceRequirement>
    let scopeClaims: Written<[Placed<String>]>
    let minRSABits: Written<Int>
    let leeway: Written<Nanoseconds>
    let refresh: Written<RefreshSection>

    package init(reading reader: SectionReader) {
        self.keySetURI = reader.value(Self.keySetURI)
        self.keySetFile = reader.value(Self.keySetFile)
        self.discover = reader.value(Self.discover)
        self.algorithms = reader.value(Self.algorithms)
        self.types = reader.value(Self.types)
        self.audiences = reader.value(Self.audiences)
        self.scopeClaims = reader.value(Self.scopeClaims)
        self.minRSABits = reader.value(Self.minRSABits)
        self.leeway = reader.value(Self.leeway)
        self.refresh = reader.value(Self.refresh)
    }
}

/// `jwt.refresh`: how old keys may get.
package struct RefreshSection: ConfigurationSection {
    package static let title = "refresh"

    /// How long a set is used before it is fetched again, ahead of time.
    /// - `refresh.lifetime` (duration, optional, default: 5m, range: 1s…24h)
    static let lifetime = ConfigurationKey.defaulted(
        "lifetime", .duration(.seconds(1) ... .seconds(86_400)), "5m", "How long a set is used before the next fetch.")
    /// The shortest time between two fetches for keys nobody knows.
    /// - `refresh.cooldown` (duration, optional, default: 30s, range: 100ms…1h)
    static let cooldown = ConfigurationKey.defaulted(
        "cooldown", .duration(.milliseconds(100) ... .seconds(3_600)), "30s",
        "The shortest time between two fetches for unknown keys.")
    /// How long one fetch may take.
    /// - `refresh.timeout` (duration, optional, default: 5s, range: 10ms…1m)
    static let timeout = ConfigurationKey.defaulted(
        "timeout", .duration(.milliseconds(10) ... .seconds(60)), "5s", "How long one fetch may take.")
    /// How old a set may get while the server is away; then JWT routes answer 503.
    /// - `refresh.stale_limit` (duration, optional, default: 24h, range: 0s…720h): within `lifetime` a set is good
    ///   in any case.
    static let staleLimit = ConfigurationKey.defaulted(
        "stale_limit", .duration(0 ... .seconds(2_592_000)), "24h",
        "How old a set may get while the server is away; within `lifetime` it is good in any case.")

    package static let keys: [any ConfigurationKeyDescription] = [lifetime, cooldown, timeout, staleLimit]

    let lifetime: Written<Nanoseconds>
    let cooldown: Written<Nanoseconds>
    let timeout: Written<Nanoseconds>
    let staleLimit: Written<Nanoseconds>

    package init(reading reader: SectionReader) {
        self.lifetime = reader.value(Self.lifetime)
        self.cooldown = reader.value(Self.cooldown)
        self.timeout = reader.value(Self.timeout)
        self.staleLimit = reader.value(Self.staleLimit)
    }
}
