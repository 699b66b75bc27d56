import HTTPWire
import ProxyCore

/// Content in the chunked coding (RFC 9112 §7.1).
///
/// Its end and its data do not depend on the cuts and are those of the grammar; framed anew it is the same content.
enum ChunkedTarget {
    static func run(_ bytes: [UInt8]) {
        var choices = Choices(bytes)
        let limits = choices.chance(oneIn: 4) ? HeadLimits.tight : HeadLimits()
        let whole = Content.decode(bytes, limits: limits)
        insist(
            Content.decode(bytes, cutAt: choices.cuts(of: bytes.count), limits: limits) == whole,
            "chunked content means the same however it is cut")
        let plain = PlainChunks(bytes)
        if whole.end == .complete {
            let plain = insist(plain, "accepted content is chunks of the grammar")
            insist(plain.data == whole.data, "content is the data of its chunks")
            insist(plain.byteCount == whole.byteCount, "content ends with its trailer section")
            insist(plain.trailers == whole.trailers, "the trailer section is its lines")
            self.insistOnTransfer(bytes, whole, &choices)
        } else if let plain, plain.isWithin(limits) {
            insist(false, "chunks of the grammar and within the limits are read: \(whole.end)")
        }
    }

    /// The body on its way through: decoded, or in chunks of our own.
    private static func insistOnTransfer(_ bytes: [UInt8], _ content: Content, _ choices: inout Choices) {
        for outgoing in [BodyTransfer.Outgoing.plain, .chunked] {
            var transfer = BodyTransfer(.chunked, outgoing: outgoing, limits: HeadLimits())
            var sent: [UInt8] = []
            var held: [UInt8] = []
            var start = 0
            var kept = 0
            for end in choices.cuts(of: bytes.count) + [bytes.count] where !transfer.isFinished {
                held += bytes[start..<end]
                start = end
                kept += self.step(&transfer, &held, into: &sent)
            }
            insist(transfer.isFinished && kept == content.byteCount, "a body's transfer ends with the body")
            insist(transfer.contentCount == UInt64(content.data.count), "content is counted without framing")
            guard outgoing == .chunked else {
                insist(sent == content.data, "a body without framing is its content")
                continue
            }
            let again = Content.decode(sent, limits: .generous)
            insist(
                again.end == .complete && again.data == content.data && again.byteCount == sent.count
                    && again.trailers == content.trailers, "chunks of our own hold what came")
        }
    }

    private static func step(_ transfer: inout BodyTransfer, _ held: inout [UInt8], into sent: inout [UInt8]) -> Int {
        var taken = 0
        while !transfer.isFinished {
            var writer = HeadWriter()
            let step = try? transfer.step(held.span, into: &writer) { fields, bytes, writer in
                for field in fields { writer.append(bytes.slice(field.line)) }
            }
            sent += writer.bytes
            switch step {
            case .encoded(let consumed), .finished(let consumed):
                held.removeFirst(consumed)
                taken += consumed
            case .needMore(let consumed):
                held.removeFirst(consumed)
                return taken + consumed
            case .pass, nil:
                end("finding: chunked content is decoded as it was before")
            }
        }
        return taken
    }
}

/// What the decoder makes of a stream.
private struct Content: Equatable {
    enum End: Equatable { case needMore, complete, refused(WireError) }

    var data: [UInt8] = []
    var trailers: [[UInt8]] = []
    var byteCount = 0
    var end = End.needMore

    /// What is not consumed is given again with more behind it, as a connection does.
    static func decode(_ bytes: [UInt8], cutAt cuts: [Int] = [], limits: HeadLimits) -> Content {
        var content = Content()
        var decoder = ChunkedDecoder(limits: limits)
        for end in cuts + [bytes.count] {
            do throws(WireError) {
                guard try !content.take(bytes, upTo: end, &decoder) else { return content }
            } catch {
                content.end = .refused(error)
                // How much came through before an error does depend on the cuts.
                content.data = []
                content.byteCount = 0
                return content
            }
        }
        return content
    }

