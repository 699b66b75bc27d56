import HTTPWire
import OAuthModel
import Observability
import ProxyCore
import Reactor

/// Tells the flights of one loop apart: their numbers are unique within one server's cache only.
struct FlightKey: Hashable {
    let server: ObjectIdentifier
    let flight: FlightID

    init(_ state: AuthorizationServerState, _ flight: FlightID) {
        self.server = ObjectIdentifier(state)
        self.flight = flight
    }
}

/// One question to the authorization server, from the queue to the landing (RFC 7662 §2.1).
///
/// It belongs to no client: when all who wait have gone, the answer still lands in the cache. The token is held here for
/// as long as the call lasts and nowhere else.
final class IntrospectionCall {
    let key: FlightKey
    private let flight: FlightID
    private let token: BearerToken
    private let server: AuthorizationServer
    private let introspection: AuthorizationServer.Introspection
    private let generation: GenerationContext
    private let context: LoopContext
    private let startedAt: UInt64
    private let deadline: UInt64
    private var permit: AuthorizationServerGuard.Permit?
    private var connection: ServiceConnection?
    private var retriesLeft: Int
    private let timer = TimerEntry()
    /// The server must not be asked any longer than the guard counts.
    private var giveUpRemotely: (@Sendable () -> Void)?
    private var wait: Wait = .turn
    private var body: BodyTransfer = .none
    private var content: [UInt8] = []
    private var head: (status: Int, contentType: [UInt8]?, retryAfter: [UInt8]?)?
    private var isOnReusedConnection = false
    /// A byte of an answer has come on this connection.
    private var hasHeard = false
    private var isOver = false
    private var interimCount = 0
    /// A connection has come about, be it for a moment.
    private var hasConnected = false

    private enum Wait { case turn, answer, retry }

    init(
        pending: PendingValidation, flight: FlightID, token: BearerToken, generation: GenerationContext,
        context: LoopContext
    ) {
        guard let introspection = pending.server.settings.introspection else {
            preconditionFailure("only a server that introspects has flights")
        }
        self.key = FlightKey(pending.server.state, flight)
        self.flight = flight
        self.token = token
        self.server = pending.server
        self.introspection = introspection
        self.generation = generation
        self.context = context
        self.startedAt = context.loop.now
        self.deadline = context.loop.now + introspection.timeout
        self.retriesLeft = introspection.retriesMax
        self.timer.handler = self
    }

    private var ticket: AuthorizationServerGuard.Ticket { .init(flight: self.flight, loop: self.context.index) }
    private var instruments: ServerInstruments { self.generation.instruments.servers[self.server.index] }

    // MARK: Its turn

    func begin() {
        switch self.server.state.enter(self.ticket, at: self.context.loop.now) {
        case .go(let permit): self.proceed(with: permit)
        case .queue(let until):
            self.wait = .turn
            self.context.loop.schedule(self.timer, at: min(until, self.deadline))
        case .refuse(let retryAfter): self.land(.failed(.unavailable(retryAfter: retryAfter)), counted: .refused)
        case .busy: self.land(.failed(.busy), counted: .refused)
        }
    }

    func proceed(with permit: AuthorizationServerGuard.Permit) {
        self.permit = permit
        self.wait = .answer
        self.context.loop.schedule(self.timer, at: self.deadline)
        self.ask(fresh: false)
    }

    /// Its wait in the queue is over without a call.
    func refused(retryAfter: Int?) {
        self.land(.failed(retryAfter.map { .unavailable(retryAfter: $0) } ?? .busy), counted: .refused)
    }

    // MARK: The call

    private func ask(fresh: Bool) {
        guard let pool = self.generation.introspectionPools[self.server.index] else { return self.askRemotely() }
        switch pool.lease(to: self, fresh: fresh) {
        case .ready(let connection):
            self.connection = connection
            self.isOnReusedConnection = connection.isReused
            self.send()
        case .connecting(let connection):
            self.connection = connection
            self.isOnReusedConnection = false
        case .full:
            // These pools have no limit: the guard has counted us.
            self.failed(.connect)
        }
    }

    private func askRemotely() {
        guard let remote = self.context.shared.remoteIntrospection else { return self.end(.misconfigured) }
        let mailbox = self.context.loop.mailbox
        let me = Confined(self, to: self.context.loop)
        let now = self.context.loop.now
        self.giveUpRemotely = remote.introspect(
            self.token, at: self.server, within: now < self.deadline ? self.deadline - now : 0
        ) { outcome in
            mailbox.post { loop in me.open(on: loop).end(outcome) }
        }
    }

