import Glibc
import OAuthModel

/// One raw request of `Tests/Vectors/http1` and what may become of it.
struct CorpusRow: Sendable, CustomStringConvertible {
    struct Outcome: Sendable {
        let verdict: String
        let statuses: [Int]
        let mustClose: Bool
        /// How many responses there are, where the row says so.
        let responseCount: Int?
        let upstreamCount: ClosedRange<Int>
        let must: JSONValue
        let mustNot: JSONValue
    }

    let id: String
    let title: String
    let raw: [UInt8]
    let send: JSONValue
    /// The row's own, then the equally safe ones.
    let outcomes: [Outcome]

    var description: String { "\(self.id) \(self.title)" }

    var main: Outcome { self.outcomes[0] }

    /// Of the row's first request.
    var method: String {
        String(decoding: self.raw.drop { $0 == 13 || $0 == 10 }.prefix { $0 != 0x20 }, as: UTF8.self)
    }

    static func all() throws -> [CorpusRow] {
        let document = try TestVectors.json("http1/http1-requests.json", bytesMax: 8 << 20)
        return (document["cases"].arrayValue ?? []).compactMap { CorpusRow($0) }
    }

    init?(_ row: JSONValue) {
        guard let id = row["id"].stringValue, let encoded = row["raw_b64"].stringValue,
            let raw = Base64.decode(encoded.utf8.span)
        else { return nil }
        self.id = id
        self.title = row["title"].stringValue ?? ""
        self.raw = raw
        self.send = row["send"]
        let main = row["expect"]
        self.outcomes = ([main] + (main["alternatives"].arrayValue ?? [])).map { Outcome($0, of: main) }
    }
}

extension CorpusRow.Outcome {
    /// An alternative says what differs.
    fileprivate init(_ outcome: JSONValue, of row: JSONValue) {
        func value(_ name: String) -> JSONValue { outcome[name] == .null ? row[name] : outcome[name] }
        self.verdict = outcome["verdict"].stringValue ?? ""
        self.statuses = (outcome["status"].arrayValue ?? []).compactMap(\.int)
        self.mustClose = outcome["connection"].stringValue == "close"
        // A refusal of the first request leaves nothing of those behind it to be answered.
        let isRefusal = self.verdict == "reject" || self.verdict == "close"
        self.responseCount = isRefusal ? 1 : value("responses").int
        let counts = value("upstream_requests").arrayValue?.compactMap(\.int) ?? [value("upstream_requests").int ?? 0]
        self.upstreamCount = counts[0]...counts[counts.count - 1]
        self.must = outcome["verdict"] == row["verdict"] ? row["upstream_must"] : outcome["upstream_must"]
        self.mustNot = row["upstream_must_not"]
    }
}

/// The corpora beside the tests.
enum TestVectors {
    static func json(_ name: String, bytesMax: Int = 1 << 20) throws -> JSONValue {
        let folder = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        return try JSONReader.read(
            try self.bytes("/\(folder)/Vectors/\(name)"), limits: JSONLimits(depth: 32, bytes: bytesMax))
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Missing(path: path) }
        defer { fclose(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return all }
            all.append(contentsOf: chunk[..<count])
        }
    }

    struct Missing: Error { let path: String }
}

extension JSONValue {
    subscript(name: String) -> JSONValue { self.objectValue?[name] ?? .null }
    var int: Int? { self.numberValue?.int64.map { Int($0) } }
    var bool: Bool { self == .bool(true) }
    var members: [(name: String, value: JSONValue)] {
        self.objectValue?.members.map { (name: $0.name, value: $0.value) } ?? []
    }
    var words: [String] { self.arrayValue?.compactMap(\.stringValue) ?? [] }
}
