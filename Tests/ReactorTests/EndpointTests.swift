import Reactor
import ReactorTesting
import Testing

@Suite struct EndpointTests {
    private let kernel = ScriptedKernel(seed: 7)
    private let loop: Loop

    init() throws { self.loop = try Loop(kernel: self.kernel) }

    private func make() throws -> RecordedConnection { try self.kernel.connect(to: self.loop) }

    @Test("nothing can be sent or received after close, and closing twice is harmless")
    func closed() throws {
        let (endpoint, recorder, peer) = try self.make()
        peer.send("late")
        endpoint.close()
        endpoint.close()
        endpoint.reset()
        endpoint.wantsReading = true
        endpoint.wantsWriting = true
        endpoint.shutdownWriting()
        #expect(endpoint.receive() == .failed(SystemError(.receive, .badDescriptor)))
        #expect(endpoint.send([1].span) == .failed(SystemError(.send, .notConnected)))
        #expect(self.loop.runOnce() == 0)
        #expect(recorder.events.isEmpty && endpoint.handler == nil && self.loop.openEndpoints == 0)
        #expect(peer.sawReset, "bytes were unread")
        #expect(self.kernel.misuses == [])
    }

    @Test("no more unread bytes than asked for; then full, without a system call")
    func full() throws {
        let (endpoint, recorder, peer) = try self.make()
        recorder.reads = false
        peer.send(repeatElement(1, count: 200_000))
        #expect(endpoint.receive() == .bytes(16_384, drained: false))
        let calls = self.kernel.calls["receive"]
        #expect(endpoint.receive() == .full && self.kernel.calls["receive"] == calls)
        #expect(endpoint.receive(upTo: 65_536) == .bytes(16_384, drained: false))
        #expect(endpoint.receive(upTo: 65_536) == .bytes(32_768, drained: false))
        #expect(endpoint.receive(upTo: 65_536) == .full && endpoint.inbound.count == 65_536)
        endpoint.inbound.consume(65_000)
        #expect(endpoint.receive() == .bytes(65_000, drained: false), "the front is reused")
        endpoint.inbound.consumeAll()
        #expect(
            endpoint.receive(upTo: ReadBuffer.bulk, chunk: ReadBuffer.bulk) == .bytes(200_000 - 130_536, drained: true))
        #expect(endpoint.receive() == .wouldBlock)
    }

    @Test("an idle connection holds no buffer; closing gives back what was unread")
    func memory() throws {
        let (endpoint, _, peer) = try self.make()
        #expect(self.loop.buffers.bytesInUse == 0)
        peer.send("x")
        self.loop.runOnce()
        #expect(self.loop.buffers.bytesInUse == 0 && self.loop.buffers.bytesIdle == 16_384)
        #expect(endpoint.receive() == .wouldBlock && self.loop.buffers.bytesInUse == 0)
        peer.send("y")
        _ = endpoint.receive()
        #expect(self.loop.buffers.bytesInUse == 16_384)
        let inbound = endpoint.inbound
        endpoint.close()
        #expect(inbound.bytes[0] == UInt8(ascii: "y"), "until the turn ends")
        self.loop.runOnce()
        #expect(self.loop.buffers.bytesInUse == 0 && inbound.bytes.isEmpty)
    }

    @Test("what a burst of connections needed does not stay for ever")
    func memoryBound() throws {
        let made = try (0..<1000).map { _ in try self.make() }
        for (endpoint, recorder, peer) in made {
            recorder.reads = false
            peer.send("z")
            _ = endpoint.receive()
        }
        #expect(self.loop.buffers.bytesInUse == 1000 * 16_384)
        for (endpoint, _, _) in made { endpoint.close() }
        self.loop.runOnce()
        #expect(self.loop.buffers.bytesInUse == 0 && self.loop.buffers.bytesIdle == 8 * 1024 * 1024)
    }

    @Test("stopping and starting to read between two messages makes no call to epoll")
    func lazyInterest() throws {
        let (endpoint, recorder, peer) = try self.make()
        for _ in 0..<10 {
            peer.send("m")
            try self.kernel.settle(self.loop)
            endpoint.wantsReading = false
            self.loop.runOnce()
            endpoint.wantsReading = true
        }
        #expect(recorder.received.count == 10)
        #expect(self.kernel.calls["receive"] == 10)
        // Nor do bytes that come while nobody reads; they are remembered.
        endpoint.wantsReading = false
        peer.send("n")
        try self.kernel.settle(self.loop)
        #expect(recorder.received.count == 10)
        endpoint.wantsReading = true
        try self.kernel.settle(self.loop)
        #expect(recorder.received.count == 11)
        #expect(self.kernel.calls["modify"] == nil && self.kernel.calls["remove"] == nil)
    }

    @Test("a handler is called again for as long as there is something to read, and others between")
    func calledAgain() throws {
        let (endpoint, recorder, peer) = try self.make()
        let (_, other, otherPeer) = try self.make()
        peer.send(repeatElement(1, count: 100_000))
        self.loop.runOnce()
        #expect(recorder.received.count == 16_384)
        otherPeer.send("me too")
        self.loop.runOnce()
        #expect(recorder.received.count == 32_768 && other.text == "me too")
        endpoint.wantsReading = false
        try self.kernel.settle(self.loop)
        #expect(recorder.received.count == 32_768)
        endpoint.wantsReading = true
        peer.finish()
        try self.kernel.settle(self.loop)
        #expect(recorder.received.count == 100_000 && recorder.sawEnd && recorder.events.allSatisfy { $0 == .readable })
    }

    @Test("a handler that reads nothing is called in every turn, one that stops wanting to is not")
    func levelTriggered() throws {
        let (endpoint, recorder, peer) = try self.make()
        recorder.reads = false
        peer.send("x")
        for _ in 0..<3 { self.loop.runOnce() }
        #expect(recorder.events == [.readable, .readable, .readable])
        endpoint.wantsReading = false
        for _ in 0..<3 { self.loop.runOnce() }
        #expect(recorder.events.count == 3)
    }

    @Test("an end or error that a reader knew was coming is told when it stops reading")
    func troubleAfterReading() throws {
        for breaks in [false, true] {
            let (endpoint, recorder, peer) = try self.make()
            recorder.reads = false
            recorder.onEvent = { event, endpoint in
                guard event == .readable else { return }
                _ = endpoint.receive()
                endpoint.wantsReading = false
            }
            peer.send("request")
            if breaks { peer.reset() } else { peer.finish() }
            try self.kernel.settle(self.loop)
            #expect(recorder.events == [.readable, breaks ? .failed(.connectionReset) : .peerClosed])
            #expect(endpoint.inbound.count == 7, "what came before is kept")
            endpoint.close()
        }
    }

    @Test("wanting to write to a socket that takes bytes is told in the next turn, without a call to epoll")
    func writable() throws {
        let (endpoint, recorder, peer) = try self.make()
        recorder.onEvent = { event, endpoint in if event == .writable { endpoint.wantsWriting = false } }
        endpoint.wantsWriting = true
        #expect(recorder.events.isEmpty)
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.writable] && self.kernel.calls["modify"] == nil)
        peer.window = 3
        #expect(endpoint.send([1, 2, 3, 4].span) == .sent(3))
        endpoint.wantsWriting = true
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.writable] && self.kernel.calls["modify"] == 1)
        #expect(peer.take() == [1, 2, 3])
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.writable, .writable])
    }

    @Test("two pieces leave in one call, a short one is queued and flushed behind the scenes")
    func writes() throws {
        let (endpoint, recorder, peer) = try self.make()
        #expect(endpoint.write([1, 2].span, [3].span) == .sent && self.kernel.calls["send"] == 1)
        self.kernel.sendTransfer = .script([1, 0, 1])
        #expect(endpoint.write([4, 5].span, [6, 7].span) == .queued)
        #expect(endpoint.send([9].span) == .wouldBlock, "nothing overtakes what is queued")
        #expect(endpoint.write([8].span) == .queued)
        try self.kernel.settle(self.loop)
        #expect(peer.take() == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(recorder.events == [.writable] && self.loop.buffers.bytesInUse == 0)
        #expect(endpoint.send(Span()) == .sent(0) && endpoint.flush() == .drained)
        #expect(self.kernel.misuses == [])
    }

    @Test("a queue over its limit is an overflow")
    func overflow() throws {
        let (endpoint, _, peer) = try self.make()
        peer.window = 0
        endpoint.outbound.limit = 10
        #expect(endpoint.write([UInt8](repeating: 0, count: 10).span) == .queued)
        #expect(endpoint.write([0].span) == .overflow && endpoint.outbound.byteCount == 10)
    }

    @Test("a flush that fails in the background is told")
    func flushFails() throws {
        let (endpoint, recorder, peer) = try self.make()
        peer.window = 0
        #expect(endpoint.write([1].span) == .queued)
        peer.fail(.timedOut)
        endpoint.wantsReading = false
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.failed(.timedOut)] && endpoint.state == .failed)
        #expect(endpoint.write([1].span) == .failed(SystemError(.send, .notConnected)))
        endpoint.close()
    }

    @Test("connecting that fails at once, later, or for want of a descriptor is told in a later turn")
    func connectFailures() throws {
        let address = SocketAddress.inet4(.loopback, port: 1)
        for (plan, code) in [
            (ScriptedKernel.ConnectPlan.failAtOnce(.networkUnreachable), SystemError.Code.networkUnreachable),
            (.fail(.timedOut), .timedOut), (.refuse, .connectionRefused),
        ] {
            self.kernel.connectPlans[address] = plan
            let recorder = Recorder()
            let endpoint = self.loop.connect(to: address, handler: recorder)
            #expect(recorder.events.isEmpty)
            try self.kernel.settle(self.loop)
            #expect(recorder.events == [.failed(code)])
            endpoint.close()
        }
        self.kernel.failNext("socket", .tooManyDescriptors)
        let recorder = Recorder()
        let endpoint = self.loop.connect(to: address, handler: recorder)
        #expect(recorder.events.isEmpty && endpoint.state == .connecting)
        self.loop.runOnce()
        #expect(recorder.events == [.failed(.tooManyDescriptors)])
        endpoint.close()
        #expect(self.loop.openEndpoints == 0 && self.kernel.openDescriptors == 2)
    }

    @Test("a connect that was given up is told nothing")
    func connectGivenUp() throws {
        let address = SocketAddress.inet4(.loopback, port: 1)
        self.kernel.connectPlans[address] = .hang
        let recorder = Recorder()
        let endpoint = self.loop.connect(to: address, handler: recorder)
        endpoint.deadline = self.loop.now + 1
        try self.kernel.settle(self.loop)
        #expect(self.kernel.hanging(at: address) == 1)
        self.kernel.advance(milliseconds: 100)
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.deadline])
        endpoint.close()
        self.kernel.finishConnecting(to: address, .accept)
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.deadline] && self.kernel.misuses == [])
    }

    @Test("connecting to a Unix socket succeeds at once and is told like any other")
    func connectAtOnce() throws {
        let address = SocketAddress.unix(path: "/run/app.sock")
        self.kernel.connectPlans[address] = .acceptAtOnce
        let recorder = Recorder()
        let endpoint = self.loop.connect(to: address, handler: recorder)
        #expect(recorder.events.isEmpty)
        try self.kernel.settle(self.loop)
        #expect(recorder.events == [.connected] && endpoint.isOpen)
        let peer = try #require(self.kernel.takeUpstream(at: address))
        peer.send("hello")
        try self.kernel.settle(self.loop)
        #expect(recorder.text == "hello")
    }

    @Test("a closed endpoint and its handler are freed")
    func freed() throws {
        weak var endpoint: Endpoint?
        weak var recorder: Recorder?
        do {
            let made = try self.make()
            endpoint = made.endpoint
            recorder = made.recorder
            made.endpoint.deadline = self.loop.now + 1_000_000_000
            made.endpoint.close()
        }
        self.loop.runOnce()
        #expect(endpoint == nil && recorder == nil)
    }

    @Test(
        "random opening, closing and reusing: no event reaches an endpoint that was closed",
        arguments: [1, 2, 3, 4] as [UInt64])
    func staleEvents(seed: UInt64) throws {
        let kernel = ScriptedKernel(seed: seed)
        kernel.shufflesEvents = true
        let loop = try Loop(kernel: kernel)
        let crowd = Crowd(loop: loop, kernel: kernel, seed: seed)
        for _ in 0..<400 {
            crowd.stir()
            loop.runOnce()
            kernel.advance(milliseconds: 20)
        }
        #expect(crowd.late == 0 && kernel.misuses == [], "seed \(seed)")
        #expect(crowd.delivered > 1000 && crowd.closed > 200)
        loop.shutdown()
        #expect(kernel.openDescriptors == 0)
    }
}

