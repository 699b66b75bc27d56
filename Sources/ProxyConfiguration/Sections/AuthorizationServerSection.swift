import OAuthModel
import ProxyCore

/// One member of `authorization_servers`.
package struct AuthorizationServerSection: ConfigurationSection {
    package static let title = "authorization server"

    package enum Plaintext: Sendable { case refuse, allow }

    /// The server's name for itself (RFC 8414 §2); given, `iss` must be there and equal, byte for byte.
    /// - `issuer` (issuer, required by `discover` and by strategies that verify)
    static let issuer = ConfigurationKey.optional(
        "issuer", .issuer, "The server's issuer; given, `iss` must be there and equal.")
    /// How tokens are checked.
    /// - `strategy` (word, required): `introspect`, `verify` or `verify_or_introspect`;
    ///   `verify_and_introspect` is not supported yet
    static let strategy = ConfigurationKey.required(
        "strategy",
        .choice(
            [
                "introspect": ValidationStrategy.introspect, "verify": .verify,
                "verify_or_introspect": .verifyOrIntrospect,
            ], notSupportedYet: ["verify_and_introspect"]), "How tokens are checked.")
    /// Whether secrets and key sets may travel over `http` beyond loopback and Unix sockets.
    /// - `plaintext` (word, optional, default: refuse): `refuse` or `allow`; tokens that an `endpoint` is asked about
    ///   may in any case, but `refuse` warns of it.
    static let plaintext = ConfigurationKey.defaulted(
        "plaintext", .choice(["refuse": Plaintext.refuse, "allow": .allow]), "refuse",
        "Whether secrets and key sets may travel over http beyond this machine.")
    /// How the server is asked about tokens (RFC 7662).
    /// - `introspection` (mapping, required by strategies that introspect)
    static let introspection = ConfigurationKey.optional(
        "introspection", .section(IntrospectionSection.self), "How the server is asked about tokens.")
    /// How its JWTs are verified here.
    /// - `jwt` (mapping, required by strategies that verify)
    static let jwt = ConfigurationKey.optional("jwt", .section(JWTSection.self), "How its JWTs are verified here.")
    /// How long answers are kept, and how many.
    /// - `cache` (mapping, optional)
    static let cache = ConfigurationKey.defaulted(
        "cache", .section(CacheSection.self), "{}", "How long answers are kept.")
    static let recheck = UnsupportedKey("recheck", remedy: "leave it out; it belongs to `verify_and_introspect`")

    package static let keys: [any ConfigurationKeyDescription] = [
        issuer, strategy, plaintext, introspection, jwt, cache, recheck,
    ]

    let issuer: Written<IssuerIdentifier>
    let strategy: Written<ValidationStrategy>
    let plaintext: Written<Plaintext>
    let introspection: Written<IntrospectionSection>
    let jwt: Written<JWTSection>
    let cache: Written<CacheSection>

    package init(reading reader: SectionReader) {
        self.issuer = reader.value(Self.issuer)
        self.strategy = reader.value(Self.strategy)
        self.plaintext = reader.value(Self.plaintext)
        self.introspection = reader.value(Self.introspection)
        self.jwt = reader.value(Self.jwt)
        self.cache = reader.value(Self.cache)
    }
}

/// `cache` of an authorization server (ARCHITECTURE §6).
package struct CacheSection: ConfigurationSection {
    package static let title = "cache"

    /// How long an active answer may be reused, never past `exp`; a verified JWT, never past `exp` and the leeway.
    /// - `cache.ttl` (duration, optional, default: 60s, range: 0s…1h): `0s` turns reuse off.
    static let ttl = ConfigurationKey.defaulted(
        "ttl", .duration(0 ... .seconds(3_600)), "60s", "How long an active answer may be reused; 0s turns reuse off.")
    /// How long a refusal is remembered.
    /// - `cache.negative_ttl` (duration, optional, default: 5s, range: 0s…1h)
    static let negativeTTL = ConfigurationKey.defaulted(
        "negative_ttl", .duration(0 ... .seconds(3_600)), "5s", "How long a refusal is remembered.")
    /// What accepted tokens may take of memory.
    /// - `cache.size` (size, optional, default: 64MiB, range: 64KiB…16GiB): those unused for long leave first.
    static let size = ConfigurationKey.defaulted(
        "size", .size((64 << 10)...(16 << 30)), "64MiB", "What accepted tokens may take of memory.")
    /// What refused tokens may take, apart, so that invented ones cannot push out good ones.
    /// - `cache.negative_size` (size, optional, default: 8MiB, range: 64KiB…1GiB)
    static let negativeSize = ConfigurationKey.defaulted(
        "negative_size", .size((64 << 10)...(1 << 30)), "8MiB", "What refused tokens may take of memory.")
    static let staleWhileRevalidate = ConfigurationKey.defaulted(
        "stale_while_revalidate", .zeroDuration, "0s", "Not supported yet; 0s is the only value.")
    static let staleIfError = ConfigurationKey.defaulted(
        "stale_if_error", .zeroDuration, "0s", "Not supported yet; 0s is the only value.")

    package static let keys: [any ConfigurationKeyDescription] = [
        ttl, negativeTTL, size, negativeSize, staleWhileRevalidate, staleIfError,
    ]

    let ttl: Written<Nanoseconds>
    let negativeTTL: Written<Nanoseconds>
    let size: Written<Int>
    let negativeSize: Written<Int>

    package init(reading reader: SectionReader) {
        self.ttl = reader.value(Self.ttl)
        self.negativeTTL = reader.value(Self.negativeTTL)
        self.size = reader.value(Self.size)
        self.negativeSize = reader.value(Self.negativeSize)
        _ = reader.value(Self.staleWhileRevalidate)
        _ = reader.value(Self.staleIfError)
    }
}

extension ValueFormat where Value == Nanoseconds {
    /// A duration that can only be `0s` yet: answers past their time are not served.
    static let zeroDuration: ValueFormat<Nanoseconds> = ValueFormat<Nanoseconds>.duration(0 ... .seconds(86_400)).map {
        value, position, context in
        guard value == 0 else {
            context.error(
                "stale answers are not supported yet", at: position, remedy: "write `0s` or leave the key out")
            return nil
        }
        return value
    }
}
