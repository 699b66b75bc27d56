/// Reads field lines up to and with the empty line that ends them (RFC 9112 §5), for heads and trailers alike.
///
/// Every octet is judged in the order it came and no octet behind a limit is looked at, so the outcome depends on the
/// bytes alone and not on how they were cut into reads.
struct FieldSectionParser: Sendable {
    /// The first octet not yet judged for good.
    private(set) var position: Int
    private var lineStart: Int
    private var nameEnd = 0
    private var kind = FieldKind.other
    private var isSpeltExactly = false
    private var isInValue = false

    /// What bounds this section: offsets count from the start of the bytes.
    struct Bounds {
        /// No octet at or behind this offset belongs to the section.
        var end: Int
        var endError: WireError
        var line: Int
        var fields: Int
        var fieldsError: WireError
    }

    init(from position: Int) {
        self.position = position
        self.lineStart = position
    }

    /// Goes on as far as the bytes reach; true when the section is complete and `position` is behind it.
    mutating func parse(
        _ bytes: Span<UInt8>, within bounds: Bounds, into fields: inout FieldIndex
    ) throws(WireError) -> Bool {
        while true {
            if !self.isInValue {
                guard self.lineStart < bytes.count, self.lineStart < bounds.end else {
                    return try Self.exhausted(bytes.count, bounds.end, bounds.endError)
                }
                let first = bytes[self.lineStart]
                if first == 0x0D { return try self.end(bytes, within: bounds) }
                if first.isWhitespace { throw .obsoleteFolding }
                guard fields.all.count < bounds.fields else { throw bounds.fieldsError }
                guard try self.name(bytes, within: bounds) else { return false }
            }
            guard let lineEnd = try self.value(bytes, within: bounds) else { return false }
            fields.append(
                HeadField(
                    name: ByteRange(self.lineStart, self.nameEnd),
                    value: bytes.trimmed(self.nameEnd &+ 1, self.position),
                    line: ByteRange(self.lineStart, lineEnd),
                    kind: self.kind,
                    isSpeltExactly: self.isSpeltExactly))
            self.position = lineEnd
            self.lineStart = lineEnd
            self.isInValue = false
        }
    }

    /// The empty line: CR is there, LF must follow.
    private mutating func end(_ bytes: Span<UInt8>, within bounds: Bounds) throws(WireError) -> Bool {
        let next = self.lineStart &+ 1
        guard next < bytes.count, next < bounds.end else {
            return try Self.exhausted(bytes.count, bounds.end, bounds.endError)
        }
        guard bytes[next] == 0x0A else { throw .bareCarriageReturn }
        self.position = next &+ 1
        return true
    }

    /// Reads a name and its colon and decides what kind of field it is.
    ///
    /// An unfinished name is read again from its start: it is short by limit, and that keeps the state small.
    @inline(__always)
    private mutating func name(_ bytes: Span<UInt8>, within bounds: Bounds) throws(WireError) -> Bool {
        // One octet more than a name may have: its colon.
        let limit = min(bounds.end, self.lineStart &+ min(bounds.line, HeadLimits.fieldNameBytesMax) &+ 1)
        let stop = min(bytes.count, limit)
        var folded = FoldedName()
        var position = self.lineStart
        while position &+ 8 <= stop {
            let word = OctetWord(bits: bytes.word(at: position))
            let colons = word.equal(to: 0x3A)
            let length = colons == 0 ? 8 : colons.trailingZeroBitCount &>> 3
            let mask = FoldedName.mask(length)
            // Anything unusual, and the last few octets of the bytes, go the slow way below.
            guard ~word.wordOctets & OctetWord.top & mask == 0 else { break }
            folded.append(word: word.bits & mask, length: length)
            position &+= length
            if colons != 0 { return try self.accept(folded, endingAt: position) }
        }
        while position < stop {
            let octet = bytes[position]
            if octet == 0x3A { return try self.accept(folded, endingAt: position) }
            guard OctetSet.token.contains(octet) else { throw Self.nameError(octet) }
            folded.append(octet: octet)
            position &+= 1
        }
        let isLineLimit = bounds.line <= HeadLimits.fieldNameBytesMax
        return try Self.exhausted(
            bytes.count, limit,
            limit == bounds.end ? bounds.endError : isLineLimit ? .fieldTooLong : .fieldNameTooLong)
    }

    @inline(__always)
    private mutating func accept(_ folded: FoldedName, endingAt colon: Int) throws(WireError) -> Bool {
        guard folded.count > 0 else { throw .invalidFieldName }
        self.nameEnd = colon
        self.kind = folded.kind
        self.isSpeltExactly = folded.isSpeltExactly
        self.position = colon &+ 1
        self.isInValue = true
        return true
    }

    /// Reads a value up to its CR and the LF behind it.
    ///
    /// Gives the offset behind the line, or nil when the bytes end before; `position` stays on the CR.
    @inline(__always)
    private mutating func value(_ bytes: Span<UInt8>, within bounds: Bounds) throws(WireError) -> Int? {
        // One octet more than a line may have: its CR.
        let limit = min(bounds.end, self.lineStart &+ bounds.line &+ 1)
        let stop = min(bytes.count, limit)
        var position = self.position
        while true {
            if position &+ 8 <= stop {
                let controls = OctetWord(bits: bytes.word(at: position)).controls
                if controls == 0 {
                    position &+= 8
                    // Few values are longer than this, and those that are tend to be as long as a token.
                    if position &- self.position == 16 {
                        while position &+ 32 <= stop, bytes.isPlain32(at: position) { position &+= 32 }
                    }
                    continue
                }
                position &+= controls.trailingZeroBitCount &>> 3
            }
            guard position < stop else { break }
            let octet = bytes[position]
            if octet == 0x0D {
                self.position = position
                return try self.lineEnd(bytes, within: bounds)
            }
            guard octet.isFieldValueOctet else { throw octet == 0x0A ? .bareLineFeed : .invalidFieldValue }
            position &+= 1
        }
        self.position = position
        _ = try Self.exhausted(bytes.count, limit, limit == bounds.end ? bounds.endError : .fieldTooLong)
        return nil
    }

    @inline(__always)
    private func lineEnd(_ bytes: Span<UInt8>, within bounds: Bounds) throws(WireError) -> Int? {
        let next = self.position &+ 1
        guard next < bytes.count, next < bounds.end else {
            _ = try Self.exhausted(bytes.count, bounds.end, bounds.endError)
            return nil
        }
        guard bytes[next] == 0x0A else { throw .bareCarriageReturn }
        return next &+ 1
    }

    /// The bytes end here: more may come, unless the limit has been reached.
    @inline(never)
    static func exhausted(_ count: Int, _ limit: Int, _ error: WireError) throws(WireError) -> Bool {
        guard count < limit else { throw error }
        return false
    }

    private static func nameError(_ octet: UInt8) -> WireError {
        switch octet {
        case 0x20, 0x09: .whitespaceBeforeColon
        case 0x0D: .missingColon
        case 0x0A: .bareLineFeed
        default: .invalidFieldName
        }
    }
}

extension UInt8 {
    /// `field-vchar`, SP, HTAB and obs-text (RFC 9110 §5.5): everything but the other controls and DEL.
    @inlinable @inline(__always)
    var isFieldValueOctet: Bool { self >= 0x20 ? self != 0x7F : self == 0x09 }
}