/// Endpoints whose handlers close, open and disturb each other at random, also while events are being delivered.
private final class Crowd: EndpointHandler {
    private let loop: Loop
    private let kernel: ScriptedKernel
    private var random: SeededRandom
    private var members: [(endpoint: Endpoint, peer: ScriptedPeer)] = []
    private var gone: Set<ObjectIdentifier> = []
    private var keptAlive: [Endpoint] = []
    private(set) var late = 0
    private(set) var delivered = 0
    private(set) var closed = 0

    init(loop: Loop, kernel: ScriptedKernel, seed: UInt64) {
        self.loop = loop
        self.kernel = kernel
        self.random = SeededRandom(seed: seed)
    }

    func stir() {
        while self.members.count < 20 { self.open() }
        for (endpoint, peer) in self.members {
            switch Int.random(in: 0..<12, using: &self.random) {
            case 0...5: peer.send("x")
            case 6: peer.finish()
            case 7: peer.reset()
            case 8: endpoint.wantsWriting.toggle()
            case 9: endpoint.wantsReading.toggle()
            default: endpoint.deadline = self.loop.now + UInt64.random(in: 0...100_000_000, using: &self.random)
            }
        }
    }

    private func open() {
        let (socket, peer) = self.kernel.makeConnection()
        if let endpoint = try? self.loop.makeEndpoint(socket: socket, handler: self) {
            self.members.append((endpoint, peer))
        }
    }

