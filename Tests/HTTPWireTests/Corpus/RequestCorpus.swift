import Foundation
import HTTPWire
import Testing

/// The raw requests of `Tests/Vectors/http1` with their verdicts.
struct RequestCorpus: Decodable, Sendable {
    struct Row: Decodable, Sendable, CustomTestStringConvertible {
        let id: String
        let group: String
        let title: String
        let raw: Data
        let expect: Expectation

        enum CodingKeys: String, CodingKey {
            case id, group, title, expect
            case raw = "raw_b64"
        }

        var bytes: [UInt8] { Array(self.raw) }
        var testDescription: String { "\(self.id) \(self.title)" }
    }

    struct Expectation: Decodable, Sendable {
        struct Alternative: Decodable, Sendable {
            let verdict: Verdict
            let status: [UInt16]?
        }

        struct Received: Decodable, Sendable {
            let body: Data?

            enum CodingKeys: String, CodingKey { case body = "body_b64" }
        }

        let verdict: Verdict
        let status: [UInt16]
        let alternatives: [Alternative]?
        let received: Received?

        enum CodingKeys: String, CodingKey {
            case verdict, status, alternatives
            case received = "upstream_must"
        }

        /// The statuses with which the message may be refused as such.
        var refusals: [UInt16] {
            let own = self.verdict == .accept ? [] : self.status
            return own + (self.alternatives ?? []).filter { $0.verdict != .accept }.flatMap { $0.status ?? [] }
        }

        var mayPass: Bool {
            self.verdict != .reject || (self.alternatives ?? []).contains { $0.verdict != .reject }
        }
    }

    enum Verdict: String, Decodable, Sendable { case accept, reject, local, close }

    struct Fixture: Decodable, Sendable {
        struct Limits: Decodable, Sendable {
            let head: Int
            let fields: Int
            let target: Int

            enum CodingKeys: String, CodingKey {
                case fields
                case head = "head_bytes"
                case target = "target_bytes"
            }
        }

        let limits: Limits

        enum CodingKeys: String, CodingKey { case limits = "limits_assumed" }
    }

    let fixture: Fixture
    let count: Int
    let cases: [Row]

    var limits: HeadLimits {
        var limits = HeadLimits()
        limits.head = self.fixture.limits.head
        limits.fields = self.fixture.limits.fields
        limits.target = self.fixture.limits.target
        return limits
    }

    private static let once = Result { try RequestCorpus.readFile() }

    static func read() throws -> RequestCorpus { try Self.once.get() }

    private static func readFile() throws -> RequestCorpus {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = tests.appending(path: "Vectors/http1/http1-requests.json")
        return try JSONDecoder().decode(RequestCorpus.self, from: Data(contentsOf: file))
    }
}
