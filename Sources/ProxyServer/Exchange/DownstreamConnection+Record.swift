import HTTPWire
import Observability
import ProxyCore
import Reactor

/// How an exchange ended.
enum ExchangeEnd {
    case forwarded
    case refused(Refusal)
    /// It had begun to be answered and could not be finished, for this reason.
    case cut(Refusal)
}

/// What the access log says of a request, kept because its head makes room for its body; never a query, which may hold
/// a credential.
struct LoggedRequest {
    let method: [UInt8]
    let path: [UInt8]
    /// Of `traceparent` (W3C Trace Context §3.2.2.3).
    let traceID: [UInt8]?

    init(_ head: borrowing RequestHead) {
        self.method = Self.copy(head.methodName)
        let target = head.bytes.slice(head.index.pathAndQuery)
        var end = 0
        while end < target.count, target[end] != UInt8(ascii: "?") { end += 1 }
        // A target that stops at its authority means the root, and for OPTIONS the server (RFC 9112 §3.2.1, §3.2.4).
        let isRoot = end == 0 && !(head.method == .options && target.count == 0)
        self.path = isRoot ? [UInt8(ascii: "/")] : Self.copy(target.extracting(0..<min(end, Self.pathBytesMax)))
        self.traceID = head.index.fieldIndex.only(.traceparent).flatMap { Self.traceID(head.value($0)) }
    }

    /// The trace's id, when that is what stands there: anything else would be a client's way to write into the log.
    private static func traceID(_ value: Span<UInt8>) -> [UInt8]? {
        guard value.count >= 36, value[2] == UInt8(ascii: "-"), value[35] == UInt8(ascii: "-") else { return nil }
        let id = Self.copy(value.extracting(3..<35))
        let isHexadecimal = id.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
        return isHexadecimal && id.contains { $0 != 0x30 } ? id : nil
    }

    /// A longer path is cut in the log: lines stay bounded.
    private static let pathBytesMax = 1_024

    static func copy(_ span: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(span.count)
        for index in span.indices { bytes.append(span[index]) }
        return bytes
    }
}

extension DownstreamConnection {
    /// Counts and logs one finished exchange; called once for each.
    ///
    /// - Parameter ownBytes: of an answer that we gave ourselves.
    func record(_ end: ExchangeEnd, route: Route?, requestID: RequestID? = nil, ownBytes: UInt64 = 0) {
        let exchange = self.exchange
        self.record(
            end, of: exchange, in: exchange?.generation ?? self.context.current, route: route, requestID: requestID,
            ownBytes: ownBytes)
    }

    /// The same for who has the exchange in hand; there is none when a head was refused before it was whole.
    func record(
        _ end: ExchangeEnd, of exchange: Exchange?, in generation: GenerationContext, route: Route?,
        requestID: RequestID? = nil, ownBytes: UInt64 = 0
    ) {
        let now = self.context.loop.now
        let startedAt = exchange?.startedAt.monotonic ?? (self.headBeganAt > 0 ? self.headBeganAt : now)
        let (trouble, status): (Refusal?, UInt16) =
            switch end {
            case .forwarded: (nil, exchange?.status ?? 0)
            case .refused(let refusal): (refusal, refusal.status)
            case .cut(let reason): (reason, exchange?.status ?? 0)
            }
        // What `report_only` let pass is counted as that, whatever became of it: whoever is about to enforce the rules
        // wants to know of streams that were left, too.
        let reported = exchange?.grant?.reportedRefusal
        let reason = reported ?? trouble
        let decision = reported != nil ? .reported : trouble.map(Self.decision(on:)) ?? .allowed
        generation.count(decision, reason: reason, status: status, nanoseconds: now - startedAt, on: route)
        guard let log = self.context.shared.accessLog else { return }
        if decision == .allowed, !self.context.isSampled(log.allowedShare) { return }
        log.append(
            self.logLine(
                log.format, decision: decision, reason: reason, end: reported == nil ? nil : trouble, status: status,
                route: route, requestID: requestID, ownBytes: ownBytes))
    }

    private static func decision(on refusal: Refusal) -> DecisionLabel {
        refusal.party == .client ? .refused : .failed
    }

    private func logLine(
        _ format: AccessLog.Format, decision: DecisionLabel, reason: Refusal?, end: Refusal?, status: UInt16,
        route: Route?, requestID: RequestID?, ownBytes: UInt64
    ) -> [UInt8] {
        let now = self.context.loop.now
        var line = AccessLogLine(format: format)
        line.add("time", self.context.timestamp)
        line.add("route", route?.name ?? InstrumentRegistry.noRouteName)
        line.add("decision", decision.text)
        line.add("reason", reason?.label ?? "allowed")
        if let end { line.add("end", end.label) }
        line.add("status", UInt64(status))
        line.add("peer", self.peer.address)
        if let requestID = requestID ?? self.exchange?.requestID { line.add("request_id", requestID.description) }
        guard let exchange else {
            self.addRefusedHead(to: &line, bytes: ownBytes, now: now)
            return line.finish()
        }
        if let logged = exchange.logged {
            line.add("method", logged.method)
            line.add("path", logged.path)
            if let trace = logged.traceID { line.add("trace_id", trace) }
        }
        line.add("bytes", exchange.responseBytes)
        line.add("duration_ms", milliseconds: now - exchange.startedAt.monotonic)
        // What was refused before it went on was decided just now.
        let decidedAt = exchange.decidedAt > 0 ? exchange.decidedAt : now
        line.add("decision_ms", milliseconds: decidedAt - exchange.startedAt.monotonic)
        if exchange.serverAskedAt > 0 {
            let answeredAt = exchange.serverAnsweredAt > 0 ? exchange.serverAnsweredAt : now
            line.add("authorization_server_ms", milliseconds: answeredAt - exchange.serverAskedAt)
        }
        if exchange.upstreamAskedAt > 0 {
            let answeredAt = exchange.upstreamAnsweredAt > 0 ? exchange.upstreamAnsweredAt : now
            line.add("upstream_ms", milliseconds: answeredAt - exchange.upstreamAskedAt)
        }
        if let fingerprint = exchange.tokenUse.fingerprint { line.add("token", hexadecimal: fingerprint) }
        if let cache = exchange.tokenUse.cache { line.add("cache", cache.label) }
        if let token = exchange.grant?.token ?? exchange.tokenUse.token {
            if let subject = token.subject { line.add("sub", Self.cut(subject)) }
            if let client = token.clientID { line.add("client_id", Self.cut(client)) }
        }
        return line.finish()
    }

    /// Names of subjects and clients are shorter; one of the kilobytes that a token may hold would be in every line.
    private static let nameBytesMax = 256

    private static func cut(_ name: [UInt8]) -> [UInt8] {
        guard name.count > self.nameBytesMax else { return name }
        var end = self.nameBytesMax
        // Not within a character (RFC 3629 §3).
        while end > 0, name[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(name[..<end])
    }

    /// What is known of a head that was refused before it was whole; its target was not looked at to its end.
    private func addRefusedHead(to line: inout AccessLogLine, bytes: UInt64, now: UInt64) {
        let method = self.parser.index.methodRange
        if method.lower < method.upper, method.upper <= self.unread.count {
            line.add("method", LoggedRequest.copy(self.unread.slice(method)))
        }
        let nanoseconds = self.headBeganAt > 0 ? now - self.headBeganAt : 0
        line.add("bytes", bytes)
        line.add("duration_ms", milliseconds: nanoseconds)
        line.add("decision_ms", milliseconds: nanoseconds)
    }
}
