import OAuthModel
import ProxyCore

/// One element of `routes`, or what `defaults` says for all of them.
package struct RouteSection: ConfigurationSection {
    package static let title = "route"

    package enum Subject: Sendable { case required, optional }
    package enum PathParameters: Sendable { case refuse, allow }
    package enum Upgrade: Sendable { case webSocket }
    package enum Streams: Sendable { case endAtExpiry, ignore }
    package enum CORSPreflight: Sendable { case check, pass }

    /// What metrics, logs and messages call the route.
    /// - `name` (name, required): unique among the routes.
    static let name = ConfigurationKey.required("name", .identifier, "What metrics, logs and messages call the route.")
    /// Hosts it serves.
    /// - `hosts` (list of hosts, optional, default: any): `api.example.com`, `*.example.com` (one or more labels)
    static let hosts = ConfigurationKey.optional(
        "hosts", .list(of: .hostPattern, countMax: 256),
        "Hosts it serves; left out, any: api.example.com, *.example.com.")
    /// Paths it serves, each as a whole.
    /// - `paths` (list of patterns, required here or in `defaults`): `/orders`, `/orders/{id}`, `/reports/**`
    static let paths = ConfigurationKey.optional(
        "paths", .list(of: .text("a path", bytesMax: 4_096), countMax: 256),
        "Paths it serves: /orders, /orders/{id}, /reports/**. Required here or in defaults.")
    /// Methods it serves.
    /// - `methods` (list of methods, optional, default: any but CONNECT and TRACE): GET does not include HEAD.
    static let methods = ConfigurationKey.optional(
        "methods", .list(of: .text("a method", bytesMax: 64), countMax: 64),
        "Methods it serves; left out, any but CONNECT and TRACE.")
    /// Who may come in: with a good token, also without any, everybody.
    /// - `access` (word, optional, default: required): `required`, `optional` or `public`
    static let access = ConfigurationKey.defaulted(
        "access", .choice(["required": Route.Access.required, "optional": .optional, "public": .public]), "required",
        "Whether a token is needed, looked at when there, or not read.")
    /// `realm` of challenges (RFC 9110 §11.5).
    /// - `realm` (text, optional, default: bearergate)
    static let realm = ConfigurationKey.defaulted(
        "realm", .printable("a realm"), "bearergate", "`realm` of challenges.")
    /// Who answers for the route's tokens.
    /// - `authorization_server` (name, required when there are several)
    static let authorizationServer = ConfigurationKey.optional(
        "authorization_server", .text("the name of an authorization server"),
        "Who answers for its tokens; needed when there are several.")
    /// Where the token is looked for; in two places at once it is refused.
    /// - `token_sources` (list of words, optional, default: authorization): `authorization`, `header:NAME` (the bare
    ///   token, or `Bearer` and the token); others are not supported yet. The field is removed unless `forward_token`.
    static let tokenSources = ConfigurationKey.defaulted(
        "token_sources", .list(of: .tokenSource, countMax: 8), "[authorization]",
        "Where the token is looked for: authorization, header:NAME.")
    /// Whether a token must name its subject.
    /// - `subject` (word, optional, default: required): `optional` admits a token without `sub`; then no subject
    ///   field is sent.
    static let subject = ConfigurationKey.defaulted(
        "subject", .choice(["required": Subject.required, "optional": .optional]), "required",
        "Whether a token must name its subject.")
    /// The scopes a token needs.
    /// - `scopes` (list, or `all_of` and `any_of`, optional): a plain list is `all_of`.
    static let scopes = ConfigurationKey.optional(
        "scopes", .scopes, "The scopes a token needs; a plain list is all_of.")
    /// When a granted scope covers a wanted one, as Hydra defines it.
    /// - `scope_strategy` (word, optional, default: exact): `exact`, `hierarchic` or `wildcard`
    static let scopeStrategy = ConfigurationKey.defaulted(
        "scope_strategy", .choice(["exact": ScopeStrategy.exact, "hierarchic": .hierarchic, "wildcard": .wildcard]),
        "exact", "When a granted scope covers a wanted one.")
    /// Whom the token must be meant for, besides what its server asks.
    /// - `audiences` (list of text, optional): one of them must be in `aud`.
    static let audiences = ConfigurationKey.optional(
        "audiences",
        ValueFormat<AudienceRequirement>.namedAudiences(toAcceptAll: "leave `audiences` out to accept every one"),
        "One of them must be in `aud`.")
    /// Conditions on claims; all must hold.
    /// - `claims` (list, optional): a claim that is missing or of another kind does not meet its condition: 403.
    static let claims = ConfigurationKey.optional(
        "claims", .list(of: .section(ClaimSection.self), countMax: 64), "Conditions on claims; all must hold.")
    /// Where requests go.
    /// - `upstream` (name, required here or in `defaults`)
    static let upstream = ConfigurationKey.optional(
        "upstream", .text("the name of an upstream"), "Where requests go. Required here or in defaults.")
    /// What the upstream is told as `Host`.
    /// - `host` (word or host, optional, default: keep): `keep`, `upstream` or a name
    static let host = ConfigurationKey.defaulted(
        "host", .hostRewrite, "keep", "What the upstream is told as Host: keep, upstream or a name.")
    /// How the path is changed, in whole segments.
    /// - `path` (mapping, optional): `strip_prefix`, then `add_prefix`
    static let path = ConfigurationKey.optional(
        "path", .section(PathSection.self), "How the path is changed, in whole segments.")
    /// Whether `;` may stand in a path.
    /// - `path_parameters` (word, optional, default: refuse): `refuse` or `allow`
    static let pathParameters = ConfigurationKey.defaulted(
        "path_parameters", .choice(["refuse": PathParameters.refuse, "allow": .allow]), "refuse",
        "Whether `;` may stand in a path.")
    /// An answer that is older is asked for anew, whatever the cache's ttl.
    /// - `max_answer_age` (duration, optional, default: the cache's ttl, range: 0s…1h)
    static let maxAnswerAge = ConfigurationKey.optional(
        "max_answer_age", .duration(0 ... .seconds(3_600)), "An answer that is older is asked for anew.")
    /// To what a connection may be upgraded.
    /// - `upgrade` (list of words, optional, default: none): `websocket`
    static let upgrade = ConfigurationKey.defaulted(
        "upgrade", .list(of: .choice(["websocket": Upgrade.webSocket]), countMax: 1, allowsEmpty: true), "[]",
        "To what a connection may be upgraded.")
    /// What becomes of tunnels and responses still streaming when the token expires.
    /// - `streams` (word, optional, default: end_at_expiry): `end_at_expiry` or `ignore`
    static let streams = ConfigurationKey.defaulted(
        "streams", .choice(["end_at_expiry": Streams.endAtExpiry, "ignore": .ignore]), "end_at_expiry",
        "What becomes of open streams when the token expires.")
    /// Whether CORS preflights go on without a token, and without identity.
    /// - `cors_preflight` (word, optional, default: check): `check` or `pass`
    static let corsPreflight = ConfigurationKey.defaulted(
        "cors_preflight", .choice(["check": CORSPreflight.check, "pass": .pass]), "check",
        "Whether CORS preflights go on without a token.")
    /// What the upstream is told of the subject: field names and templates with claims in braces.
    /// - `subject_headers` (mapping of field name to template, optional, default: the six `X-Auth-…` fields):
    ///   `{}` sends none.
    static let subjectHeaders = ConfigurationKey.optional(
        "subject_headers", .named(.text("a template such as `\"{sub}\"`"), what: "X-Field", countMax: 64),
        "What the upstream is told of the subject; left out, the six X-Auth- fields.")
    /// Override fields (SPEC §5) that the route passes on, whoever sends them: no rule judges what they ask for.
    /// - `keep_headers` (list of field names, optional, default: none)
    static let keepHeaders = ConfigurationKey.defaulted(
        "keep_headers", .list(of: .overrideField, countMax: 64, allowsEmpty: true), "[]",
        "Clients' override fields that the route passes on.")
    /// Whether the token itself goes on to the upstream, once it has been accepted (or `report_only` lets it pass).
    /// - `forward_token` (boolean, optional, default: false)
    static let forwardToken = ConfigurationKey.defaulted(
        "forward_token", .boolean, "false", "Whether the token itself goes on to the upstream.")
    /// Whether 401 and 403 are only logged and counted, the request going on without subject fields.
    /// - `report_only` (boolean, optional, default: false)
    static let reportOnly = ConfigurationKey.defaulted(
        "report_only", .boolean, "false", "Whether 401 and 403 are only logged and counted.")
    static let subjectToken = UnsupportedKey("subject_token", remedy: "leave it out and use `subject_headers`")

    package static let keys: [any ConfigurationKeyDescription] = [name] + sharedKeys

    /// Those that `defaults` may hold: a name belongs to one route.
    static let sharedKeys: [any ConfigurationKeyDescription] = [
        hosts, paths, methods, access, realm, authorizationServer, tokenSources, subject, scopes, scopeStrategy,
        audiences, claims, upstream, host, path, pathParameters, maxAnswerAge, upgrade, streams, corsPreflight,
        subjectHeaders, keepHeaders, forwardToken, reportOnly, subjectToken,
    ]

    let name: Written<String>
    var hosts: Written<[Placed<HostPattern>]>
    var paths: Written<[Placed<String>]>
    var methods: Written<[Placed<String>]>
    var access: Written<Route.Access>
    var realm: Written<String>
    var authorizationServer: Written<String>
    var tokenSources: Written<[Placed<TokenSource>]>
    var subject: Written<Subject>
    var scopes: Written<WrittenScopes>
    var scopeStrategy: Written<ScopeStrategy>
    var audiences: Written<[Placed<String>]>
    var claims: Written<[Placed<ClaimSection>]>
    var upstream: Written<String>
    var host: Written<Route.HostRewrite>
    var path: Written<PathSection>
    var pathParameters: Written<PathParameters>
    var maxAnswerAge: Written<Nanoseconds>
    var upgrade: Written<[Placed<Upgrade>]>
    var streams: Written<Streams>
    var corsPreflight: Written<CORSPreflight>
    var subjectHeaders: Written<[Named<String>]>
    var keepHeaders: Written<[Placed<FoldedFieldName>]>
    var forwardToken: Written<Bool>
    var reportOnly: Written<Bool>

    package init(reading reader: SectionReader) {
        self.name = reader.value(Self.name)
        self.hosts = reader.value(Self.hosts)
        self.paths = reader.value(Self.paths)
        self.methods = reader.value(Self.methods)
        self.access = reader.value(Self.access)
        self.realm = reader.value(Self.realm)
        self.authorizationServer = reader.value(Self.authorizationServer)
        self.tokenSources = reader.value(Self.tokenSources)
        self.subject = reader.value(Self.subject)
        self.scopes = reader.value(Self.scopes)
        self.scopeStrategy = reader.value(Self.scopeStrategy)
        self.audiences = reader.value(Self.audiences)
        self.claims = reader.value(Self.claims)
        self.upstream = reader.value(Self.upstream)
        self.host = reader.value(Self.host)
        self.path = reader.value(Self.path)
        self.pathParameters = reader.value(Self.pathParameters)
        self.maxAnswerAge = reader.value(Self.maxAnswerAge)
        self.upgrade = reader.value(Self.upgrade)
        self.streams = reader.value(Self.streams)
        self.corsPreflight = reader.value(Self.corsPreflight)
        self.subjectHeaders = reader.value(Self.subjectHeaders)
        self.keepHeaders = reader.value(Self.keepHeaders)
        self.forwardToken = reader.value(Self.forwardToken)
        self.reportOnly = reader.value(Self.reportOnly)
    }

    /// The route with the defaults for the keys that it does not write.
    func falling(backTo defaults: RouteSection?) -> RouteSection {
        guard let defaults else { return self }
        var route = self
        route.hosts = self.hosts.falling(backTo: defaults.hosts)
        route.paths = self.paths.falling(backTo: defaults.paths)
        route.methods = self.methods.falling(backTo: defaults.methods)
        route.access = self.access.falling(backTo: defaults.access)
        route.realm = self.realm.falling(backTo: defaults.realm)
        route.authorizationServer = self.authorizationServer.falling(backTo: defaults.authorizationServer)
        route.tokenSources = self.tokenSources.falling(backTo: defaults.tokenSources)
        route.subject = self.subject.falling(backTo: defaults.subject)
        route.scopes = self.scopes.falling(backTo: defaults.scopes)
        route.scopeStrategy = self.scopeStrategy.falling(backTo: defaults.scopeStrategy)
        route.audiences = self.audiences.falling(backTo: defaults.audiences)
        route.claims = self.claims.falling(backTo: defaults.claims)
        route.upstream = self.upstream.falling(backTo: defaults.upstream)
        route.host = self.host.falling(backTo: defaults.host)
        route.path = self.path.falling(backTo: defaults.path)
        route.pathParameters = self.pathParameters.falling(backTo: defaults.pathParameters)
        route.maxAnswerAge = self.maxAnswerAge.falling(backTo: defaults.maxAnswerAge)
        route.upgrade = self.upgrade.falling(backTo: defaults.upgrade)
        route.streams = self.streams.falling(backTo: defaults.streams)
        route.corsPreflight = self.corsPreflight.falling(backTo: defaults.corsPreflight)
        route.subjectHeaders = self.subjectHeaders.falling(backTo: defaults.subjectHeaders)
        route.keepHeaders = self.keepHeaders.falling(backTo: defaults.keepHeaders)
        route.forwardToken = self.forwardToken.falling(backTo: defaults.forwardToken)
        route.reportOnly = self.reportOnly.falling(backTo: defaults.reportOnly)
        return route
    }
}

/// `defaults`: any route key but `name`.
package struct RouteDefaultsSection: ConfigurationSection {
    package static let title = "defaults"
    package static let keys: [any ConfigurationKeyDescription] = RouteSection.sharedKeys

    let route: RouteSection

    package init(reading reader: SectionReader) {
        self.route = RouteSection(reading: reader)
    }
}
