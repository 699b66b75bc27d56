package import HTTPWire

/// Writes an upstream's response head for the client: hop-by-hop fields out, framing for this client in.
package enum UpstreamResponseHead {
    /// Writes the final response's head and answers how its content must be framed.
    ///
    /// A status that we pass on is always said as HTTP/1.1 (RFC 9110 §6.2); an HTTP/1.0 client gets no chunks, and the
    /// end of the connection ends what has no length.
    ///
    /// - Parameters:
    ///   - framing: how the content arrives, judged for the request's method.
    ///   - minorVersion: the client's.
    ///   - closes: whether the connection ends with this response anyway.
    ///   - date: our `Date`, for a response that has none, or one that ends here (RFC 9110 §6.6.1); empty to add none.
    @discardableResult
    package static func write(
        _ head: borrowing ResponseHead, framing: BodyFraming, grant: AccessGrant, minorVersion: UInt8, closes: Bool,
        date: [UInt8] = [], into writer: inout HeadWriter
    ) -> BodyFraming {
        let outgoing = self.framing(framing, for: minorVersion)
        self.writeStatusLine(head, into: &writer)
        self.copyFields(head, dropping: HopByHopFields.ofResponses, into: &writer)
        if !date.isEmpty, !self.passesDate(head) { writer.appendField("Date", date.span) }
        self.writeVia(head, into: &writer)
        switch outgoing {
        case .none: self.writeStatedLength(head, into: &writer)
        case .length(let count): writer.appendField("Content-Length", decimal: count)
        case .chunked: writer.append("Transfer-Encoding: chunked\r\n")
        case .untilClose: break
        }
        if closes || outgoing == .untilClose {
            writer.append("Connection: close\r\n")
        } else if minorVersion == 0 {
            writer.append("Connection: keep-alive\r\n")
        }
        writer.appendCRLF()
        return outgoing
    }

    /// Writes an interim response (RFC 9110 §15.2); for HTTP/1.1 clients only.
    package static func writeInterim(_ head: borrowing ResponseHead, into writer: inout HeadWriter) {
        self.writeStatusLine(head, into: &writer)
        self.copyFields(head, dropping: HopByHopFields.ofResponses, into: &writer)
        writer.appendCRLF()
    }

    /// Writes the 101 that opens a WebSocket: the only protocol that is ever switched to.
    package static func writeSwitchingProtocols(_ head: borrowing ResponseHead, into writer: inout HeadWriter) {
        self.writeStatusLine(head, into: &writer)
        self.copyFields(head, dropping: HopByHopFields.ofResponses, into: &writer)
        self.writeVia(head, into: &writer)
        writer.append("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    }

    /// Whether a 101 agrees to exactly what was offered (RFC 9110 §15.2.2); HTTP/1.0 knows no protocols to switch to (§7.8).
    package static func switchesToWebSocket(_ head: borrowing ResponseHead) -> Bool {
        guard head.index.status == 101, head.index.minorVersion >= 1, head.index.connection.contains(.upgrade),
            let field = head.index.fieldIndex.only(.upgrade)
        else { return false }
        return head.value(field).equalsIgnoringCase("websocket")
    }

    private static func framing(_ framing: BodyFraming, for minorVersion: UInt8) -> BodyFraming {
        switch framing {
        case .none, .length: framing
        case .chunked, .untilClose: minorVersion == 0 ? .untilClose : .chunked
        }
    }

    private static func writeStatusLine(_ head: borrowing ResponseHead, into writer: inout HeadWriter) {
        if head.index.status == 200 && head.index.reasonRange.count == 2 {
            writer.append("HTTP/1.1 200 OK\r\n")
            return
        }
        writer.append("HTTP/1.1 ")
        writer.appendDecimal(UInt64(head.index.status))
        writer.append(byte: 0x20)
        writer.append(head.reason)
        writer.appendCRLF()
    }

    /// Fields that pass are copied as they came, neighbours in one piece.
    private static func copyFields(
        _ head: borrowing ResponseHead, dropping dropped: FieldKindSet, into writer: inout HeadWriter
    ) {
        let fields = head.index.fields
        let nominated = NominatedFields(head.index.fieldIndex, head.index.connection, in: head.bytes)
        var run = ByteRange.empty
        for index in 0..<fields.count {
            let field = fields[index]
            guard !dropped.contains(field.kind), !nominated.contains(head.name(field), of: head.bytes) else { continue }
            if field.line.lower != run.upper {
                if !run.isEmpty { writer.append(head.bytes.slice(run)) }
                run.lower = field.line.lower
            }
            run.upper = field.line.upper
        }
        if !run.isEmpty { writer.append(head.bytes.slice(run)) }
    }

    /// Whether the upstream's own `Date` goes on: there is one, and `Connection` does not nominate it.
    private static func passesDate(_ head: borrowing ResponseHead) -> Bool {
        guard head.index.kinds.contains(.date) else { return false }
        guard head.index.connection.contains(.nominations), let field = head.first(of: .date) else { return true }
        return !head.nominates(field)
    }

    /// The version is the upstream's (RFC 9110 §7.6.3).
    private static func writeVia(_ head: borrowing ResponseHead, into writer: inout HeadWriter) {
        writer.append(head.index.minorVersion == 0 ? "Via: 1.0 bearergate\r\n" : "Via: 1.1 bearergate\r\n")
    }

    /// The length of what a GET would have had, in answers to HEAD and in 304 (RFC 9110 §8.6); none with 1xx and 204.
    private static func writeStatedLength(_ head: borrowing ResponseHead, into writer: inout HeadWriter) {
        guard head.index.status >= 200, head.index.status != 204, case .length(let count)? = head.index.statedFraming
        else { return }
        writer.appendField("Content-Length", decimal: count)
    }
}