    private func happened(to endpoint: Endpoint) {
        self.delivered += 1
        if self.gone.contains(ObjectIdentifier(endpoint)) { self.late += 1 }
        if endpoint.isOpen { _ = endpoint.receive(upTo: 1 << 20) }
        guard self.random.chance(oneIn: 3) || !endpoint.isOpen else { return }
        // Somebody else, whose event may be next in this very batch, or the one it happened to.
        let victim = endpoint.isOpen ? self.members.randomElement(using: &self.random)?.endpoint ?? endpoint : endpoint
        self.members.removeAll { $0.endpoint === victim }
        if self.random.chance(oneIn: 2) { victim.close() } else { victim.reset() }
        self.closed += 1
        self.gone.insert(ObjectIdentifier(victim))
        self.keptAlive.append(victim)
        if self.random.chance(oneIn: 2) { self.open() }
    }

    func endpointReadable(_ endpoint: Endpoint) { self.happened(to: endpoint) }
    func endpointWritable(_ endpoint: Endpoint) { self.happened(to: endpoint) }
    func endpointPeerClosed(_ endpoint: Endpoint) { self.happened(to: endpoint) }
    func endpointFailed(_ endpoint: Endpoint, _ error: SystemError) { self.happened(to: endpoint) }
    func endpointDeadline(_ endpoint: Endpoint) { self.happened(to: endpoint) }
}
