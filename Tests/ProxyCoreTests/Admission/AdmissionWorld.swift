import HTTPWire
import JOSE
import OAuthModel
import ProxyCore
import Testing

/// An authorization server that a test speaks for, some routes, and a clock that it moves.
///
/// Requests go through parser and admission; a question is answered at once from `answers` and counted.
final class AdmissionWorld {
    struct Answer {
        var status = 200
        var contentType: String? = "application/json"
        var retryAfter: String?
        var body: String

        static func json(_ body: String) -> Answer { Answer(body: body) }
        static func status(_ status: Int, retryAfter: String? = nil) -> Answer {
            Answer(status: status, retryAfter: retryAfter, body: #"{"error":"x"}"#)
        }
    }

    static let upstream = Upstream(
        index: 0, name: "echo",
        endpoint: ServiceEndpoint(
            address: .network(host: "127.0.0.1", port: 9_000), isTLS: false, authority: [UInt8]("echo:9000".utf8)))
    static let peer = PeerIdentity(address: .v4(0x7F00_0001), isTLS: false, trusted: .nobody)

    let generation: ProxyGeneration
    let servers: [AuthorizationServer]
    var answers: [String: Answer] = [:]
    /// Questions asked so far.
    var calls = 0
    /// Seconds since the test began.
    var second: Int64 = 0
    /// What was noted of the last request's token.
    private(set) var use = TokenUse()
    private let keys = FingerprintKey(bytes: [UInt8](repeating: 7, count: 32))
    private var nextWaiter: UInt32 = 0

    var server: AuthorizationServer { self.servers[0] }
    var now: Instant { .second(self.second) }

    /// `routes` makes the routes of one server each a call; paths are `/` and the route's name.
    init(
        _ settings: [AuthorizationServer.Settings] = [AdmissionWorld.settings()],
        limits: Limits = Limits(),
        routes: ([AuthorizationServer]) throws -> [Route] = { [try AdmissionWorld.route("x", $0[0])] }
    ) throws {
        self.servers = settings.enumerated().map {
            AuthorizationServer(
                index: $0, settings: $1, state: AuthorizationServerState(settings: $1, jitter: 0))
        }
        let routes = try routes(self.servers)
        self.generation = ProxyGeneration(
            number: 1, table: try RouteTable(routes: routes), routes: routes, upstreams: [Self.upstream],
            authorizationServers: self.servers, limits: limits)
    }

    static func settings(
        _ name: String = "as", issuer: String? = nil, isIssuerOptional: Bool = false,
        strategy: ValidationStrategy = .introspect, jwt: AuthorizationServer.JWT? = nil,
        cache: AuthorizationServer.Cache = AuthorizationServer.Cache()
    ) -> AuthorizationServer.Settings {
        AuthorizationServer.Settings(
            name: name, issuer: issuer.flatMap { IssuerIdentifier($0) }, strategy: strategy,
            introspection: AuthorizationServer.Introspection(endpoint: nil, isIssuerOptional: isIssuerOptional),
            jwt: jwt, cache: cache)
    }

