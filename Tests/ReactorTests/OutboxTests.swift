import Reactor
import ReactorTesting
import Testing

@Suite struct OutboxTests {
    private let kernel = ScriptedKernel(seed: 11)
    private let loop: Loop

    init() throws { self.loop = try Loop(kernel: self.kernel) }

    private func make() throws -> RecordedConnection { try self.kernel.connect(to: self.loop) }

    /// Two connections, both with something to say: a busy turn.
    private func pair() throws -> [RecordedConnection] {
        try (0..<2).map { _ in try self.make() }
    }

    @Test(
        "an endpoint that is closed, reset, shut or asked whether it is flushed has sent what was posted",
        arguments: 0..<5)
    func sentBefore(_ way: Int) throws {
        let both = try self.pair()
        let sends = { self.kernel.calls["send"] ?? 0 }
        both[0].recorder.onEvent = { event, endpoint in
            guard event == .readable else { return }
            #expect(endpoint.post([1, 2].span) == .sent && sends() == 0, "not yet")
            switch way {
            case 0: endpoint.close()
            case 1: endpoint.reset()
            case 2: endpoint.shutdownWriting()
            case 3: #expect(endpoint.isFlushed)
            default: #expect(endpoint.write([3].span) == .sent)
            }
            #expect(sends() == (way == 4 ? 2 : 1))
        }
        for each in both { each.peer.send("x") }
        self.loop.runOnce()
        #expect(both[0].peer.received == (way == 4 ? [1, 2, 3] : [1, 2]))
        #expect(self.kernel.misuses == [])
    }

    @Test("what a busy turn posts leaves at its end, in its order; a quiet turn sends at once")
    func order() throws {
        let both = try self.pair()
        var sent: [Int] = []
        for each in both {
            each.recorder.onEvent = { event, endpoint in
                guard event == .readable else { return }
                #expect(endpoint.post([1].span) == .sent && endpoint.post([2, 3].span) == .sent)
                sent.append(self.kernel.calls["send"] ?? 0)
            }
            each.peer.send("x")
        }
        self.loop.runOnce()
        #expect(sent == [0, 0], "all is looked at first")
        #expect(both.allSatisfy { $0.peer.take() == [1, 2, 3] })
        both[0].peer.send("y")
        self.loop.runOnce()
        #expect(sent.last == 6, "alone, it waits for nobody")
        #expect(both[0].endpoint.post([4].span) == .sent && both[0].peer.take() == [1, 2, 3, 4])
    }

    @Test("what the socket does not take of a posted message is queued, and nothing overtakes it")
    func shortSend() throws {
        let both = try self.pair()
        both[0].recorder.onEvent = { event, endpoint in
            guard event == .readable else { return }
            #expect(endpoint.post([1, 2, 3].span) == .sent && endpoint.post([4].span) == .sent && endpoint.takesMore)
        }
        self.kernel.sendTransfer = .script([1, 0])
        for each in both { each.peer.send("x") }
        self.loop.runOnce()
        #expect(!both[0].endpoint.takesMore && !both[0].endpoint.isFlushed)
        try self.kernel.settle(self.loop)
        #expect(both[0].peer.take() == [1, 2, 3, 4] && both[0].recorder.events == [.readable, .writable])
    }

    @Test("posted messages that cannot be sent, or queued, are told as one failure")
    func failures() throws {
        for overflows in [false, true] {
            let both = try self.pair()
            both[0].recorder.onEvent = { event, endpoint in
                guard event == .readable else { return }
                if overflows {
                    endpoint.outbound.limit = 1
                    both[0].peer.window = 0
                } else {
                    both[0].peer.reset()
                }
                #expect(endpoint.post([1, 2].span) == .sent && endpoint.post([3, 4].span) == .sent)
            }
            for each in both { each.peer.send("x") }
            self.loop.runOnce()
            #expect(both[0].recorder.failures.count == 1 && both[1].recorder.failures.isEmpty)
        }
    }

    @Test("a message as long as the outbox is kept back, a longer one sent at once, and more than one only in parts")
    func bounds() throws {
        let both = try self.pair()
        both[0].recorder.onEvent = { event, endpoint in
            guard event == .readable else { return }
            let sends = { self.kernel.calls["send"] ?? 0 }
            #expect(endpoint.post([UInt8](repeating: 1, count: 64 * 1024).span) == .sent && sends() == 0)
            #expect(endpoint.post([2].span) == .sent && sends() == 1, "it makes room")
            #expect(endpoint.post([UInt8](repeating: 3, count: 64 * 1024 + 1).span) == .sent && sends() == 3)
        }
        for each in both { each.peer.send("x") }
        self.loop.runOnce()
        #expect(both[0].peer.received.count == 128 * 1024 + 2)
    }

