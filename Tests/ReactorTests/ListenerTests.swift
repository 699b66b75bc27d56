import Glibc
import Reactor
import ReactorTesting
import Testing

@Suite struct ListenerTests {
    // MARK: The machine's kernel

    private func failure(_ body: () throws -> Void) -> SystemError.Code? {
        do {
            try body()
            return nil
        } catch { return (error as? SystemError)?.code }
    }

    @Test("a TCP address that listens already is in use, whether it shares its port or not", arguments: [1, 2])
    func tcpInUse(count: Int) throws {
        let first = try ListeningSocket.open(at: .inet4(.loopback, port: 0), count: count)
        defer { for socket in first { socket.discard() } }
        #expect(first.allSatisfy { $0.address == first[0].address } && first[0].address.port != 0)
        for others in [1, 2] {
            #expect(self.failure { _ = try ListeningSocket.open(at: first[0].address, count: others) } == .addressInUse)
        }
    }

    @Test("a port is free again at once after closing")
    func tcpReuse() throws {
        let first = try ListeningSocket.open(at: .inet4(.loopback, port: 0), count: 2)
        for socket in first { socket.discard() }
        let second = try ListeningSocket.open(at: first[0].address, count: 2)
        for socket in second { socket.discard() }
    }

    @Test("IPv6 and IPv4 wildcards share a port number")
    func dualStack() throws {
        let six = try ListeningSocket.open(at: .inet6(.any, port: 0, scope: 0))[0]
        defer { six.discard() }
        let four = try ListeningSocket.open(at: .inet4(.any, port: try #require(six.address.port)))[0]
        four.discard()
    }

    @Test("a Unix socket that answers is in use; one left behind is taken over; another file is left alone")
    func unixTakeover() throws {
        let scratch = Scratch()
        let path = scratch.path("a.sock")
        let live = try ListeningSocket.open(at: .unix(path: path))[0]
        #expect(self.failure { _ = try ListeningSocket.open(at: .unix(path: path)) } == .addressInUse)
        // As after kill -9: closed without removing the file.
        _ = try RawPeer.listening(at: .unix(path: scratch.path("dead.sock")))
        let taken = try ListeningSocket.open(at: .unix(path: scratch.path("dead.sock")))[0]
        taken.discard()
        live.discard()
        #expect(access(path, F_OK) != 0, "removed when closed")
        let file = scratch.path("file")
        close(open(file, O_CREAT | O_WRONLY, 0o600))
        #expect(self.failure { _ = try ListeningSocket.open(at: .unix(path: file)) } == .notASocket)
        #expect(access(file, F_OK) == 0)
    }

    @Test("the file of a Unix socket gets the mode asked for, and is not removed once it is somebody else's")
    func unixFile() throws {
        let scratch = Scratch()
        let path = scratch.path("a.sock")
        let sockets = try ListeningSocket.open(at: .unix(path: path), count: 2, options: ListenOptions(unixMode: 0o660))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
        #expect(rename(path, scratch.path("moved.sock")) == 0)
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        for socket in sockets { socket.discard() }
        #expect(access(path, F_OK) == 0)
    }

    @Test("a path that is too long is an error, not another path")
    func unixTooLong() {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        #expect(self.failure { _ = try ListeningSocket.open(at: .unix(path: path)) } == .nameTooLong)
    }

    @Test("loops that share an address each accept", arguments: [false, true])
    func shared(isUnix: Bool) throws {
        let scratch = Scratch()
        let address: SocketAddress = isUnix ? .unix(path: scratch.path("s.sock")) : .inet4(.loopback, port: 0)
        let sockets = try ListeningSocket.open(at: address, count: 2)
        let loops = [try Loop(), try Loop()]
        let acceptors = loops.map { Acceptor(loop: $0) }
        let listeners = try (0..<2).map { try loops[$0].accept(from: sockets[$0], handler: acceptors[$0]) }
        let peers = try (0..<20).map { _ in try RawPeer.connect(to: sockets[0].address) }
        for _ in 0..<200 where acceptors[0].accepted.count + acceptors[1].accepted.count < peers.count {
            for loop in loops { loop.runOnce(maximumWait: 1_000_000) }
        }
        #expect(acceptors[0].accepted.count + acceptors[1].accepted.count == peers.count)
        // Closing one leaves the other.
        listeners[0].close()
        if !isUnix {
            _ = try RawPeer.connect(to: sockets[0].address)
            for _ in 0..<200 where acceptors[1].accepted.isEmpty { loops[1].runOnce(maximumWait: 1_000_000) }
            #expect(!acceptors[1].accepted.isEmpty)
        }
        for loop in loops { loop.shutdown() }
    }

    // MARK: Scripted

    private static let address = SocketAddress.inet4(.loopback, port: 80)

    @Test("out of descriptors: says so, rests 100 ms without spinning, then accepts")
    func rests() throws {
        let kernel = ScriptedKernel()
        let loop = try Loop(kernel: kernel)
        let acceptor = Acceptor(loop: loop)
        _ = try loop.accept(from: ListeningSocket.open(at: Self.address, kernel: kernel)[0], handler: acceptor)
        _ = kernel.connectClient(to: Self.address)
        kernel.failNext("accept", .tooManyDescriptors)
        try kernel.settle(loop)
        #expect(acceptor.rests == [.tooManyDescriptors] && acceptor.accepted.isEmpty)
        kernel.advance(milliseconds: 99)
        try kernel.settle(loop)
        #expect(acceptor.accepted.isEmpty)
        kernel.advance(milliseconds: 60)
        try kernel.settle(loop)
        #expect(acceptor.accepted.count == 1 && acceptor.rests.count == 1)
        loop.shutdown()
        #expect(kernel.openDescriptors == 0 && kernel.misuses == [])
    }

    @Test("a connection that was aborted while waiting does not stop the next")
    func aborted() throws {
        let kernel = ScriptedKernel()
        let loop = try Loop(kernel: kernel)
        let acceptor = Acceptor(loop: loop)
        _ = try loop.accept(from: ListeningSocket.open(at: Self.address, kernel: kernel)[0], handler: acceptor)
        _ = kernel.connectClient(to: Self.address)
        kernel.failNext("accept", .connectionAborted)
        loop.runOnce()
        #expect(acceptor.accepted.count == 1 && acceptor.rests.isEmpty)
    }

    @Test("a paused listener accepts nothing until it is resumed; a closed one never again")
    func pauses() throws {
        let kernel = ScriptedKernel()
        let loop = try Loop(kernel: kernel)
        let acceptor = Acceptor(loop: loop)
        let listener = try loop.accept(
            from: ListeningSocket.open(at: Self.address, kernel: kernel)[0], handler: acceptor)
        listener.pause()
        listener.pause()
        _ = kernel.connectClient(to: Self.address)
        #expect(loop.runOnce() == 0)
        listener.resume()
        try kernel.settle(loop)
        #expect(acceptor.accepted.count == 1)
        listener.close()
        listener.close()
        listener.resume()
        #expect(kernel.connectClient(to: Self.address) == nil && listener.isClosed)
        loop.shutdown()
        #expect(kernel.openDescriptors == 0 && kernel.misuses == [])
    }

    @Test("one turn accepts 64 connections, so that open ones are served between")
    func bounded() throws {
        let kernel = ScriptedKernel()
        let loop = try Loop(kernel: kernel)
        let acceptor = Acceptor(loop: loop)
        _ = try loop.accept(from: ListeningSocket.open(at: Self.address, kernel: kernel)[0], handler: acceptor)
        for _ in 0..<100 { _ = kernel.connectClient(to: Self.address) }
        loop.runOnce()
        #expect(acceptor.accepted.count == 64)
        try kernel.settle(loop)
        #expect(acceptor.accepted.count == 100)
        #expect(Set(acceptor.accepted.map { $0.endpoint.peer }).count == 100)
    }
}
