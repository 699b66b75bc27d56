/// Takes the chunked coding off content as it arrives (RFC 9112 §7.1), holding no byte itself.
///
/// Size lines and extensions are checked and dropped, data is pointed at where it lies, the trailer section is read
/// only once it lies whole in the span.
package struct ChunkedDecoder: Sendable {
    package enum Event: Sendable {
        /// Content, as a range in the span; never empty.
        case data(ByteRange)
        /// What was not consumed must be given again with more behind it.
        case needMore
        /// The content is complete; the trailers are ranges in the span.
        case end(trailers: [HeadField])
    }

    private let limits: HeadLimits
    private var line: ChunkLine
    private var phase = Phase.line
    private var remaining: UInt64 = 0

    private enum Phase: UInt8 { case line, data, dataReturn, dataFeed, trailers, complete }

    package init(limits: HeadLimits) {
        self.limits = limits
        self.line = ChunkLine(limit: limits.chunkLine)
    }

    package var isComplete: Bool { self.phase == .complete }

    /// Looks at the span from `offset` on; `consumed` bytes from there are done with, data pointed at included.
    ///
    /// Once a last chunk has been seen nothing is consumed until the trailer section is complete, so a caller must be
    /// ready to hold `limits.trailers` bytes.
    package mutating func next(
        _ bytes: Span<UInt8>, from offset: Int
    ) throws(WireError) -> (event: Event, consumed: Int) {
        var position = offset
        while true {
            switch self.phase {
            case .data:
                guard position < bytes.count else { return (.needMore, position - offset) }
                let count = Int(min(self.remaining, UInt64(bytes.count - position)))
                self.remaining -= UInt64(count)
                if self.remaining == 0 { self.phase = .dataReturn }
                return (.data(ByteRange(position, position + count)), position + count - offset)
            case .trailers:
                return try self.trailers(bytes, position, consumed: position - offset)
            case .complete:
                return (.end(trailers: []), position - offset)
            case .line, .dataReturn, .dataFeed:
                guard position < bytes.count else { return (.needMore, position - offset) }
                try self.take(bytes[position])
                position += 1
            }
        }
    }

    /// One octet of what stands between two runs of data.
    @inline(__always)
    private mutating func take(_ octet: UInt8) throws(WireError) {
        switch self.phase {
        case .line:
            guard let size = try self.line.take(octet) else { return }
            self.remaining = size
            self.phase = size == 0 ? .trailers : .data
            self.line = ChunkLine(limit: self.limits.chunkLine)
        case .dataReturn:
            guard octet == 0x0D else { throw .missingChunkEnd }
            self.phase = .dataFeed
        case .dataFeed:
            guard octet == 0x0A else { throw .missingChunkEnd }
            self.phase = .line
        case .data, .trailers, .complete:
            preconditionFailure("octets of data and trailers are not taken one by one")
        }
    }

    /// Reads the trailer section from its start: keeping no state between calls lets the caller move its bytes.
    private mutating func trailers(
        _ bytes: Span<UInt8>, _ position: Int, consumed: Int
    ) throws(WireError) -> (event: Event, consumed: Int) {
        var parser = FieldSectionParser(from: position)
        var fields = FieldIndex()
        let bounds = FieldSectionParser.Bounds(
            end: position + self.limits.trailers, endError: .trailersTooLong, line: self.limits.field,
            fields: self.limits.trailerFields, fieldsError: .tooManyTrailers)
        guard try parser.parse(bytes, within: bounds, into: &fields) else { return (.needMore, consumed) }
        self.phase = .complete
        return (.end(trailers: fields.all), consumed + parser.position - position)
    }
}
