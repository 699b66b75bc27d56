package import HTTPWire

/// One message body on its way through: how it arrives, how it leaves, and whether it is over.
///
/// A body of known length passes untouched; a chunked one is decoded and framed anew, so that extensions,
/// odd spellings and whatever follows the end never reach the other side (RFC 9112 §7.1).
package struct BodyTransfer: Sendable {
    package enum Outgoing: Sendable, Hashable {
        /// The bytes as they are: the head said how many, or that the end of the connection ends them.
        case plain
        /// `chunked`, written by us.
        case chunked
    }

    package enum Step: Sendable, Equatable {
        /// The first `count` bytes go on as they are; report what was taken with `passed(_:)`.
        case pass(count: Int)
        /// The writer holds what goes on; `consumed` bytes of the input are done with.
        case encoded(consumed: Int)
        /// Nothing to do without more bytes; `consumed` bytes of framing are done with.
        case needMore(consumed: Int)
        /// The body is whole; `consumed` bytes of framing are done with.
        case finished(consumed: Int)
    }

    private enum Incoming: Sendable {
        case length(remaining: UInt64)
        case chunked(ChunkedDecoder)
        case untilClose
        case over
    }

    private var incoming: Incoming
    package let outgoing: Outgoing
    /// Bytes of content that arrived so far, without framing.
    package private(set) var contentCount: UInt64 = 0

    package static let none = BodyTransfer(.none, outgoing: .plain, limits: HeadLimits())

    package init(_ framing: BodyFraming, outgoing: Outgoing, limits: HeadLimits) {
        self.outgoing = outgoing
        switch framing {
        case .none: self.incoming = .over
        case .length(let count): self.incoming = count == 0 ? .over : .length(remaining: count)
        case .chunked: self.incoming = .chunked(ChunkedDecoder(limits: limits))
        case .untilClose: self.incoming = .untilClose
        }
    }

    package var isFinished: Bool {
        if case .over = self.incoming { return true }
        return false
    }

    /// Bytes still to come of a body whose length was announced.
    package var remainingLength: UInt64? {
        if case .length(let remaining) = self.incoming { return remaining }
        return nil
    }

    /// Looks at what has arrived and says what may go on.
    ///
    /// - Parameter trailers: writes the trailer fields that survive, each as a whole line with CRLF; called for a
    ///   chunked body's end only, and only when it leaves chunked.
    package mutating func step(
        _ bytes: Span<UInt8>, into writer: inout HeadWriter,
        trailers: (_ fields: [HeadField], _ bytes: Span<UInt8>, _ writer: inout HeadWriter) -> Void
    ) throws(WireError) -> Step {
        switch self.incoming {
        case .over:
            return .finished(consumed: 0)
        case .length(let remaining):
            let count = Int(min(UInt64(bytes.count), remaining))
            return count == 0 ? .needMore(consumed: 0) : .pass(count: count)
        case .untilClose:
            guard bytes.count > 0 else { return .needMore(consumed: 0) }
            if self.outgoing == .plain { return .pass(count: bytes.count) }
            self.contentCount += UInt64(bytes.count)
            Self.writeChunk(bytes, into: &writer)
            return .encoded(consumed: bytes.count)
        case .chunked(var decoder):
            return try self.decode(&decoder, bytes, into: &writer, trailers: trailers)
        }
    }

    /// `count` bytes of a `.pass` step were taken by the other side (or dropped).
    package mutating func passed(_ count: Int) {
        self.contentCount += UInt64(count)
        if case .length(let remaining) = self.incoming {
            precondition(UInt64(count) <= remaining, "no more passes than was announced")
            let left = remaining - UInt64(count)
            self.incoming = left == 0 ? .over : .length(remaining: left)
        }
    }

    /// The connection ended: fine where that ends the body, else the body is cut.
    ///
    /// - Returns: whether the body is whole; what must still be written is in the writer.
    package mutating func connectionEnded(into writer: inout HeadWriter) -> Bool {
        guard case .untilClose = self.incoming else { return self.isFinished }
        self.incoming = .over
        if self.outgoing == .chunked { writer.append("0\r\n\r\n") }
        return true
    }

    private mutating func decode(
        _ decoder: inout ChunkedDecoder, _ bytes: Span<UInt8>, into writer: inout HeadWriter,
        trailers: (_ fields: [HeadField], _ bytes: Span<UInt8>, _ writer: inout HeadWriter) -> Void
    ) throws(WireError) -> Step {
        var offset = 0
        var wrote = false
        while true {
            let (event, consumed) = try decoder.next(bytes, from: offset)
            switch event {
            case .data(let range):
                let data = bytes.slice(range)
                self.contentCount += UInt64(data.count)
                if self.outgoing == .chunked {
                    Self.writeChunk(data, into: &writer)
                } else {
                    writer.append(data)
                }
                wrote = true
                offset += consumed
            case .needMore:
                offset += consumed
                self.incoming = .chunked(decoder)
                return wrote ? .encoded(consumed: offset) : .needMore(consumed: offset)
            case .end(let fields):
                if self.outgoing == .chunked {
                    writer.append("0\r\n")
                    trailers(fields, bytes, &writer)
                    writer.append("\r\n")
                }
                self.incoming = .over
                return .finished(consumed: offset + consumed)
            }
        }
    }

    private static func writeChunk(_ data: Span<UInt8>, into writer: inout HeadWriter) {
        writer.appendHexadecimal(UInt64(data.count))
        writer.append("\r\n")
        writer.append(data)
        writer.append("\r\n")
    }
}
