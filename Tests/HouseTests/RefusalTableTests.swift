import HTTPWire
import ProxyCore
import Testing

@Suite("The README's table of refusals")
struct RefusalTableTests {
    @Test("gives every refusal its status, and no refusal another's")
    func tableAgrees() throws {
        let rows = try Self.rows()
        var statuses: [String: Set<UInt16>] = [:]
        for refusal in Self.every { statuses[refusal.label.description, default: []].insert(refusal.status) }
        for (label, expected) in statuses {
            let written = Set(rows.filter { $0.covers(label) }.map(\.status))
            #expect(written == expected, "\(label)")
        }
    }

    @Test("names no reason that does not exist")
    func tableNamesNothingElse() throws {
        for row in try Self.rows() {
            #expect(!row.reasons.isEmpty)
            for reason in row.reasons {
                #expect(Refusal.labels.contains { RefusalRow.does(reason, cover: $0) }, "\(reason)")
            }
        }
    }

    @Test("says of 503 that it carries Retry-After, of 401 its challenge, of 405 Allow")
    func tableNamesFields() throws {
        for row in try Self.rows() {
            switch row.status {
            case 401: #expect(row.fields.contains("Bearer") || row.fields.contains("invalid_token"))
            case 405: #expect(row.fields.contains("Allow"))
            case 503: #expect(row.fields.contains("Retry-After"))
            default: #expect(!row.fields.contains("Retry-After") && !row.fields.contains("Allow"))
            }
        }
    }

    @Test("says `closes` of the refusals that end the connection, and of no other")
    func tableSaysWhatCloses() throws {
        let rows = try Self.rows()
        for refusal in Self.every {
            for row in rows where row.status == refusal.status && row.covers(refusal.label.description) {
                #expect(row.fields.contains("closes") == refusal.closesConnection, "\(refusal.label) in \(row.reasons)")
            }
        }
    }

    @Test("the list of refusals that this compares with is whole: counters have a place for each, and none for more")
    func listIsWhole() {
        #expect(Set(Self.every.map(\.label.description)) == Set(Refusal.labels))
        for refusal in Self.every { #expect(Refusal.labels[refusal.labelIndex] == refusal.label.description) }
    }

    private struct RefusalRow {
        let status: UInt16
        let fields: String
        let reasons: [String]

        func covers(_ label: String) -> Bool { self.reasons.contains { Self.does($0, cover: label) } }

        /// `invalid_*` covers every label that begins so.
        static func does(_ reason: String, cover label: String) -> Bool {
            reason.hasSuffix("*") ? label.hasPrefix(reason.dropLast()) : label == reason
        }
    }

    private static func rows() throws -> [RefusalRow] {
        let table = MarkdownText(try Repository.file("README.md").text)
            .table(headed: ["When", "Status", "With it", "Reason"])
        try #require(table.count > 20)
        return try table.map { cells in
            try #require(cells.count == 4, "\(cells)")
            return RefusalRow(
                status: try #require(UInt16(cells[1])), fields: cells[2], reasons: MarkdownText.codeWords(in: cells[3]))
        }
    }

    private static let every: [Refusal] = {
        let plain: [Refusal] = [
            .pathParameters, .methodRefused, .headTooSlow, .bodyTooSlow, .bodyTooLarge, .clientGone,
            .tooManyConnectionOptions, .noRoute, .methodNotAllowed(allow: "GET"), .noCredentials,
            .insufficientScope(required: ["a"]), .claimNotMet, .authorizationServerUnavailable(retryAfter: nil),
            .authorizationServerBusy, .authorizationServerMisconfigured, .authorizationServerMalformed,
            .keysUnavailable, .subjectUnsendable, .upstreamUnreachable, .upstreamMalformed, .upstreamTimeout,
            .upstreamBusy, .draining, .rewriteRefused, .internalError,
        ]
        return plain + WireError.allCases.map { .wire($0) } + TargetProblem.allCases.map { .target($0) }
            + CredentialProblem.allCases.map { .invalidRequest($0) }
            + TokenRejection.allCases.map { .tokenRejected($0) }
    }()
}
