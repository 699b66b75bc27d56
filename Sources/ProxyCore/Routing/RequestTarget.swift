package import HTTPWire

/// Where a request wants to go: the host, the path in its one normal form, the query untouched.
///
/// Holds ranges into the head's bytes; only a path that had to be rewritten has memory of its own.
package struct RequestTarget: Sendable {
    package enum Path: Sendable, Hashable {
        /// As it came, because that is its normal form.
        case original(ByteRange)
        case rewritten([UInt8])
        /// Asterisk-form and authority-form name no path.
        case none
    }

    package let path: Path
    /// With its `?`; empty when there is none.
    package let query: ByteRange
    /// Host and port as the client wrote them; empty for HTTP/1.0 requests that name none.
    package let authority: ByteRange
    /// The host that is compared: without port and one last dot, in the case the client chose.
    package let host: ByteRange
    /// A `;` is in the path: only for routes that allow it.
    package let hasPathParameters: Bool

    package var hasPath: Bool { self.path != .none }

    /// Reads the target of a head that parsed (RFC 9112 §3.2).
    ///
    /// Nothing but the request line and Host is looked at, whoever the peer is; the peer only says whether a target with
    /// `https` can have been meant for us.
    package static func parse(
        _ head: borrowing RequestHead, from peer: PeerIdentity
    ) throws(TargetProblem) -> RequestTarget {
        try RequestTarget(head, acceptsHTTPS: peer.isTLS || peer.isTrusted)
    }

    private init(_ head: borrowing RequestHead, acceptsHTTPS: Bool) throws(TargetProblem) {
        let bytes = head.bytes
        if let authority = head.index.authority {
            self.host = HostName.withoutLastDot(authority.host, in: bytes)
            guard HostName.hasNoEmptyLabel(bytes.slice(self.host)) else { throw .authority }
            self.authority = Self.whole(authority, in: bytes)
        } else {
            self.host = .empty
            self.authority = .empty
        }
        switch head.index.targetForm {
        case .origin, .absoluteHTTP:
            break
        case .absoluteHTTPS:
            guard acceptsHTTPS else { throw .scheme }
        case .authority, .asterisk:
            self.path = .none
            self.query = .empty
            self.hasPathParameters = false
            return
        }
        let target = head.index.pathAndQuery
        let end = bytes.offset(of: 0x3F, from: Int(target.lower), to: Int(target.upper))
        let range = ByteRange(Int(target.lower), end)
        self.query = ByteRange(end, Int(target.upper))
        for index in end..<Int(target.upper) where bytes[index] == 0x23 { throw .forbiddenByte }
        guard !range.isEmpty else {
            // An absolute-form target that stops at the authority means `/` (RFC 9112 §3.2.1), and `*` for OPTIONS
            // (§3.2.4).
            let meansServer = head.index.method == .options && self.query.isEmpty
            self.path = meansServer ? .none : .rewritten([0x2F])
            self.hasPathParameters = false
            return
        }
        let normal = try PathNormalForm(bytes.slice(range))
        self.hasPathParameters = normal.hasPathParameters
        if let rewritten = normal.rewritten { self.path = .rewritten(rewritten) } else { self.path = .original(range) }
    }

    /// The path in normal form; empty where there is none.
    @_lifetime(borrow self, copy bytes)
    package func path(in bytes: Span<UInt8>) -> Span<UInt8> {
        switch self.path {
        case .original(let range): return bytes.slice(range)
        case .rewritten(let path):
            // The array that `path` names is the one `self` holds, and lives as long.
            return unsafe _overrideLifetime(path.span, borrowing: self)
        case .none: return bytes.slice(.empty)
        }
    }

    @_lifetime(copy bytes)
    package func host(in bytes: Span<UInt8>) -> Span<UInt8> { bytes.slice(self.host) }

    private static func whole(_ authority: Authority, in bytes: Span<UInt8>) -> ByteRange {
        guard authority.port != nil else { return authority.host }
        var end = Int(authority.host.upper) + 1
        while end < bytes.count && bytes[end].isASCIIDigit { end &+= 1 }
        return ByteRange(Int(authority.host.lower), end)
    }
}
