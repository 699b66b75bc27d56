import HTTPWire
import Testing

@Suite("Splitting at random places")
struct SplittingTests {
    @Test("RFC 9112 §2.2: whatever a stream is, how it is cut into reads changes nothing")
    func cutsChangeNothing() throws {
        var random = SeededRandom.fresh()
        let rows = try RequestCorpus.read().cases.map(\.bytes).filter { $0.count < 4_096 }
        for round in 0..<4_000 {
            var stream = try #require(rows.randomElement(using: &random))
            for _ in 0..<Int.random(in: 0...3, using: &random) { Self.damage(&stream, with: &random) }
            let limits = Self.limits(with: &random)
            let whole = WireReader.read(stream, limits: limits)
            let cuts = (0..<Int.random(in: 1...12, using: &random))
                .map { _ in Int.random(in: 0...stream.count, using: &random) }.sorted()
            let cut = WireReader.read(stream, cutAt: cuts, limits: limits)
            #expect(cut == whole, "seed \(random.seed), round \(round), cuts \(cuts)")
            if cut != whole { return }
        }
    }

    @Test("responses too: how they are cut changes nothing")
    func responses() throws {
        var random = SeededRandom.fresh()
        let heads = [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
            "HTTP/1.1 204\r\nServer: x\r\n\r\n", "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\n",
            "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\n\r\n",
        ]
        for round in 0..<2_000 {
            var stream = Array(try #require(heads.randomElement(using: &random)).utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) { Self.damage(&stream, with: &random) }
            let limits = Self.limits(with: &random)
            let whole = Self.response(stream, [stream.count], limits)
            let octets = Self.response(stream, Array(1...max(1, stream.count)), limits)
            #expect(whole == octets, "seed \(random.seed), round \(round)")
            if whole != octets { return }
        }
    }

    enum Reading: Equatable {
        case incomplete
        case complete(status: UInt16, fields: [HeadField], byteCount: Int)
        case refused(WireError)
    }

    static func response(_ stream: [UInt8], _ ends: [Int], _ limits: HeadLimits = HeadLimits()) -> Reading {
        var parser = ResponseHeadParser(limits: limits)
        do throws(WireError) {
            for end in ends where try parser.parse(stream.span.extracting(0..<min(end, stream.count))) == .complete {
                let index = parser.index
                return .complete(status: index.status, fields: index.fields, byteCount: index.byteCount)
            }
        } catch {
            return .refused(error)
        }
        return .incomplete
    }

    /// Changes, adds, removes or repeats something; octets that matter to the grammar are preferred.
    static func damage(_ stream: inout [UInt8], with random: inout SeededRandom) {
        guard !stream.isEmpty else { return }
        let telling: [UInt8] = [0x0D, 0x0A, 0x20, 0x09, 0x3A, 0x3B, 0x22, 0x2C, 0x00, 0x7F, 0x80, 0x30, 0x41, 0x5F]
        let octet =
            Bool.random(using: &random)
            ? telling.randomElement(using: &random) ?? 0 : .random(in: 0...255, using: &random)
        let place = Int.random(in: 0..<stream.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: stream[place] = octet
        case 1: stream.insert(octet, at: place)
        case 2: stream.remove(at: place)
        default:
            let end = min(stream.count, place + Int.random(in: 1...40, using: &random))
            stream.insert(contentsOf: stream[place..<end], at: place)
        }
    }

    /// Mostly the defaults, sometimes limits so small that they are met everywhere.
    static func limits(with random: inout SeededRandom) -> HeadLimits {
        var limits = HeadLimits()
        guard Int.random(in: 0..<3, using: &random) == 0 else { return limits }
        limits.head = Int.random(in: 20...200, using: &random)
        limits.field = Int.random(in: 1...60, using: &random)
        limits.fields = Int.random(in: 0...4, using: &random)
        limits.target = Int.random(in: 1...20, using: &random)
        limits.emptyLines = Int.random(in: 0...3, using: &random)
        limits.chunkLine = Int.random(in: 1...10, using: &random)
        limits.trailers = Int.random(in: 2...30, using: &random)
        limits.trailerFields = Int.random(in: 0...2, using: &random)
        return limits
    }
}
