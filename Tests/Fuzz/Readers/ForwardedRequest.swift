import HTTPWire
import OAuthModel
import ProxyCore

/// Takes an accepted head through admission to what an upstream gets, as the server does, and judges that.
enum ForwardedRequest {
    /// A way in and a way out that differ in what is believed, removed and rewritten.
    struct Door {
        let generation: ProxyGeneration
        let peer: PeerIdentity
        let server: AuthorizationServer
    }

    static func judge(_ bytes: [UInt8], _ choices: inout Choices) {
        let door = choices.one(of: self.doors)
        var parser = RequestHeadParser(limits: .generous)
        guard (try? parser.parse(bytes.span)) == .complete else { return }
        let head = RequestHead(bytes: bytes.span, index: parser.index)
        guard let grant = self.grant(head, door) else { return }
        var writer = HeadWriter()
        do throws(Refusal) {
            try UpstreamRequestHead.write(
                head, grant: grant, peer: door.peer, requestID: .made(high: 1, low: 2), framing: head.framing,
                generation: door.generation, into: &writer)
        } catch {
            insist(
                error == .rewriteRefused || error == .tooManyConnectionOptions,
                "a grant is forwarded or its rewriting refused")
            return
        }
        self.insistOnMessage(writer.bytes, of: head, bytes, grant)
    }

    private static func insistOnMessage(
        _ written: [UInt8], of head: borrowing RequestHead, _ bytes: [UInt8], _ grant: AccessGrant
    ) {
        guard case .complete(let sent) = HeadReading<RequestSummary>(written, limits: .generous) else {
            end("finding: what goes upstream parses")
        }
        let route = grant.route
        insist(sent.byteCount == written.count, "a head for an upstream ends where it ends")
        insist(written[sent.methodRange] == [UInt8](copying: head.methodName), "the method goes on as it came")
        insist(sent.minorVersion == 1 && sent.targetForm == .origin, "an upstream is asked in origin-form of 1.1")
        insist(sent.framing == head.framing, "content is framed as it arrived")
        if route.pathRewrite.isIdentity {
            let target = grant.target
            let path = [UInt8](copying: target.path(in: head.bytes))
            insist(written[sent.target] == path + bytes[target.query], "the normal form goes on, and the query")
        }
        for field in sent.fields {
            let name = String(decoding: written[field.name], as: UTF8.self).lowercased()
            insist(!self.hopByHop.contains(name), "RFC 9110 §7.6.1: \(name) ends here")
            insist(field.isSpeltExactly || !self.unforgeable.contains(field.kind), "a look-alike ends here")
            if route.access != .public && !route.forwardsToken {
                insist(field.kind != .authorization, "no token reaches an upstream")
            }
            if self.isReserved(name) {
                insist(
                    !grant.subjectLines.isEmpty && grant.subjectLines.contains(written[field.line]),
                    "no client says who it is")
            } else if !self.ours.contains(name) {
                insist(bytes.contains(written[field.line]), "a field goes on as it came")
            }
        }
        for name in ["host", "via", "x-request-id", "forwarded", "x-forwarded-for"] {
            let count = sent.fields.count {
                String(decoding: written[$0.name], as: UTF8.self).lowercased() == name
            }
            insist(count == 1 || name == "via" && count >= 1, "\(name) is said once")
        }
    }

    /// Whether a backend that folds names could take this one for a subject field.
    static func isReserved(_ name: String) -> Bool {
        let folded = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return self.reserved.contains(String(folded))
    }

    private static let reserved: Set = [
        "x-auth-subject", "x-auth-client-id", "x-auth-scope", "x-auth-issuer", "x-auth-username", "x-auth-expires-at",
    ]

    /// What the server answers is known before, so a token is as good as its claims.
    private static func grant(_ head: borrowing RequestHead, _ door: Door) -> AccessGrant? {
        let now = Instant(monotonic: .seconds(10), wall: NumericDate(seconds: 1_800_000_000))
        let waiter = WaiterID(loop: 0, slot: 0, generation: 0)
        var use = TokenUse()
        let decision = Admission.decide(
            head, from: door.peer, in: door.generation, keys: self.keys, waiter: waiter, at: now, noting: &use)
        switch decision {
        case .forward(let grant): return grant
        case .refuse: return nil
        case .wait, .awaitKeys: end("finding: nobody else asked")
        case .introspect(let pending):
            guard let flight = pending.flight else { end("finding: a question has a flight") }
            let told = door.server.state.cache.land(flight, verdict: self.verdict, at: now).waiters
            insist(told == [waiter], "who waits is told once")
            let resumed = Admission.resume(pending, with: self.verdict, head: head, at: now, noting: &use)
            guard case .forward(let grant) = resumed else { return nil }
            return grant
        }
    }