    private mutating func take(
        _ bytes: [UInt8], upTo end: Int, _ decoder: inout ChunkedDecoder
    ) throws(WireError) -> Bool {
        while true {
            let held = bytes.span.extracting(self.byteCount..<end)
            let (event, consumed) = try decoder.next(held, from: 0)
            switch event {
            case .data(let range): for index in 0..<range.count { self.data.append(held[Int(range.lower) + index]) }
            case .needMore:
                self.byteCount += consumed
                return false
            case .end(let fields):
                self.trailers = fields.map { [UInt8](copying: held.slice($0.line)) }
                self.byteCount += consumed
                self.end = .complete
                return true
            }
            self.byteCount += consumed
        }
    }
}

/// Chunks as the grammar says them, looked at line by line.
private struct PlainChunks {
    private(set) var data: [UInt8] = []
    private(set) var trailers: [[UInt8]] = []
    private(set) var byteCount = 0
    private var longestLine = 0
    private var trailerBytes = 0
    private var longestTrailerName = 0

    init?(_ bytes: [UInt8]) {
        while true {
            guard let line = Self.line(bytes, from: self.byteCount) else { return nil }
            guard let size = Self.size(line) else { return nil }
            self.longestLine = max(self.longestLine, line.count)
            self.byteCount += line.count + 2
            guard size > 0 else { break }
            guard size <= bytes.count - self.byteCount else { return nil }
            self.data += bytes[self.byteCount..<(self.byteCount + size)]
            self.byteCount += size
            guard Self.line(bytes, from: self.byteCount) == [] else { return nil }
            self.byteCount += 2
        }
        let start = self.byteCount
        while true {
            guard let line = Self.line(bytes, from: self.byteCount) else { return nil }
            self.byteCount += line.count + 2
            guard !line.isEmpty else { break }
            self.trailers.append(line + [0x0D, 0x0A])
        }
        let section = Array("x\r\n".utf8) + bytes[start..<self.byteCount]
        guard let head = PlainHead(section) else { return nil }
        self.trailerBytes = self.byteCount - start
        self.longestTrailerName = head.fields.map(\.name.count).max() ?? 0
    }

    func isWithin(_ limits: HeadLimits) -> Bool {
        self.longestLine <= limits.chunkLine && self.trailerBytes <= limits.trailers
            && self.trailers.count <= limits.trailerFields && self.longestTrailerName <= 256
            && self.trailers.allSatisfy { $0.count - 2 <= limits.field }
    }

    private static func line(_ bytes: [UInt8], from start: Int) -> [UInt8]? {
        var end = start
        while end < bytes.count, bytes[end] != 0x0D, bytes[end] != 0x0A { end += 1 }
        guard end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A else { return nil }
        return Array(bytes[start..<end])
    }

    /// `chunk-size [ chunk-ext ]`.
    private static func size(_ line: [UInt8]) -> Int? {
        let digits = line.prefix { $0.hexadecimalValue != nil }
        guard 1...16 ~= digits.count, let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
            return nil
        }
        return self.isExtension(line[digits.endIndex...]) ? size : nil
    }

    /// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`.
    private static func isExtension(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }
        func takeToken() -> Bool {
            let token = rest.prefix(while: PlainHead.isTokenOctet)
            rest = rest[token.endIndex...]
            return !token.isEmpty
        }
        while !rest.isEmpty {
            skipSpace()
            guard rest.popFirst() == 0x3B else { return false }
            skipSpace()
            guard takeToken() else { return false }
            let behindName = rest
            skipSpace()
            guard rest.first == 0x3D else {
                rest = behindName
                if rest.isEmpty { return true }
                continue
            }
            rest.removeFirst()
            skipSpace()
            if rest.first == 0x22 {
                guard Self.takeQuoted(&rest) else { return false }
            } else {
                guard takeToken() else { return false }
            }
        }
        return true
    }

    private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest.removeFirst()
        while let octet = rest.popFirst() {
            guard octet >= 0x20 && octet != 0x7F || octet == 0x09 else { return false }
            if octet == 0x22 { return true }
            if octet == 0x5C {
                guard let next = rest.popFirst(), next >= 0x20 && next != 0x7F || next == 0x09 else { return false }
            }
        }
        return false
    }
}
