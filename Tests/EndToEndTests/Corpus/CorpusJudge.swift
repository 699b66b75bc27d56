import OAuthModel
import TestSupport

/// Holds what was seen of a row against its outcomes and against the corpus's invariants.
struct CorpusJudge {
    let row: CorpusRow
    let way: CorpusWay
    let seen: CorpusObservation
    let received: [RawMessage]
    let introspectionCalls: Int

    /// Empty when one of the outcomes fits; else what is wrong with the nearest.
    func complaints() -> [String] {
        let tries = self.row.outcomes.map { self.complaints(against: $0) }
        return self.brokenInvariants() + (tries.min { $0.count < $1.count } ?? [])
    }

    // MARK: Outcomes

    /// The extra request's answer, if it had one.
    private var extraAnswer: RawMessage? {
        guard self.way == .pipelined, let last = self.seen.responses.last,
            last.value("x-echo-target") == CorpusClient.extraTarget, self.seen.responses.count > self.ownCount
        else { return nil }
        return last
    }

    /// How many responses the row itself may have before the extra one's.
    private var ownCount: Int { self.row.main.responseCount ?? 1 }

    private var ownResponses: ArraySlice<RawMessage> {
        self.extraAnswer == nil ? self.seen.responses[...] : self.seen.responses.dropLast()
    }

    private var ownReceived: ArraySlice<RawMessage> {
        self.extraAnswer == nil ? self.received[...] : self.received.dropLast()
    }

    private func complaints(against outcome: CorpusRow.Outcome) -> [String] {
        var wrong: [String] = []
        func check(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { wrong.append(what()) } }
        check(!self.seen.timedOut, "no end within \(CorpusClient.patience) s")
        check(self.seen.nonsense == nil, "unreadable answer: \(self.seen.nonsense ?? "")")
        let statuses = self.ownResponses.map(\.status)
        switch outcome.verdict {
        case "accept":
            if let count = outcome.responseCount { check(statuses.count == count, "\(statuses.count) responses") }
            if outcome.statuses.count == statuses.count {
                check(zip(statuses, outcome.statuses).allSatisfy { $0 == $1 } || statuses.count == 1, "\(statuses)")
            }
            check(statuses.first.map(outcome.statuses.contains) ?? false, "status \(statuses)")
            check(self.ownResponses.allSatisfy(\.isComplete), "a response is cut")
        case "close":
            check(statuses.allSatisfy(outcome.statuses.contains), "status \(statuses)")
            check(self.seen.isClosedByProxy || self.row.send["half_close"].bool, "the connection stays")
        default:
            check(statuses.count == 1, "\(statuses.count) responses")
            check(statuses.allSatisfy(outcome.statuses.contains), "status \(statuses)")
        }
        if outcome.mustClose { check(self.seen.isClosedByProxy, "the connection stays") }
        check(outcome.upstreamCount.contains(self.ownReceived.count), "\(self.ownReceived.count) upstream requests")
        if self.way == .pipelined { wrong += self.complaintsAboutExtra(outcome) }
        return wrong + self.complaints(must: outcome.must) + self.complaints(mustNot: outcome.mustNot)
    }

    private func complaintsAboutExtra(_ outcome: CorpusRow.Outcome) -> [String] {
        let isTunnel = self.seen.responses.first?.status == 101
        if isTunnel { return self.seen.tunnelBytes == CorpusClient.extra ? [] : ["the tunnel lost bytes"] }
        let mayGoOn = outcome.verdict == "accept" || outcome.verdict == "local"
        guard mayGoOn, !self.seen.isClosedByProxy || self.extraAnswer != nil else {
            let count = self.received.count { $0.target == CorpusClient.extraTarget }
            let ownCount = self.row.raw.contains(CorpusClient.extraTarget.utf8) ? 1 : 0
            return count <= ownCount ? [] : ["the request behind went on although the connection closes"]
        }
        return self.extraAnswer?.status == 200 ? [] : ["the request behind was not answered"]
    }

