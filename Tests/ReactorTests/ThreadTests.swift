import Reactor
import ReactorTesting
import Synchronization
import Testing

@Suite struct ThreadTests {
    @Test("mail runs on the loop in the order it came; after the end it is refused")
    func mail() throws {
        let log = Mutex<[Int]>([])
        let thread = try LoopThread.start(name: "test-loop") { loop in loop.context = Box(7) }
        for number in 0..<1000 { #expect(thread.mailbox.post { _ in log.withLock { $0.append(number) } }) }
        let context = Mutex(0)
        thread.mailbox.post { loop in context.withLock { $0 = (loop.context as? Box)?.value ?? 0 } }
        thread.stop()
        thread.join()
        #expect(log.withLock { $0 } == Array(0..<1000) && context.withLock { $0 } == 7)
        #expect(!thread.mailbox.post { _ in })
    }

    private final class Box {
        let value: Int
        init(_ value: Int) { self.value = value }
    }

    @Test("mail wakes a waiting loop once, however much there is")
    func wakes() throws {
        let kernel = ScriptedKernel()
        let loop = try Loop(kernel: kernel)
        let ran = Mutex(0)
        for _ in 0..<5 { loop.mailbox.post { _ in ran.withLock { $0 += 1 } } }
        #expect(loop.runOnce() == 5 && loop.runOnce() == 0 && ran.withLock { $0 } == 5)
        loop.mailbox.post { $0.mailbox.post { _ in ran.withLock { $0 += 1 } } }
        try kernel.settle(loop)
        #expect(ran.withLock { $0 } == 6)
    }

    @Test("a confined value comes back to its loop")
    func confined() throws {
        let loop = try Loop(kernel: ScriptedKernel())
        let box = Box(1)
        let carried = Confined(box, to: loop)
        let isSame = Mutex(false)
        let identity = ObjectIdentifier(box)
        loop.mailbox.post { loop in isSame.withLock { $0 = ObjectIdentifier(carried.open(on: loop)) == identity } }
        loop.runOnce()
        #expect(isSame.withLock { $0 })
    }

    @Test("an IP address resolves to itself, localhost to a loopback address, an impossible name to none")
    func resolves() throws {
        let resolver = try Resolver()
        #expect(resolver.resolveBlocking("[::1]", port: 80) == .success([.inet6(.loopback, port: 80, scope: 0)]))
        #expect(resolver.resolveBlocking("", port: 80) == .failure(.noSuchName))
        let loop = try Loop()
        let answers = Mutex<[String: Resolver.Answer]>([:])
        for host in ["192.0.2.7", "localhost"] {
            #expect(
                resolver.resolve(host, port: 81, replyTo: loop.mailbox) { _, answer in
                    answers.withLock { $0[host] = answer }
                })
        }
        for _ in 0..<500 where answers.withLock({ $0.count }) < 2 { loop.runOnce(maximumWait: 10_000_000) }
        #expect(answers.withLock { $0["192.0.2.7"] } == .success([.inet4(IPv4Address(bits: 0xC000_0207), port: 81)]))
        let local = try answers.withLock { try $0["localhost"]?.get() } ?? []
        #expect(local.contains(.inet4(.loopback, port: 81)) || local.contains(.inet6(.loopback, port: 81, scope: 0)))
        resolver.stop()
        #expect(!resolver.resolve("example.invalid", port: 80, replyTo: loop.mailbox) { _, _ in })
    }

    @Test("a queue of names that does not move is bounded")
    func resolverBound() throws {
        // No thread takes anything from this queue.
        let resolver = try Resolver(threads: 0)
        let loop = try Loop(kernel: ScriptedKernel())
        let stopped = Mutex(0)
        var taken = 0
        for _ in 0..<300 {
            if resolver.resolve(
                "a.example", port: 1, replyTo: loop.mailbox,
                { _, answer in
                    if answer == .failure(.stopped) { stopped.withLock { $0 += 1 } }
                })
            {
                taken += 1
            }
        }
        #expect(taken == Resolver.waitingMax)
        resolver.stop()
        loop.runOnce()
        #expect(stopped.withLock { $0 } == taken, "nobody is left without an answer")
    }

    @Test("code that is taken out of memory comes back by itself, on every thread")
    func residentCode() throws {
        let log = Mutex<[Int]>([])
        let thread = try LoopThread.start(name: "test-loop") { _ in }
        for number in 0..<100 {
            #expect(thread.mailbox.post { _ in log.withLock { $0.append(number) } })
            ResidentCode.unmapUnused()
        }
        thread.stop()
        thread.join()
        #expect(log.withLock { $0 } == Array(0..<100))
    }
}
