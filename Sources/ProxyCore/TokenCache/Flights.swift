/// Questions on their way to the authorization server and who waits for each.
///
/// The one that asked waits like the others: a flight belongs to nobody and outlives every client that joined it.
struct Flights: Sendable {
    struct Flight: Sendable {
        let fingerprint: TokenFingerprint
        let departedAt: UInt64
        var waiters: [WaiterID]
        /// What a younger flight of the same token has brought: this one's answer is out of date.
        var overtakenBy: FlightVerdict?
        var isOvertaken: Bool { self.overtakenBy != nil }
    }

    private var flights: [FlightID: Flight] = [:]
    /// The flights of each token that are in the air, in the order they took off.
    ///
    /// Seldom more than one: only a route with a `max_answer_age` of its own begins another, and who finds one that may
    /// outlast its patience.
    private var inAir: [TokenFingerprint: [FlightID]] = [:]
    private var nextNumber: UInt64
    private let numberStride: UInt64
    private let waitersMax: Int
    private(set) var waiterCount = 0

    /// Numbers run `first`, `first + stride`, …: shards of one cache never make the same one.
    init(firstNumber: UInt64, numberStride: UInt64, waitersMax: Int) {
        self.nextNumber = firstNumber
        self.numberStride = numberStride
        self.waitersMax = waitersMax
    }

    enum Boarding: Sendable, Hashable {
        case depart(FlightID)
        case wait(FlightID)
        case crowded
    }

    var count: Int { self.flights.count }

    /// Joins the youngest flight of a token unless it took off before `notOlderThan`; else begins one.
    mutating func board(
        _ fingerprint: TokenFingerprint, waiter: WaiterID, at now: UInt64, notOlderThan: UInt64
    ) -> Boarding {
        if let id = self.inAir[fingerprint]?.last, let flight = self.flights[id], !flight.isOvertaken,
            flight.departedAt >= notOlderThan
        {
            guard flight.waiters.count < self.waitersMax else { return .crowded }
            self.flights[id]?.waiters.append(waiter)
            self.waiterCount += 1
            return .wait(id)
        }
        let id = FlightID(number: self.nextNumber)
        self.nextNumber &+= self.numberStride
        self.flights[id] = Flight(fingerprint: fingerprint, departedAt: now, waiters: [waiter])
        self.inAir[fingerprint, default: []].append(id)
        self.waiterCount += 1
        return .depart(id)
    }

    /// Ends a flight and hands over those who wait; a flight that landed before has none left.
    ///
    /// One that brings an answer overtakes those that took off before it.
    mutating func land(_ id: FlightID, verdict: FlightVerdict) -> Flight? {
        guard let flight = self.flights.removeValue(forKey: id) else { return nil }
        self.waiterCount -= flight.waiters.count
        guard var others = self.inAir[flight.fingerprint], let place = others.firstIndex(of: id) else { return flight }
        // The elders of one that was overtaken have been told so with it.
        if verdict.isAnswer, !flight.isOvertaken {
            for elder in others[..<place] { self.flights[elder]?.overtakenBy = verdict }
        }
        others.remove(at: place)
        self.inAir[flight.fingerprint] = others.isEmpty ? nil : others
        return flight
    }

    /// Takes a waiter off the list; false when it was not on it any more.
    mutating func abandon(_ id: FlightID, waiter: WaiterID) -> Bool {
        guard let index = self.flights[id]?.waiters.firstIndex(of: waiter) else { return false }
        self.flights[id]?.waiters.remove(at: index)
        self.waiterCount -= 1
        return true
    }
}
