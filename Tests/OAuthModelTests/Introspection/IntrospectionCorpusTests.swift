import OAuthModel
import Testing

/// Tests/Vectors/introspection: answers an authorization server may give, with the reactions wanted on a route that
/// needs the scope `read`.
///
/// Here every row whose body decides; what the status, the media type or the transport decides belongs to rooms above.
@Suite struct IntrospectionCorpusTests {
    static let now = NumericDate(seconds: 1_900_000_000)

    static func cases() throws -> [JSONObject] {
        try #require(Vectors.object("introspection/introspection-responses.json")["cases"]?.arrayValue).compactMap(
            \.objectValue)
    }

    @Test("Each answer whose body decides leads to an outcome that its row wants")
    func leadsToWantedOutcomes() throws {
        let cases = try Self.cases()
        #expect(cases.count == 89)
        var decidedHere = 0
        for row in cases where Self.bodyDecides(row) {
            decidedHere += 1
            let id = row["id"]?.stringValue ?? ""
            let body = try #require(row["body"]?.stringValue)
            let wanted = try #require(row["want"]?.stringListValue)
            let outcome = Self.outcome(
                Self.filledIn(body), audience: row["route_audience"]?.stringValue,
                issuer: row["route_issuer"]?.stringValue)
            #expect(wanted.contains { $0.utf8.starts(with: outcome.utf8) }, "\(id): \(outcome), wanted \(wanted)")
        }
        // The others: 12 statuses that are not 200, 12 tricks of transport, and one wrong media type.
        #expect(decidedHere == 64)
    }

    private static func bodyDecides(_ row: JSONObject) -> Bool {
        guard row["behaviour"] == nil, row["id"] != "IR-23", row["body"]?.stringValue != nil else { return false }
        return row["status"] == 200
    }

    /// Puts numbers where the corpus says "@now…".
    private static func filledIn(_ body: String) -> String {
        let now = Self.now.seconds
        var text = body
        for (mark, number) in [
            ("\"@now-3600\"", "\(now - 3600)"), ("\"@now+3600.5\"", "\(now + 3600).5"),
            ("\"@now+3600\"", "\(now + 3600)"),
            ("\"@now+2\"", "\(now + 2)"), ("\"@now+86400\"", "\(now + 86400)"), ("\"@now*1000\"", "\(now * 1000)"),
        ] {
            text = text.split(separator: mark, omittingEmptySubsequences: false).joined(separator: number)
        }
        return text
    }

    /// What SPEC makes of the facts, in the order the proxy looks at them: enough of a policy to see that no fact is lost.
    private static func outcome(_ body: String, audience: String?, issuer: String?) -> String {
        guard let response = try? IntrospectionResponse.parse(Array(body.utf8)) else { return "502" }
        guard case .active(let token) = response else { return "401" }
        guard !token.hasConfirmation, token.tokenUse ?? "access_token" == "access_token" else { return "401" }
        guard ["bearer", "access_token"].contains((token.tokenType ?? "bearer").lowercased()) else { return "401" }
        if let expiresAt = token.expiresAt, expiresAt <= Self.now { return "401" }
        if let notBefore = token.notBefore, notBefore > Self.now { return "401" }
        if let issuer, token.issuer != issuer { return "401" }
        if let audience, token.audience?.contains(audience) != true { return "401" }
        guard let subject = token.subject, !subject.isEmpty else { return "401" }
        guard subject.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), subject.utf8.count <= 4096 else { return "502" }
        guard let read = Scope("read"), token.scopes.contains(read) else {
            return "403"
        }
        return "200"
    }
}
