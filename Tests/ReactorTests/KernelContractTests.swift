import Reactor
import ReactorTesting
import Testing

/// What endpoints do is the same on the machine's kernel (TCP, Unix sockets) and on the scripted one.
@Suite struct KernelContractTests {
    private func accepted(
        _ world: any World, prepare: ((Recorder) -> Void)? = nil
    ) throws -> (peer: any Peer, endpoint: Endpoint, recorder: Recorder) {
        let acceptor = Acceptor(loop: world.loop)
        acceptor.prepare = prepare
        let socket = try world.listen(1)[0]
        let listener = try world.loop.accept(from: socket, handler: acceptor)
        let peer = try world.connectClient(to: listener.address)
        try world.run("accepted") { !acceptor.accepted.isEmpty }
        let (endpoint, recorder) = try #require(acceptor.accepted.first)
        return (peer, endpoint, recorder)
    }

    @Test("connecting where nobody listens fails later, never within connect()", arguments: WorldKind.allCases)
    func refused(kind: WorldKind) throws {
        let world = try kind.make()
        let recorder = Recorder()
        let endpoint = world.loop.connect(to: try world.deserted(), handler: recorder)
        #expect(recorder.events.isEmpty && endpoint.state == .connecting)
        try world.run("failed") { !recorder.events.isEmpty }
        #expect(recorder.events == [.failed(kind == .linuxUnix ? .notFound : .connectionRefused)])
        endpoint.close()
        #expect(world.loop.openEndpoints == 0)
    }

    @Test("a peer that resets while nobody reads is told as a failure, once", arguments: WorldKind.allCases)
    func resetWhileNotReading(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world)
        endpoint.wantsReading = false
        peer.reset()
        try world.run("told") { !recorder.events.isEmpty }
        for _ in 0..<3 { world.loop.runOnce() }
        // A Unix socket has no reset: its peer has just closed.
        #expect(recorder.events == [kind == .linuxUnix ? .peerClosed : .failed(.connectionReset)])
        #expect(world.loop.runOnce() == 0, "and the loop is quiet")
    }

    @Test("a reset comes out of receive() behind the bytes before it", arguments: WorldKind.allCases)
    func resetWhileReading(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world)
        peer.send(Array("last words".utf8))
        try world.run("words") { recorder.text == "last words" }
        peer.reset()
        try world.run("end") { kind == .linuxUnix ? recorder.sawEnd : !recorder.failures.isEmpty }
        if kind != .linuxUnix { #expect(recorder.failures == [.connectionReset]) }
        #expect(!endpoint.wantsReading)
        for _ in 0..<3 { world.loop.runOnce() }
        #expect(world.loop.runOnce() == 0, "the dead socket does not spin")
    }

    @Test("what is sent arrives, whatever the pieces", arguments: WorldKind.allCases)
    func echo(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world)
        let message = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        peer.send(message)
        try world.run("received") { recorder.received.count == message.count }
        #expect(recorder.received == message)
        let head = Array("head\r\n".utf8)
        #expect([.sent, .queued].contains(endpoint.write(head.span, message.span)))
        var back: [UInt8] = []
        try world.run("answered") {
            back += peer.take()
            return back.count == head.count + message.count
        }
        #expect(back == head + message)
        #expect(endpoint.outbound.isEmpty)
    }

    @Test("the end of the stream is received once, and writing goes on", arguments: WorldKind.allCases)
    func halfClosed(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world)
        peer.send(Array("question".utf8))
        peer.finish()
        try world.run("end") { recorder.sawEnd }
        for _ in 0..<3 { world.loop.runOnce() }
        #expect(recorder.text == "question" && !recorder.events.contains(.peerClosed) && endpoint.reachedEnd)
        #expect(world.loop.runOnce() == 0, "a half-closed socket does not spin")
        let answer = Array("answer".utf8)
        _ = endpoint.write(answer.span)
        var back: [UInt8] = []
        try world.run("answer") {
            back += peer.take()
            return back == answer
        }
        endpoint.close()
        try world.run("closed") {
            _ = peer.take()
            return peer.sawEnd
        }
    }

    @Test(
        "a peer that shuts down while nobody reads is told once; its bytes can be read later",
        arguments: WorldKind.allCases)
    func halfClosedWhileNotReading(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world) { $0.reads = true }
        endpoint.wantsReading = false
        peer.send(Array("later".utf8))
        peer.finish()
        try world.run("told") { recorder.events.contains(.peerClosed) }
        for _ in 0..<3 { world.loop.runOnce() }
        #expect(recorder.events == [.peerClosed])
        #expect(world.loop.runOnce() == 0)
        endpoint.wantsReading = true
        try world.run("read") { recorder.sawEnd }
        #expect(recorder.text == "later")
    }

    @Test("bytes unread when both sides have shut down can still be read", arguments: WorldKind.allCases)
    func hangUpKeepsBytes(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world)
        endpoint.wantsReading = false
        endpoint.shutdownWriting()
        peer.send(Array("still here".utf8))
        peer.finish()
        try world.run("told") { recorder.events.contains(.peerClosed) }
        for _ in 0..<3 { world.loop.runOnce() }
        #expect(world.loop.runOnce() == 0, "a hang-up that cannot be masked does not spin")
        endpoint.wantsReading = true
        try world.run("read") { recorder.sawEnd }
        #expect(recorder.text == "still here")
        endpoint.close()
    }

    @Test("reset() is seen as a reset, or at least an end, by the peer", arguments: WorldKind.allCases)
    func resetting(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, _) = try self.accepted(world)
        endpoint.reset()
        try world.run("seen") {
            _ = peer.take()
            return peer.sawReset || (kind == .linuxUnix && peer.sawEnd)
        }
    }

    @Test("a connection out of the loop talks both ways and ends", arguments: WorldKind.allCases)
    func connecting(kind: WorldKind) throws {
        let world = try kind.make()
        let server = try world.serve()
        let recorder = Recorder()
        let endpoint = world.loop.connect(to: server.address, handler: recorder)
        #expect(endpoint.send([1].span) == .wouldBlock, "not before it is connected")
        try world.run("connected") { recorder.events == [.connected] }
        let peer = try server.take()
        _ = endpoint.write(Array("GET".utf8).span)
        var seen: [UInt8] = []
        try world.run("sent") {
            seen += peer.take()
            return seen == Array("GET".utf8)
        }
        peer.send(Array("200".utf8))
        peer.close()
        try world.run("ended") { recorder.sawEnd }
        #expect(recorder.text == "200")
    }

    @Test(
        "a peer that reads nothing stops the sender; when it reads, the sender is told",
        arguments: [WorldKind.linuxTCP, .linuxUnix])
    func backPressure(kind: WorldKind) throws {
        let world = try kind.make()
        let (peer, endpoint, recorder) = try self.accepted(world)
        let block = [UInt8](repeating: 7, count: 256 * 1024)
        var sent = 0
        filling: for _ in 0..<1000 {
            switch endpoint.send(block.span) {
            case .sent(let count): sent += count
            case .wouldBlock: break filling
            case .failed(let error): Issue.record("\(error)")
            }
        }
        endpoint.wantsWriting = true
        #expect(endpoint.write(block.span) == .queued)
        sent += block.count
        for _ in 0..<3 { world.loop.runOnce() }
        #expect(!recorder.events.contains(.writable))
        var seen = 0
        try world.run("drained") {
            seen += peer.take().count
            return recorder.events.contains(.writable) && seen == sent
        }
        #expect(endpoint.outbound.isEmpty)
    }
}
