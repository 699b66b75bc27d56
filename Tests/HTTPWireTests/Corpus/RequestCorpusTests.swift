import HTTPWire
import Testing

@Suite("HTTP/1.1 request corpus")
struct RequestCorpusTests {
    /// Refused by later stations: routing (RL-34) and the method allow-list (RL-35, RL-37).
    static let judgedBehindTheWire: Set<String> = ["RL-34", "RL-35", "RL-37"]

    /// Groups whose verdicts the wire alone must reach.
    static let groups: Set<String> = [
        "baseline", "cl-te", "te-value", "cl-value", "chunked", "trailers", "field-syntax", "request-line", "host",
        "expect", "limits", "unread-body", "hop-by-hop", "connection-reuse",
    ]

    @Test("the corpus is whole")
    func isWhole() throws {
        let corpus = try RequestCorpus.read()
        #expect(corpus.cases.count == corpus.count)
        #expect(Set(corpus.cases.map(\.group)).isSuperset(of: Self.groups))
    }

    @Test("RFC 9112 §11.2: what must be refused is, with a status that fits", arguments: try Self.refused())
    func refuses(row: RequestCorpus.Row) throws {
        let outcome = WireReader.read(row.bytes, limits: try RequestCorpus.read().limits)
        guard case .refused(let error) = outcome.ending else {
            Issue.record("\(row.id) was let through: \(outcome)")
            return
        }
        #expect(row.expect.refusals.contains(error.status), "\(row.id): \(error)")
    }

    @Test("what must be accepted is, and no refusal has a status that does not fit", arguments: try Self.all())
    func accepts(row: RequestCorpus.Row) throws {
        let outcome = WireReader.read(row.bytes, limits: try RequestCorpus.read().limits)
        if case .refused(let error) = outcome.ending {
            #expect(row.expect.refusals.contains(error.status), "\(row.id): \(error)")
        } else if row.expect.verdict == .accept {
            #expect(outcome.ending != .incomplete, "\(row.id)")
        }
        if let body = row.expect.received?.body, case .accept = row.expect.verdict {
            #expect(outcome.messages.first?.body == Array(body), "\(row.id)")
        }
    }

    @Test("no request hidden in another one comes to light", arguments: try Self.all())
    func hidesNothing(row: RequestCorpus.Row) throws {
        let outcome = WireReader.read(row.bytes, limits: try RequestCorpus.read().limits)
        // HB-15 hides nothing: behind a handshake that was not accepted an ordinary request follows.
        for message in outcome.messages + [outcome.pending].compactMap(\.self) where row.id != "HB-15" {
            #expect(!String(decoding: message.target, as: UTF8.self).contains("smuggled"), "\(row.id)")
        }
    }

    @Test("RFC 9112 §2.2: octet by octet the outcome is the same", arguments: try Self.all())
    func isIndependentOfSegments(row: RequestCorpus.Row) throws {
        let limits = try RequestCorpus.read().limits
        let bytes = row.bytes
        let whole = WireReader.read(bytes, limits: limits)
        // Long rows are read in bites of a prime size: octet by octet they only take long.
        let step = bytes.count > 20_000 ? 37 : 1
        let cuts = Array(stride(from: step, to: bytes.count, by: step))
        #expect(WireReader.read(bytes, cutAt: cuts, limits: limits) == whole)
    }

    static func all() throws -> [RequestCorpus.Row] { try RequestCorpus.read().cases }

    static func refused() throws -> [RequestCorpus.Row] {
        try RequestCorpus.read().cases.filter { row in
            row.expect.verdict == .reject && !row.expect.mayPass && !Self.judgedBehindTheWire.contains(row.id)
        }
    }
}
