import Glibc
import Reactor
import ReactorTesting
import Synchronization
import Testing

@Suite struct ResolverTests {
    @Test("an IP address resolves to itself, localhost to a loopback address, an impossible name to none")
    func resolves() throws {
        let resolver = Resolver()
        #expect(resolver.resolveBlocking("[::1]", port: 80) == .success([.inet6(.loopback, port: 80, scope: 0)]))
        #expect(resolver.resolveBlocking("", port: 80) == .failure(.noSuchName))
        let loop = try Loop()
        let told = Answers()
        #expect(told.ask(resolver, "192.0.2.7", port: 81, on: loop))
        #expect(told.ask(resolver, "localhost", port: 81, on: loop))
        self.turn([loop], "both") { told.count == 2 }
        let literal = SocketAddress.inet4(IPv4Address(bits: 0xC000_0207), port: 81)
        #expect(told.of("192.0.2.7") == [.success([literal])])
        let local = try told.of("localhost").first?.get() ?? []
        #expect(local.contains(.inet4(.loopback, port: 81)) || local.contains(.inet6(.loopback, port: 81, scope: 0)))
        resolver.stop()
        #expect(!told.ask(resolver, "example.invalid", port: 80, on: loop))
    }

    @Test("a name is looked up once at a time, and the answer told to all who asked meanwhile, each with its port")
    func merges() throws {
        let loops = [try Loop(), try Loop()]
        let names = HeldNames(holding: ["slow.test"], waking: loops[0].mailbox)
        let resolver = Resolver { names.lookUp($0) }
        let told = [Answers(), Answers()]
        #expect(told[0].ask(resolver, "slow.test", port: 1, on: loops[0]))
        self.turn(loops, "under way") { names.asked.count == 1 }
        #expect(told[0].ask(resolver, "slow.test", port: 2, on: loops[0]))
        #expect(told[1].ask(resolver, "slow.test", port: 3, on: loops[1]))
        names.letGo("slow.test")
        self.turn(loops, "all three") { told[0].count == 2 && told[1].count == 1 }
        func answer(_ port: UInt16) -> Resolver.Answer { .success([.inet4(.loopback, port: port)]) }
        #expect(told[0].of("slow.test") == [answer(1), answer(2)])
        #expect(told[1].of("slow.test") == [answer(3)])
        #expect(names.asked == ["slow.test"])
        // Behind the answer it is another question.
        #expect(told[1].ask(resolver, "slow.test", port: 4, on: loops[1]))
        self.turn(loops, "another answer") { told[1].count == 2 }
        #expect(names.asked == ["slow.test", "slow.test"])
    }

