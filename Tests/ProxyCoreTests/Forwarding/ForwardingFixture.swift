import HTTPWire
import JOSE
import OAuthModel
import Testing

@testable import ProxyCore

/// A generation of routes and what its authorization server would answer: takes raw requests through parser, admission
/// and forwarding, as the server does, without a socket.
struct ForwardingFixture {
    enum Outcome {
        case refused(Refusal)
        case forwarded(ForwardedMessage)
        case incomplete
    }

    let generation: ProxyGeneration
    /// Bodies of introspection answers by token; unknown tokens are inactive.
    var answers: [String: String] = [:]

    static let server = AuthorizationServer(
        index: 0, settings: settings, state: AuthorizationServerState(settings: settings, jitter: 0))
    private static let settings = AuthorizationServer.Settings(
        name: "stub", strategy: .introspect, introspection: AuthorizationServer.Introspection(endpoint: nil))

    static let upstream = Upstream(
        index: 0, name: "echo",
        endpoint: ServiceEndpoint(
            address: .network(host: "127.0.0.1", port: 9_000), isTLS: false,
            authority: [UInt8]("echo.internal:9000".utf8)))

    static let client = PeerIdentity(address: .v4(0x0A00_0007), isTLS: false, trusted: .nobody)

    init(_ routes: [Route], limits: HeadLimits = HeadLimits(), answers: [String: String] = [:]) throws {
        self.generation = ProxyGeneration(
            number: 1, table: try RouteTable(routes: routes), routes: routes, upstreams: [Self.upstream],
            authorizationServers: [Self.server], limits: Limits(head: limits))
        self.answers = answers
    }

    /// One public route for every path, changed as a test needs it.
    static func open(
        host: Route.HostRewrite = .keep, rewrite: Route.PathRewrite = Route.PathRewrite(),
        allowsPathParameters: Bool = false, allowsWebSocket: Bool = false, kept: [String] = [],
        subjectFields: SubjectFieldSet = .standard
    ) throws -> ForwardingFixture {
        try ForwardingFixture([
            Route(
                index: 0, name: "open", paths: [RoutePattern("/**")], access: .public, authorizationServer: nil,
                upstream: Self.upstream, host: host, pathRewrite: rewrite, allowsPathParameters: allowsPathParameters,
                allowsWebSocket: allowsWebSocket, subjectFields: subjectFields,
                keptFields: kept.map { FoldedFieldName(folding: $0) })
        ])
    }

    /// One route for every path that wants a token; `tok` is active with the answer given.
    static func guarded(
        answer: String = #"{"active":true,"sub":"alice","scope":"read"}"#, subjectFields: SubjectFieldSet = .standard,
        forwardsToken: Bool = false, access: Route.Access = .required, requiresSubject: Bool = true,
        tokenSources: TokenSources = .authorization
    ) throws -> ForwardingFixture {
        try ForwardingFixture(
            [
                Route(
                    index: 0, name: "guarded", paths: [RoutePattern("/**")], access: access,
                    tokenSources: tokenSources,
                    authorizationServer: Self.server, policy: AccessPolicy(requiresSubject: requiresSubject),
                    upstream: Self.upstream, subjectFields: subjectFields, forwardsToken: forwardsToken)
            ], answers: ["tok": answer])
    }

    /// The first message of some bytes, judged and, when it passes, written for the upstream.
    func send(_ raw: [UInt8], from peer: PeerIdentity = ForwardingFixture.client) -> Outcome {
        var parser = RequestHeadParser(limits: self.generation.limits.head)
        do {
            guard try parser.parse(raw.span) == .complete else { return .incomplete }
            let head = RequestHead(bytes: raw.span, index: parser.index)
            switch self.decide(head, raw, peer) {
            case .refuse(let refusal, _): return .refused(refusal)
            case .forward(let grant):
                var writer = HeadWriter()
                try UpstreamRequestHead.write(
                    head, grant: grant, peer: peer, requestID: .made(high: 1, low: 2), framing: head.framing,
                    generation: self.generation, into: &writer)
                var message = try ForwardedMessage(writer.bytes)
                message.grant = grant
                if head.framing == .chunked { try self.readBody(of: head, raw, grant, &message) }
                return .forwarded(message)
            case .introspect, .wait, .awaitKeys: return .incomplete
            }
        } catch let error as WireError {
            return .refused(.wire(error))
        } catch let refusal as Refusal {
            return .refused(refusal)
        } catch {
            return .incomplete
        }
    }

    func send(_ raw: String, from peer: PeerIdentity = ForwardingFixture.client) -> Outcome {
        self.send([UInt8](raw.utf8), from: peer)
    }

