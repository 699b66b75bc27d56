import HTTPWire

/// Writes what an upstream may know of the way a request came: `Via`, `X-Forwarded-*` and `Forwarded` (RFC 7239).
struct ForwardedFields {
    /// `Forwarded` and `X-Forwarded-*` of the client are believed: it is a trusted peer.
    let believed: FieldKindSet

    /// What a peer said before us is kept in front of what we add.
    func write(
        _ head: borrowing RequestHead, authority: ByteRange, peer: PeerIdentity, nominated: NominatedFields,
        into writer: inout HeadWriter
    ) {
        if !authority.isEmpty && head.index.minorVersion > 0 && self.believed.isDisjoint(with: head.index.kinds) {
            writer.append(peer.linesToHost)
            writer.append(head.bytes.slice(authority))
            writer.append(peer.linesToForwardedHost)
            Self.append(host: head.bytes.slice(authority), into: &writer)
            writer.appendCRLF()
            return
        }
        writer.append(head.index.minorVersion == 0 ? "Via: 1.0 bearergate\r\n" : "Via: 1.1 bearergate\r\n")

        writer.append("X-Forwarded-For: ")
        self.appendReceived(.xForwardedFor, head, nominated, into: &writer)
        writer.append(peer.forwardedFor)
        writer.appendCRLF()

        if !self.passOn(.xForwardedProto, head, nominated, into: &writer) {
            writer.append(peer.isTLS ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n")
        }
        if !self.passOn(.xForwardedHost, head, nominated, into: &writer), !authority.isEmpty {
            writer.appendField("X-Forwarded-Host", head.bytes.slice(authority))
        }

        writer.append("Forwarded: ")
        self.appendReceived(.forwarded, head, nominated, into: &writer)
        writer.append(peer.forwardedElement)
        if !authority.isEmpty {
            writer.append(";host=")
            Self.append(host: head.bytes.slice(authority), into: &writer)
        }
        writer.appendCRLF()
    }

    /// An authority holds neither `"` nor `\`, so quotes are all that it may need (RFC 7239 §4).
    private static func append(host: Span<UInt8>, into writer: inout HeadWriter) {
        // All that it holds are token characters but the colons of a port and of an IPv6 address with its brackets.
        let isToken = !host.contains(0x3A)
        if !isToken { writer.append(byte: 0x22) }
        writer.append(host)
        if !isToken { writer.append(byte: 0x22) }
    }

    /// The members that believed fields of this kind already hold, each field followed by a comma.
    private func appendReceived(
        _ kind: FieldKind, _ head: borrowing RequestHead, _ nominated: NominatedFields, into writer: inout HeadWriter
    ) {
        guard self.believed.contains(kind), head.index.kinds.contains(kind) else { return }
        for index in 0..<head.index.fields.count {
            let field = head.index.fields[index]
            guard field.kind == kind, field.isSpeltExactly, !field.value.isEmpty,
                !nominated.contains(head.name(field), of: head.bytes)
            else { continue }
            writer.append(head.value(field))
            writer.append(", ")
        }
    }

    /// Writes believed fields of this kind as they came; false when there were none.
    private func passOn(
        _ kind: FieldKind, _ head: borrowing RequestHead, _ nominated: NominatedFields, into writer: inout HeadWriter
    ) -> Bool {
        guard self.believed.contains(kind), head.index.kinds.contains(kind) else { return false }
        var isThere = false
        for index in 0..<head.index.fields.count {
            let field = head.index.fields[index]
            guard field.kind == kind, field.isSpeltExactly,
                !nominated.contains(head.name(field), of: head.bytes)
            else { continue }
            writer.append(head.line(field))
            isThere = true
        }
        return isThere
    }
}
