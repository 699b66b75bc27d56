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

    @Test("mail that is posted before the thread runs waits for it, behind what the loop's owner prepares")
    func earlyMail() throws {
        let log = Mutex<[String]>([])
        let mail: Mailbox.Work = { _ in log.withLock { $0.append("mail") } }
        let prepare: Mailbox.Work = { _ in log.withLock { $0.append("prepared") } }
        let thread = try LoopThread.start(
            name: "test-loop", registering: { mailbox in #expect(mailbox.post(mail)) }, prepare)
        thread.stop()
        thread.join()
        #expect(log.withLock { $0 } == ["prepared", "mail"])
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
