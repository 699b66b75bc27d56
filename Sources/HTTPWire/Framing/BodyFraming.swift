/// Where a message's content ends (RFC 9112 §6.3).
@usableFromInline package enum BodyFraming: Sendable, Hashable {
    /// There is none.
    case none
    /// After exactly this many bytes; a length of zero is `length(0)` so that it can be told from a missing one.
    case length(UInt64)
    /// With the last chunk and its trailer section.
    case chunked
    /// With the connection: responses only.
    case untilClose
}

extension BodyFraming {
    /// Whether content bytes follow the head.
    @inlinable package var hasContent: Bool { self != .none && self != .length(0) }

    /// What the framing fields of a head say; nil when there are none.
    ///
    /// One `Content-Length` of digits, or one `Transfer-Encoding` that is `chunked`, or neither. Whatever else RFC 9112
    /// allows a recipient to make sense of, some other recipient makes other sense of.
    static func stated(
        by fields: borrowing FieldIndex, in bytes: Span<UInt8>, minorVersion: UInt8
    ) throws(WireError) -> BodyFraming? {
        if let coding = fields.first(of: .transferEncoding) {
            guard minorVersion >= 1 else { throw .transferCodingBeforeHTTP11 }
            guard !fields.kinds.contains(.contentLength) else { throw .lengthWithTransferCoding }
            guard !fields.repeated.contains(.transferEncoding) else { throw .unsupportedTransferCoding }
            guard bytes.slice(coding.value).equalsIgnoringCase("chunked") else { throw .unsupportedTransferCoding }
            return .chunked
        }
        guard let length = fields.first(of: .contentLength) else { return nil }
        guard !fields.repeated.contains(.contentLength) else { throw .repeatedContentLength }
        guard let count = Self.length(bytes.slice(length.value)) else { throw .invalidContentLength }
        return .length(count)
    }

    /// `1*DIGIT` that fits a signed 64-bit count (RFC 9110 §8.6); leading zeros are decimal like the rest.
    private static func length(_ digits: Span<UInt8>) -> UInt64? {
        // Nineteen digits never overflow 64 bits unsigned, so the sum needs no check.
        guard 1...19 ~= digits.count else { return nil }
        var count: UInt64 = 0
        for index in 0..<digits.count {
            guard digits[index].isASCIIDigit else { return nil }
            count = count &* 10 &+ UInt64(digits[index] &- 0x30)
        }
        return count <= UInt64(Int64.max) ? count : nil
    }
}