    private static let keys = FingerprintKey(bytes: [UInt8](repeating: 7, count: 32))

    private static let verdict: FlightVerdict = {
        let answer = #"{"active":true,"sub":"alice","scope":"read","client_id":"c"}"#
        guard case .active(let active)? = try? IntrospectionResponse.parse([UInt8](answer.utf8)) else {
            end("the answer of the fuzz targets is none")
        }
        return IntrospectionOutcome.active(active).verdict(from: Self.settings)
    }()

    private static let hopByHop: Set = [
        "keep-alive", "proxy-connection", "http2-settings", "proxy-authorization", "proxy-authenticate",
        "proxy-authentication-info",
    ]
    private static let unforgeable: Set<FieldKind> = [
        .contentLength, .transferEncoding, .host, .connection, .authorization, .forwarded, .xForwardedFor,
    ]
    /// Names that the product writes by itself.
    private static let ours: Set = [
        "host", "via", "x-request-id", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
        "content-length", "transfer-encoding", "connection", "upgrade", "te",
    ]

    // MARK: Doors

    private static let settings = AuthorizationServer.Settings(
        name: "stub", strategy: .introspect, introspection: AuthorizationServer.Introspection(endpoint: nil),
        cache: AuthorizationServer.Cache(lifetime: 0))

    static let doors: [Door] = {
        do {
            let front = try TrustedPeers(["10.0.0.7"])
            let rewrite = Route.PathRewrite(stripPrefix: Array("/public".utf8), addPrefix: Array("/v1/x".utf8))
            return [
                try Self.door(trusted: .nobody, access: .public),
                try Self.door(trusted: .nobody, access: .optional),
                try Self.door(trusted: front, access: .optional),
                try Self.door(trusted: .nobody, access: .required, forwardsToken: true),
                try Self.door(
                    trusted: .nobody, access: .public, host: .upstream, rewrite: rewrite, kept: ["x-forwarded-for"]),
                try Self.door(
                    trusted: .nobody, access: .optional,
                    sources: TokenSources(
                        readsAuthorization: true, fields: [FoldedFieldName(folding: "x-api-token")])),
            ]
        } catch {
            end("the routes of the fuzz targets are wrong: \(error)")
        }
    }()

    private static func door(
        trusted: TrustedPeers, access: Route.Access, sources: TokenSources = .authorization,
        host: Route.HostRewrite = .keep, rewrite: Route.PathRewrite = Route.PathRewrite(), kept: [String] = [],
        forwardsToken: Bool = false
    ) throws -> Door {
        let server = AuthorizationServer(
            index: 0, settings: self.settings, state: AuthorizationServerState(settings: self.settings, jitter: 0))
        let upstream = Upstream(
            index: 0, name: "main",
            endpoint: ServiceEndpoint(
                address: .network(host: "127.0.0.1", port: 9_000), isTLS: false,
                authority: Array("main.internal:9000".utf8)))
        let route = Route(
            index: 0, name: "all", paths: [try RoutePattern("/**")], access: access, tokenSources: sources,
            authorizationServer: server, upstream: upstream, host: host, pathRewrite: rewrite,
            allowsPathParameters: true, allowsWebSocket: true,
            keptFields: kept.map { FoldedFieldName(folding: $0) }, forwardsToken: forwardsToken)
        let generation = ProxyGeneration(
            number: 1, table: try RouteTable(routes: [route]), routes: [route], upstreams: [upstream],
            authorizationServers: [server])
        return Door(
            generation: generation, peer: PeerIdentity(address: .v4(0x0A00_0007), isTLS: false, trusted: trusted),
            server: server)
    }
}

extension [UInt8] {
    /// Whether a run of bytes occurs.
    func contains(_ other: [UInt8]) -> Bool {
        guard let first = other.first else { return true }
        guard self.count >= other.count else { return false }
        for start in 0...(self.count - other.count)
        where self[start] == first && self[start..<(start + other.count)].elementsEqual(other) {
            return true
        }
        return false
    }
}