    @Test("a name that hangs holds one thread, whoever asks for it; with none left, names wait in their order")
    func hangs() throws {
        let loop = try Loop()
        let hanging = (1..<Resolver.threadsMax).map { "hangs-\($0).test" }
        let names = HeldNames(holding: hanging + ["hangs.test"], waking: loop.mailbox)
        let resolver = Resolver { names.lookUp($0) }
        let told = Answers()
        for name in hanging + hanging { #expect(told.ask(resolver, name, port: 1, on: loop)) }
        self.turn([loop], "all hang") { names.asked.count == hanging.count }
        #expect(told.ask(resolver, "quick.test", port: 1, on: loop))
        self.turn([loop], "past those that hang") { told.count == 1 }
        #expect(told.ask(resolver, "hangs.test", port: 1, on: loop))
        self.turn([loop], "the last thread") { names.asked.last == "hangs.test" }
        let waiting = ["a.test", "b.test", "c.test"]
        for name in waiting { #expect(told.ask(resolver, name, port: 1, on: loop)) }
        names.letGo("hangs.test")
        self.turn([loop], "those that waited") { told.count == 5 }
        #expect(Array(names.asked.dropFirst(hanging.count)) == ["quick.test", "hangs.test"] + waiting)
        for name in hanging { names.letGo(name) }
        self.turn([loop], "those that hung") { told.count == 5 + 2 * hanging.count }
        #expect(names.asked.count == 5 + hanging.count)
    }

    @Test("names are bounded by what configurations hold; who asks for one of them is always told")
    func bound() throws {
        #expect(Resolver.namesMax >= 4_096 + 256)
        let resolver = Resolver(threads: 0)
        let loop = try Loop(kernel: ScriptedKernel())
        let told = Answers()
        let taken = (0..<Resolver.namesMax + 9).count { told.ask(resolver, "n\($0).test", port: 1, on: loop) }
        #expect(taken == Resolver.namesMax)
        #expect(told.ask(resolver, "n0.test", port: 2, on: loop))
        resolver.stop()
        loop.runOnce()
        #expect(told.count == taken + 1, "nobody is left without an answer")
        let stopped = Resolver.Answer.failure(.stopped)
        #expect(told.of("n0.test") == [stopped, stopped])
    }

    @Test("what is urgent is looked up at once, then once a second at most; what is due counts for nothing in that")
    func urgent() throws {
        let loop = try Loop(kernel: ScriptedKernel())
        let names = HeldNames(holding: [], waking: loop.mailbox)
        let resolver = Resolver(threads: 0) { names.lookUp($0) }
        let told = Answers()
        let began: UInt64 = 5_000_000_000
        let steps: [(occasion: Resolver.Occasion, lookUps: Int)] = [
            (.due, 1), (.urgent(at: began), 2), (.urgent(at: began), 2), (.urgent(at: began + 999_999_999), 2),
            (.due, 3), (.urgent(at: began + 1_000_000_000), 4), (.urgent(at: began + 1_500_000_000), 4),
        ]
        for (number, step) in steps.enumerated() {
            #expect(told.ask(resolver, "up.test", port: 1, because: step.occasion, on: loop))
            while resolver.answerNext() {}
            loop.runOnce()
            #expect(names.asked.count == step.lookUps, "step \(number)")
            #expect(told.count == number + 1, "everybody has an answer")
        }
    }

    /// Each turn waits for the machine at most a little; a condition that never comes true fails the test.
    private func turn(_ loops: [Loop], _ what: Comment, until condition: () -> Bool) {
        for _ in 0..<500 where !condition() { for loop in loops { loop.runOnce(maximumWait: 10_000_000) } }
        #expect(condition(), what)
    }
}

/// What one who asks has been told, by name.
private final class Answers: Sendable {
    private let told = Mutex<[(host: String, answer: Resolver.Answer)]>([])

    var count: Int { self.told.withLock { $0.count } }

    func of(_ host: String) -> [Resolver.Answer] {
        self.told.withLock { told in told.filter { $0.host == host }.map { $0.answer } }
    }

    func ask(
        _ resolver: Resolver, _ host: String, port: UInt16, because occasion: Resolver.Occasion = .due, on loop: Loop
    ) -> Bool {
        let asker = ObjectIdentifier(loop)
        return resolver.resolve(host, port: port, because: occasion, replyTo: loop.mailbox) { loop, answer in
            precondition(ObjectIdentifier(loop) == asker, "an answer comes to the loop that asked")
            self.told.withLock { $0.append((host: host, answer: answer)) }
        }
    }
}

/// A name service that notes what it is asked, and holds some names until it is told to let go of them.
private final class HeldNames: Sendable {
    private let questions = Mutex<[String]>([])
    /// A pipe for each: whoever looks the name up reads until the other end is closed.
    private let gates: [String: (reading: Int32, writing: Int32)]
    private let mailbox: Mailbox

    /// - Parameter mailbox: its loop turns at each question, so that a test may wait for one.
    init(holding names: [String], waking mailbox: Mailbox) {
        self.mailbox = mailbox
        var gates: [String: (reading: Int32, writing: Int32)] = [:]
        for name in names {
            var ends: [Int32] = [-1, -1]
            precondition(pipe(&ends) == 0, "the machine has descriptors left")
            gates[name] = (ends[0], ends[1])
        }
        self.gates = gates
    }

    deinit { for gate in self.gates.values { close(gate.reading) } }

    var asked: [String] { self.questions.withLock { $0 } }

    /// Once a name.
    func letGo(_ name: String) {
        if let gate = self.gates[name] { close(gate.writing) }
    }

    func lookUp(_ host: String) -> Resolver.Answer {
        self.questions.withLock { $0.append(host) }
        self.mailbox.post { _ in }
        if let gate = self.gates[host] {
            var byte: UInt8 = 0
            _ = read(gate.reading, &byte, 1)
        }
        return .success([.inet4(.loopback, port: 0)])
    }
}
