/// Reads a request head as it arrives (RFC 9112 §2 to §6), strictly, and says where everything is.
///
/// What it lets through has one reading: one Host, one framing, one target form, no octet outside the grammar. The
/// outcome never depends on how the bytes were cut into reads, and no octet beyond a limit is needed to refuse.
package struct RequestHeadParser: Sendable {
    package typealias Progress = ParseProgress

    package private(set) var index = RequestHeadIndex()
    package let limits: HeadLimits
    private var phase = Phase.emptyLines
    private var position = 0
    private var emptyLines = 0
    private var fields = FieldSectionParser(from: 0)

    private enum Phase: UInt8 { case emptyLines, method, target, query, uri, version, fields, complete }

    package init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Whether more than empty lines has come.
    package var hasBegun: Bool { self.phase != .emptyLines }

    /// Makes ready for the next head; no memory is given back, so a connection allocates for its first head only.
    package mutating func reset() {
        self.index.reset()
        self.phase = .emptyLines
        self.position = 0
        self.emptyLines = 0
    }

    /// Takes up where it stopped; `bytes` are all bytes of this head so far, beginning with the same one each time.
    ///
    /// After an error the stream cannot be trusted any more: do not call again without `reset()`.
    package mutating func parse(_ bytes: Span<UInt8>) throws(WireError) -> ParseProgress {
        if self.phase != .fields {
            guard self.phase != .complete else { return .complete }
            guard try self.requestLine(bytes) else { return .needMore }
        }
        let bounds = FieldSectionParser.Bounds(
            end: self.limits.head, endError: .headTooLong, line: self.limits.field, fields: self.limits.fields,
            fieldsError: .tooManyFields)
        guard try self.fields.parse(bytes, within: bounds, into: &self.index.fieldIndex) else { return .needMore }
        self.index.byteCount = self.fields.position
        try self.index.conclude(bytes)
        self.phase = .complete
        return .complete
    }

    /// Empty lines, method, target and version; true when the line is complete.
    private mutating func requestLine(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        if self.phase == .emptyLines { guard try self.skipEmptyLines(bytes) else { return false } }
        if self.phase == .method { guard try self.method(bytes) else { return false } }
        if self.phase != .version { guard try self.target(bytes) else { return false } }
        return try self.version(bytes)
    }

    private mutating func skipEmptyLines(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        while true {
            guard self.position < bytes.count else { return false }
            guard bytes[self.position] == 0x0D else { break }
            guard self.emptyLines < self.limits.emptyLines else { throw .tooManyEmptyLines }
            guard self.position &+ 1 < bytes.count else { return false }
            guard bytes[self.position &+ 1] == 0x0A else { throw .bareCarriageReturn }
            self.emptyLines += 1
            self.position &+= 2
        }
        self.index.methodRange = ByteRange(self.position, self.position)
        self.phase = .method
        return true
    }

    private mutating func method(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        let start = Int(self.index.methodRange.lower)
        let limit = start &+ HeadLimits.methodBytesMax &+ 1
        let stop = min(bytes.count, limit)
        var position = start
        // `GET ` needs no look at each octet.
        if start &+ 8 <= stop, bytes.word(at: start) & 0xFFFF_FFFF == 0x2054_4547 { position &+= 3 }
        while position < stop && OctetSet.token.contains(bytes[position]) { position &+= 1 }
        guard position < stop else { return try FieldSectionParser.exhausted(bytes.count, limit, .methodTooLong) }
        guard bytes[position] == 0x20, position > start else {
            throw bytes[position] == 0x0A ? .bareLineFeed : .invalidMethod
        }
        self.index.methodRange = ByteRange(start, position)
        self.index.method = Method(bytes.slice(self.index.methodRange))
        self.position = position &+ 1
        self.index.target = ByteRange(self.position, self.position)
        self.phase = .target
        return true
    }

    /// Reads octets up to the space behind the target; what they may be depends on the form.
    private mutating func target(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        let start = Int(self.index.target.lower)
        // One octet more than a target may have: its space.
        let limit = start &+ self.limits.target &+ 1
        let stop = min(bytes.count, limit)
        var position = self.position
        if self.phase == .target {
            if position == start {
                guard position < stop else { return false }
                if bytes[position] != 0x2F { self.phase = .uri }
            }
            if self.phase == .target {
                position = bytes.endOfPathOctets(from: position, to: stop)
                while position < stop && OctetSet.path.contains(bytes[position]) { position &+= 1 }
                if position < stop, bytes[position] == 0x3F { self.phase = .query }
            }
        }
        if self.phase == .uri {
            while position < stop && OctetSet.uri.contains(bytes[position]) { position &+= 1 }
            // A query is as opaque behind an authority as behind a path alone.
            if position < stop, bytes[position] == 0x3F { self.phase = .query }
        }
        if self.phase == .query {
            while position < stop && OctetSet.query.contains(bytes[position]) { position &+= 1 }
        }
        self.position = position
        guard position < stop else { return try FieldSectionParser.exhausted(bytes.count, limit, .targetTooLong) }
        guard bytes[position] == 0x20 else { throw Self.targetError(bytes[position]) }
        self.index.target.upper = UInt32(position)
        try self.index.judgeTarget(bytes)
        self.position = position &+ 1
        self.phase = .version
        return true
    }

    /// `HTTP/1.` DIGIT CRLF, octet by octet (RFC 9112 §2.3).
    private mutating func version(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        let start = self.position
        if start &+ 10 <= bytes.count, bytes.word(at: start) & 0x00FF_FFFF_FFFF_FFFF == 0x002E_312F_5054_5448,
            bytes[start &+ 7].isASCIIDigit, bytes[start &+ 8] == 0x0D, bytes[start &+ 9] == 0x0A
        {
            return self.beginFields(minorVersion: bytes[start &+ 7] &- 0x30, at: start &+ 10)
        }
        let name = ("HTTP/" as StaticString).octets
        for offset in 0..<10 {
            guard start &+ offset < bytes.count else { return false }
            let octet = bytes[start &+ offset]
            switch offset {
            case 0..<5: guard octet == name[offset] else { throw octet == 0x0A ? .bareLineFeed : .invalidVersion }
            case 5: guard octet.isASCIIDigit else { throw .invalidVersion }
            case 6:
                guard octet == 0x2E else { throw .invalidVersion }
                guard bytes[start &+ 5] == 0x31 else { throw .unsupportedVersion }
            case 7: guard octet.isASCIIDigit else { throw .invalidVersion }
            case 8: guard octet == 0x0D else { throw octet == 0x0A ? .bareLineFeed : .invalidVersion }
            default: guard octet == 0x0A else { throw .bareCarriageReturn }
            }
        }
        return self.beginFields(minorVersion: bytes[start &+ 7] &- 0x30, at: start &+ 10)
    }

    @inline(__always)
    private mutating func beginFields(minorVersion: UInt8, at position: Int) -> Bool {
        self.index.minorVersion = minorVersion
        self.position = position
        self.fields = FieldSectionParser(from: position)
        self.phase = .fields
        return true
    }

    private static func targetError(_ octet: UInt8) -> WireError {
        switch octet {
        case 0x0D: .missingVersion
        case 0x0A: .bareLineFeed
        default: .invalidTargetOctet
        }
    }
}