    private func send() {
        self.hasConnected = true
        guard let endpoint = self.connection?.endpoint, let target = self.introspection.endpoint else { return }
        var writer = HeadWriter(reserving: 512)
        let credentials: ClientCredentials? =
            if case .clientSecretPost(let credentials) = self.introspection.clientAuthentication { credentials } else {
                nil
            }
        let form = IntrospectionRequest(token: self.token).formBody(credentials: credentials)
        writer.append("POST ")
        writer.append(target.path)
        writer.append(" HTTP/1.1\r\n")
        writer.appendField("Host", target.authority.span)
        writer.append("Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n")
        switch self.introspection.clientAuthentication {
        case .none, .clientSecretPost: break
        case .clientSecretBasic(let credentials):
            writer.appendField("Authorization", credentials.basicFieldValue().bytes.span)
        case .bearer(let token):
            writer.append("Authorization: Bearer ")
            writer.append(token.bytes)
            writer.appendCRLF()
        }
        writer.appendField("Content-Length", decimal: UInt64(form.count))
        writer.appendCRLF()
        writer.append(form)
        switch endpoint.write(writer.span) {
        case .sent, .queued: break
        case .overflow, .failed: self.failed(.reset)
        }
    }

    private func read(_ connection: ServiceConnection) {
        guard let endpoint = connection.endpoint else { return }
        // What came before the question answers none, least of all about a token.
        guard !connection.isOutOfStep else { return self.failed(.reset) }
        switch endpoint.receive(upTo: ReadBuffer.readChunk * 4) {
        case .bytes:
            self.hasHeard = true
            self.readOn(connection, endpoint)
        case .wouldBlock: break
        case .full: self.end(.malformed)
        case .endOfStream:
            var scrap = HeadWriter()
            if self.head != nil, self.body.connectionEnded(into: &scrap) { return self.answered() }
            self.failed(.reset)
        case .failed: self.failed(.reset)
        }
    }

    private func readOn(_ connection: ServiceConnection, _ endpoint: Endpoint) {
        let inbound = endpoint.inbound
        do {
            while self.head == nil {
                guard case .complete = try connection.parser.parse(inbound.bytes) else { return }
                let head = ResponseHead(bytes: inbound.bytes, index: connection.parser.index)
                if head.status == 101 { return self.end(.malformed) }
                if head.status >= 200 {
                    self.adopt(head)
                } else {
                    self.interimCount += 1
                    guard self.interimCount <= Self.interimMax, !head.index.announcesForbiddenContent(for: .post)
                    else { return self.end(.malformed) }
                }
                inbound.consume(connection.parser.index.byteCount)
                if self.head == nil { connection.parser.reset() }
            }
            try self.readBody(endpoint)
        } catch {
            self.end(.malformed)
        }
    }

    private func adopt(_ head: borrowing ResponseHead) {
        var types: [[UInt8]] = []
        var encodings: [[UInt8]] = []
        for field in head.fields where field.isSpeltExactly {
            if field.kind == .contentType { types.append(head.value(field).copied()) }
            if field.kind == .contentEncoding { encodings.append(head.value(field).copied()) }
        }
        self.head = (
            Int(head.status), IntrospectionReply.contentType(types, encodings: encodings),
            Self.copy(of: .retryAfter, in: head)
        )
        self.body = BodyTransfer(head.framing(for: .post), outgoing: .plain, limits: HeadLimits())
    }

    private func readBody(_ endpoint: Endpoint) throws(WireError) {
        let inbound = endpoint.inbound
        var writer = HeadWriter()
        while true {
            writer.reset()
            let step = try self.body.step(inbound.bytes, into: &writer) { _, _, _ in }
            if writer.count > 0 { self.content += writer.bytes }
            switch step {
            case .pass(let count):
                let piece = inbound.bytes.extracting(0..<count).copied()
                // Most answers come in one piece.
                if self.content.isEmpty { self.content = piece } else { self.content += piece }
                self.body.passed(count)
                inbound.consume(count)
            case .encoded(let consumed): inbound.consume(consumed)
            case .needMore(let consumed):
                inbound.consume(consumed)
                if self.content.count > IntrospectionReply.bodyBytesMax { self.end(.malformed) }
                return
            case .finished(let consumed):
                inbound.consume(consumed)
                return self.answered()
            }
            if self.content.count > IntrospectionReply.bodyBytesMax { return self.end(.malformed) }
        }
    }

    private func answered() {
        guard let head else { return self.end(.malformed) }
        let outcome = IntrospectionReply.classify(
            status: head.status, contentType: head.contentType?.span, retryAfter: head.retryAfter?.span,
            body: self.content)
        self.release(reusable: self.isInStep)
        self.end(outcome)
    }

    // MARK: Trouble

    /// An honest server sends one or two interim answers.
    private static let interimMax = 32
    /// The first wait before a second try; doubled for each further one.
    private static let retryPause: Nanoseconds = .milliseconds(50)