    static func route(
        _ name: String, _ server: AuthorizationServer?, index: Int = 0, path: String? = nil,
        access: Route.Access = .required, scopes: [String] = [], anyOf: [String] = [],
        strategy: ScopeStrategy = .exact, audiences: [String] = [], claims: [ClaimRequirement] = [],
        requiresSubject: Bool = true, maxAnswerAge: Nanoseconds? = nil, passesCORSPreflight: Bool = false,
        hosts: [String] = [], isReportOnly: Bool = false, endsStreamsAtExpiry: Bool = true
    ) throws -> Route {
        Route(
            index: index, name: name, hosts: try hosts.map { try HostPattern($0) },
            paths: [try RoutePattern(path ?? "/\(name)")], access: access, authorizationServer: server,
            policy: AccessPolicy(
                scopes: ScopeRequirement(
                    allOf: try scopes.map { try #require(Scope($0)) }, anyOf: try anyOf.map { try #require(Scope($0)) },
                    strategy: strategy),
                audiences: audiences, claims: claims, requiresSubject: requiresSubject),
            upstream: Self.upstream, maxAnswerAge: maxAnswerAge, endsStreamsAtExpiry: endsStreamsAtExpiry,
            passesCORSPreflight: passesCORSPreflight, isReportOnly: isReportOnly)
    }

    func waiter() -> WaiterID {
        self.nextWaiter += 1
        return WaiterID(loop: 0, slot: self.nextWaiter, generation: 1)
    }

    /// What admission says first, nothing performed.
    func decide(_ raw: [UInt8]) throws -> Decision {
        self.use = TokenUse()
        return try self.withHead(raw) { head in
            Admission.decide(
                head, from: Self.peer, in: self.generation, keys: self.keys, waiter: self.waiter(), at: self.now,
                noting: &self.use)
        }
    }

    func resume(_ pending: PendingValidation, with verdict: FlightVerdict, _ raw: [UInt8]) throws -> Decision {
        try self.withHead(raw) { Admission.resume(pending, with: verdict, head: $0, at: self.now, noting: &self.use) }
    }

    func resumeWithKeys(_ pending: PendingValidation, _ raw: [UInt8]) throws -> Decision {
        try self.withHead(raw) { Admission.resumeWithKeys(pending, head: $0, at: self.now, noting: &self.use) }
    }

    /// The whole way, the server's answer included.
    func send(_ raw: [UInt8]) throws -> Decision {
        let decision = try self.decide(raw)
        guard case .introspect(let pending) = decision, let flight = pending.flight else { return decision }
        let token = String(
            decoding: raw[Int(pending.tokenRange.lower)..<Int(pending.tokenRange.upper)], as: UTF8.self)
        let verdict = self.ask(token, of: pending.server)
        #expect(pending.server.state.cache.land(flight, verdict: verdict, at: self.now).waiters == [pending.waiter])
        return try self.resume(pending, with: verdict, raw)
    }

    func send(_ path: String = "/x", token: String?, method: String = "GET", fields: [String] = []) throws -> Decision {
        try self.send(Self.request(path, token: token, method: method, fields: fields))
    }

    /// The status a client sees; 200 for a request that goes on.
    func status(_ path: String = "/x", token: String?, method: String = "GET", fields: [String] = []) throws -> UInt16 {
        try self.send(path, token: token, method: method, fields: fields).status
    }

    func ask(_ token: String, of server: AuthorizationServer) -> FlightVerdict {
        self.calls += 1
        let answer =
            self.answers["\(server.settings.name) \(token)"] ?? self.answers[token] ?? .json(#"{"active":false}"#)
        let contentType = answer.contentType.map { [UInt8]($0.utf8) } ?? []
        let retryAfter = answer.retryAfter.map { [UInt8]($0.utf8) } ?? []
        return IntrospectionReply.classify(
            status: answer.status, contentType: answer.contentType == nil ? nil : contentType.span,
            retryAfter: answer.retryAfter == nil ? nil : retryAfter.span, body: [UInt8](answer.body.utf8)
        ).verdict(from: server.settings)
    }

    static func request(
        _ path: String = "/x", token: String?, method: String = "GET", fields: [String] = [], host: String = "api.test"
    ) -> [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)"] + fields
        if let token { lines.append("Authorization: Bearer \(token)") }
        return [UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private func withHead(_ raw: [UInt8], _ body: (borrowing RequestHead) -> Decision) throws -> Decision {
        var parser = RequestHeadParser(limits: HeadLimits())
        guard try parser.parse(raw.span) == .complete else { throw Incomplete() }
        return body(RequestHead(bytes: raw.span, index: parser.index))
    }

    struct Incomplete: Error {}
}

extension Decision {
    var refusal: Refusal? { if case .refuse(let refusal, _) = self { refusal } else { nil } }
    var grant: AccessGrant? { if case .forward(let grant) = self { grant } else { nil } }
    var status: UInt16 {
        switch self {
        case .forward: 200
        case .refuse(let refusal, _): refusal.status
        case .introspect, .wait, .awaitKeys: 0
        }
    }

    /// What the upstream is told of the subject.
    var subjectLines: String { String(decoding: self.grant?.subjectLines ?? [], as: UTF8.self) }
}
