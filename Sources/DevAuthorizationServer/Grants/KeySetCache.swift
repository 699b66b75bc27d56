import JOSE

/// What is known of the key sets at clients' `jwks_uri`, and when a set is worth asking for.
///
/// A set is good for a while. A key that it lacks may be new, and a server that failed may be back, so either is worth
/// asking again, but not at once: strangers choose the key that an assertion names.
struct KeySetCache: Sendable {
    typealias Outcome = Result<JSONWebKeySet, KeySetProblem>

    enum Lookup: Sendable {
        case known(Outcome)
        case fetch
    }

    private struct Entry {
        var outcome: Outcome
        /// When the outcome came about.
        var settledAt: Moment
        /// When the set was asked for last.
        var askedAt: Moment
    }

    private var entries: [String: Entry] = [:]

    /// What to do for an assertion that names this key, or none.
    func lookup(_ address: String, naming key: KeyIdentifier?, at now: Moment) -> Lookup {
        guard let entry = self.entries[address] else { return .fetch }
        if case .success(let keys) = entry.outcome {
            guard entry.settledAt.isWithin(Self.keptMilliseconds, before: now) else { return .fetch }
            guard let key, !keys.keys.contains(where: { $0.keyIdentifier == key }) else { return .known(entry.outcome) }
        }
        return entry.askedAt.isWithin(Self.pauseMilliseconds, before: now) ? .known(entry.outcome) : .fetch
    }

    /// Keeps what came of asking, and says what holds now: a set that is still good outlives a failure to renew it.
    mutating func settle(_ address: String, _ outcome: Outcome, at now: Moment) -> Outcome {
        if case .failure = outcome, var entry = self.entries[address], case .success = entry.outcome,
            entry.settledAt.isWithin(Self.keptMilliseconds, before: now)
        {
            entry.askedAt = now
            self.entries[address] = entry
            return entry.outcome
        }
        if self.entries[address] == nil, self.entries.count >= Self.entriesMax,
            let oldest = self.entries.min(by: { $0.value.askedAt < $1.value.askedAt })
        {
            self.entries[oldest.key] = nil
        }
        self.entries[address] = Entry(outcome: outcome, settledAt: now, askedAt: now)
        return outcome
    }

    /// More clients than a development server has.
    static let entriesMax = 256
    /// Five minutes: so long a key that its client withdrew may still be taken.
    static let keptMilliseconds: Int64 = 300_000
    /// Ten seconds: what a stranger can make this server ask another in a minute is six requests.
    static let pauseMilliseconds: Int64 = 10_000
}

/// Why a client's key set is not there, in words for the client.
struct KeySetProblem: Error, Sendable, Hashable {
    let reason: String
}

extension Moment {
    /// Whether it lies so little back; a clock that was turned back makes nothing fresh.
    fileprivate func isWithin(_ milliseconds: Int64, before now: Moment) -> Bool {
        let age = now.milliseconds.subtractingReportingOverflow(self.milliseconds)
        return !age.overflow && (0..<milliseconds).contains(age.partialValue)
    }
}