    /// Nothing usable came back: asked again while there is time, on a fresh connection (asking changes nothing there).
    private func failed(_ failure: ServiceFailure) {
        // A reused connection that ends before a byte of an answer was stale, which is not the server's failure.
        let wasStale = self.isOnReusedConnection && failure == .reset && self.head == nil && !self.hasHeard
        self.release(reusable: false)
        self.head = nil
        self.hasHeard = false
        self.content = []
        if wasStale {
            self.isOnReusedConnection = false
            return self.ask(fresh: true)
        }
        // Who could not be reached even once is not there; a connection that broke says that somebody is.
        let outcome: IntrospectionOutcome = self.hasConnected ? .silent : .unreachable
        let giveUp = { if failure == .exhausted { self.giveUpForWantOfRoom() } else { self.end(outcome) } }
        guard self.retriesLeft > 0, failure != .connectTimeout else { return giveUp() }
        let pause = Self.retryPause << UInt64(self.introspection.retriesMax - self.retriesLeft)
        self.retriesLeft -= 1
        guard self.context.loop.now + pause < self.deadline else { return giveUp() }
        self.wait = .retry
        self.context.loop.cancel(self.timer)
        self.context.loop.schedule(self.timer, at: self.context.loop.now + pause)
    }

    private var isInStep: Bool {
        guard let index = self.connection?.parser.index else { return false }
        return index.keepsAlive && !index.announcesForbiddenContent(for: .post)
    }

    private func release(reusable: Bool) {
        guard let connection = self.connection else { return }
        self.connection = nil
        if reusable { connection.giveBack() } else { connection.discard() }
    }

    // MARK: The end

    private func end(_ outcome: IntrospectionOutcome, timedOut: Bool = false) {
        guard !self.isOver else { return }
        let counted: ServerInstruments.Outcome =
            switch outcome {
            case .active: .active
            case .inactive: .inactive
            case .unavailable, .silent: .unavailable
            case .timedOut: .timeout
            case .unreachable: timedOut ? .timeout : .unavailable
            case .misconfigured: .misconfigured
            case .malformed: .malformed
            }
        self.leave(as: outcome.guardOutcome)
        self.land(outcome.verdict(from: self.server.settings), counted: counted)
    }

    /// No socket could be had here, which says nothing of the server: its breaker stays as it is.
    private func giveUpForWantOfRoom() {
        self.leave(as: .abandoned)
        self.land(.failed(.busy), counted: .refused)
    }

    private func leave(as outcome: AuthorizationServerGuard.Outcome) {
        guard let permit = self.permit.take() else { return }
        // Those who queue behind us go first: telling our waiters may begin new calls.
        let departures = self.server.state.leave(permit, outcome: outcome, at: self.context.loop.now)
        self.context.perform(departures, of: self.server.state)
    }

    private func land(_ verdict: FlightVerdict, counted: ServerInstruments.Outcome) {
        guard !self.isOver else { return }
        self.finish()
        self.context.landed(self)
        self.instruments.finished(counted, nanoseconds: self.context.loop.now - self.startedAt)
        let landed = self.server.state.cache.land(self.flight, verdict: verdict, at: self.context.now)
        self.context.resume(landed.waiters, with: .verdict(landed.verdict))
    }

    /// The loop is over: nobody waits any more, and the connection and this call no longer hold each other.
    func abandon() { self.finish() }

    private func finish() {
        self.isOver = true
        self.release(reusable: false)
        self.context.loop.cancel(self.timer)
        self.giveUpRemotely.take()?()
    }

    private static func copy(of kind: FieldKind, in head: borrowing ResponseHead) -> [UInt8]? {
        guard let field = head.first(of: kind) else { return nil }
        return head.value(field).copied()
    }
}

extension IntrospectionCall: ServiceConnectionUser {
    func serviceConnected(_ connection: ServiceConnection) { self.send() }
    func serviceReadable(_ connection: ServiceConnection) { self.read(connection) }
    func serviceWritable(_ connection: ServiceConnection) {}
    func servicePeerClosed(_ connection: ServiceConnection) {}
    func serviceFailed(_ connection: ServiceConnection, _ failure: ServiceFailure) {
        self.connection = nil
        self.failed(failure)
    }
    func serviceDeadline(_ connection: ServiceConnection) { self.failed(.reset) }
}

extension IntrospectionCall: TimerHandler {
    func deadlinePassed(_ entry: TimerEntry) {
        switch self.wait {
        case .turn:
            if self.server.state.withdraw(self.ticket) { self.land(.failed(.busy), counted: .refused) }
        case .answer:
            self.end(self.hasConnected ? .timedOut : .unreachable, timedOut: true)
        case .retry:
            self.wait = .answer
            self.context.loop.schedule(self.timer, at: self.deadline)
            self.ask(fresh: true)
        }
    }
}
