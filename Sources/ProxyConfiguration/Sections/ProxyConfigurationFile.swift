import ProxyCore

/// The whole configuration file as written (SPEC §3).
package struct ProxyConfigurationFile: ConfigurationSection {
    package static let title = "Bearergate configuration"

    /// The version of the file format.
    /// - `version` (integer, required, range: 1…1)
    static let version = ConfigurationKey.required("version", .integer(1...1), "Version of the file format.")
    /// Where clients connect.
    /// - `listeners` (list, required): at least one.
    static let listeners = ConfigurationKey.required(
        "listeners", .list(of: .section(ListenerSection.self), countMax: 64), "Where clients connect.")
    /// The admin API; left out, there is none.
    /// - `admin` (mapping, optional)
    static let admin = ConfigurationKey.optional(
        "admin", .section(AdminSection.self), "The admin API: health, metrics, routes; left out, there is none.")
    /// Loops, each with its own thread, connections and pools.
    /// - `workers` (integer, optional, default: the machine's cores, range: 1…256)
    static let workers = ConfigurationKey.optional(
        "workers", .integer(1...256), "Loops, one thread each; the machine's cores when left out.")
    /// What one client may send, and how long the heads and trailers of answers may be.
    /// - `limits` (mapping, optional)
    static let limits = ConfigurationKey.defaulted(
        "limits", .section(LimitsSection.self), "{}",
        "What one client may send; answers' heads and trailers are bounded by it as well.")
    /// How long a client may take, and how a process ends.
    /// - `timeouts` (mapping, optional)
    static let timeouts = ConfigurationKey.defaulted(
        "timeouts", .section(TimeoutsSection.self), "{}", "How long a client may take, and how the process ends.")
    /// The slowest body that is waited for: mean over each 10 s in which we were ready to read; slower ones get 408.
    /// - `body_minimum_rate` (rate, optional, default: 240B/s, range: 0B/s…1GiB/s): with `0B/s` only `stream_idle`
    ///   ends one that has stopped.
    static let bodyMinimumRate = ConfigurationKey.defaulted(
        "body_minimum_rate", .rate(0...(1 << 30)), "240B/s",
        "Mean over each 10 s below which a request body is answered 408; with 0B/s only an upstream's stream_idle ends it."
    )
    /// How often the host names of upstreams and authorization servers are looked up again.
    /// - `resolve_interval` (duration, optional, default: 30s, range: 1s…1h)
    static let resolveInterval = ConfigurationKey.defaulted(
        "resolve_interval", .duration(.seconds(1) ... .seconds(3_600)), "30s",
        "How often host names are looked up again.")
    /// The proxy's own log and the access log.
    /// - `log` (mapping, optional)
    static let log = ConfigurationKey.defaulted("log", .section(LogSection.self), "{}", "The log and the access log.")
    /// Who says what a token is worth, by name.
    /// - `authorization_servers` (mapping, optional): needed by every route that is not public.
    static let authorizationServers = ConfigurationKey.optional(
        "authorization_servers",
        .named(.section(AuthorizationServerSection.self), what: "name", countMax: 256),
        "Authorization servers by name.")
    /// The services behind the proxy, by name.
    /// - `upstreams` (mapping, required)
    static let upstreams = ConfigurationKey.required(
        "upstreams", .named(.section(UpstreamSection.self), what: "name", countMax: 4_096),
        "The services behind the proxy, by name.")
    /// What is served, to whom, from where.
    /// - `routes` (list, required): at least one.
    static let routes = ConfigurationKey.required(
        "routes", .list(of: .section(RouteSection.self), countMax: 20_000), "What is served, to whom and from where.")
    /// Keys of routes that do not write them; a key that a route writes replaces the default's whole value.
    /// - `defaults` (mapping, optional): any key of a route but `name`.
    static let defaults = ConfigurationKey.optional(
        "defaults", .section(RouteDefaultsSection.self), "Route keys for the routes that do not write them.")

    package static let keys: [any ConfigurationKeyDescription] = [
        version, listeners, admin, workers, limits, timeouts, bodyMinimumRate,
        resolveInterval, log, authorizationServers, upstreams, routes, defaults,
    ]

    let listeners: Written<[Placed<ListenerSection>]>
    let admin: Written<AdminSection>
    let workers: Written<Int>
    let limits: Written<LimitsSection>
    let timeouts: Written<TimeoutsSection>
    let bodyMinimumRate: Written<UInt64>
    let resolveInterval: Written<Nanoseconds>
    let log: Written<LogSection>
    let authorizationServers: Written<[Named<AuthorizationServerSection>]>
    let upstreams: Written<[Named<UpstreamSection>]>
    let routes: Written<[Placed<RouteSection>]>
    let defaults: Written<RouteDefaultsSection>

    package init(reading reader: SectionReader) {
        _ = reader.value(Self.version)
        self.listeners = reader.value(Self.listeners)
        self.admin = reader.value(Self.admin)
        self.workers = reader.value(Self.workers)
        self.limits = reader.value(Self.limits)
        self.timeouts = reader.value(Self.timeouts)
        self.bodyMinimumRate = reader.value(Self.bodyMinimumRate)
        self.resolveInterval = reader.value(Self.resolveInterval)
        self.log = reader.value(Self.log)
        self.authorizationServers = reader.value(Self.authorizationServers)
        self.upstreams = reader.value(Self.upstreams)
        self.routes = reader.value(Self.routes)
        self.defaults = reader.value(Self.defaults)
    }

    /// Reads a file's bytes; nil when nothing of it can be read.
    ///
    /// Problems go to the collector in both cases.
    package init?(yaml bytes: [UInt8], problems: ProblemCollector) {
        guard let root = YAMLText.read(bytes, problems: problems) else { return nil }
        let format = ValueFormat<ProxyConfigurationFile>.section(ProxyConfigurationFile.self)
        guard let file = format.read(root, ReadingContext(problems: problems, path: "")) else { return nil }
        self = file
    }
}
