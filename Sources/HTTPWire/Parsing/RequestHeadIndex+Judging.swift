extension RequestHeadIndex {
    /// Decides the form of a complete target and takes it apart (RFC 9112 §3.2).
    mutating func judgeTarget(_ bytes: Span<UInt8>) throws(WireError) {
        guard !self.target.isEmpty else { throw .invalidTargetForm }
        switch self.method {
        case .connect:
            // A tunnel's authority must say its port (RFC 9110 §9.3.6).
            self.targetForm = .authority
            guard let authority = Authority(self.target, in: bytes), authority.port != nil else {
                throw .invalidTargetForm
            }
            self.authority = authority
        case .options where bytes.slice(self.target).equals("*"):
            self.targetForm = .asterisk
        default:
            if bytes[Int(self.target.lower)] == 0x2F {
                self.targetForm = .origin
                self.pathAndQuery = self.target
            } else {
                try self.judgeAbsoluteForm(bytes)
            }
        }
    }

    /// `http://authority` or `https://authority` with an optional path and query (RFC 9112 §3.2.2).
    private mutating func judgeAbsoluteForm(_ bytes: Span<UInt8>) throws(WireError) {
        let lower = Int(self.target.lower)
        let upper = Int(self.target.upper)
        let start: Int
        if upper - lower >= 7, bytes.extracting(lower..<lower + 7).equalsIgnoringCase("http://") {
            self.targetForm = .absoluteHTTP
            start = lower + 7
        } else if upper - lower >= 8, bytes.extracting(lower..<lower + 8).equalsIgnoringCase("https://") {
            self.targetForm = .absoluteHTTPS
            start = lower + 8
        } else {
            throw .invalidTargetForm
        }
        var end = start
        while end < upper && bytes[end] != 0x2F && bytes[end] != 0x3F { end += 1 }
        guard let authority = Authority(ByteRange(start, end), in: bytes) else { throw .invalidAuthority }
        self.authority = authority
        self.pathAndQuery = ByteRange(end, upper)
        // Brackets belong to an address in the authority and, as in origin-form, to a query; never to a path.
        while end < upper && bytes[end] != 0x3F {
            guard OctetSet.path.contains(bytes[end]) else { throw .invalidTargetOctet }
            end += 1
        }
    }

    /// Judges the fields that decide where the message goes and where it ends, once all are known.
    mutating func conclude(_ bytes: Span<UInt8>) throws(WireError) {
        try self.judgeHost(bytes)
        self.framing = try BodyFraming.stated(by: self.fieldIndex, in: bytes, minorVersion: self.minorVersion) ?? .none
        self.connection = ConnectionOptions(self.fieldIndex, in: bytes)
        if self.fieldIndex.kinds.contains(.expect) { try self.judgeExpectations(bytes) }
    }

    /// A list of which we know one member (RFC 9110 §10.1.1); empty ones count for nothing (§5.6.1.2).
    private mutating func judgeExpectations(_ bytes: Span<UInt8>) throws(WireError) {
        var isWaiting = false
        for index in 0..<self.fieldIndex.all.count {
            let field = self.fieldIndex.all[index]
            guard field.kind == .expect, field.isSpeltExactly else { continue }
            var members = ListMembers(bytes.slice(field.value))
            while let member = members.next() {
                guard members.bytes.slice(member).equalsIgnoringCase("100-continue") else { throw .unknownExpectation }
                isWaiting = true
            }
        }
        // A 1.0 client cannot be sent an interim answer, and without content there is nothing to wait for.
        self.expectsContinue = isWaiting && self.minorVersion >= 1 && self.framing.hasContent
    }

    /// Exactly one valid Host from HTTP/1.1 on, at most one before, and none that contradicts an absolute target.
    ///
    /// RFC 9112 §3.2.2 would let the target win over a differing Host; whoever sends two hosts hopes that someone
    /// behind us reads the other one.
    private mutating func judgeHost(_ bytes: Span<UInt8>) throws(WireError) {
        guard let field = self.fieldIndex.first(of: .host) else {
            guard self.minorVersion == 0 else { throw .missingHost }
            return
        }
        guard !self.fieldIndex.repeated.contains(.host) else { throw .repeatedHost }
        guard let host = Authority(field.value, in: bytes) else { throw .invalidHost }
        switch self.targetForm {
        case .origin, .asterisk:
            self.authority = host
        case .absoluteHTTP, .absoluteHTTPS:
            let defaultPort: UInt16 = self.targetForm == .absoluteHTTP ? 80 : 443
            guard let authority, host.isSame(as: authority, defaultPort: defaultPort, in: bytes) else {
                throw .hostMismatch
            }
        case .authority:
            break
        }
    }
}