    private func complaints(must: JSONValue) -> [String] {
        var wrong: [String] = []
        func check(_ holds: Bool, _ what: String) { if !holds { wrong.append(what) } }
        if let field = must["response_header"].stringValue {
            let parts = field.split(separator: ": ")
            let values = self.seen.responses.first?.values(String(parts[0])) ?? []
            check(values.contains { $0.hasPrefix(parts[1]) }, "no \(field)")
        }
        guard must.members.contains(where: { $0.name != "response_header" }) else { return wrong }
        guard let first = self.ownReceived.first else { return wrong + ["nothing reached the upstream"] }
        for (name, value) in must["headers"].members {
            check(first.values(name) == [value.stringValue ?? ""], "\(name): \(first.values(name))")
        }
        for (name, value) in must["headers_b64"].members {
            let bytes = value.stringValue.flatMap { Base64.decode($0.utf8.span) }
            check(first.fields.contains { $0.name.lowercased() == name && $0.value == bytes }, "\(name) changed")
        }
        if let target = must["target"].stringValue { check(first.target == target, "target \(first.target)") }
        if let method = must["method"].stringValue { check(first.method == method, "method \(first.method)") }
        if let host = must["host_not"].stringValue { check(first.values("host") != [host], "host \(host)") }
        if let encoded = must["body_b64"].stringValue {
            check(first.isComplete && first.body == Base64.decode(encoded.utf8.span), "body \(first.text)")
        }
        if let length = must["body_length"].int { check(first.body.count == length, "\(first.body.count) bytes") }
        if must["well_framed"].bool { check(first.isComplete, "the upstream's message is cut") }
        for name in must["header_present"].words { check(!first.values(name).isEmpty, "no \(name)") }
        let subjects = must["subjects_in_order"].words
        if !subjects.isEmpty { check(self.ownReceived.flatMap { $0.values("x-auth-subject") } == subjects, "subjects") }
        if must["responses_in_order"].bool {
            let asked = self.ownReceived.map(\.target)
            check(self.ownResponses.compactMap { $0.value("x-echo-target") } == asked, "answers out of order")
        }
        return wrong
    }

    private func complaints(mustNot: JSONValue) -> [String] {
        var wrong: [String] = []
        func check(_ holds: Bool, _ what: String) { if !holds { wrong.append(what) } }
        if mustNot["introspection_calls"].bool { check(self.introspectionCalls == 0, "introspection was called") }
        if mustNot["interim_100"].bool { check(!self.seen.interim.contains(100), "an interim 100") }
        if mustNot["complete_message"].bool { check(!self.ownReceived.contains(where: \.isComplete), "it looks whole") }
        for message in self.ownReceived {
            if let part = mustNot["target_contains"].stringValue {
                check(!message.target.contains(part), "target \(message.target)")
            }
            if let prefix = mustNot["target_decodes_to_prefix"].stringValue {
                let isAllowed = !message.values("x-auth-subject").isEmpty || !message.target.hasPrefix(prefix)
                check(isAllowed, "target \(message.target)")
            }
            let lines = message.fields + message.trailers
            if let part = mustNot["any_header_contains"].stringValue {
                check(!lines.contains { $0.text.contains(part) }, "a field with \(part)")
            }
            for name in mustNot["header_names"].words { check(message.values(name).isEmpty, "field \(name)") }
            for name in mustNot["trailer_names"].words { check(message.trailerValues(name).isEmpty, "trailer \(name)") }
            for (name, value) in mustNot["header_values"].members + mustNot["header_equals"].members {
                check(!lines.contains { $0.name.lowercased() == name && $0.text == value.stringValue }, "field \(name)")
            }
        }
        return wrong
    }

    // MARK: Invariants

    private func brokenInvariants() -> [String] {
        var broken: [String] = []
        for message in self.received {
            if message.startLine.hasPrefix("malformed") { broken.append("upstream: \(message.startLine)") }
            if message.target.contains("smuggled") { broken.append("smuggled target") }
            let lengths = message.values("content-length")
            let codings = message.values("transfer-encoding")
            if lengths.count + codings.count > 1 { broken.append("two framings upstream") }
            if codings.contains(where: { $0 != "chunked" }) { broken.append("coding \(codings)") }
            if (message.fields + message.trailers).contains(where: { $0.text.contains("attacker") }) {
                broken.append("attacker's value upstream")
            }
            if message.values("host").count != 1 { broken.append("host \(message.values("host"))") }
            let isPublic = message.target.hasPrefix("/public")
            if !isPublic, message.target != "*", message.values("x-auth-subject").count != 1 {
                broken.append("subjects \(message.values("x-auth-subject"))")
            }
        }
        for response in self.seen.responses where response.status == 401 {
            if !response.values("www-authenticate").contains(where: { $0.hasPrefix("Bearer") }) {
                broken.append("401 without challenge")
            }
        }
        return broken
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: some Collection<UInt8>) -> Bool {
        let part = Array(part)
        guard part.count <= self.count else { return false }
        return self.indices.dropLast(part.count - 1).contains { self[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
