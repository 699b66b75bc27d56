/// Who is connected to the admin listener, and who goes when one more comes: the one that has been waited for longest.
///
/// A connection that says nothing costs its owner nothing, so a full house of them must not keep a probe out. Pure.
struct AdminSeats: Sendable {
    private struct Seat: Sendable {
        var isAnswering = false
        /// When it last began to wait for a request, in the order of events.
        var since: UInt64
    }

    private let seatsMax: Int
    private var seats: [UInt64: Seat] = [:]
    private var clock: UInt64 = 0
    private var nextNumber: UInt64 = 0

    init(seatsMax: Int) {
        precondition(seatsMax > 0, "somebody has to be let in")
        self.seatsMax = seatsMax
    }

    var count: Int { self.seats.count }

    /// One that has connected, and the one to close for it when all seats are taken.
    mutating func enter() -> (number: UInt64, leaving: UInt64?) {
        let leaving = self.seats.count < self.seatsMax ? nil : self.longestSilent
        if let leaving { self.seats[leaving] = nil }
        let number = self.nextNumber
        self.nextNumber += 1
        self.seats[number] = Seat(since: self.tick())
        return (number, leaving)
    }

    /// The head of a request is there whole.
    mutating func asked(_ number: UInt64) { self.seats[number]?.isAnswering = true }

    /// The answer is written: another request is waited for.
    mutating func answered(_ number: UInt64) {
        let now = self.tick()
        self.seats[number]?.isAnswering = false
        self.seats[number]?.since = now
    }

    mutating func leave(_ number: UInt64) { self.seats[number] = nil }

    /// Of those that are answered right now none, as long as there is another: an answer takes milliseconds.
    private var longestSilent: UInt64? {
        self.seats.min { left, right in
            if left.value.isAnswering != right.value.isAnswering { return right.value.isAnswering }
            return left.value.since < right.value.since
        }?.key
    }

    private mutating func tick() -> UInt64 {
        self.clock += 1
        return self.clock
    }
}