    /// A GET with some field lines, which must be forwarded.
    func forwarded(
        _ path: String = "/x", _ lines: [String] = [], from peer: PeerIdentity = ForwardingFixture.client,
        method: String = "GET", version: String = "1.1", body: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ForwardedMessage {
        let head = (["\(method) \(path) HTTP/\(version)", "Host: api.test"] + lines).joined(separator: "\r\n")
        let outcome = self.send(head + "\r\n\r\n" + body, from: peer)
        guard case .forwarded(let message) = outcome else {
            Issue.record("not forwarded: \(outcome)", sourceLocation: sourceLocation)
            throw Refusal.internalError
        }
        return message
    }

    /// A GET with some field lines, which must be refused.
    func refused(
        _ path: String = "/x", _ lines: [String] = [], from peer: PeerIdentity = ForwardingFixture.client,
        host: String = "api.test", method: String = "GET"
    ) -> Refusal? {
        let head = (["\(method) \(path) HTTP/1.1", "Host: \(host)"] + lines).joined(separator: "\r\n")
        guard case .refused(let refusal) = self.send(head + "\r\n\r\n", from: peer) else { return nil }
        return refusal
    }

    private func decide(_ head: borrowing RequestHead, _ raw: [UInt8], _ peer: PeerIdentity) -> Decision {
        let now = Instant(monotonic: .seconds(10), wall: NumericDate(seconds: 1_800_000_000))
        // A fresh key a request: no test depends on what another one left in the cache.
        var use = TokenUse()
        let decision = Admission.decide(
            head, from: peer, in: self.generation, keys: .random(),
            waiter: WaiterID(loop: 0, slot: 0, generation: 0), at: now, noting: &use)
        guard case .introspect(let pending) = decision else { return decision }
        let token = String(decoding: raw[Int(pending.tokenRange.lower)..<Int(pending.tokenRange.upper)], as: UTF8.self)
        let verdict: FlightVerdict
        if let answer = self.answers[token],
            case .active(let active)? = try? IntrospectionResponse.parse([UInt8](answer.utf8))
        {
            verdict = .accepted(ValidatedToken(active, from: Self.server.settings))
        } else {
            verdict = .rejected(.inactive)
        }
        return Admission.resume(pending, with: verdict, head: head, at: now, noting: &use)
    }

    private func readBody(
        of head: borrowing RequestHead, _ raw: [UInt8], _ grant: AccessGrant, _ message: inout ForwardedMessage
    ) throws {
        let nominated = NominatedTrailers(head)
        var decoder = ChunkedDecoder(limits: self.generation.limits.head)
        var offset = head.index.byteCount
        while true {
            let (event, consumed) = try decoder.next(raw.span, from: offset)
            offset += consumed
            switch event {
            case .data: continue
            case .needMore: return
            case .end(let trailers):
                var writer = HeadWriter()
                ForwardedTrailers.writeRequest(
                    trailers, in: raw.span, nominated: nominated, route: grant.route, generation: self.generation,
                    into: &writer)
                message.trailers = ForwardedMessage.fields(of: writer.bytes)
                return
            }
        }
    }
}

/// What an upstream reads: parsed from the written bytes again, so that nothing malformed passes unseen.
struct ForwardedMessage {
    let bytes: [UInt8]
    let method: String
    let target: String
    let fields: [(name: String, value: [UInt8])]
    let framing: BodyFraming
    var trailers: [(name: String, value: [UInt8])] = []
    var grant: AccessGrant?

    init(_ bytes: [UInt8]) throws {
        var parser = RequestHeadParser(limits: HeadLimits())
        let progress = try parser.parse(bytes.span)
        let head = RequestHead(bytes: bytes.span, index: parser.index)
        try #require(progress == .complete && head.index.byteCount == bytes.count)
        self.bytes = bytes
        self.method = Self.text(head.methodName)
        self.target = Self.text(head.target)
        self.framing = head.framing
        var fields: [(name: String, value: [UInt8])] = []
        for field in head.fields {
            fields.append((Self.text(head.name(field)), Self.array(head.value(field))))
        }
        self.fields = fields
    }

    /// Values of all fields of this name, in any case.
    func values(_ name: String) -> [String] {
        self.fields.filter { $0.name.lowercased() == name.lowercased() }.map {
            String(decoding: $0.value, as: UTF8.self)
        }
    }

    var names: [String] { self.fields.map { $0.name.lowercased() } }
    var text: String { String(decoding: self.bytes, as: UTF8.self) }

    static func fields(of lines: [UInt8]) -> [(name: String, value: [UInt8])] {
        lines.split(separator: 0x0A).compactMap { line in
            guard let colon = line.firstIndex(of: 0x3A) else { return nil }
            let value = line[(colon + 1)...].drop { $0 == 0x20 }.filter { $0 != 0x0D }
            return (String(decoding: line[..<colon], as: UTF8.self), [UInt8](value))
        }
    }

    private static func text(_ span: Span<UInt8>) -> String { String(decoding: self.array(span), as: UTF8.self) }
    private static func array(_ span: Span<UInt8>) -> [UInt8] { (0..<span.count).map { span[$0] } }
}
