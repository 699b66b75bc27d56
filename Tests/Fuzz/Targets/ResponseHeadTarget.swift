import HTTPWire
import OAuthModel
import ProxyCore

/// Bytes of an upstream, up to the end of its first head.
///
/// However they are cut they mean the same, and what goes on to a client parses strictly as the same answer, framed so that it
/// ends where the upstream's ends.
enum ResponseHeadTarget {
    static func run(_ bytes: [UInt8]) {
        var choices = Choices(bytes)
        let limits = choices.chance(oneIn: 4) ? HeadLimits.tight : HeadLimits()
        let whole = HeadReading<ResponseSummary>(bytes, limits: limits)
        insist(
            HeadReading<ResponseSummary>(bytes, cutAt: choices.cuts(of: bytes.count), limits: limits) == whole,
            "a response head means the same however it is cut")
        guard case .complete(let head) = whole else { return }
        let plain = insist(PlainHead(Array(bytes[..<head.byteCount])), "an accepted head is lines of the grammar")
        insist(
            plain.startLine.starts(with: Array("HTTP/1.\(head.minorVersion) \(head.status)".utf8)),
            "the status line says version and status")
        insist(plain.fields.count == head.fields.count, "every line is a field")
        for (field, line) in zip(head.fields, plain.fields) {
            insist(bytes[field.name] == line.name && bytes[field.value] == line.value, "a field is its line")
        }
        let codings = plain.values("transfer-encoding").count
        let lengths = plain.values("content-length").count
        switch head.statedFraming {
        case nil: insist(codings + lengths == 0, "RFC 9112 §6.3: no framing field is passed over")
        case .chunked: insist(codings == 1 && lengths == 0, "RFC 9112 §6.1: chunked, once, and no length")
        case .length: insist(codings == 0 && lengths == 1, "RFC 9112 §6.2: one length")
        case .some(.none), .untilClose: insist(false, "no field states such framing")
        }
        self.insistOnForwarding(bytes, head)
    }

    private static func insistOnForwarding(_ bytes: [UInt8], _ head: ResponseSummary) {
        var parser = ResponseHeadParser(limits: .generous)
        guard (try? parser.parse(bytes.span)) == .complete, let grant = self.grant else { return }
        let received = ResponseHead(bytes: bytes.span, index: parser.index)
        if UpstreamResponseHead.switchesToWebSocket(received) {
            insist(head.status == 101, "only 101 switches")
            var writer = HeadWriter()
            UpstreamResponseHead.writeSwitchingProtocols(received, into: &writer)
            let sent = self.read(writer.bytes)
            insist(sent.status == 101 && sent.connection.contains(.upgrade), "a switch is said as one")
        }
        if parser.index.isInterim {
            var writer = HeadWriter()
            UpstreamResponseHead.writeInterim(received, into: &writer)
            insist(self.read(writer.bytes).status == head.status, "an interim answer stays one")
            return
        }
        for method in [Method.get, .head, .post] {
            for minorVersion in [UInt8(0), 1] {
                for closes in [false, true] {
                    let framing = received.framing(for: method)
                    var writer = HeadWriter()
                    let outgoing = UpstreamResponseHead.write(
                        received, framing: framing, grant: grant, minorVersion: minorVersion, closes: closes,
                        date: Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8), into: &writer)
                    self.insistOnAnswer(writer.bytes, head, method, minorVersion, framing, outgoing, closes: closes)
                }
            }
        }
    }

    private static func insistOnAnswer(
        _ written: [UInt8], _ head: ResponseSummary, _ method: Method, _ minorVersion: UInt8, _ framing: BodyFraming,
        _ outgoing: BodyFraming, closes: Bool
    ) {
        let sent = self.read(written)
        insist(sent.status == head.status && sent.minorVersion == 1, "a status goes on, in our version")
        var parser = ResponseHeadParser(limits: .generous)
        guard (try? parser.parse(written.span)) == .complete else { return }
        insist(
            parser.index.framing(for: method) == outgoing || outgoing == .none && framing == .none,
            "a client sees the framing that is sent")
        switch (framing, outgoing) {
        case (.none, .none), (.chunked, .chunked), (.untilClose, .untilClose): break
        case (.untilClose, .chunked): insist(minorVersion > 0, "a 1.0 client gets no chunks")
        case (.chunked, .untilClose): insist(minorVersion == 0, "chunks stay chunks where they can")
        case (.length(let one), .length(let other)): insist(one == other, "a length stays what it is")
        default: insist(false, "content is framed as it is or safer: \(framing) became \(outgoing)")
        }
        insist(
            sent.connection.contains(.close) == (closes || outgoing == .untilClose), "the end of a connection is said")
        insist(
            sent.fields.contains { $0.kind == .date && $0.isSpeltExactly }, "RFC 9110 §6.6.1: an answer says its date")
        for field in sent.fields {
            let name = String(decoding: written[field.name], as: UTF8.self).lowercased()
            insist(
                !["keep-alive", "proxy-connection", "upgrade", "te", "proxy-authenticate"].contains(name),
                "RFC 9110 §7.6.1: \(name) ends here")
            insist(field.isSpeltExactly || field.kind != .contentLength, "a look-alike ends here")
        }
    }

    private static func read(_ written: [UInt8]) -> ResponseSummary {
        guard case .complete(let sent) = HeadReading<ResponseSummary>(written, limits: .generous),
            sent.byteCount == written.count
        else { end("finding: what goes to a client parses") }
        return sent
    }

    /// What any request on a public route gets.
    private static let grant: AccessGrant? = {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: .generous)
        guard (try? parser.parse(bytes.span)) == .complete else { return nil }
        var use = TokenUse()
        let door = ForwardedRequest.doors[0]
        let decision = Admission.decide(
            RequestHead(bytes: bytes.span, index: parser.index), from: door.peer, in: door.generation, keys: .random(),
            waiter: WaiterID(loop: 0, slot: 0, generation: 0),
            at: Instant(monotonic: 1, wall: NumericDate(seconds: 1)), noting: &use)
        guard case .forward(let grant) = decision else { return nil }
        return grant
    }()
}
