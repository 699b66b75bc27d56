package import HTTPWire

/// The one way to write a request to an upstream; whoever has no `AccessGrant` has nothing to send.
///
/// Strip, then set: what the client sent under our names, and what it wanted removed, is gone before anything of ours is
/// written, on public routes as well (SPEC §5). Fields that pass are copied as they came, neighbours in one piece.
package enum UpstreamRequestHead {
    /// Writes the whole head.
    ///
    /// - Parameters:
    ///   - framing: how the content will be sent: as it arrived.
    /// - Throws: `rewriteRefused` when the rewritten path is none that may be forwarded, `tooManyConnectionOptions`.
    package static func write(
        _ head: borrowing RequestHead, grant: AccessGrant, peer: PeerIdentity, requestID: RequestID,
        framing: BodyFraming, generation: ProxyGeneration, into writer: inout HeadWriter
    ) throws(Refusal) {
        let route = grant.route
        let target = grant.target
        guard !head.index.connection.contains(.tooMany) else { throw .tooManyConnectionOptions }
        let nominated = NominatedFields(head.index.fieldIndex, head.index.connection, in: head.bytes)
        try self.writeRequestLine(head, target, route, into: &writer)
        self.writeHost(head, target, route, into: &writer)

        let believed = OverrideFields.believed(from: peer, on: route)
        self.copyFields(
            head, dropping: self.dropped(of: head, grant, believed), grant: grant,
            reserved: generation.reservedNames, nominated: nominated, into: &writer)

        writer.append(grant.subjectLines)
        ForwardedFields(believed: believed).write(
            head, authority: target.authority, peer: peer, nominated: nominated, into: &writer)
        writer.append("X-Request-Id: ")
        requestID.write(into: &writer)
        self.writeConnection(head, route, into: &writer)
        switch framing {
        case .none: writer.append("\r\n\r\n")
        case .length(let count):
            writer.append("\r\nContent-Length: ")
            writer.appendDecimal(count)
            writer.append("\r\n\r\n")
        case .chunked: writer.append("\r\nTransfer-Encoding: chunked\r\n\r\n")
        case .untilClose: preconditionFailure("a request never ends with the connection")
        }
    }

    /// Whether this request opens a WebSocket if the upstream agrees (RFC 6455 §4.1): the route allows it and the client
    /// asked in the one way there is.
    package static func offersWebSocket(_ head: borrowing RequestHead, on route: Route) -> Bool {
        guard route.allowsWebSocket, head.index.connection.contains(.upgrade), head.index.method == .get,
            head.index.minorVersion >= 1, !head.index.framing.hasContent
        else { return false }
        for index in 0..<head.index.fields.count {
            let field = head.index.fields[index]
            guard field.kind == .upgrade, field.isSpeltExactly else { continue }
            var protocols = ListMembers(head.value(field))
            while let range = protocols.next() {
                if protocols.bytes.slice(range).equalsIgnoringCase("websocket") { return true }
            }
        }
        return false
    }

    // MARK: Request line and Host

    private static func writeRequestLine(
        _ head: borrowing RequestHead, _ target: RequestTarget, _ route: Route, into writer: inout HeadWriter
    ) throws(Refusal) {
        writer.append(head.bytes.slice(head.index.methodRange))
        writer.append(byte: 0x20)
        if route.pathRewrite.isIdentity {
            if case .original(let path) = target.path {
                // Path and query lie side by side in the head.
                writer.append(head.bytes.slice(ByteRange(lower: path.lower, upper: target.query.upper)))
            } else {
                writer.append(target.path(in: head.bytes))
                writer.append(head.bytes.slice(target.query))
            }
        } else {
            writer.append(try route.pathRewrite.apply(to: target.path(in: head.bytes), target))
            writer.append(head.bytes.slice(target.query))
        }
        writer.append(" HTTP/1.1\r\n")
    }

    private static func writeHost(
        _ head: borrowing RequestHead, _ target: RequestTarget, _ route: Route, into writer: inout HeadWriter
    ) {
        writer.append("Host: ")
        switch route.host {
        case .keep where !target.authority.isEmpty: writer.append(head.bytes.slice(target.authority))
        // An HTTP/1.0 client may name no host; in HTTP/1.1 there must be one (RFC 9112 §3.2).
        case .keep, .upstream: writer.append(route.upstream.endpoint.authority)
        case .name(let name): writer.append(name)
        }
        writer.appendCRLF()
    }

    // MARK: What passes

    /// The kinds that do not pass, whatever they are called exactly.
    private static func dropped(
        of head: borrowing RequestHead, _ grant: AccessGrant, _ believed: FieldKindSet
    ) -> FieldKindSet {
        let route = grant.route
        var dropped = HopByHopFields.ofRequests.union(OverrideFields.kinds.subtracting(believed))
        // Where no token is read from it the field is the upstream's business; everywhere else it held the credential, or
        // something in its place, that ends here.
        if route.access != .public && route.tokenSources.readsAuthorization && !grant.forwardsAuthorization(of: head) {
            dropped.insert(.authorization)
        }
        return dropped
    }

    private static func copyFields(
        _ head: borrowing RequestHead, dropping dropped: FieldKindSet, grant: AccessGrant,
        reserved: ReservedFieldNames, nominated: NominatedFields, into writer: inout HeadWriter
    ) {
        let route = grant.route
        let fields = head.index.fields
        let keepsSome = !route.keptFields.isEmpty
        let readsFields = route.readsTokenFields
        var run = ByteRange.empty
        for index in 0..<fields.count {
            let field = fields[index]
            var passes = !dropped.contains(field.kind)
            if !passes && keepsSome { passes = OverrideFields.isKept(head.name(field), field, by: grant) }
            guard passes, field.isSpeltExactly || !HopByHopFields.unforgeable.contains(field.kind),
                !reserved.contains(name: head.name(field))
            else { continue }
            if readsFields && grant.endsHere(head.name(field), isSpeltExactly: field.isSpeltExactly) { continue }
            if nominated.contains(head.name(field), of: head.bytes) { continue }
            if field.line.lower != run.upper {
                if !run.isEmpty { writer.append(head.bytes.slice(run)) }
                run.lower = field.line.lower
            }
            run.upper = field.line.upper
        }
        if !run.isEmpty { writer.append(head.bytes.slice(run)) }
    }

    // MARK: What is ours of the connection

    /// `Connection` with what it names; begins with the line end of the field before it.
    private static func writeConnection(_ head: borrowing RequestHead, _ route: Route, into writer: inout HeadWriter) {
        let offersWebSocket = self.offersWebSocket(head, on: route)
        let takesTrailers = self.takesTrailers(head)
        if offersWebSocket {
            writer.append("\r\nUpgrade: websocket")
            writer.append(takesTrailers ? "\r\nConnection: Upgrade, TE" : "\r\nConnection: Upgrade")
        } else if takesTrailers {
            writer.append("\r\nConnection: TE")
        }
        if takesTrailers { writer.append("\r\nTE: trailers") }
    }

    /// We hand on trailers, so a client that takes them makes us one that does (RFC 9110 §10.1.4); an HTTP/1.0 client
    /// gets none.
    private static func takesTrailers(_ head: borrowing RequestHead) -> Bool {
        guard head.index.kinds.contains(.te), head.index.minorVersion >= 1 else { return false }
        for index in 0..<head.index.fields.count {
            let field = head.index.fields[index]
            guard field.kind == .te, field.isSpeltExactly else { continue }
            var codings = ListMembers(head.value(field))
            while let range = codings.next() {
                if codings.bytes.slice(range).equalsIgnoringCase("trailers") { return true }
            }
        }
        return false
    }
}