    @Test("no more than sixteen messages are kept back, so that the first does not wait long for the last")
    func boundOfMessages() throws {
        let both = try self.pair()
        both[0].recorder.onEvent = { event, endpoint in
            guard event == .readable else { return }
            for number in 1...40 {
                #expect(endpoint.post([UInt8(number)].span) == .sent)
                #expect(self.kernel.calls["send"] ?? 0 == (number - 1) / 16 * 16)
            }
        }
        for each in both { each.peer.send("x") }
        self.loop.runOnce()
        #expect(both[0].peer.received == Array(1...40))
    }

    // MARK: Receiving ahead

    @Test("bytes received ahead are unread only once their reader asks for them")
    func aheadIsHidden() throws {
        let both = try self.pair()
        for each in both {
            each.recorder.reads = false
            each.recorder.onEvent = { event, endpoint in
                guard event == .readable else { return }
                #expect(self.kernel.calls["receive"] == 2 && endpoint.inbound.isEmpty)
                endpoint.inbound.releaseIfEmpty()
                #expect(endpoint.receive() == .bytes(3, drained: true) && endpoint.inbound.count == 3)
                #expect(self.kernel.calls["receive"] == 2)
            }
            each.peer.send("abc")
        }
        self.loop.runOnce()
        #expect(both.allSatisfy { $0.recorder.events == [.readable] })
    }

    @Test("what came behind bytes received ahead is not forgotten, however late their reader asks")
    func aheadIsOld() throws {
        let both = try self.pair()
        for each in both {
            each.recorder.reads = false
            each.recorder.onEvent = { _, endpoint in endpoint.wantsReading = false }
            each.peer.send("abc")
        }
        self.loop.runOnce()
        for each in both { each.peer.send("def") }
        self.loop.runOnce()
        for each in both {
            each.recorder.onEvent = nil
            each.recorder.reads = true
            each.endpoint.wantsReading = true
        }
        try self.kernel.settle(self.loop)
        #expect(both.allSatisfy { $0.recorder.text == "abcdef" })
    }

    @Test("that nothing was there ahead is not told to who asks later, when there may be something")
    func nothingIsNoNews() throws {
        let both = try self.pair()
        self.kernel.receiveTransfer = .script([0, 0])
        for each in both { each.peer.send("abc") }
        self.loop.runOnce()
        #expect(both.allSatisfy { $0.recorder.outcomes == [.bytes(3, drained: true)] })
        #expect(both.allSatisfy { $0.recorder.text == "abc" })
    }

    @Test("an endpoint is not drained while it has bytes that were received ahead")
    func aheadIsNotDrained() throws {
        let both = try self.pair()
        var looks: [Bool] = []
        for (each, other) in [(both[0], both[1]), (both[1], both[0])] {
            each.recorder.onEvent = { event, _ in
                if event == .readable { looks.append(other.endpoint.isDrained) }
            }
            each.peer.send("abc")
        }
        self.loop.runOnce()
        #expect(looks == [false, true])
    }

    @Test("an end and an error received ahead are told like any other")
    func aheadWithoutBytes() throws {
        let both = try self.pair()
        for each in both { each.peer.send("abcd") }
        try self.kernel.settle(self.loop)
        #expect(both.allSatisfy { $0.recorder.text == "abcd" })
        both[0].peer.finish()
        both[1].peer.reset()
        try self.kernel.settle(self.loop)
        #expect(both[0].recorder.sawEnd && both[1].recorder.failures == [.connectionReset])
    }

    @Test("nothing is received ahead for who does not read, or reads a body in larger pieces")
    func notAhead() throws {
        let both = try self.pair()
        for each in both { each.peer.send("a") }
        both[1].recorder.reads = false
        _ = both[1].endpoint.receive(upTo: ReadBuffer.bulk, chunk: ReadBuffer.bulk)
        both[1].endpoint.inbound.consumeAll()
        both[0].endpoint.wantsReading = false
        for each in both { each.peer.send("b") }
        let calls = self.kernel.calls["receive"]
        self.loop.runOnce()
        #expect(self.kernel.calls["receive"] == calls)
    }
}
