import Reactor
import ReactorTesting
import Testing

@Suite struct TimerTests {
    private let kernel = ScriptedKernel()
    private let loop: Loop

    init() throws { self.loop = try Loop(kernel: self.kernel) }

    private final class Alarm: TimerHandler {
        private(set) var fired: [UInt64] = []
        let loop: Loop
        var again: UInt64?
        init(_ loop: Loop) { self.loop = loop }
        func deadlinePassed(_ entry: TimerEntry) {
            self.fired.append(self.loop.now)
            if let again { self.loop.schedule(entry, at: self.loop.now + again) }
        }
    }

    private static let millisecond: UInt64 = 1_000_000
    private static let tick = 50 * millisecond

    /// Lets the loop wait, turn after turn, until that time.
    private func sleep(until end: UInt64) {
        self.kernel.passesTimeWhileWaiting = true
        while self.kernel.now() < end { self.loop.runOnce(maximumWait: end - self.kernel.now()) }
        self.kernel.passesTimeWhileWaiting = false
    }

    @Test(
        "a deadline fires at most one tick late and never early",
        arguments: [1, 49, 50, 51, 1000, 25_599, 25_600, 25_650, 60_000, 4 * 3600 * 1000])
    func firesInTime(milliseconds: UInt64) throws {
        let alarm = Alarm(self.loop)
        let entry = TimerEntry(handler: alarm)
        let deadline = self.loop.now + milliseconds * Self.millisecond
        self.loop.schedule(entry, at: deadline)
        self.sleep(until: deadline + Self.tick + 2 * Self.millisecond)
        try #require(alarm.fired.count == 1)
        #expect(alarm.fired[0] >= deadline && alarm.fired[0] <= deadline + Self.tick + Self.millisecond)
        #expect(entry.deadline == .max)
        #expect(self.loop.runOnce(maximumWait: .max) == 0 && self.kernel.lastWait == -1, "nothing is left to wait for")
    }

    @Test("a deadline moved later fires then, moved earlier fires then, cancelled never")
    func moves() {
        let alarms = (0..<3).map { _ in Alarm(self.loop) }
        let entries = alarms.map { TimerEntry(handler: $0) }
        let start = self.loop.now
        for entry in entries { self.loop.schedule(entry, at: start + 1000 * Self.millisecond) }
        self.loop.schedule(entries[0], at: start + 3000 * Self.millisecond)
        self.loop.schedule(entries[1], at: start + 200 * Self.millisecond)
        self.loop.schedule(entries[2], at: .max)
        self.sleep(until: start + 10_000 * Self.millisecond)
        #expect(alarms.map(\.fired.count) == [1, 1, 0])
        #expect(
            alarms[0].fired[0] >= start + 3000 * Self.millisecond && alarms[1].fired[0] < start + 300 * Self.millisecond
        )
    }

    @Test("an entry may schedule itself again, also when the loop was away for minutes")
    func repeats() {
        let alarm = Alarm(self.loop)
        alarm.again = 100 * Self.millisecond
        let entry = TimerEntry(handler: alarm)
        self.loop.schedule(entry, at: self.loop.now)
        self.kernel.advance(milliseconds: 300_000)
        #expect(self.loop.runOnce() == 1)
        self.sleep(until: self.kernel.now() + 1000 * Self.millisecond)
        #expect((6...11).contains(alarm.fired.count))
        self.loop.cancel(entry)
    }

    @Test("entries that fire together may cancel each other")
    func cancelsWithin() {
        final class Rival: TimerHandler {
            var victim: TimerEntry?
            var fired = 0
            let loop: Loop
            init(_ loop: Loop) { self.loop = loop }
            func deadlinePassed(_ entry: TimerEntry) {
                self.fired += 1
                if let victim { self.loop.cancel(victim) }
            }
        }
        let rivals = [Rival(self.loop), Rival(self.loop)]
        let entries = rivals.map { TimerEntry(handler: $0) }
        rivals[0].victim = entries[1]
        rivals[1].victim = entries[0]
        for entry in entries { self.loop.schedule(entry, at: self.loop.now + 1) }
        self.kernel.advance(milliseconds: 200)
        self.loop.runOnce()
        #expect(rivals[0].fired + rivals[1].fired == 1)
    }

    @Test("random schedules: every deadline fires once, in time", arguments: [1, 2, 3] as [UInt64])
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        final class Check: TimerHandler {
            var expected: UInt64 = .max
            var problems = 0
            var fired = 0
            let loop: Loop
            init(_ loop: Loop) { self.loop = loop }
            func deadlinePassed(_ entry: TimerEntry) {
                self.fired += 1
                if self.loop.now < self.expected || self.loop.now > self.expected + TimerTests.tick * 2 {
                    self.problems += 1
                }
                self.expected = .max
            }
        }
        let checks = (0..<50).map { _ in Check(self.loop) }
        let entries = checks.map { TimerEntry(handler: $0) }
        for _ in 0..<3000 {
            let index = Int.random(in: 0..<50, using: &random)
            let deadline =
                random.chance(oneIn: 5)
                ? .max : self.loop.now + UInt64.random(in: 0...40_000, using: &random) * Self.millisecond
            checks[index].expected = deadline
            self.loop.schedule(entries[index], at: deadline)
            self.kernel.advance(milliseconds: UInt64.random(in: 0...49, using: &random))
            self.loop.runOnce()
        }
        self.sleep(until: self.loop.now + 60_000 * Self.millisecond)
        #expect(checks.allSatisfy { $0.problems == 0 && $0.expected == .max }, "seed \(seed)")
        #expect(checks.reduce(0) { $0 + $1.fired } > 50)
    }

    @Test("the wall clock is read again within a second, also when it was stepped")
    func wallClock() {
        let before = self.loop.wallSeconds
        self.kernel.advance(milliseconds: 900)
        self.loop.runOnce()
        self.kernel.advance(milliseconds: 200)
        self.loop.runOnce()
        #expect(self.loop.wallSeconds == before + 1)
        self.kernel.stepWallClock(bySeconds: -3600)
        self.kernel.advance(milliseconds: 1000)
        self.loop.runOnce()
        #expect(self.loop.wallSeconds == before + 2 - 3600)
    }

    @Test("an endpoint's deadline reaches its handler, and none after close")
    func endpointDeadline() throws {
        let recorder = Recorder()
        let (socket, peer) = self.kernel.makeConnection()
        let endpoint = try self.loop.makeEndpoint(socket: socket, handler: recorder)
        endpoint.deadline = self.loop.now + Self.millisecond
        self.kernel.advance(milliseconds: 100)
        self.loop.runOnce()
        #expect(recorder.events == [.deadline] && endpoint.deadline == .max)
        endpoint.deadline = self.loop.now + Self.millisecond
        endpoint.close()
        endpoint.deadline = self.loop.now + Self.millisecond
        self.kernel.advance(milliseconds: 100)
        self.loop.runOnce()
        #expect(recorder.events == [.deadline] && peer.isClosedByLoop)
    }
}
