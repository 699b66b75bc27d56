import HTTPWire
import JOSE
import OAuthModel
import ProxyCore

/// Servers, routes and requests for the operations: made once, the same on every run.
enum World {
    static let peer = PeerIdentity(address: .v4(0x7F00_0001), isTLS: false, trusted: .nobody)
    static let waiter = WaiterID(loop: 0, slot: 1, generation: 1)
    static let keys = FingerprintKey(bytes: [UInt8](repeating: 7, count: 32))
    static let now = Instant(monotonic: 1_000_000_000_000, wall: NumericDate(seconds: 1_800_000_000))
    static let issuer = "https://as.example"

    static let upstream = Upstream(
        index: 0, name: "backend",
        endpoint: ServiceEndpoint(
            address: .network(host: "127.0.0.1", port: 9_000), isTLS: false, authority: [UInt8]("backend:9000".utf8)))

    static func server(
        _ strategy: ValidationStrategy, algorithm: SignatureAlgorithm = .rs256
    ) -> AuthorizationServer {
        // Keys never go stale here: an operation sets its own clock far ahead.
        let jwt = AuthorizationServer.JWT(
            source: .endpoint("https://as.example/jwks"), profile: self.profile(algorithm), keyPolicy: KeyPolicy(),
            staleLimit: .max)
        let settings = AuthorizationServer.Settings(
            name: "as", strategy: strategy, introspection: AuthorizationServer.Introspection(endpoint: nil),
            jwt: strategy == .introspect ? nil : jwt, cache: AuthorizationServer.Cache(lifetime: .seconds(60)))
        return AuthorizationServer(
            index: 0, settings: settings, state: AuthorizationServerState(settings: settings, jitter: 0))
    }

    static func profile(_ algorithm: SignatureAlgorithm) -> JWTProfile {
        JWTProfile(issuer: self.issuer, audiences: ["api"], algorithms: [algorithm])
    }

    static func route(_ path: String, _ server: AuthorizationServer?, index: Int = 0) throws -> Route {
        Route(
            index: index, name: "route-\(index)", paths: [try RoutePattern(path)],
            access: server == nil ? .public : .required, authorizationServer: server,
            policy: AccessPolicy(scopes: ScopeRequirement(allOf: [try self.scope("read")])), upstream: self.upstream)
    }

    static func generation(_ routes: [Route], _ servers: [AuthorizationServer]) throws -> ProxyGeneration {
        ProxyGeneration(
            number: 1, table: try RouteTable(routes: routes), routes: routes, upstreams: [self.upstream],
            authorizationServers: servers)
    }

    /// A request as a client library sends it.
    static func request(_ path: String = "/orders/v1/items/17", token: String?) throws -> ParsedRequest {
        var lines = [
            "GET \(path)?page=2&limit=50 HTTP/1.1", "Host: api.example.com", "User-Agent: okhttp/4.12.0",
            "Accept: application/json", "Accept-Encoding: gzip",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        return try ParsedRequest([UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    }

    static func introspected(_ subject: String, from server: AuthorizationServer) throws -> ValidatedToken {
        let json =
            #"{"active":true,"sub":"\#(subject)","scope":"read write","client_id":"app","iss":"\#(self.issuer)","#
            + #""aud":["api"],"exp":1800003600,"iat":1799999999,"token_type":"Bearer"}"#
        let reply = IntrospectionReply.classify(
            status: 200, contentType: nil, retryAfter: nil, body: [UInt8](json.utf8))
        guard case .accepted(let token) = reply.verdict(from: server.settings) else {
            throw Unusable("the introspection answer is not accepted")
        }
        return token
    }

    static func fingerprint(_ token: String) -> TokenFingerprint {
        self.keys.fingerprint(of: [UInt8](token.utf8).span, identity: self.identity)
    }

    static let identity = AuthorizationServerIdentity(server: [UInt8]("as".utf8), client: [])

    /// Forty characters, as Hydra's opaque tokens have in their random part.
    static func opaqueToken(_ number: Int) -> String {
        let digits = String(number, radix: 36)
        return "ory_at_" + String(repeating: "0", count: 33 - digits.count) + digits
    }

    private static func scope(_ word: String) throws -> Scope {
        guard let scope = Scope(word) else { throw Unusable("no scope: \(word)") }
        return scope
    }
}

/// The bytes of a request head, and what the parser found in them.
struct ParsedRequest {
    let bytes: [UInt8]
    let index: RequestHeadIndex

    init(_ bytes: [UInt8]) throws {
        var parser = RequestHeadParser(limits: HeadLimits())
        guard try parser.parse(bytes.span) == .complete else { throw Unusable("the request head is not complete") }
        self.bytes = bytes
        self.index = parser.index
    }

    var head: RequestHead {
        @_lifetime(borrow self) get { RequestHead(bytes: self.bytes.span, index: self.index) }
    }
}
