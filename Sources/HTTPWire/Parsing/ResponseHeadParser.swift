/// Reads a response head as it arrives (RFC 9112 §4 to §6), as strictly as requests are read.
///
/// An upstream is more trusted than a client and less careful; what it sends is passed to clients that will read it
/// their own way, so the same octets are refused.
package struct ResponseHeadParser: Sendable {
    package typealias Progress = ParseProgress

    package private(set) var index = ResponseHeadIndex()
    package let limits: HeadLimits
    private var hasStatusLine = false
    private var fields = FieldSectionParser(from: 0)

    package init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Makes ready for the next head; no memory is given back, so a connection allocates for its first head only.
    package mutating func reset() {
        self.index.reset()
        self.hasStatusLine = false
    }

    /// Takes up where it stopped; `bytes` are all bytes of this head so far, beginning with the same one each time.
    package mutating func parse(_ bytes: Span<UInt8>) throws(WireError) -> ParseProgress {
        guard self.index.byteCount == 0 else { return .complete }
        if !self.hasStatusLine { guard try self.statusLine(bytes) else { return .needMore } }
        let bounds = FieldSectionParser.Bounds(
            end: self.limits.head, endError: .headTooLong, line: self.limits.field, fields: self.limits.fields,
            fieldsError: .tooManyFields)
        guard try self.fields.parse(bytes, within: bounds, into: &self.index.fieldIndex) else { return .needMore }
        try self.conclude(bytes)
        self.index.byteCount = self.fields.position
        return .complete
    }

    /// `HTTP/1.` DIGIT SP 3DIGIT [SP reason-phrase] CRLF.
    ///
    /// The grammar wants the second space even before an empty phrase; leaving it out has one reading only and is
    /// common, so it is let through.
    private mutating func statusLine(_ bytes: Span<UInt8>) throws(WireError) -> Bool {
        let limit = min(self.limits.field, self.limits.head)
        let stop = min(bytes.count, limit)
        let name = ("HTTP/1." as StaticString).octets
        var status: UInt16 = 0
        var position = 0
        // Nearly every line begins so, and is known at a glance; whatever does not is judged octet by octet.
        if stop > 12, bytes.word(at: 0) & 0x00FF_FFFF_FFFF_FFFF == 0x002E_312F_5054_5448, bytes[7].isASCIIDigit,
            bytes[8] == 0x20, 0x31...0x35 ~= bytes[9], bytes[10].isASCIIDigit, bytes[11].isASCIIDigit
        {
            status = UInt16(bytes[9] &- 0x30) * 100 + UInt16(bytes[10] &- 0x30) * 10 + UInt16(bytes[11] &- 0x30)
            // ` OK` CR, more often than not.
            position = stop >= 20 && bytes.word(at: 12) & 0xFFFF_FFFF == 0x0D4B_4F20 ? 15 : 12
        }
        while position < stop {
            let octet = bytes[position]
            switch position {
            case 0..<7: guard octet == name[position] else { throw Self.versionError(octet, at: position) }
            case 7: guard octet.isASCIIDigit else { throw .invalidVersion }
            case 8: guard octet == 0x20 else { throw .invalidStatusLine }
            case 9: guard 0x31...0x35 ~= octet else { throw .invalidStatusLine }
            case 10, 11: guard octet.isASCIIDigit else { throw .invalidStatusLine }
            case 12: guard octet == 0x20 || octet == 0x0D else { throw .invalidStatusLine }
            default: break
            }
            if 9...11 ~= position { status = status * 10 + UInt16(octet &- 0x30) }
            if position >= 12 {
                if octet == 0x0D { break }
                guard octet.isFieldValueOctet else { throw octet == 0x0A ? .bareLineFeed : .invalidStatusLine }
            }
            position &+= 1
        }
        guard position &+ 1 < stop else { return try FieldSectionParser.exhausted(bytes.count, limit, .fieldTooLong) }
        guard bytes[position &+ 1] == 0x0A else { throw .bareCarriageReturn }
        self.index.status = status
        self.index.minorVersion = bytes[7] &- 0x30
        self.index.reasonRange = ByteRange(min(13, position), position)
        self.fields = FieldSectionParser(from: position &+ 2)
        self.hasStatusLine = true
        return true
    }

    private mutating func conclude(_ bytes: Span<UInt8>) throws(WireError) {
        self.index.statedFraming = try BodyFraming.stated(
            by: self.index.fieldIndex, in: bytes, minorVersion: self.index.minorVersion)
        // RFC 9112 §6.1: a 1xx or 204 that announces chunks would leave them behind for the next response.
        if self.index.status < 200 || self.index.status == 204, self.index.statedFraming == .chunked {
            throw .transferCodingWithoutContent
        }
        self.index.connection = ConnectionOptions(self.index.fieldIndex, in: bytes)
    }

    private static func versionError(_ octet: UInt8, at position: Int) -> WireError {
        position == 5 && octet.isASCIIDigit ? .unsupportedVersion : .invalidVersion
    }
}
